/** Arithmetic as Python does it. */
import { error } from './python-error.ts'
import {
  called,
  dict,
  each,
  entriesOf,
  isDict,
  isFloat,
  isNumber,
  list,
  Numeral,
  PyObject,
  real,
  repr,
  typeName,
  whole,
} from './value.ts'
import { fixed, percent } from './text.ts'

/** An operation on numbers, and the same on whole numbers beyond 2^53. */
type Operation = readonly [(a: number, b: number) => number, (a: bigint, b: bigint) => bigint]

const ADD: Operation = [(a, b) => a + b, (a, b) => a + b]
const SUB: Operation = [(a, b) => a - b, (a, b) => a - b]
const MUL: Operation = [(a, b) => a * b, (a, b) => a * b]
const FLOOR_DIV: Operation = [
  (a, b) => Math.floor(a / b),
  (a, b) => a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n),
]
const MOD: Operation = [floorMod, (a, b) => ((a % b) + b) % b]

/** The remainder with the sign of `b`. */
function floorMod(a: number, b: number): number {
  const rest = a % b
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest === 0 ? 0 * b : rest
}

const bigOf = (value: number | boolean | Numeral): bigint =>
  value instanceof Numeral ? BigInt(value.text) : BigInt(Number(value))

/** The result of an operation on two numbers: a float if one of them is, and exact otherwise. */
function calculated(
  a: number | boolean | Numeral,
  b: number | boolean | Numeral,
  [small, large]: Operation,
): any {
  const value = small(Number(a), Number(b))
  if (isFloat(a) || isFloat(b)) return real(value)
  const isSmall = Number.isSafeInteger(value) && !(a instanceof Numeral) && !(b instanceof Numeral)
  return isSmall ? value + 0 : whole(large(bigOf(a), bigOf(b)))
}

function refuse(operator: string, a: unknown, b: unknown): never {
  throw error(
    'TypeError',
    `unsupported operand type(s) for ${operator}: '${typeName(a)}' and '${typeName(b)}'`,
  )
}

/** `a + b`: of numbers, texts or lists. */
export function add(a: any, b: any): any {
  if (isNumber(a) && isNumber(b)) return calculated(a, b, ADD)
  if (typeof a === 'string' && typeof b === 'string') return a + b
  if (Array.isArray(a) && Array.isArray(b)) return [...(a as unknown[]), ...(b as unknown[])]
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.concat([a, b])
  // Spans and moments of `datetime`.
  return operated(a, b, 'plus', '__add__') ?? refuse('+', a, b)
}

/** `a += b`: a list grows in its place. */
export function addTo(a: any, b: any): any {
  if (!Array.isArray(a)) return add(a, b)
  a.push(...list(b))
  return a
}

/** What objects with an operator of their own make of it. */
function operated(a: any, b: any, method: string, own: string): any {
  return a instanceof PyObject ? called(a, own, b) : (a?.[method]?.(b) as unknown)
}

/** `a - b`: of numbers or sets. */
export function sub(a: any, b: any): any {
  if (isNumber(a) && isNumber(b)) return calculated(a, b, SUB)
  if (a instanceof Set && b instanceof Set) return new Set([...a].filter((one) => !b.has(one)))
  return operated(a, b, 'minus', '__sub__') ?? refuse('-', a, b)
}

/** `a * b`: of numbers, or a text or list several times. */
export function mul(a: any, b: any): any {
  if (isNumber(a) && isNumber(b)) return calculated(a, b, MUL)
  if (isNumber(a)) return mul(b, a)
  if (!isNumber(b) || isFloat(b)) return operated(a, b, 'times', '__mul__') ?? refuse('*', a, b)
  const times = Math.max(0, Number(b))
  if (typeof a === 'string') return a.repeat(times)
  if (Array.isArray(a)) return Array.from({ length: times }, () => a as unknown[]).flat()
  return operated(a, b, 'times', '__mul__') ?? refuse('*', a, b)
}

/** `a / b`. */
export function div(a: any, b: any): number {
  if (!isNumber(a) || !isNumber(b)) return refuse('/', a, b)
  if (Number(b) === 0) throw error('ZeroDivisionError', 'division by zero')
  return Number(a) / Number(b)
}

/** `a // b`: rounded down. */
export function floorDiv(a: any, b: any): any {
  if (!isNumber(a) || !isNumber(b)) return refuse('//', a, b)
  if (Number(b) === 0) throw error('ZeroDivisionError', 'integer division or modulo by zero')
  return calculated(a, b, FLOOR_DIV)
}

