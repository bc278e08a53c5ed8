/** The body of a task's request: text, bytes, a value as JSON, a form, or what was read of a `Blob` or a `FormData`. */
import { described, isRecord, kindOf } from '../../scenario/value.ts'
import type { RequestOptions } from '../../scenario/http.ts'
import { fieldsOf } from './fields.ts'
import type { ReadBody } from './read-body.ts'

/** What is sent, and as which content type if the task names none; `null` for nothing. */
export interface Body {
  readonly content: string | Uint8Array | null
  readonly type: string | null
}

/** Typed arrays, which every supported Node has. */
type WellFormed = string & { isWellFormed(): boolean }

const NOTHING: Body = { content: null, type: null }
const FORM = 'application/x-www-form-urlencoded'

/** The body of a request that has at most one; a TypeError names the kind of what is not understood. */
export function bodyOf(
  { body, form, json }: RequestOptions,
  jsonText: string | undefined,
  read: ReadBody | null,
): Body {
  if ([body, json, form].filter((given) => given !== undefined).length > 1)
    throw new TypeError('a request has one body: give body, json or form')
  if (jsonText !== undefined) return { content: jsonText, type: 'application/json' }
  if (form !== undefined) return { content: encoded(fieldsOf('form', form)), type: FORM }
  if (read !== null) return { content: read.bytes, type: read.type }
  const given: unknown = body
  if (given === undefined) return NOTHING
  if (typeof given === 'string') {
    if (!(given as WellFormed).isWellFormed())
      throw new TypeError('body is text with half a character, which has no bytes')
    return { content: given, type: null }
  }
  if (given instanceof Uint8Array) return { content: given, type: null }
  if (ArrayBuffer.isView(given))
    return { content: Buffer.from(given.buffer, given.byteOffset, given.byteLength), type: null }
  if (typeof given === 'object' && given !== null) {
    const kind = kindOf(given)
    if (/^(Shared)?ArrayBuffer$/.test(kind)) return { content: Buffer.from(given as ArrayBuffer), type: null }
    if (kind === 'URLSearchParams') return { content: (given as URLSearchParams).toString(), type: FORM }
  }
  throw new TypeError(
    `body must be text, bytes, URLSearchParams, FormData or a Blob, got ${described(given)}${hintFor(given)}`,
  )
}

function hintFor(given: unknown): string {
  if (given === null) return '; leave it out to send none'
  if (typeof given !== 'object') return ''
  if (Array.isArray(given) || isRecord(given)) return '; send values with json, fields with form'
  if (kindOf(given) === 'Promise') return '; await it first'
  return Symbol.asyncIterator in given ? '; read it first' : ''
}

const encoded = (fields: readonly (readonly [string, string])[]): string =>
  new URLSearchParams(fields as [string, string][]).toString()

/**
 * The JSON of a value; a TypeError where it has none, or where something in it would become `{}` although it is not empty:
 * a promise that was not awaited, a `Map`, a `FormData`.
 */
export function jsonOf(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined || ArrayBuffer.isView(value))
    throw new TypeError(`json must be a value that JSON knows, got ${described(value)}`)
  if (text.includes('{}')) refuseUnknown(value, 'json')
  return text
}

function refuseUnknown(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return
  const entries = Object.entries(value)
  if (entries.length === 0 && !Array.isArray(value) && !isRecord(value))
    throw new TypeError(`${path} must be a value that JSON knows, got ${described(value)}${hintFor(value)}`)
  for (const [name, one] of entries) refuseUnknown(one, `${path}.${name}`)
}
