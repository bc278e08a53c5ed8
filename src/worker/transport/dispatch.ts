/** A request as undici's `dispatch` takes it, made once and sent many times. */
import type { HttpPlan } from '../../core/resolve/request/http-options.ts'
import type { RequestPlan } from '../../core/request/request.ts'
import { joinable } from './joined-write.ts'
import { bytesOf, NO_COOKIES, type Prepared } from './transport.ts'

export interface DispatchOptions extends Pick<HttpPlan, 'proxy'> {
  readonly keepAlive: boolean
}

export interface PreparedDispatch extends Prepared {
  readonly origin: string
  readonly dispatch: {
    readonly path: string
    readonly method: string
    readonly headers: string[]
    readonly body: Buffer | null
    readonly reset: boolean
  }
}

export function prepare(plan: RequestPlan, { keepAlive, proxy }: DispatchOptions): PreparedDispatch {
  const url = new URL(plan.url)
  const bytes = plan.body === null ? null : bytesOf(plan.body)
  const headers = plan.headers.flat()
  // A proxy is asked for plain http by the whole URL; https goes through a tunnel, which the connector makes.
  const isAsked = proxy !== null && url.protocol === 'http:'
  if (isAsked && proxy.authorization !== null) headers.push('proxy-authorization', proxy.authorization)
  return {
    plan,
    bytesOut: bytes?.length ?? 0,
    origin: url.origin,
    dispatch: {
      path: isAsked ? url.href : url.pathname + url.search,
      method: plan.method,
      headers,
      body: bytes === null ? null : joinable(bytes),
      // Without a word, undici closes the connection after HEAD and after GET with a body.
      reset: !keepAlive,
    },
  }
}

/** The same request with a Cookie header besides. */
export const withCookie = (
  dispatch: PreparedDispatch['dispatch'],
  cookie: string,
): PreparedDispatch['dispatch'] => ({ ...dispatch, headers: [...dispatch.headers, 'cookie', cookie] })

/** The values of Set-Cookie among headers as undici hands them over. */
export function setCookiesOf(headers: readonly Buffer[]): readonly string[] {
  let found: string[] | null = null
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (headers[i]!.length === 10 && headers[i]!.toString('latin1').toLowerCase() === 'set-cookie')
      (found ??= []).push(headers[i + 1]!.toString('latin1'))
  return found ?? NO_COOKIES
}

/** The location among headers as undici hands them over, names and values in turn; empty without one. */
export function locationOf(headers: readonly Buffer[]): string {
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (headers[i]!.length === 8 && headers[i]!.toString('latin1').toLowerCase() === 'location')
      return headers[i + 1]!.toString('utf8')
  return ''
}
