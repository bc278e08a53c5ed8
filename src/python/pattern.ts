/** Python's `re`, by the regular expressions of JavaScript. */
import { error } from './python-error.ts'

/** A pattern, as text in Python's syntax or compiled. */
type Pattern = string | RegExp

const compiled = new Map<string, RegExp>()
const MOST_COMPILED = 500

/** `re.compile(pattern, flags)`; flags are the letters `i`, `m` and `s`. */
export function pattern(given: Pattern, flags = ''): RegExp {
  if (typeof given !== 'string') return given
  const key = `${flags}/${given}`
  let found = compiled.get(key)
  if (found === undefined) {
    if (compiled.size >= MOST_COMPILED) compiled.clear()
    compiled.set(key, (found = compile(given, flags)))
  }
  return found
}

function compile(given: string, flags: string): RegExp {
  const [, own = '', rest = given] = /^\(\?([ims]+)\)(.*)$/s.exec(given) ?? []
  const all = new Set(Array.from(flags + own))
  const source = rest.replace(
    /\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]?|\(\?P<(\w+)>|\(\?P=(\w+)\)|\$/g,
    (whole, name?: string, again?: string) => {
      if (name !== undefined) return `(?<${name}>`
      if (again !== undefined) return `\\k<${again}>`
      if (whole === '\\A') return '(?<![\\s\\S])'
      if (whole === '\\Z') return '(?![\\s\\S])'
      // The end of a text is also before its last line break.
      return whole === '$' && !all.has('m') ? '(?=\\n?(?![\\s\\S]))' : whole
    },
  )
  try {
    return new RegExp(source, [...all].join(''))
  } catch (cause) {
    throw error('ValueError', `the pattern ${given}: ${(cause as Error).message}`)
  }
}

const again = (given: Pattern, flags: string, more: string): RegExp => {
  const { source, flags: own } = pattern(given, flags)
  return new RegExp(source, own + more)
}

/** `re.search(pattern, text)`; `null` if there is no match. */
export const search = (given: Pattern, text: string, flags = ''): RegExpExecArray | null =>
  again(given, flags, '').exec(text)

/** `re.match(pattern, text)`: at the beginning. */
export const match = (given: Pattern, text: string, flags = ''): RegExpExecArray | null =>
  again(given, flags, 'y').exec(text)

/** `re.fullmatch(pattern, text)`. */
export function fullmatch(given: Pattern, text: string, flags = ''): RegExpExecArray | null {
  const { source, flags: own } = pattern(given, flags)
  return new RegExp(`(?<![\\s\\S])(?:${source})(?![\\s\\S])`, own).exec(text)
}

/** `re.findall(pattern, text)`: the matches, or their groups. */
export const findall = (given: Pattern, text: string, flags = ''): any[] =>
  [...text.matchAll(again(given, flags, 'g'))].map((found) =>
    found.length === 1
      ? found[0]
      : found.length === 2
        ? (found[1] ?? '')
        : found.slice(1).map((one) => (one as string | undefined) ?? ''),
  )

/** `re.finditer(pattern, text)`. */
export const finditer = (given: Pattern, text: string, flags = ''): RegExpExecArray[] => [
  ...text.matchAll(again(given, flags, 'g')),
]

/** `re.sub(pattern, replacement, text, count)`: a text with `\1` and `\g<name>`, or a function of the match. */
export function substitute(given: Pattern, by: any, text: string, count = 0, flags = ''): string {
  let left = count === 0 ? Infinity : count
  return text.replace(again(given, flags, 'g'), (...args: unknown[]) => {
    const groups = typeof args.at(-1) === 'object' ? (args.at(-1) as Record<string, string>) : undefined
    const whole = args[0] as string
    if (left-- <= 0) return whole
    const found = Object.assign(
      args.slice(
        0,
        args.findIndex((one) => typeof one === 'number'),
      ),
      { groups },
    )
    if (typeof by === 'function') return String((by as (match: unknown) => unknown)(found))
    return String(by).replace(/\\(?:(\d)|g<(\w+)>|n|\\)/g, (mark, digit?: string, name?: string) => {
      const key = digit ?? name
      if (key !== undefined) return String(group(found, /^\d+$/.test(key) ? Number(key) : key) ?? '')
      return mark === '\\n' ? '\n' : '\\'
    })
  })
}

/** `match.group(…)`. */
export function group(found: any, ...keys: (number | string)[]): any {
  if (found === null || found === undefined)
    throw error('AttributeError', "'NoneType' object has no attribute 'group'")
  const one = (key: number | string): unknown => {
    const value: unknown = typeof key === 'number' ? found[key] : found.groups?.[key]
    if (value === undefined && !(typeof key === 'number' ? key in found : key in (found.groups ?? {})))
      throw error('IndexError', 'no such group')
    return value ?? null
  }
  return keys.length < 2 ? one(keys[0] ?? 0) : keys.map(one)
}

/** `match.groups()`. */
export const groups = (found: any): any[] => {
  group(found)
  return (found as (string | undefined)[]).slice(1).map((one) => one ?? null)
}
