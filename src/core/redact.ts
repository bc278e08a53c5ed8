/** Secrets of a plan are sent, never shown: in the report and in every output they read `***`. */
import type { BodyPlan, Plan } from './plan.ts'
import { redactFields } from './secret-field.ts'
import { MASK, redactHeader, redactUrl, withoutSecrets } from './secret.ts'

/** The plan as it may be shown. */
export function redactPlan(plan: Plan): Plan {
  const { request, proxy, hidden } = plan
  const masked = (secret: string | null): string | null => (secret === null ? null : MASK)
  return {
    ...plan,
    proxy: proxy === null ? null : { ...proxy, authorization: masked(proxy.authorization) },
    ca: masked(plan.ca),
    cert: masked(plan.cert),
    key: masked(plan.key),
    targetMetrics: plan.targetMetrics === null ? null : redactUrl(plan.targetMetrics, hidden),
    hidden: [],
    request: {
      ...request,
      url: redactUrl(request.url, hidden),
      headers: request.headers.map(([name, value]) => [
        name,
        withoutSecrets(redactHeader(name, value), hidden),
      ]),
      body: redactBody(request.body, hidden),
    },
  }
}

function redactBody(body: BodyPlan | null, hidden: readonly string[]): BodyPlan | null {
  if (body === null) return null
  const shown = (text: string): string => withoutSecrets(redactFields(text), hidden)
  // Bytes may have fields as well, as a form with a file has.
  return 'text' in body ? { text: shown(body.text) } : { base64: btoa(shown(atob(body.base64))) }
}