/** `divmod(a, b)`. */
export const divMod = (a: any, b: any): any[] => [floorDiv(a, b), mod(a, b)]

/** `a ** b`. */
export function power(a: any, b: any): any {
  if (!isNumber(a) || !isNumber(b)) return refuse('**', a, b)
  if (isFloat(a) || isFloat(b) || Number(b) < 0) return real(Number(a) ** Number(b))
  return calculated(a, b, [(x, y) => x ** y, (x, y) => x ** y])
}

/** `abs(value)`. */
export const abs = (value: any): any => (Number(value) < 0 ? mul(value, -1) : value)

/** `a % b`: of numbers with the sign of `b`, or a text with `%s` in it. */
export function mod(a: any, b: any): any {
  if (typeof a === 'string') return percent(a, b)
  if (!isNumber(a) || !isNumber(b)) return refuse('%', a, b)
  if (Number(b) === 0) throw error('ZeroDivisionError', 'integer division or modulo by zero')
  return calculated(a, b, MOD)
}

/** `a | b`, `a & b` and `a ^ b`: of whole numbers and sets; `a | b` also of dicts. */
export function bitOr(a: any, b: any): any {
  if (a instanceof Set && b instanceof Set) return new Set([...a, ...b])
  return isDict(a) ? merged(a, b) : bitwise('|', a, b, (x, y) => x | y)
}

export function bitAnd(a: any, b: any): any {
  if (a instanceof Set && b instanceof Set) return new Set([...a].filter((one) => b.has(one)))
  return bitwise('&', a, b, (x, y) => x & y)
}

export function bitXor(a: any, b: any): any {
  if (a instanceof Set && b instanceof Set) return new Set([...sub(a, b), ...sub(b, a)])
  return bitwise('^', a, b, (x, y) => x ^ y)
}

/** `a << b` and `a >> b`. */
export const shiftLeft = (a: any, b: any): any => bitwise('<<', a, b, (x, y) => x << y)
export const shiftRight = (a: any, b: any): any => bitwise('>>', a, b, (x, y) => x >> y)

function bitwise(operator: string, a: unknown, b: unknown, work: (a: bigint, b: bigint) => bigint): any {
  if (!isNumber(a) || !isNumber(b) || isFloat(a) || isFloat(b)) return refuse(operator, a, b)
  return whole(work(bigOf(a), bigOf(b)))
}

/** `int(value)`: towards zero, or of a text. */
export function int(value: any = 0, base = 10): any {
  if (isNumber(value)) {
    if (value instanceof Numeral && !value.isFloat) return value
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
  const found = Number.parseInt(digits, base) * (text.startsWith('-') ? -1 : 1)
  return base === 10 && !Number.isSafeInteger(found) ? whole(BigInt(text)) : found
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

/** `round(value, digits)`: a half goes to the even neighbour. With digits, a float stays one. */
export function round(value: any, digits: number | null = null): any {
  if (digits !== null) {
    if (!isFloat(value)) return digits >= 0 ? value : round(Number(value) / 10 ** -digits) * 10 ** -digits
    return real(
      digits >= 0
        ? Number(fixed(Number(value), digits))
        : (round(Number(value) / 10 ** -digits) as number) * 10 ** -digits,
    )
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

/** `statistics.mean(values)`: a whole number if the values are and it is. */
export function mean(values: any): any {
  const all = list(values)
  if (all.length === 0) throw error('StatisticsError', 'mean requires at least one data point')
  const total: unknown = sum(all)
  const found = Number(total) / all.length
  return isFloat(total) || !Number.isInteger(found) ? real(found) : found
}

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
  if (a instanceof Set && b instanceof Set) return refuse('<', a, b)
  if (a instanceof PyObject) {
    const isLess: unknown = called(a, '__lt__', b)
    if (isLess !== undefined)
      return isLess === true ? -1 : called(b as PyObject, '__lt__', a) === true ? 1 : 0
  }
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
  const all = lists.map((one) => each(one)[Symbol.iterator]())
  const found: any[][] = []
  for (;;) {
    const row: any[] = []
    for (const one of all) {
      const { done, value } = one.next() as IteratorResult<unknown>
      if (done === true) return found
      row.push(value)
    }
    if (row.length === 0) return found
    found.push(row)
  }
}

/** `{**a, **b}` and `a | b` of dicts. */
export const merged = (...dicts: readonly any[]): any =>
  dict(dicts.flatMap((one) => (isDict(one) ? entriesOf(one) : refuse('|', one, {}))))
