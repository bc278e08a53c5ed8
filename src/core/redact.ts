/** Secrets of a plan are sent, never shown: in the report and in every output they read `***`. */
import type { BodyPlan, Plan } from './plan.ts'
import { redactFields } from './secret-field.ts'
import { MASK, redactHeader, redactUrl } from './secret.ts'

/** The plan as it may be shown. */
export function redactPlan(plan: Plan): Plan {
  const { request, proxy } = plan
  const masked = (secret: string | null): string | null => (secret === null ? null : MASK)
  return {
    ...plan,
    proxy: proxy === null ? null : { ...proxy, authorization: masked(proxy.authorization) },
    ca: masked(plan.ca),
    cert: masked(plan.cert),
    key: masked(plan.key),
    targetMetrics: plan.targetMetrics === null ? null : redactUrl(plan.targetMetrics),
    request: {
      ...request,
      url: redactUrl(request.url),
      headers: request.headers.map(([name, value]) => [name, redactHeader(name, value)]),
      body: redactBody(request.body),
    },
  }
}

function redactBody(body: BodyPlan | null): BodyPlan | null {
  if (body === null) return null
  // Bytes may have fields as well, as a form with a file has.
  return 'text' in body
    ? { text: redactFields(body.text) }
    : { base64: btoa(redactFields(atob(body.base64))) }
}
