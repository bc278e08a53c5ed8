/** Secrets of a plan are sent, never shown: in the report and in every output they read `***`. */
import type { Plan } from './plan.ts'

const SECRET = /auth|cookie|token|secret|passw|pwd|credential|session|signature|api[-_]?key/i
const MASK = '***'

/** The plan as it may be shown. */
export function redactPlan(plan: Plan): Plan {
  const { request } = plan
  return {
    ...plan,
    request: {
      ...request,
      url: redactUrl(request.url),
      headers: request.headers.map(([name, value]) => [name, SECRET.test(name) ? MASK : value]),
    },
  }
}

function redactUrl(href: string): string {
  const url = new URL(href)
  const secrets = [...url.searchParams.keys()].filter((key) => SECRET.test(key) || /^(key|sig)$/i.test(key))
  if (secrets.length === 0) return href
  for (const key of secrets) url.searchParams.set(key, MASK)
  return url.href
}
