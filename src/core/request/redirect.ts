/** The request that a redirect asks for, as the fetch standard has it. */
import { parseUrl } from './parsed-url.ts'
import type { RequestPlan } from './request.ts'
import { redirectName } from './row.ts'
import { withoutUserinfo } from './userinfo.ts'
import { hasEmptyHost } from './http-url.ts'
import { redactUrlText } from './redacted-url.ts'
import { isSecretHeader } from './secret-name.ts'

export const isRedirect = (status: number): boolean =>
  status === 301 || status === 302 || status === 303 || status === 307 || status === 308

/** Headers that describe a body; they go with it. */
const OF_THE_BODY = new Set(['content-encoding', 'content-language', 'content-location', 'content-type'])
/** Whether a header is meant for the origin that it was said for: what looks like a secret is for no other. */
export const isOfOrigin = (name: string): boolean => name.toLowerCase() === 'host' || isSecretHeader(name)

/** The request that follows, or why there is none: the location is no http URL. */
export function redirected(
  request: RequestPlan,
  status: number,
  location: string,
): RequestPlan | { readonly problem: string } {
  const url = hasEmptyHost(location) ? null : parseUrl(location, request.url)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return { problem: `status ${status} with a location that is no http URL: ${redactUrlText(location)}` }
  const becomesGet =
    status === 303
      ? request.method !== 'GET' && request.method !== 'HEAD'
      : (status === 301 || status === 302) && request.method === 'POST'
  const leaves = url.origin !== new URL(request.url).origin
  return {
    ...request,
    name: redirectName(request),
    url: withoutUserinfo(url).href,
    method: becomesGet ? 'GET' : request.method,
    body: becomesGet ? null : request.body,
    digest: leaves ? null : request.digest,
    headers: request.headers.filter(([name]) => {
      const isOfBody = OF_THE_BODY.has(name.toLowerCase())
      return !(becomesGet && isOfBody) && !(leaves && isOfOrigin(name))
    }),
  }
}
