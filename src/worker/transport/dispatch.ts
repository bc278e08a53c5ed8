/** A request as undici's `dispatch` takes it, made once and sent many times. */
import type { HttpPlan } from '../../core/resolve/request/http-options.ts'
import { isIdempotent, type Headers, type RequestPlan } from '../../core/request/request.ts'
import { joinable } from './light-socket.ts'
import { targetOf } from './target-url.ts'
import { bytesOf, NO_HEADERS, USER_HEADERS, type Prepared } from './transport.ts'

export interface DispatchOptions extends Pick<HttpPlan, 'proxy'> {
  readonly keepAlive: boolean
}

export interface PreparedDispatch extends Prepared {
  /** Its origin. */
  readonly to: string
  readonly dispatch: {
    readonly path: string
    readonly method: string
    readonly headers: string[]
    readonly body: Buffer | null
    readonly reset: boolean
    readonly idempotent: false
    readonly blocking: false
  }
}

export function prepare(plan: RequestPlan, { keepAlive, proxy }: DispatchOptions): PreparedDispatch {
  const { origin, path } = targetOf(plan.url)
  const bytes = plan.body === null ? null : bytesOf(plan.body)
  const headers = plan.headers.flat()
  // A proxy is asked for plain http by the whole URL; https goes through a tunnel, which the connector makes.
  const isAsked = proxy !== null && origin.startsWith('http:')
  if (isAsked && proxy.authorization !== null) headers.push('proxy-authorization', proxy.authorization)
  return {
    plan,
    bytesOut: bytes?.length ?? 0,
    isIdempotent: isIdempotent(plan.method),
    to: origin,
    dispatch: {
      path: isAsked ? origin + path : path,
      method: plan.method,
      headers,
      body: bytes === null ? null : joinable(bytes),
      // Without a word, undici closes the connection after HEAD and after GET with a body.
      reset: !keepAlive,
      // On a light socket undici writes the next request when this one is done, and not before, whatever its method is.
      idempotent: false,
      blocking: false,
    },
  }
}

/** The same request with headers besides. */
export const withHeaders = (
  dispatch: PreparedDispatch['dispatch'],
  added: Headers,
): PreparedDispatch['dispatch'] => ({ ...dispatch, headers: [...dispatch.headers, ...added.flat()] })

const TAB = 9
const SPACE = 32
const SHORTEST = Math.min(...[...USER_HEADERS].map((name) => name.length))

/** The names and values of all headers in turn. */
export const textsOf = (headers: readonly Buffer[]): string[] =>
  headers.map((bytes, i) => (i % 2 === 0 ? bytes.toString('latin1') : valueOf(bytes, 'latin1')))

/** The text of a value, without the white space behind it, which undici leaves there. */
function valueOf(bytes: Buffer, encoding: 'latin1' | 'utf8'): string {
  let { length } = bytes
  while (length > 0 && (bytes[length - 1] === SPACE || bytes[length - 1] === TAB)) length--
  return bytes.toString(encoding, 0, length)
}

/** The user headers among headers as undici hands them over. */
export function userHeadersOf(headers: readonly Buffer[]): Headers {
  let found: [string, string][] | null = null
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]!.length < SHORTEST) continue
    const name = headers[i]!.toString('latin1').toLowerCase()
    if (USER_HEADERS.has(name)) (found ??= []).push([name, valueOf(headers[i + 1]!, 'latin1')])
  }
  return found ?? NO_HEADERS
}

/** The location among headers as undici hands them over, names and values in turn; empty without one. */
export function locationOf(headers: readonly Buffer[]): string {
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (headers[i]!.length === 8 && headers[i]!.toString('latin1').toLowerCase() === 'location')
      return valueOf(headers[i + 1]!, 'utf8')
  return ''
}
