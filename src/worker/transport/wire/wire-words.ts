/** The words that decide how a response is framed, as bytes, and the names of bytes in messages. */
const TAB = 9
const LF = 10
const SPACE = 32

const word = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))
export const VERSION = word('HTTP/1.')
export const CONTENT_LENGTH = word('content-length')
export const CONNECTION = word('connection')
/** Not a field of the standard, but undici obeys it as it does `connection`. */
const PROXY_CONNECTION = word('proxy-connection')
const PROXY_AUTHENTICATE = word('proxy-authenticate')
const PROXY_AUTHENTICATION_INFO = word('proxy-authentication-info')
export const TRANSFER_ENCODING = word('transfer-encoding')
export const KEEP_ALIVE = word('keep-alive')
export const CLOSE = word('close')
export const CHUNKED = word('chunked')
export const TIMEOUT = word('timeout=')
export const OTHER = word('')

/** Names of fields that have no part in the framing, but steer what the user sends next. */
const STEERING: ReadonlySet<Uint8Array> = new Set([
  ...[PROXY_AUTHENTICATE, PROXY_AUTHENTICATION_INFO],
  ...['set-cookie', 'location', 'www-authenticate', 'authentication-info'].map(word),
])
export const steers = (name: Uint8Array): boolean => STEERING.has(name)

/** The name that matters and begins with this letter; of several, the first. */
const NAMES: Uint8Array[] = Array<Uint8Array>(128).fill(OTHER)
for (const name of [...STEERING, CONTENT_LENGTH, TRANSFER_ENCODING, PROXY_CONNECTION, KEEP_ALIVE])
  NAMES[name[0]!] = name
export const nameOf = (lower: number): Uint8Array => NAMES[lower]!

/** The name that has the same letters up to this place, and this one there. */
export function forkOf(name: Uint8Array, at: number, lower: number): Uint8Array {
  if (name === CONTENT_LENGTH) return at === 3 && lower === 110 ? CONNECTION : OTHER
  if (name === PROXY_CONNECTION) return at === 6 && lower === 97 ? PROXY_AUTHENTICATE : OTHER
  return name === PROXY_AUTHENTICATE && at === 17 && lower === 105 ? PROXY_AUTHENTICATION_INFO : OTHER
}

/** The word that matters in this field and begins with this letter. */
export function wordOf(name: Uint8Array, lower: number): Uint8Array {
  if (name === TRANSFER_ENCODING) return CHUNKED
  if (name === KEEP_ALIVE) return TIMEOUT
  return lower === 99 ? CLOSE : KEEP_ALIVE
}

export const badByte = (byte: number): string =>
  byte === LF
    ? 'a bare LF'
    : byte === SPACE || byte === TAB
      ? 'space where a name must be'
      : `the byte ${byte} in a field`
