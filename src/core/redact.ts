/** Secrets of a plan are sent, never shown: in the report and in every output they read `***`. */
import type { Plan } from './plan.ts'

const SECRET = /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key)$|token|secret|password/i
const MASK = '***'

/** The plan as it may be shown. */
export function redactPlan(plan: Plan): Plan {
  const { request } = plan
  return {
    ...plan,
    targetMetrics: plan.targetMetrics === null ? null : redactUrl(plan.targetMetrics),
    request: {
      ...request,
      url: redactUrl(request.url),
      headers: request.headers.map(([name, value]) => [name, SECRET.test(name) ? MASK : value]),
    },
  }
}

/** The URL without what its query keeps secret. */
export function redactUrl(href: string): string {
  const url = new URL(href)
  const secrets = [...url.searchParams.keys()].filter(
    (key) => SECRET.test(key) || /^(api_?key|key|sig)$/i.test(key),
  )
  if (secrets.length === 0) return href
  for (const key of secrets) url.searchParams.set(key, MASK)
  return url.href
}
