/** The options that describe the request: URL, method, headers, name. */
import { base64, basicAuthorization, hasUserinfo, isDecodable } from '../../request/userinfo.ts'
import { show, type Wrong } from '../../options/option-readers.ts'
import type { Options } from '../../options/options.ts'
import type { DigestCredentials } from '../../request/digest.ts'
import { parseHttpUrl } from '../../request/http-url.ts'
import { redactUrlText } from '../../request/redacted-url.ts'
import { MOST_BODY_BYTES, type Headers } from '../../request/request.ts'
import { showBytes, type Parsed } from '../../units.ts'

export function readUrl(text: string | undefined, wrong: Wrong): URL | null {
  if (typeof (text as unknown) !== 'string' && text !== undefined)
    return wrong('url', `must be a text, got ${show(text)}`)
  if (text === undefined || text === '') return wrong('url', 'is required')
  const url = parseHttpUrl(text)
  const hint =
    /^[\w.-]+(:\d+)?(\/|$)/.test(text) && !text.includes('://')
      ? `; did you mean http://${redactUrlText(text)}?`
      : ''
  if (url === null)
    return wrong('url', `must be an absolute http or https URL, got ${show(redactUrlText(text))}${hint}`)
  if (!isDecodable(url.username) || !isDecodable(url.password))
    return wrong('url', 'must have a user and password that are percent-encoded properly')
  if (hasDotSegments(text)) return wrong('url', dotSegmentsProblem(url))
  return url
}

/** Whether the path of a URL as it is written has `.` or `..` between slashes, which would go out as another path. */
export const hasDotSegments = (text: string): boolean =>
  text
    .replace(/[?#].*$/s, '')
    .replace(/^[a-z]+:\/\/[^/\\]*/i, '')
    .split(/[/\\]/)
    .some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))

export const dotSegmentsProblem = ({ pathname }: URL): string =>
  `must have no . or .. in its path, which would be sent as ${pathname}: write that`

