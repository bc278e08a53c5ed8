/** A request as it will be written: what it says, and its body. */
import type { DigestCredentials } from './digest.ts'
import type { StatusRange } from './status.ts'

/** Bytes to send: as text where they are text, else as base64. */
export type BodyPlan = ({ readonly text: string } | { readonly base64: string }) & {
  /** The length of the whole body, if this is only its beginning, as in a plan that is shown. */
  readonly bytes?: number
}

/** A name and a value each, in the order in which they are sent. */
export type Headers = readonly (readonly [name: string, value: string])[]

/** One request as it will be written. */
export interface RequestPlan {
  readonly name: string
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: BodyPlan | null
  /** Credentials of the user if the server asks for digest authentication; `null` if none. */
  readonly digest: DigestCredentials | null
  readonly expectStatus: readonly StatusRange[]
}

/**
 * Methods whose requests may be sent twice, for the effect is that of one (RFC 9110, 9.2.2; the others are registered as
 * safe).
 */
const IDEMPOTENT = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PUT',
  'DELETE',
  'QUERY',
  'SEARCH',
  'PROPFIND',
  'REPORT',
])

export const isIdempotent = (method: string): boolean => IDEMPOTENT.has(method)

/** The largest body: main thread and workers each hold all of it, as text and as bytes. */
export const MOST_BODY_BYTES = 128_000_000

/** A body as the plan has it: text where it is text. */
export function bodyPlan(body: string | Uint8Array | null): BodyPlan | null {
  if (body === null) return null
  if (typeof body === 'string') return { text: body }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
    return { text }
  } catch {
    let binary = ''
    for (let i = 0; i < body.length; i += 0x8000)
      binary += String.fromCharCode(...body.subarray(i, i + 0x8000))
    return { base64: btoa(binary) }
  }
}

/** How many bytes a planned body has. */
export function bodyLength(body: BodyPlan | null): number {
  if (body === null) return 0
  if (body.bytes !== undefined) return body.bytes
  if ('text' in body) return new TextEncoder().encode(body.text).length
  return (body.base64.length / 4) * 3 - (body.base64.endsWith('==') ? 2 : body.base64.endsWith('=') ? 1 : 0)
}
