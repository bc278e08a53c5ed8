/** Arithmetic as Python does it. */
import { error } from './python-error.ts'
import { dict, entriesOf, isDict, list, repr, typeName } from './value.ts'
import { fixed, percent } from './text.ts'

const isNumber = (value: unknown): value is number | boolean =>
  typeof value === 'number' || typeof value === 'boolean'

function refuse(operator: string, a: unknown, b: unknown): never {
  throw error(
    'TypeError',
    `unsupported operand type(s) for ${operator}: '${typeName(a)}' and '${typeName(b)}'`,
  )
}

/** `a + b`: of numbers, texts or lists. */
export function add(a: any, b: any): any {
  if (isNumber(a) && isNumber(b)) return Number(a) + Number(b)
  if (typeof a === 'string' && typeof b === 'string') return a + b
  if (Array.isArray(a) && Array.isArray(b)) return [...(a as unknown[]), ...(b as unknown[])]
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.concat([a, b])
  // Spans and moments of `datetime`.
  return (a?.plus?.(b) as unknown) ?? refuse('+', a, b)
}

/** `a - b`: of numbers or sets. */
export function sub(a: any, b: any): any {
  if (isNumber(a) && isNumber(b)) return Number(a) - Number(b)
  if (a instanceof Set && b instanceof Set) return new Set([...a].filter((one) => !b.has(one)))
  return (a?.minus?.(b) as unknown) ?? refuse('-', a, b)
}

/** `a * b`: of numbers, or a text or list several times. */
export function mul(a: any, b: any): any {
  if (isNumber(a) && isNumber(b)) return Number(a) * Number(b)
  if (isNumber(a)) return mul(b, a)
  if (!isNumber(b)) return refuse('*', a, b)
  const times = Math.max(0, Number(b))
  if (typeof a === 'string') return a.repeat(times)
  if (Array.isArray(a)) return Array.from({ length: times }, () => a as unknown[]).flat()
  return refuse('*', a, b)
}

/** `a / b`. */
export function div(a: any, b: any): number {
  if (!isNumber(a) || !isNumber(b)) return refuse('/', a, b)
  if (Number(b) === 0) throw error('ZeroDivisionError', 'division by zero')
  return Number(a) / Number(b)
}

/** `a // b`: rounded down. */
export const floorDiv = (a: any, b: any): number => Math.floor(div(a, b))

/** `a % b`: of numbers with the sign of `b`, or a text with `%s` in it. */
export function mod(a: any, b: any): any {
  if (typeof a === 'string') return percent(a, b)
  const quotient = floorDiv(a, b)
  const found = Number(a) - quotient * Number(b)
  return Number.isInteger(a) && Number.isInteger(b) ? found : Number(a) % Number(b) === 0 ? 0 : found
}

/** `int(value)`: towards zero, or of a text. */
export function int(value: any = 0, base = 10): number {
  if (isNumber(value)) {
    if (!Number.isFinite(Number(value)))
      throw error('ValueError', `cannot convert float ${repr(value)} to integer`)
    return Math.trunc(Number(value))
  }
  if (typeof value !== 'string')
    throw error('TypeError', `int() argument must be a string or a real number, not '${typeName(value)}'`)
  const text = value.trim().replaceAll('_', '')
  const digits = text.replace(/^[+-]/, '').replace(base === 16 ? /^0x/i : base === 2 ? /^0b/i : /^$/, '')
  const isDigits =
    digits !== '' && Array.from(digits.toLowerCase()).every((one) => Number.parseInt(one, base) >= 0)
  if (!isDigits) throw error('ValueError', `invalid literal for int() with base ${base}: ${repr(value)}`)
  return Number.parseInt(digits, base) * (text.startsWith('-') ? -1 : 1)
}