/** The page of the server's own metrics. */
export function readMetricsUrl(raw: unknown, wrong: Wrong): string | null {
  if (raw === undefined) return null
  const text = typeof raw === 'string' ? raw : ''
  const bad = (rule: string): null => wrong('targetMetrics', `${rule}, got ${show(redactUrlText(text))}`)
  const url = parseHttpUrl(text)
  if (url === null) return bad('must be the absolute http or https URL of a node_exporter page')
  return hasUserinfo(url) ? bad('must have no user and password in it') : url.href
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Headers that frame the message or steer the connection, which the transport writes; and what is meant instead. */
const TRANSPORT_HEADERS: ReadonlyMap<string, string> = new Map([
  ['content-length', 'it follows from the body'],
  ['transfer-encoding', 'a body is sent with its length'],
  ['connection', '--no-keepalive closes the connection after each request'],
  ['keep-alive', '--no-keepalive closes the connection after each request'],
  ['upgrade', '--http2 is for HTTP/2, and no other protocol is spoken'],
  ['expect', 'a body is sent at once'],
  ['te', 'trailers are neither sent nor asked for'],
  ['trailer', 'trailers are neither sent nor asked for'],
])

/** Printable Latin-1. */
export const isHeaderValue = (text: string): boolean =>
  !/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(text)

export function readHeaders(raw: Options['headers'], wrong: Wrong): [string, string][] {
  if (raw === undefined) return []
  // What a program hands over need not be what its type says; and no value is quoted, for it may be a secret.
  const kind = (raw as unknown) === null ? 'null' : typeof raw
  if (kind !== 'object') {
    wrong('headers', `must be an object or lines such as "Name: value", got ${kind}`)
    return []
  }
  return checkHeaders(headerPairs(raw), wrong)
}

/** Headers as pairs, as they are written; none if they are of another kind. */
export function headerPairs(raw: Options['headers']): readonly (readonly [name: string, value: unknown])[] {
  if (typeof raw !== 'object' || (raw as unknown) === null) return []
  if (Array.isArray(raw)) return (raw as readonly unknown[]).map((line) => splitLine(String(line)))
  // A `Headers` or a `Map` has no fields of its own, and would be sent as none.
  return Symbol.iterator in raw ? [...(raw as Iterable<readonly [string, unknown]>)] : Object.entries(raw)
}

/** The pairs that are headers which a request can have; the others are reported. */
export function checkHeaders(
  given: readonly (readonly [name: string, value: unknown])[],
  wrong: Wrong,
): [string, string][] {
  const pairs: [string, string][] = []
  given.forEach(([name, value], index) => {
    const lower = name.toLowerCase()
    if (!TOKEN.test(name) || typeof value !== 'string')
      wrong('headers', `must be lines such as "Name: value", and number ${index + 1} is none`, index)
    else if (!isHeaderValue(value))
      wrong('headers', `must have values of printable Latin-1 characters, and that of ${name} is none`, index)
    else if (TRANSPORT_HEADERS.has(lower))
      wrong(
        'headers',
        `must not set ${lower}: corerush writes it itself; ${TRANSPORT_HEADERS.get(lower)!}`,
        index,
      )
    else if (lower === 'host' && pairs.some(([other]) => other.toLowerCase() === 'host'))
      wrong('headers', 'must not set host twice: a request goes to one host', index)
    else pairs.push([name, value])
  })
  return pairs
}

/** A line without a colon has no name. */
function splitLine(line: string): [name: string, value: string] {
  const colon = Math.max(0, line.indexOf(':'))
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
}

export function readMethod(text: string | number): Parsed<string> {
  const method = String(text).toUpperCase()
  if (!TOKEN.test(method)) return { problem: 'must be an HTTP method' }
  if (method === 'CONNECT') return { problem: 'must not be CONNECT, which makes tunnels and no requests' }
  return { value: method }
}

export function readName(text: string | number): Parsed<string> {
  const name = String(text).trim()
  return name === '' ? { problem: 'must not be empty' } : { value: name }
}

/** Texts that are never shown, and so never quoted. */
export function readSecrets(raw: Options['secrets'], wrong: Wrong): readonly string[] {
  const texts: readonly unknown[] = raw ?? []
  if (Array.isArray(texts) && texts.every((text) => typeof text === 'string' && text !== ''))
    return texts as string[]
  wrong('secrets', 'must be a list of texts that are not empty')
  return []
}

/** `user:password@` in the URL, or `auth`, becomes the basic authorization that it stands for. */
export function withAuthorization(
  url: URL,
  auth: string | null,
  headers: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  const value =
    auth !== null ? `Basic ${base64(auth)}` : hasUserinfo(url) ? basicAuthorization(url) : undefined
  return value === undefined ? headers : [...headers, ['authorization', value]]
}

/** `user:password` as `--auth` has it; and that no two of it, the URL and a header say who the users are. */
export function readAuth(
  options: Options,
  url: URL | null,
  headers: readonly (readonly [string, string])[],
  wrong: Wrong,
): string | null {
  const raw: unknown = options.auth
  const isInUrl = url !== null && hasUserinfo(url)
  const isInHeader = headers.some(([name]) => name.toLowerCase() === 'authorization')
  if (isInUrl && isInHeader) wrong('url', 'says who the users are, and so does the authorization header')
  if (raw === undefined) return null
  // It is a secret, so it is not quoted.
  if (typeof raw !== 'string' || !raw.includes(':') || /[\u0000-\u001f\u007f]/.test(raw))
    return wrong('auth', 'must be user:password')
  if (isInUrl) return wrong('auth', 'says who the users are, and so does the URL')
  if (isInHeader) return wrong('auth', 'says who the users are, and so does the authorization header')
  return raw
}

/** `user:password` as `--auth-digest` has it; and that no other option says who the users are. */
export function readDigestAuth(
  options: Options,
  url: URL | null,
  headers: Headers,
  wrong: Wrong,
): DigestCredentials | null {
  const raw: unknown = options.authDigest
  if (raw === undefined) return null
  const digest = readUserPassword(raw)
  // It is a secret, so it is not quoted.
  if (digest === null) return wrong('authDigest', 'must be user:password')
  if (options.auth !== undefined) return wrong('authDigest', 'says who the users are, and so does auth')
  if (url !== null && hasUserinfo(url))
    return wrong('authDigest', 'says who the users are, and so does the URL')
  if (headers.some(([name]) => name.toLowerCase() === 'authorization'))
    return wrong('authDigest', 'says who the users are, and so does the authorization header')
  return digest
}

/** The two parts of `user:password`; `null` if it is not that. A password may have colons. */
export function readUserPassword(raw: unknown): DigestCredentials | null {
  if (typeof raw !== 'string' || /[\u0000-\u001f\u007f]/.test(raw)) return null
  const colon = raw.indexOf(':')
  return colon < 1 ? null : { user: raw.slice(0, colon), password: raw.slice(colon + 1) }
}

/** The body as it is given: text or bytes. */
export function readBody(body: Options['body'], wrong: Wrong): string | Uint8Array | null {
  if (body === undefined) return null
  if (typeof body !== 'string' && !((body as unknown) instanceof Uint8Array))
    return wrong('body', `must be a text or bytes, got ${show(body)}`)
  return body.length <= MOST_BODY_BYTES
    ? body
    : wrong('body', `must have at most ${showBytes(MOST_BODY_BYTES)}, got ${showBytes(body.length)}`)
}
