/** Secrets of a plan, which travels whole to the agents, on a way that others can read. */
import type { Plan } from '../plan/plan.ts'
import { redactRequest } from '../plan/redact.ts'
import type { BodyPlan, RequestPlan } from '../request/request.ts'
import { isSecretName, MASK } from '../request/secret-name.ts'
import { SecretSet } from '../request/secret-set.ts'
import type { Link } from './server-url.ts'

/** More are not named in a message. */
const MOST_NAMED = 5

/**
 * Why a plan must not be sent; `null` if it may. `links` are the ways of coordinator and agents to the server, by name;
 * `columns` are the names of the columns of all rows that go with the plan.
 */
export function exposureProblem(
  plan: Plan,
  columns: readonly string[],
  links: readonly { readonly name: string; readonly link: Link }[],
): string | null {
  const open = links.filter(({ link }) => link === 'plain').map(({ name }) => name)
  if (open.length === 0) return null
  const secrets = secretsOf(plan, columns)
  if (secrets.length === 0) return null
  const named = (texts: readonly string[]): string =>
    texts.length > MOST_NAMED
      ? `${texts.slice(0, MOST_NAMED).join(', ')} and ${texts.length - MOST_NAMED} more`
      : texts.join(', ')
  return `the plan has secrets (${named(secrets)}), and the connection of ${named(open)} to NATS is not encrypted`
}

/** What is secret in a plan, in words, without the secrets. What code of a scenario holds is not known. */
export function secretsOf(plan: Plan, columns: readonly string[]): string[] {
  const https = (plan.scenario?.scenarios ?? []).map(({ http }) => http).filter((http) => http !== null)
  const found: string[] = []
  if (plan.hidden.length > 0) found.push('values that are hidden in its report')
  for (const { key, proxy } of [plan, ...https]) {
    if (key !== null) found.push('the key of a certificate')
    if (proxy !== null && (proxy.authorization !== null || proxy.digest !== null))
      found.push('credentials of a proxy')
  }
  const requests = [
    plan.request,
    ...(plan.targets?.requests ?? []).map(({ request }) => request),
    ...https.map(({ request }) => request),
  ]
  for (const request of requests) found.push(...secretsOfRequest(plan, request))
  found.push(...columns.filter(isSecretName).map((name) => `the column ${name}`))
  return [...new Set(found)]
}

/** A field is secret if a report would mask it. */
function secretsOfRequest({ isTemplated, hidden }: Plan, request: RequestPlan): string[] {
  const secrets = SecretSet.declared(hidden)
  const shown = redactRequest(request, isTemplated, secrets)
  const headers = request.headers.filter(([, value], at) => shown.headers[at]![1] !== value)
  return [
    ...(request.digest === null ? [] : ['credentials']),
    ...(shown.url.includes(MASK) && !request.url.includes(MASK) ? ['a part of the URL'] : []),
    ...headers.map(([name]) => `the header ${name}`),
    ...(isMasked(request.body, shown.body) ? ['a field of the body'] : []),
  ]
}

/** Whether what is shown of a body is not what it begins with. */
function isMasked(body: BodyPlan | null, shown: BodyPlan | null): boolean {
  if (body === null || shown === null) return false
  if ('text' in body && 'text' in shown) return !body.text.startsWith(shown.text)
  if ('base64' in body && 'base64' in shown) return !atob(body.base64).startsWith(atob(shown.base64))
  return false
}
