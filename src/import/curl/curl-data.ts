/** The data of curl's options: bytes, and text where they are UTF-8. */
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Text where the bytes are UTF-8 without NUL, else the bytes. */
export function textOf(data: string | Uint8Array): string | Uint8Array
export function textOf(data: string | Uint8Array, isText: true): string
export function textOf(data: string | Uint8Array, isText = false): string | Uint8Array {
  if (typeof data === 'string') return data
  try {
    const text = new TextDecoder('utf-8', { fatal: !isText, ignoreBOM: true }).decode(data)
    return !isText && text.includes('\0') ? data : text
  } catch {
    return data
  }
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** A file as `-d @FILE` sends it: without carriage returns, line feeds and NULs. */
export const withoutLines = (bytes: Uint8Array): Uint8Array =>
  bytes.filter((byte) => byte !== 0x0d && byte !== 0x0a && byte !== 0)

const UNRESERVED = /[A-Za-z0-9._~-]/

/** Percent-encoded as curl does it, a blank as `+`. Marks of variables stay. */
export const encoded = (data: string | Uint8Array): string =>
  typeof data === 'string'
    ? data
        .split(/(\u{f8fe}\w+\u{f8fe})/u)
        .map((part, i) => (i % 2 === 1 ? part : encodedBytes(bytesOf(part))))
        .join('')
    : encodedBytes(data)

const encodedBytes = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => {
    const char = String.fromCharCode(byte)
    if (byte < 0x80 && UNRESERVED.test(char)) return char
    return char === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
