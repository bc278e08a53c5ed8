/** Values as Python sees them: truth, equality, text. */
import { error } from './python-error.ts'

/** The method of a value that gives its text, as `str` does. */
export const TEXT = Symbol('text')

/** A dict whose keys are not all texts is a `Map`; others are plain objects. */
export type Dict = Readonly<Record<string, unknown>> | ReadonlyMap<unknown, unknown>

export const isDict = (value: unknown): value is Dict =>
  value instanceof Map || (typeof value === 'object' && value !== null && isPlain(value))

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** Whether `if value:` holds: not for `None`, `0`, empty texts, lists and dicts. */
export function truthy(value: any): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value)
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0
  if (value instanceof Map || value instanceof Set) return value.size > 0
  // A response is true if it succeeded.
  if (typeof value.ok === 'boolean' && typeof value.status === 'number') return value.ok
  return !isPlain(value) || Object.keys(value).length > 0
}

/** `a or b`. */
export const or = (a: any, b: () => any): any => (truthy(a) ? a : b())
/** `a and b`. */
export const and = (a: any, b: () => any): any => (truthy(a) ? b() : a)

/** `a == b`: lists and dicts by their elements. */
export function equal(a: unknown, b: unknown): boolean {
  if (typeof a === 'boolean' && typeof b === 'number') return Number(a) === b
  if (typeof a === 'number' && typeof b === 'boolean') return a === Number(b)
  if ((a ?? null) === (b ?? null)) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, i) => equal(one, b[i]))
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return a.length === b.length && a.every((one, i) => one === b[i])
  if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((one) => b.has(one))
  if (!isDict(a) || !isDict(b)) return false
  const [left, right] = [entriesOf(a), new Map(entriesOf(b))]
  return (
    left.length === right.size && left.every(([key, one]) => right.has(key) && equal(one, right.get(key)))
  )
}

export const entriesOf = (dict: Dict): [unknown, unknown][] =>
  dict instanceof Map ? [...dict] : Object.entries(dict)

/** `str(value)`. */
export function str(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Error) return value.message
  return repr(value)
}

/** `repr(value)`. */
export function repr(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`
  if (value instanceof Uint8Array) return `b${quoted(String.fromCharCode(...value))}`
  if (value instanceof Set) return value.size === 0 ? 'set()' : `{${[...value].map(repr).join(', ')}}`
  if (isDict(value))
    return `{${entriesOf(value)
      .map(([key, one]) => `${repr(key)}: ${repr(one)}`)
      .join(', ')}}`
  if (typeof value === 'object' && TEXT in value) return (value as { [TEXT]: () => string })[TEXT]()
  if (value instanceof Error) return `${value.name}(${quoted(value.message)})`
  const { status } = value as { status?: unknown }
  return typeof status === 'number' ? `<Response [${status}]>` : Object.prototype.toString.call(value)
}

/** `str(value)` of a float: `2.0`, `1e+16`. */
export const floatText = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e16
    ? `${value === 0 && Object.is(value, -0) ? '-0' : value}.0`
    : numberText(value)

function numberText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
  if (Number.isInteger(value) && Math.abs(value) < 1e21 && Number.isSafeInteger(value)) return String(value)
  // Python writes exponents below 1e-4 and from 1e16 on, with two digits at least.
  const magnitude = Math.abs(value)
  if (magnitude >= 1e-4 && magnitude < 1e16) return String(value)
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  return `${digits}e${exponent[0]!}${exponent.slice(1).padStart(2, '0')}`
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replace(/[\\'"\u0000-\u001f\u007f-\u00a0\u00ad]/g, (char) => {
    if (char === '\\') return '\\\\'
    if (char === "'" || char === '"') return char === quote ? `\\${char}` : char
    const known: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
    return known[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return quote + escaped + quote
}

/** The name of the type of a value. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  if (typeof value === 'string') return 'str'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Set) return 'set'
  if (value instanceof Uint8Array) return 'bytes'
  return isDict(value) ? 'dict' : 'object'
}

/** `isinstance(value, …)`. */
export function isInstance(value: unknown, ...types: readonly string[]): boolean {
  const name = typeName(value)
  return (
    types.includes(name) ||
    (name === 'bool' && types.includes('int')) ||
    (name === 'list' && types.includes('tuple'))
  )
}

/** `dict(…)` and `{…}` with keys that are not all texts. */
export const dict = (entries: any = []): any => {
  const pairs: readonly (readonly [any, any])[] = isDict(entries) ? entriesOf(entries) : list(entries)
  // A plain object would sort keys that look like numbers.
  const isTexts = pairs.every(([key]) => typeof key === 'string' && !/^\d/.test(key))
  return isTexts ? Object.fromEntries(pairs as [string, unknown][]) : new Map(pairs)
}

/** The items of what Python iterates over: of a dict its keys. */
export function list(value: any): any[] {
  if (Array.isArray(value)) return [...(value as unknown[])]
  if (typeof value === 'string') return Array.from(value)
  if (value instanceof Map) return [...value.keys()]
  if (typeof value === 'object' && value !== null) {
    if (Symbol.iterator in value) return [...(value as Iterable<unknown>)]
    if (isDict(value)) return Object.keys(value)
  }
  throw error('TypeError', `'${typeName(value)}' object is not iterable`)
}

/** `len(value)`. */
export function len(value: any): number {
  if (typeof value === 'string') return Array.from(value).length
  if (value instanceof Map || value instanceof Set) return value.size
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length
  if (isDict(value)) return Object.keys(value).length
  throw error('TypeError', `object of type '${typeName(value)}' has no len()`)
}
