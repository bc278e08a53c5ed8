/** The options that describe the request: URL, method, headers, name. */
import { show, type Wrong } from './option-readers.ts'
import type { Options } from './options.ts'
import { redactHeader, redactUrlText } from './secret.ts'
import type { Parsed } from './units.ts'

export function readUrl(text: string | undefined, wrong: Wrong): URL | null {
  if (typeof (text as unknown) !== 'string' && text !== undefined)
    return wrong('url', `must be a text, got ${show(text)}`)
  if (text === undefined || text === '') return wrong('url', 'is missing: where shall the requests go?')
  const url = URL.canParse(text) ? new URL(text) : null
  const hint =
    /^[\w.-]+(:\d+)?(\/|$)/.test(text) && !text.includes('://')
      ? `; did you mean http://${redactUrlText(text)}?`
      : ''
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '')
    return wrong('url', `must be an absolute http or https URL, got "${redactUrlText(text)}"${hint}`)
  if (!isDecodable(url.username) || !isDecodable(url.password))
    return wrong('url', 'must have a user and password that are percent-encoded properly')
  return url
}

/** The page of the server's own metrics. */
export function readMetricsUrl(text: string | number): Parsed<string> {
  const url = URL.canParse(String(text)) ? new URL(String(text)) : null
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return { problem: 'must be the absolute http or https URL of a node_exporter page' }
  if (url.username !== '' || url.password !== '') return { problem: 'must have no user and password in it' }
  return { value: url.href }
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Headers that frame the message or steer the connection: they are the transport's to write. */
const TRANSPORT_HEADERS = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
  'te',
  'trailer',
])

export function readHeaders(raw: Options['headers'], wrong: Wrong): [string, string][] {
  if (raw === undefined) return []
  // What a program hands over need not be what its type says.
  if (typeof (raw as unknown) !== 'object' || (raw as unknown) === null) {
    wrong('headers', `must be an object or lines such as "Name: value", got ${show(raw)}`)
    return []
  }
  const pairs: [string, string][] = []
  const add = (name: string, value: string, shown: string): void => {
    if (!TOKEN.test(name)) wrong('headers', `must be lines such as "Name: value", got "${shown}"`)
    else if (/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(value))
      wrong(
        'headers',
        `must have values of printable Latin-1 characters, got "${name}: ${redactHeader(name, value)}"`,
      )
    else if (TRANSPORT_HEADERS.has(name.toLowerCase()))
      wrong('headers', `must not set ${name.toLowerCase()}: corerush writes it itself`)
    else pairs.push([name, value])
  }
  if (Array.isArray(raw)) {
    for (const line of raw as readonly string[]) {
      const colon = line.indexOf(':')
      add(line.slice(0, Math.max(0, colon)).trim(), line.slice(colon + 1).trim(), line)
    }
  } else {
    for (const [name, value] of Object.entries(raw as Record<string, string>))
      add(name, value, `${name}: ${value}`)
  }
  return pairs
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

export function withoutUserinfo(url: URL): URL {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  bare.hash = ''
  return bare
}

/** `user:password@` in the URL, or `auth`, becomes the basic authorization that it stands for; a header wins over the URL. */
export function withAuthorization(
  url: URL,
  auth: string | null,
  headers: [string, string][],
): [string, string][] {
  const isGiven = headers.some(([name]) => name.toLowerCase() === 'authorization')
  if (auth !== null) return [...headers, ['authorization', `Basic ${base64(auth)}`]]
  const value = url.username === '' || isGiven ? undefined : basicAuthorization(url)
  return value === undefined ? headers : [...headers, ['authorization', value]]
}

/** The basic authorization of a URL's user and password; undefined when they are not encoded properly. */
export function basicAuthorization({ username, password }: URL): string | undefined {
  if (!isDecodable(username) || !isDecodable(password)) return undefined
  return `Basic ${base64(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`
}

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

/** `user:password` as `--auth` has it: the one place that says who the users are. */
export function readAuth(
  options: Options,
  url: URL | null,
  headers: readonly (readonly [string, string])[],
  wrong: Wrong,
): string | null {
  const raw: unknown = options.auth
  if (raw === undefined) return null
  // It is a secret, so it is not quoted.
  if (typeof raw !== 'string' || !/^[^:]+:/.test(raw) || /[\u0000-\u001f\u007f]/.test(raw))
    return wrong('auth', 'must be user:password')
  if (url !== null && url.username !== '') return wrong('auth', 'says who the users are, and so does the URL')
  if (headers.some(([name]) => name.toLowerCase() === 'authorization'))
    return wrong('auth', 'says who the users are, and so does the authorization header')
  return raw
}

/** The body as it is given: text or bytes. */
export function readBody(body: Options['body'], wrong: Wrong): string | Uint8Array | null {
  if (body === undefined) return null
  return typeof body === 'string' || (body as unknown) instanceof Uint8Array
    ? body
    : wrong('body', `must be a text or bytes, got ${show(body)}`)
}
