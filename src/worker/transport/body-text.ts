/**
 * Bodies as text in latin1, in which every character is a byte: head and body then go out as one string, for which node
 * allocates nothing.
 */
import type { BodyPlan } from '../../core/request/request.ts'
import { bytesOf } from './transport.ts'

/** Up to here node writes a string without allocating for it (16 kB, less a generous head). */
export const LONGEST_TEXT = 8192

const ASCII = /^[\0-\x7f]*$/

/** A planned body as it is written: as text, or as bytes if it is long. */
export function writtenBody(body: BodyPlan | null): string | Buffer {
  if (body === null) return ''
  if ('text' in body && body.text.length <= LONGEST_TEXT && ASCII.test(body.text)) return body.text
  const bytes = bytesOf(body)
  return bytes.length <= LONGEST_TEXT ? bytes.toString('latin1') : bytes
}
