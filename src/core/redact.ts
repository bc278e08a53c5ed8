/** Secrets of a plan are sent, never shown: in the report and in every output they read `***`. */
import type { Plan } from './plan.ts'
import { redactHeader, redactUrl } from './secret.ts'

/** The plan as it may be shown. */
export function redactPlan(plan: Plan): Plan {
  const { request } = plan
  return {
    ...plan,
    request: {
      ...request,
      url: redactUrl(request.url),
      headers: request.headers.map(([name, value]) => [name, redactHeader(name, value)]),
    },
  }
}
