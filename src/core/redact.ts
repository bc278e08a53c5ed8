/** Secrets of a plan are sent, never shown: in the report and in every output they read `***`. */
import type { Plan } from './plan.ts'
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
      body:
        request.body !== null && 'text' in request.body
          ? { text: withoutSecrets(request.body.text, hidden) }
          : request.body,
    },
  }
}
