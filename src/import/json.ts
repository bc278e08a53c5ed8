/** Reads JSON, with the place of a fault. */
import { importError, lineAt, type Source } from './source.ts'

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

/** The value of a JSON text. Throws a CorerushError with the place where the text stops being JSON. */
export function readJson(source: Source, format: string): Json {
  const text = source.text.replace(/^\u{feff}/u, '')
  try {
    return JSON.parse(text) as Json
  } catch {
    const at = faultAt(text)
    const column = at - text.lastIndexOf('\n', Math.max(0, at - 1))
    const isCut = text.slice(at).trim() === ''
    throw importError(
      source,
      lineAt(text, at + 1),
      isCut
        ? `ends here, within the JSON of ${format}: the file is not whole`
        : `is not JSON, as ${format} is`,
      Math.max(1, column),
    )
  }
}

const TOKEN =
  /[\s]*(?:([[{])|([\]}])|(,)|(:)|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y

/** The offset of the first token that is none, or stands where it cannot; `JSON.parse` itself names it in some cases only. */
function faultAt(text: string): number {
  const open: string[] = []
  let needs: 'value' | 'first' | 'key' | 'firstKey' | 'colon' | 'next' = 'value'
  TOKEN.lastIndex = 0
  for (;;) {
    const from = TOKEN.lastIndex
    const [whole, opening, closing, comma, colon, string] = TOKEN.exec(text) ?? []
    const start = from + (/^\s*/.exec(text.slice(from, from + 10_000))?.[0].length ?? 0)
    // A string that the end cuts off is a fault at the end.
    if (whole === undefined) return isCutString(text, start) ? text.length : start
    const isValue = needs === 'value' || needs === 'first'
    if (opening !== undefined) {
      if (!isValue) return start
      open.push(opening)
      needs = opening === '[' ? 'first' : 'firstKey'
    } else if (closing !== undefined) {
      const fits = open.at(-1) === (closing === ']' ? '[' : '{')
      if (!fits || !(needs === 'next' || needs === (closing === ']' ? 'first' : 'firstKey'))) return start
      open.pop()
      needs = 'next'
    } else if (comma !== undefined) {
      if (needs !== 'next' || open.length === 0) return start
      needs = open.at(-1) === '[' ? 'value' : 'key'
    } else if (colon !== undefined) {
      if (needs !== 'colon') return start
      needs = 'value'
    } else if (needs === 'key' || needs === 'firstKey') {
      if (string === undefined) return start
      needs = 'colon'
    } else {
      if (!isValue) return start
      needs = 'next'
    }
  }
}

const isCutString = (text: string, start: number): boolean =>
  text[start] === '"' && /^"(?:[^"\\\n]|\\.)*\\?$/.test(text.slice(start))

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

export const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : [])

export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** The value, or `null` where the text is not JSON. */
export function jsonOf(text: string): { readonly value: Json } | null {
  try {
    return { value: JSON.parse(text) as Json }
  } catch {
    return null
  }
}
