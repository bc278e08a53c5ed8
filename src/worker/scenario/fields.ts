/**
 * Fields that a task gives a request: query, form and headers, as pairs of texts. Records, lists of pairs, `Map`,
 * `URLSearchParams`, `FormData` and `Headers` are understood; anything else is refused, so that nothing is left out silently.
 */
import { described, isRecord, kindOf } from '../../scenario/value.ts'

export type Field = readonly [name: string, value: string]

const ITERABLE: ReadonlySet<string> = new Set(['Map', 'URLSearchParams', 'FormData', 'Headers'])

/**
 * The fields as pairs, in their order. A list repeats its name, `undefined` leaves the field out. A TypeError names the
 * kind of what is not understood; values are not quoted, for they may be secrets.
 */
export function fieldsOf(what: 'query' | 'form' | 'headers', given: unknown): Field[] {
  if (given === undefined) return []
  const fields: Field[] = []
  for (const [name, value] of pairsOf(what, given)) {
    if (typeof name !== 'string')
      throw new TypeError(`${what} has a name that is no text but ${described(name)}`)
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value])
      if (one !== undefined) fields.push([name, textOf(what, name, one)])
  }
  return fields
}

function pairsOf(what: string, given: unknown): Iterable<readonly unknown[]> {
  if (Array.isArray(given)) return given.map((one) => pairOf(what, one))
  if (typeof given === 'object' && given !== null) {
    if (isRecord(given)) return Object.entries(given)
    if (ITERABLE.has(kindOf(given))) return given as Iterable<readonly unknown[]>
  }
  throw new TypeError(`${what} must be an object with fields, or a list of pairs, got ${described(given)}`)
}

/** A pair of a list; of headers also a line such as `Name: value`. */
function pairOf(what: string, one: unknown): readonly unknown[] {
  if (Array.isArray(one) && one.length === 2) return one
  if (what === 'headers' && typeof one === 'string') {
    const colon = Math.max(0, one.indexOf(':'))
    return [one.slice(0, colon).trim(), one.slice(colon + 1).trim()]
  }
  const kind = typeof one === 'string' ? 'a string' : described(one)
  throw new TypeError(`${what} must be a list of pairs of name and value, and one of them is ${kind}`)
}

function textOf(what: string, name: string, value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'number':
      if (Number.isFinite(value)) return String(value)
  }
  const hint = isFile(value) ? '; a FormData with files is a body' : ''
  throw new TypeError(
    `${what}: ${JSON.stringify(name)} must be text, a number or true or false, got ${described(value)}${hint}`,
  )
}

const isFile = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && /^(File|Blob)$/.test(kindOf(value))

/** A copy that `hasSameFields` can compare later, when the task has changed its own; `null` where it cannot. */
export function keptFields(given: unknown): Kept {
  if (given === undefined) return {}
  if (typeof given !== 'object' || given === null || !isRecord(given)) return null
  const copy: Record<string, unknown> = { ...given }
  for (const name in copy) if (Array.isArray(copy[name])) copy[name] = [...(copy[name] as unknown[])]
  return copy
}

export type Kept = Readonly<Record<string, unknown>> | null

/** Whether these are the fields that were kept. Only records are compared, as almost all tasks give them. */
export function hasSameFields(kept: Kept, given: unknown): boolean {
  if (kept === null) return false
  if (given === undefined) given = NONE
  if (typeof given !== 'object' || given === null || !isRecord(given)) return false
  const fields = given as Readonly<Record<string, unknown>>
  for (const name in fields) if (!isSame(kept[name], fields[name])) return false
  for (const name in kept) if (fields[name] === undefined && kept[name] !== undefined) return false
  return true
}

const NONE: Kept = {}

const isSame = (kept: unknown, given: unknown): boolean =>
  typeof given !== 'object'
    ? kept === given
    : Array.isArray(given) &&
      Array.isArray(kept) &&
      kept.length === given.length &&
      given.every((one, i) => typeof one !== 'object' && kept[i] === one)
