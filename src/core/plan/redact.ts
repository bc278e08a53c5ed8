/** Secrets of a plan are sent, never shown: in the report and in every output they read `***`. */
import type { Plan } from './plan.ts'
import type { BodyPlan, RequestPlan } from '../request/request.ts'
import { redactFields } from '../request/secret-field.ts'
import { MASK, redactHeader, redactUrl, withoutSecrets } from '../request/secret.ts'
import { changedAround, parseTemplate, printTemplate } from '../request/template.ts'

/** The plan as it may be shown. */
export function redactPlan(plan: Plan): Plan {
  const { request, targets, proxy, hidden } = plan
  const shown = (one: RequestPlan): RequestPlan => redactRequest(one, plan)
  const masked = (secret: string | null): string | null => (secret === null ? null : MASK)
  return {
    ...plan,
    proxy: proxy === null ? null : { ...proxy, authorization: masked(proxy.authorization) },
    ca: masked(plan.ca),
    cert: masked(plan.cert),
    key: masked(plan.key),
    targetMetrics: plan.targetMetrics === null ? null : redactUrl(plan.targetMetrics, hidden),
    hidden: [],
    request: shown(request),
    targets: targets && {
      ...targets,
      requests: targets.requests.map((one) => ({ ...one, request: shown(one.request) })),
    },
  }
}

function redactRequest(request: RequestPlan, { isTemplated, hidden }: Plan): RequestPlan {
  const { url, headers, body } = request
  return {
    ...request,
    url: isTemplated ? redactTemplate(url, hidden) : redactUrl(url, hidden),
    headers: headers.map(([name, value]) => [name, withoutSecrets(redactHeader(name, value), hidden)]),
    body: redactBody(body, hidden),
  }
}

/** A URL as `redactUrl` has it, its placeholders as they are written. */
export function redactTemplate(url: string, hidden: readonly string[] = []): string {
  const parsed = parseTemplate(url, null)
  const redacted = (text: string): string => redactUrl(text, hidden)
  return 'problem' in parsed ? redacted(url) : printTemplate(changedAround(parsed.value, redacted))
}

function redactBody(body: BodyPlan | null, hidden: readonly string[]): BodyPlan | null {
  if (body === null) return null
  const shown = (text: string): string => withoutSecrets(redactFields(text), hidden)
  // Bytes may have fields as well, as a form with a file has.
  return 'text' in body ? { text: shown(body.text) } : { base64: btoa(shown(atob(body.base64))) }
}
