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
export const TRANSFER_ENCODING = word('transfer-encoding')
export const KEEP_ALIVE = word('keep-alive')
export const CLOSE = word('close')
export const CHUNKED = word('chunked')
export const TIMEOUT = word('timeout=')
export const OTHER = word('')

/** The name that matters and begins with this letter. */
export function nameOf(lower: number): Uint8Array {
  if (lower === 99) return CONTENT_LENGTH
  if (lower === 116) return TRANSFER_ENCODING
  if (lower === 112) return PROXY_CONNECTION
  return lower === 107 ? KEEP_ALIVE : OTHER
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
