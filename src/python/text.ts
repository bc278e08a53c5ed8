/** Texts: methods of `str`, and formatting. */
import { error } from './python-error.ts'
import {
  entriesOf,
  floatText,
  isDict,
  isNumber,
  list,
  Numeral,
  real,
  repr,
  str,
  truthy,
  typeName,
  whole,
} from './value.ts'
import { item } from './item.ts'

/** `text.split(separator, most)`; without a separator at runs of white space. */
export function split(text: string, separator: string | null = null, most = -1): string[] {
  if (separator === null) {
    const words = text.trim() === '' ? [] : text.trim().split(/\s+/)
    if (most < 0 || words.length <= most + 1) return words
    const found: string[] = []
    let rest = text.trimStart()
    while (found.length < most) {
      const [, word = '', after = ''] = /^(\S+)\s+(.*)$/s.exec(rest)!
      found.push(word)
      rest = after
    }
    return [...found, rest]
  }
  if (separator === '') throw error('ValueError', 'empty separator')
  const parts = text.split(separator)
  if (most < 0 || parts.length <= most + 1) return parts
  return [...parts.slice(0, most), parts.slice(most).join(separator)]
}

/** `text.rsplit(separator, most)`. */
export function rsplit(text: string, separator: string, most = -1): string[] {
  const parts = text.split(separator)
  if (most < 0 || parts.length <= most + 1) return parts
  const at = parts.length - most
  return [parts.slice(0, at).join(separator), ...parts.slice(at)]
}

/** `text.partition(separator)`. */
export function partition(text: string, separator: string): string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, '', ''] : [text.slice(0, at), separator, text.slice(at + separator.length)]
}

/** `text.strip(characters)`, `lstrip` and `rstrip`. */
export const strip = (text: string, characters: string | null = null): string =>
  lstrip(rstrip(text, characters), characters)

export function lstrip(text: string, characters: string | null = null): string {
  if (characters === null) return text.trimStart()
  const all = Array.from(text)
  const at = all.findIndex((one) => !characters.includes(one))
  return at < 0 ? '' : all.slice(at).join('')
}

export function rstrip(text: string, characters: string | null = null): string {
  if (characters === null) return text.trimEnd()
  const all = Array.from(text)
  const at = all.findLastIndex((one) => !characters.includes(one))
  return all.slice(0, at + 1).join('')
}

/** `text.replace(old, new, count)`. */
export function replace(text: string, old: string, by: string, count = -1): string {
  if (count < 0) return text.replaceAll(old, () => by)
  const parts = text.split(old)
  return [parts.slice(0, count + 1).join(by), ...parts.slice(count + 1)].join(old)
}

/** `separator.join(values)`; all of them must be texts. */
export function join(separator: string, values: any): string {
  const all = list(values)
  const at = all.findIndex((one) => typeof one !== 'string')
  if (at >= 0)
    throw error('TypeError', `sequence item ${at}: expected str instance, ${typeName(all[at])} found`)
  return all.join(separator)
}

/** `text.splitlines()`. */
export function splitLines(text: string, keep = false): string[] {
  const lines = text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? []
  return keep ? [...lines] : lines.map((line) => line.replace(/\r\n$|[\r\n]$/, ''))
}

