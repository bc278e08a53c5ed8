/** Values as Python sees them: truth, equality, text. */
import { error, notTranslated } from './python-error.ts'

/** The method of a value that gives its text, as `str` does. */
export const TEXT = Symbol('text')

/** A number whose text JavaScript would lose: a whole float such as `2.0`, or a whole number beyond 2^53. */
export class Numeral extends Number {
  readonly text: string
  readonly isFloat: boolean

  constructor(value: number, text: string, isFloat: boolean) {
    super(value)
    this.text = text
    this.isFloat = isFloat
  }

  override toString(): string {
    return this.text
  }

  [TEXT](): string {
    return this.text
  }
}

/** A float whose kind nothing else says: a whole one keeps its `.0`. */
export const real = (value: any): any =>
  typeof value === 'number' && Number.isInteger(value) ? new Numeral(value, floatText(value), true) : value

/** A whole number by its digits; exact beyond 2^53. */
export function whole(digits: string | bigint): any {
  const value = Number(digits)
  return Number.isSafeInteger(value) ? value : new Numeral(value, String(digits), false)
}

export const isNumber = (value: unknown): value is number | boolean | Numeral =>
  typeof value === 'number' || typeof value === 'boolean' || value instanceof Numeral

/** Whether a number is a float to Python. */
export const isFloat = (value: unknown): boolean =>
  value instanceof Numeral ? value.isFloat : typeof value === 'number' && !Number.isInteger(value)

/** A value as a key of a dict, which Python finds by equality. */
export function keyOf(key: unknown): unknown {
  if (isFloat(key)) return notTranslated('a float as a key of a dict')
  if (Array.isArray(key)) return notTranslated('a tuple as a key of a dict')
  return key instanceof Numeral ? BigInt(key.text) : key
}

/** The class that classes of a locustfile extend; `py.make` calls their `__init__`. */
export class PyObject {
  /** The fields of a data class, in their order. */
  static readonly fields: readonly string[] | null = null

  get [Symbol.toStringTag](): string {
    return this.constructor.name
  }
}

/** The result of a method with a meaning to Python, such as `__len__`; `undefined` if the object has none. */
export function called(object: PyObject, name: string, ...given: readonly any[]): any {
  const method: unknown = (object as unknown as Record<string, unknown>)[name]
  return typeof method === 'function' ? method.apply(object, given) : undefined
}

const fieldsOf = (object: PyObject): readonly string[] | null =>
  (object.constructor as typeof PyObject).fields

function objectText(object: PyObject): string {
  const own: unknown = called(object, '__repr__')
  if (typeof own === 'string') return own
  const { name } = object.constructor
  const fields = fieldsOf(object)
  if (fields === null) return `<${name} object>`
  return `${name}(${fields.map((one) => `${one}=${repr((object as unknown as Record<string, unknown>)[one])}`).join(', ')})`
}

/** `dataclasses.asdict(object)`. */
export function asDict(value: any): any {
  if (Array.isArray(value)) return value.map(asDict)
  if (!(value instanceof PyObject)) return copied(value)
  const fields = fieldsOf(value)
  if (fields === null) throw error('TypeError', 'asdict() should be called on dataclass instances')
  return Object.fromEntries(
    fields.map((one) => [one, asDict((value as unknown as Record<string, unknown>)[one])]),
  )
}

/** Makes an object of a class of the locustfile. */
export function make(of: new () => any, ...given: readonly any[]): any {
  const made = new of() as { __init__?: (...given: readonly any[]) => void }
  made.__init__?.(...given)
  return made
}

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
  if (value instanceof Numeral) return Number(value) !== 0
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0
  if (value instanceof Map || value instanceof Set) return value.size > 0
  // A response is true if it succeeded.
  if (typeof value.ok === 'boolean' && typeof value.status === 'number') return value.ok
  if (value instanceof PyObject)
    return Boolean(called(value, '__bool__') ?? (called(value, '__len__') as number | undefined) ?? true)
  return !isPlain(value) || Object.keys(value).length > 0
}

/** `a or b`. */
export const or = (a: any, b: () => any): any => (truthy(a) ? a : b())
/** `a and b`. */
export const and = (a: any, b: () => any): any => (truthy(a) ? b() : a)

/** `a == b`: lists and dicts by their elements. */
export function equal(a: unknown, b: unknown): boolean {
  if (isNumber(a) && isNumber(b))
    return a instanceof Numeral && b instanceof Numeral && !a.isFloat && !b.isFloat
      ? a.text === b.text
      : Number(a) === Number(b)
  if ((a ?? null) === (b ?? null)) return true
  if (a instanceof PyObject) {
    const own: unknown = called(a, '__eq__', b)
    if (own !== undefined) return truthy(own)
    const fields = fieldsOf(a)
    return (
      fields !== null && (b as object | null)?.constructor === a.constructor && equal(asDict(a), asDict(b))
    )
  }
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
  if (value instanceof PyObject) return str(called(value, '__str__') ?? repr(value))
  return repr(value)
}

