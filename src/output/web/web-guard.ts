/**
 * Access control of the live page. It listens on loopback, but a browser on this host also opens other pages, and other
 * users may have accounts. See docs/WEB.md.
 */
import { timingSafeEqual } from 'node:crypto'

/** The parts of a request that are checked. */
export interface Knock {
  readonly method: string
  readonly path: string
  readonly host: string | undefined
  readonly origin: string | undefined
  /** From the query of a read, from a header of an action. */
  readonly token: string | undefined
}

export interface Refusal {
  readonly status: number
  readonly text: string
}

/** Public files, which need no token: the data they show does. */
export const OPEN_PATHS: readonly string[] = ['/live.js', '/live.css']

/** The reason to refuse a request; `null` if it is allowed. */
export function refusalOf(knock: Knock, port: number, token: string): Refusal | null {
  const { method, path, host, origin } = knock
  // DNS rebinding: another page, whose name resolves to this host, would read ours as its own.
  const names = ['127.0.0.1', 'localhost'].map((name) => (port === 80 ? name : `${name}:${port}`))
  if (host === undefined || !names.includes(host.toLowerCase()))
    return { status: 403, text: 'only for this host' }
  if (method !== 'GET' && method !== 'POST') return { status: 405, text: 'only GET and POST' }
  // Browsers send the origin of a POST; a page cannot forge it.
  if (method === 'POST' && origin !== `http://${host.toLowerCase()}`)
    return { status: 403, text: 'only for the page itself' }
  if (method === 'GET' && OPEN_PATHS.includes(path)) return null
  return isSame(knock.token ?? '', token)
    ? null
    : { status: 403, text: 'open the URL that corerush printed: it contains a token' }
}

/** Compares in constant time. */
function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}

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
