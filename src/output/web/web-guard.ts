/**
 * Who may see the live page, and who may act on it. It listens on loopback, but a browser on this host opens pages of
 * others too, and other users may have accounts here. See docs/WEB.md.
 */
import { timingSafeEqual } from 'node:crypto'

/** What a request says of itself. */
export interface Knock {
  readonly method: string
  readonly path: string
  readonly host: string | undefined
  readonly origin: string | undefined
  /** In the query of what is read, in a header of its own of what acts. */
  readonly token: string | undefined
}

export interface Refusal {
  readonly status: number
  readonly text: string
}

/** Code that everybody has: what it shows needs the token. */
export const OPEN_PATHS: readonly string[] = ['/live.js', '/live.css']

/** Why a request is not answered; null: it may be. */
export function refusalOf(knock: Knock, port: number, token: string): Refusal | null {
  const { method, path, host, origin } = knock
  // A name that somebody else's DNS has made to mean this host: their page would read ours as its own.
  const names = ['127.0.0.1', 'localhost'].map((name) => (port === 80 ? name : `${name}:${port}`))
  if (host === undefined || !names.includes(host.toLowerCase()))
    return { status: 403, text: 'only for this host' }
  if (method !== 'GET' && method !== 'POST') return { status: 405, text: 'only GET and POST' }
  // Browsers say where a POST comes from, whatever the page behind it wants.
  if (method === 'POST' && origin !== `http://${host.toLowerCase()}`)
    return { status: 403, text: 'only for the page itself' }
  if (method === 'GET' && OPEN_PATHS.includes(path)) return null
  return isSame(knock.token ?? '', token)
    ? null
    : { status: 403, text: 'open the URL that corerush has printed: it has a token' }
}

/** Takes as long wherever the two differ. */
function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** With every answer. The page may load and ask for what is its own, and nothing may frame it or send it elsewhere. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}