/** `repr(value)`. */
export function repr(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'string') return quoted(value)
  // A named tuple.
  if (Array.isArray(value) && TEXT in value) return (value as unknown as { [TEXT]: () => string })[TEXT]()
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`
  if (value instanceof Uint8Array) return `b${quoted(String.fromCharCode(...value))}`
  if (value instanceof Set) return value.size === 0 ? 'set()' : `{${[...value].map(repr).join(', ')}}`
  if (isDict(value))
    return `{${entriesOf(value)
      .map(([key, one]) => `${repr(key)}: ${repr(one)}`)
      .join(', ')}}`
  if (value instanceof PyObject) return objectText(value)
  if (typeof value === 'object' && TEXT in value) return (value as { [TEXT]: () => string })[TEXT]()
  if (value instanceof Error) return `${value.name}(${quoted(value.message)})`
  const { status } = value as { status?: unknown }
  return typeof status === 'number' ? `<Response [${status}]>` : Object.prototype.toString.call(value)
}

/** `str(value)` of a float: `2.0`, `1e+16`. */
export function floatText(given: number | Numeral): string {
  const value = Number(given)
  return Number.isInteger(value) && Math.abs(value) < 1e16
    ? `${Object.is(value, -0) ? '-0' : value}.0`
    : numberText(value)
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
  if (Number.isSafeInteger(value)) return String(value)
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
  if (isNumber(value)) return isFloat(value) ? 'float' : 'int'
  if (typeof value === 'string') return 'str'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Set) return 'set'
  if (value instanceof Uint8Array) return 'bytes'
  if (isDict(value)) return 'dict'
  return typeof value === 'object' ? value.constructor.name : 'function'
}

/** `type(value).__name__`. */
export const className = (value: unknown): string => (value instanceof Error ? value.name : typeName(value))

/** `isinstance(value, …)`. */
export function isInstance(value: unknown, ...types: readonly string[]): boolean {
  const name = typeName(value)
  if (value instanceof PyObject)
    for (let of = value.constructor; of !== PyObject; of = Object.getPrototypeOf(of) as typeof of)
      if (types.includes(of.name)) return true
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
  return isTexts
    ? Object.fromEntries(pairs as [string, unknown][])
    : new Map(pairs.map(([key, value]) => [keyOf(key), value]))
}

/** `copy.copy(value)` and `copy.deepcopy(value)`. */
export function copied(value: any, isDeep = true): any {
  const one = (inner: unknown): unknown => (isDeep ? copied(inner) : inner)
  if (Array.isArray(value)) return value.map(one)
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, one(inner)]))
  if (value instanceof Set) return new Set(value)
  if (isDict(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, one(inner)]))
  if (typeof value !== 'object' || value === null || isImmutable(value)) return value
  const made = Object.create(Object.getPrototypeOf(value) as object | null) as object
  return Object.assign(made, copied({ ...value }, isDeep))
}

/** Whether an object never changes, so that it can be its own copy. */
const isImmutable = (value: object): boolean =>
  value instanceof Numeral || value instanceof Uint8Array || TEXT in value

/** The items of what Python iterates over: of a dict its keys. */
export function list(value: any): any[] {
  if (Array.isArray(value)) return [...(value as unknown[])]
  if (typeof value === 'string') return Array.from(value)
  if (value instanceof Map) return [...value.keys()]
  if (typeof value === 'object' && value !== null) {
    if (value instanceof PyObject) return list(called(value, '__iter__') ?? raiseNotIterable(value))
    if (Symbol.iterator in value) return [...(value as Iterable<unknown>)]
    if (isDict(value)) return Object.keys(value)
  }
  return raiseNotIterable(value)
}

function raiseNotIterable(value: unknown): never {
  throw error('TypeError', `'${typeName(value)}' object is not iterable`)
}

/** What a loop goes through: an iterator as it is, of everything else the items. */
export const each = (value: any): Iterable<any> =>
  typeof value?.next === 'function' && Symbol.iterator in value ? (value as Iterable<any>) : list(value)

/** `len(value)`. */
export function len(value: any): number {
  if (typeof value === 'string') return Array.from(value).length
  if (value instanceof Map || value instanceof Set) return value.size
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length
  if (isDict(value)) return Object.keys(value).length
  if (value instanceof PyObject) {
    const own: unknown = called(value, '__len__')
    if (own !== undefined) return Number(own)
  }
  throw error('TypeError', `object of type '${typeName(value)}' has no len()`)
}