/** `str(uuid.UUID(text))`. */
export function uuid(text: string): string {
  const digits = text
    .replace(/^urn:uuid:/i, '')
    .replace(/[{}-]/g, '')
    .toLowerCase()
  if (!/^[\da-f]{32}$/.test(digits)) throw error('ValueError', 'badly formed hexadecimal UUID string')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** `text.capitalize()` and `text.title()`. */
export const capitalize = (text: string): string =>
  text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase()
export const title = (text: string): string => text.replace(/\p{L}+/gu, capitalize)

/** `text.zfill(width)`: a sign stays in front. */
export function zfill(text: string, width: number): string {
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/s.exec(text)!
  return sign + digits.padStart(width - sign.length, '0')
}

/** `format(value, spec)`, as in `f'{value:>5.2f}'`. */
export function format(value: any, spec: string): string {
  if (spec === '') return str(value)
  const match = /^(?:(.)?([<>=^]))?([+\- ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/su.exec(
    spec,
  )
  if (match === null) throw error('ValueError', `Invalid format specifier '${spec}'`)
  const [, fill, align, sign, alternate, zero, width, group, precision, type] = match
  const isNumeric = isNumber(value)
  if (!isNumeric && type !== undefined && type !== 's')
    throw error('ValueError', `Unknown format code '${type}' for object of type '${typeName(value)}'`)
  const digits = precision === undefined ? null : Number(precision)
  const isPlain = type === undefined && digits === null
  let body = isNumeric
    ? isPlain && value instanceof Numeral
      ? value.text.replace(/^-/, '')
      : digitsOf(Math.abs(Number(value)), type, digits, alternate !== undefined)
    : str(value).slice(0, digits ?? undefined)
  if (isNumeric && type === undefined && typeof value === 'boolean') body = str(value)
  if (group !== undefined) body = body.replace(/^\d+/, (whole) => grouped(whole, group))
  const isNegative = isNumeric && (Number(value) < 0 || Object.is(value, -0))
  const prefix = !isNumeric ? '' : isNegative ? '-' : sign === '+' ? '+' : sign === ' ' ? ' ' : ''
  const missing = Math.max(0, Number(width ?? 0) - Array.from(prefix + body).length)
  const by = align ?? (zero === undefined ? (isNumeric ? '>' : '<') : isNumeric ? '=' : '<')
  const filler = (fill ?? (zero === undefined ? ' ' : '0')).repeat(missing)
  if (by === '=') return prefix + filler + body
  if (by === '<') return prefix + body + filler
  if (by === '>') return filler + prefix + body
  const left = Math.floor(missing / 2)
  return filler.slice(0, left) + prefix + body + filler.slice(left)
}

/** With this many decimals; of two that are as near, the even one. */
export function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits)
  const exact = value.toFixed(Math.min(100, digits + 40))
  const isTie = /^50*$/.test(exact.slice(exact.indexOf('.') + 1 + digits))
  if (!isTie || Number(text.at(-1)) % 2 === 0) return text
  // toFixed takes the larger one.
  return (Number(text) - Math.sign(value) * 10 ** -digits).toFixed(digits)
}

function digitsOf(
  value: number,
  type: string | undefined,
  precision: number | null,
  isAlternate: boolean,
): string {
  switch (type) {
    case 'f':
    case 'F':
      return fixed(value, precision ?? 6)
    case '%':
      return `${fixed(value * 100, precision ?? 6)}%`
    case 'e':
    case 'E': {
      const text = value.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2')
      return type === 'E' ? text.toUpperCase() : text
    }
    case 'x':
      return (isAlternate ? '0x' : '') + value.toString(16)
    case 'X':
      return (isAlternate ? '0X' : '') + value.toString(16).toUpperCase()
    case 'b':
      return (isAlternate ? '0b' : '') + value.toString(2)
    case 'o':
      return (isAlternate ? '0o' : '') + value.toString(8)
    case 'c':
      return String.fromCodePoint(value)
    case 'd':
    case 'n':
      if (!Number.isInteger(value))
        throw error('ValueError', "Unknown format code 'd' for object of type 'float'")
      return String(value)
    case 'g':
    case 'G':
      return general(value, precision ?? 6)
    default:
      return precision === null ? repr(value) : general(value, precision)
  }
}

/** Digits in groups of three, from the right. */
function grouped(digits: string, separator: string): string {
  const groups: string[] = []
  for (let end = digits.length; end > 0; end -= 3) groups.unshift(digits.slice(Math.max(0, end - 3), end))
  return groups.join(separator)
}

/** A number without the zeros that end its fraction. */
function withoutZeros(text: string): string {
  if (!text.includes('.')) return text
  let end = text.length
  while (text[end - 1] === '0') end--
  return text.slice(0, text[end - 1] === '.' ? end - 1 : end)
}

/** Up to this many digits, without trailing zeros. */
function general(value: number, precision: number): string {
  const digits = Math.max(1, precision)
  const exponent = value === 0 ? 0 : Number(value.toExponential(digits - 1).split('e')[1])
  if (exponent < -4 || exponent >= digits) {
    const [mantissa, power] = value.toExponential(digits - 1).split('e') as [string, string]
    const short = withoutZeros(mantissa)
    return `${short}e${power[0]!}${power.slice(1).padStart(2, '0')}`
  }
  const text = value.toFixed(Math.max(0, digits - 1 - exponent))
  return withoutZeros(text)
}

/** `text.format(…)`: values by position, and by name. */
export function formatText(
  text: string,
  values: readonly any[],
  named: Readonly<Record<string, any>> = {},
): string {
  let next = 0
  return text.replace(
    /\{\{|\}\}|\{([^{}:!]*)(?:!([rsa]))?(?::((?:[^{}]|\{[^{}]*\})*))?\}/g,
    (whole, field?: string, conversion?: string, spec?: string) => {
      if (field === undefined) return whole[0]!
      const value = fieldOf(field === '' ? String(next++) : field, values, named)
      const plain = conversion === 'r' ? repr(value) : conversion === 's' ? str(value) : value
      return format(plain, spec ?? '')
    },
  )
}

/** `0`, `name`, `name.attribute`, `name[key]`. */
function fieldOf(field: string, values: readonly any[], named: Readonly<Record<string, any>>): any {
  const [, first = '', rest = ''] = /^([^.[]*)(.*)$/s.exec(field)!
  const from: unknown = /^\d+$/.test(first) ? item(values, Number(first)) : item(named, first)
  return [...rest.matchAll(/\.(\w+)|\[([^\][]*)\]/g)].reduce<unknown>(
    (value, [, attribute, key]) =>
      attribute === undefined
        ? item(value, /^\d+$/.test(key!) ? Number(key) : key)
        : (value as Record<string, unknown>)[attribute],
    from,
  )
}

/** `text % values`. */
export function percent(text: string, values: any): string {
  const all: readonly unknown[] = Array.isArray(values) ? values : [values]
  let next = 0
  const found = text.replace(
    /%(?:\((\w+)\))?([-+0 #]*)(\d+|\*)?(?:\.(\d+))?([sdifFeEgGxXorc%])/g,
    (
      _,
      name: string | undefined,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      type: string,
    ) => {
      if (type === '%') return '%'
      if (name === undefined && next >= all.length)
        throw error('TypeError', 'not enough arguments for format string')
      const value: any = name === undefined ? all[next++] : item(values, name)
      return padded(converted(value, type, precision, flags), flags, Number(width ?? 0))
    },
  )
  if (next < all.length && !isDict(values))
    throw error('TypeError', 'not all arguments converted during string formatting')
  return found
}

function converted(value: any, type: string, precision: string | undefined, flags: string): string {
  if (type === 's') return str(value).slice(0, precision === undefined ? undefined : Number(precision))
  if (type === 'r') return repr(value)
  if (!isNumber(value))
    throw error('TypeError', `%${type} format: a real number is required, not ${typeName(value)}`)
  const sign = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
  if (type === 'd' || type === 'i') return format(Math.trunc(Number(value)), `${sign}d`)
  return format(Number(value), `${sign}${precision === undefined ? '' : `.${precision}`}${type}`)
}

function padded(text: string, flags: string, width: number): string {
  if (flags.includes('-')) return text.padEnd(width)
  return flags.includes('0') && /\d/.test(text) ? zfill(text, width) : text.padStart(width)
}

/** `json.dumps(value)`: with blanks after `,` and `:`, and characters beyond ASCII as `\u…`. */
export function dumps(
  value: any,
  options: { ensureAscii?: boolean; compact?: boolean; indent?: number | null; sortKeys?: boolean } = {},
): string {
  const { ensureAscii = true, compact = false, indent = null, sortKeys = false } = options
  const text = (one: string): string => {
    const json = JSON.stringify(one)
    return ensureAscii
      ? json.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
      : json
  }
  const comma = compact || indent !== null ? ',' : ', '
  const write = (one: unknown, depth: number): string => {
    const line = indent === null ? '' : `\n${' '.repeat(indent * (depth + 1))}`
    const end = indent === null ? '' : `\n${' '.repeat(indent * depth)}`
    if (one === null || one === undefined) return 'null'
    if (typeof one === 'boolean') return String(one)
    if (isNumber(one)) return repr(one)
    if (typeof one === 'string') return text(one)
    if (Array.isArray(one))
      return one.length === 0
        ? '[]'
        : `[${one.map((value) => line + write(value, depth + 1)).join(comma)}${end}]`
    if (!isDict(one)) throw error('TypeError', `Object of type ${typeName(one)} is not JSON serializable`)
    const keyed = entriesOf(one).map(
      ([key, value]) => [typeof key === 'string' ? key : keyText(key), value] as const,
    )
    if (sortKeys) keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    if (keyed.length === 0) return '{}'
    return `{${keyed.map(([key, value]) => `${line}${text(key)}${compact ? ':' : ': '}${write(value, depth + 1)}`).join(comma)}${end}}`
  }
  return write(value, 0)
}

/** A number in JSON that JavaScript would read as another text. */
const LOSSY = /^-?\d+(?:\.0+)?(?:[eE][+-]?\d+)?$/
const NUMBERS = /"(?:[^"\\]|\\.)*"?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const MARK = '\u0000number'

/** `json.loads(text)`: whole floats and whole numbers beyond 2^53 keep their digits. */
export function loads(given: any): any {
  const text = typeof given === 'string' ? given : Buffer.from(given as Uint8Array).toString()
  const read: unknown = JSON.parse(text)
  if (!/\d\.0|\d[eE]|\d{16}/.test(text)) return read
  const marked = text.replace(NUMBERS, (token) =>
    LOSSY.test(token) && !Number.isSafeInteger(/[.eE]/.test(token) ? Number.NaN : Number(token))
      ? `{${JSON.stringify(MARK)}:"${token}"}`
      : token,
  )
  return JSON.parse(marked, (_, value: unknown) => {
    const digits = (value as Record<string, unknown> | null)?.[MARK]
    if (typeof digits !== 'string') return value
    return /[.eE]/.test(digits) ? real(Number(digits)) : whole(digits)
  })
}

const keyText = (key: unknown): string =>
  key === null ? 'null' : typeof key === 'boolean' ? String(key) : repr(key)

/** `bool(value)`. */
export const bool = truthy
export { floatText }