/** `float(value)`. */
export function float(value: any = 0): number {
  if (isNumber(value)) return Number(value)
  if (typeof value !== 'string')
    throw error('TypeError', `float() argument must be a string or a real number, not '${typeName(value)}'`)
  const text = value.trim().replaceAll('_', '')
  const special = /^([+-]?)(?:(inf(?:inity)?)|nan)$/i.exec(text)
  if (special !== null)
    return special[2] === undefined ? Number.NaN : special[1] === '-' ? -Infinity : Infinity
  if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text))
    throw error('ValueError', `could not convert string to float: ${repr(value)}`)
  return Number(text)
}

/** `round(value, digits)`: a half goes to the even neighbour. */
export function round(value: any, digits = 0): number {
  if (digits !== 0) {
    const rounded = Number(fixed(Number(value), Math.max(0, digits)))
    return digits > 0 ? rounded : Math.round(Number(value) / 10 ** -digits) * 10 ** -digits
  }
  const low = Math.floor(Number(value))
  const above = Number(value) - low
  return above === 0.5 ? low + (Math.abs(low) % 2) : above > 0.5 ? low + 1 : low
}

/** `range(…)`. */
export function range(from: number, to?: number, step = 1): number[] {
  const [start, end] = to === undefined ? [0, from] : [from, to]
  if (step === 0) throw error('ValueError', 'range() arg 3 must not be zero')
  return Array.from({ length: Math.max(0, Math.ceil((end - start) / step)) }, (_, i) => start + i * step)
}

/** `sum(values, start)`. */
export const sum = (values: any, start: any = 0): any => list(values).reduce((a, b) => add(a, b), start)

/** Less than 0, 0 or more: numbers, texts by their code points, lists by their items. */
export function compare(a: any, b: any): number {
  if (isNumber(a) && isNumber(b)) return Number(a) - Number(b)
  if (typeof a === 'string' && typeof b === 'string') {
    const [left, right] = [
      Array.from(a, (one) => one.codePointAt(0)!),
      Array.from(b, (one) => one.codePointAt(0)!),
    ]
    return compareItems(left, right)
  }
  if (Array.isArray(a) && Array.isArray(b)) return compareItems(a, b)
  if (typeof a?.order === 'number' && typeof b?.order === 'number') return Number(a.order) - Number(b.order)
  return refuse('<', a, b)
}

function compareItems(a: readonly unknown[], b: readonly unknown[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const found = compare(a[i], b[i])
    if (found !== 0) return found
  }
  return a.length - b.length
}

type Key = (value: any) => any

/** `sorted(values, key=…, reverse=…)`; items that compare alike keep their order. */
export function sorted(values: any, key: Key | null = null, isReverse = false): any[] {
  const by = key ?? ((value: any): any => value)
  const direction = isReverse ? -1 : 1
  return list(values).sort((a, b) => direction * compare(by(a), by(b)))
}

/** `min(…)` and `max(…)` of the items. */
export const min = (values: any, key: Key | null = null): any => first(sorted(values, key), 'min')
export const max = (values: any, key: Key | null = null): any => {
  const by = key ?? ((value: any): any => value)
  return list(values).reduce((a, b) => (compare(by(b), by(a)) > 0 ? b : a), first(list(values), 'max'))
}

function first(values: readonly any[], what: string): any {
  if (values.length > 0) return values[0]
  throw error('ValueError', `${what}() arg is an empty sequence`)
}

/** `enumerate(values, start)`. */
export const enumerate = (values: any, start = 0): [number, any][] =>
  list(values).map((value, i) => [i + start, value])

/** `zip(…)`: as long as the shortest. */
export function zip(...lists: readonly any[]): any[][] {
  const all = lists.map(list)
  return Array.from({ length: Math.min(...all.map(({ length }) => length)) }, (_, i) =>
    all.map((one) => one[i] as unknown),
  )
}

/** `{**a, **b}` and `a | b` of dicts. */
export const merged = (...dicts: readonly any[]): any =>
  dict(dicts.flatMap((one) => (isDict(one) ? entriesOf(one) : refuse('|', one, {}))))
