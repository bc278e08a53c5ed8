/**
 * Access control of the pages. A browser on this host also opens other pages, other users may have accounts, and a page
 * beyond loopback is open to a network. See docs/WEB.md.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { isAllowed, type AllowedHost } from '../../core/resolve/request/allowed-hosts.ts'
import { bareHost, canonicalHost, ipFamily } from '../../core/request/route.ts'
import type { Attempts } from './attempts.ts'
import { LOOPBACK } from './page-address.ts'

/** The parts of a request that are checked. */
export interface Knock {
  readonly method: string
  readonly path: string
  readonly host: string | undefined
  readonly origin: string | undefined
  /** From the query of a read, from a header of an action. */
  readonly token: string | undefined
  /** The value of the cookie. */
  readonly session?: string | undefined
  /** The address of the visitor. */
  readonly from: string
}

/** What the page knows of itself and demands of a visitor. */
export interface Access {
  /** The address and the port that it listens on. */
  readonly address: string
  readonly port: number
  readonly isLoopback: boolean
  readonly isTls: boolean
  readonly token: string
  /** The value of the cookie that stands for the token; `null` without cookies. */
  readonly session: string | null
  /** Names of this host beyond loopback. */
  readonly ownNames: readonly string[]
  readonly allowHosts: readonly AllowedHost[]
}

export interface Refusal {
  readonly status: number
  readonly text: string
  /** Seconds to wait before another try. */
  readonly retryAfterS?: number
  /** Whether a token would do. */
  readonly isForToken?: true
}

/** Public files, which need no token: the data they show does. */
export const OPEN_PATHS: readonly string[] = ['/live.js', '/live.css']

/** The reason to refuse a request; `null` if it is allowed. */
export function refusalOf(knock: Knock, access: Access, attempts: Attempts, nowMs: number): Refusal | null {
  const { method, path, host, origin } = knock
  if (host === undefined || !isHost(host, access)) return { status: 403, text: NOT_THIS_NAME }
  if (method !== 'GET' && method !== 'POST') return { status: 405, text: 'only GET and POST' }
  // Browsers send the origin of a POST; a page cannot forge it.
  if (method === 'POST' && !originsOf(host, access).includes(origin ?? ''))
    return { status: 403, text: 'only for the page itself' }
  if (method === 'GET' && OPEN_PATHS.includes(path)) return null
  if (access.session !== null && isSame(knock.session ?? '', access.session)) return null
  return tokenRefusal(knock, access.token, attempts, nowMs)
}

export const NOT_THIS_NAME = 'only under a name of this host; see --web-allow-host'

/** The reason to refuse a visitor for its token; `null` for the right one. */
export function tokenRefusal(
  { token, from }: Pick<Knock, 'token' | 'from'>,
  right: string,
  attempts: Attempts,
  nowMs: number,
): Refusal | null {
  const refusal = {
    status: 403,
    text: 'a token is needed: that of --web-token, or in the URL that corerush printed',
  } as const
  if (token === undefined || token === '') return { ...refusal, isForToken: true }
  const waitMs = attempts.waitMs(from, nowMs)
  // Not compared, so that guesses in this time tell nothing.
  if (waitMs > 0) {
    const retryAfterS = Math.ceil(waitMs / 1000)
    return { status: 429, text: `too many wrong tokens: try again in ${retryAfterS} s`, retryAfterS }
  }
  if (isSame(token, right)) return null
  attempts.failed(from, nowMs)
  return { ...refusal, text: 'that is not the token', isForToken: true }
}

/**
 * Whether a `Host` is a name of the page. DNS rebinding: another page, whose name resolves to this host, would read ours
 * as its own. It needs a name, so addresses are safe.
 */
export function isHost(text: string, access: Omit<Access, 'token' | 'session'>): boolean {
  const { address, port, isLoopback, isTls, ownNames, allowHosts } = access
  const [, written = '', digits] = /^(\[[\da-f:.]+\]|[^:/?#@\\\s[\]]+)(?::(\d{1,5}))?$/i.exec(text) ?? []
  const name = canonicalHost(bareHost(written))
  if (name === null) return false
  const given = digits === undefined ? null : Number(digits)
  if (isAllowed(allowHosts, name, given)) return true
  if (!isLoopback) return ipFamily(name) !== null || [...ownNames, 'localhost'].includes(name)
  // Browsers leave out the usual port.
  const own = port === (isTls ? 443 : 80) ? null : port
  return [address, LOOPBACK, 'localhost'].includes(name) && given === own
}

/** The origins of the page under this `Host`. Behind a proxy that speaks TLS the browser sees https. */
function originsOf(host: string, access: Access): string[] {
  const name = host.toLowerCase()
  if (access.isTls) return [`https://${name}`]
  const isProxied = !access.isLoopback || !isHost(host, { ...access, allowHosts: [] })
  return isProxied ? [`http://${name}`, `https://${name}`] : [`http://${name}`]
}

/** Compares in constant time, whatever the lengths. */
function isSame(given: string, right: string): boolean {
  const [a, b] = [given, right].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer]
  return timingSafeEqual(a, b)
}

/** The value of a cookie; `undefined` without it. */
export const cookieOf = (header: string | undefined, name: string): string | undefined =>
  header
    ?.split(';')
    .map((pair) => pair.trim().split('='))
    .find(([key]) => key === name)?.[1]

/** Headers of every response: the page may load and request only its own resources, and may not be framed. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}
