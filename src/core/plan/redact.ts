/** The plan as it may be shown: without its secrets, which read `***`, and with no more than the beginning of its bodies. */
import type { Plan } from './plan.ts'
import type { DigestCredentials } from '../request/digest.ts'
import { bodyLength, type BodyPlan, type RequestPlan } from '../request/request.ts'
import { redactUrl } from '../request/redacted-url.ts'
import { redactFields } from '../request/secret-field.ts'
import { MASK, redactHeader } from '../request/secret-name.ts'
import { SecretSet } from '../request/secret-set.ts'
import { shownOption } from '../scenario/script-options.ts'
import { changedAround, parseTemplate, printTemplate } from '../request/template.ts'

/** Characters of a text body, and bytes of any other, that are shown. */
const SHOWN_OF_BODY = 2048

/** The plan as it may be shown. */
export function redactPlan(plan: Plan): Plan {
  const { request, targets, isTemplated, scenario } = plan
  const hidden = SecretSet.declared(plan.hidden)
  const shown = (one: RequestPlan): RequestPlan => redactRequest(one, isTemplated, hidden)
  return {
    ...plan,
    ...hiddenIn(plan),
    scenario: scenario && {
      ...scenario,
      options: scenario.options.map(shownOption),
      scenarios: scenario.scenarios.map((one) => ({
        ...one,
        http: one.http && { ...one.http, ...hiddenIn(one.http), request: shown(one.http.request) },
      })),
    },
    targetMetrics: plan.targetMetrics === null ? null : redactUrl(plan.targetMetrics, hidden),
    hidden: [],
    request: shown(request),
    targets: targets && {
      ...targets,
      requests: targets.requests.map((one) => ({ ...one, request: shown(one.request) })),
    },
  }
}

type Hidden = Pick<Plan, 'proxy' | 'ca' | 'cert' | 'key'>

/** How the requests go, without what is secret of it. */
const hiddenIn = ({ proxy, ca, cert, key }: Hidden): Hidden => ({
  proxy: proxy && {
    ...proxy,
    authorization: masked(proxy.authorization),
    digest: redactDigest(proxy.digest),
  },
  ca: masked(ca),
  cert: masked(cert),
  key: masked(key),
})

const masked = (secret: string | null): string | null => (secret === null ? null : MASK)

const redactDigest = (digest: DigestCredentials | null): DigestCredentials | null =>
  digest && { user: MASK, password: MASK }

/** The request as it may be shown. */
export function redactRequest(request: RequestPlan, isTemplated: boolean, hidden: SecretSet): RequestPlan {
  const { url, headers, body, digest } = request
  return {
    ...request,
    url: isTemplated ? redactTemplate(url, hidden) : redactUrl(url, hidden),
    headers: headers.map(([name, value]) => [name, hidden.hide(redactFields(redactHeader(name, value)))]),
    body: redactBody(body, hidden),
    digest: redactDigest(digest),
  }
}

/** A URL as `redactUrl` has it, its placeholders as they are written. */
export function redactTemplate(url: string, hidden?: SecretSet): string {
  const parsed = parseTemplate(url, null)
  const redacted = (text: string): string => redactUrl(text, hidden)
  return 'problem' in parsed ? redacted(url) : printTemplate(changedAround(parsed.value, redacted))
}

/** The body, or its beginning and how long all of it is. */
function redactBody(body: BodyPlan | null, hidden: SecretSet): BodyPlan | null {
  if (body === null) return null
  const shown = (text: string): string => hidden.hide(redactFields(text))
  if ('text' in body) {
    const { text } = body
    return text.length <= SHOWN_OF_BODY
      ? { text: shown(text) }
      : { text: shown(text.slice(0, SHOWN_OF_BODY).replace(/[\ud800-\udbff]$/, '')), bytes: bodyLength(body) }
  }
  // Bytes may have fields as well, as a form with a file has.
  const beginning = atob(body.base64.slice(0, 4 * Math.ceil(SHOWN_OF_BODY / 3)))
  const base64 = btoa(shown(beginning.slice(0, SHOWN_OF_BODY)))
  return bodyLength(body) <= SHOWN_OF_BODY ? { base64 } : { base64, bytes: bodyLength(body) }
}
