/** Values that came in responses, and how a task reads them. */
import { isObject, jsonOf, type Json } from '../json.ts'
import type { Call } from './har-call.ts'

/** How a value is read of the response of a call. */
export type Reading =
  | { readonly kind: 'json'; readonly path: readonly (string | number)[] }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'cookie'; readonly name: string; readonly url: string; readonly isEncoded: boolean }
  /** The first group of a pattern in the text of the body, a header, or a redirect's location. */
  | {
      readonly kind: 'pattern'
      readonly pattern: string
      readonly within: Within
      readonly isEscaped: boolean
    }

export type Within =
  | { readonly kind: 'body' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'redirect'; readonly index: number }

export interface ValueSource {
  /** The number of the call in the order of the task. */
  readonly at: number
  readonly value: string
  readonly isText: boolean
  /** What it is called in the response; empty if it has no name. */
  readonly key: string
  /** Words around it: names in its path, and the path of the URL. */
  readonly near: string
  readonly reading: Reading
}

/** A longer value is content, and nothing that a request sends back. */
const LONGEST = 8192
/** Values of one response that are looked at. */
const MOST_LEAVES = 50_000

/** Headers that no request sends back. */
const PLAIN_HEADERS =
  /^(?:set-cookie|date|content-.*|cache-control|expires|vary|server|connection|keep-alive|transfer-encoding|accept-ranges|strict-transport-security|x-frame-options|x-xss-protection|x-content-type-options|access-control-.*|alt-svc|via|age|p3p|pragma|referrer-policy|permissions-policy|report-to|nel|server-timing|x-powered-by|location)$/i

/** The values of a call's responses that are sent somewhere. */
export function sourcesOf(call: Call, at: number, isSent: (value: string) => boolean): ValueSource[] {
  const near = call.first.url.pathname
  const found: ValueSource[] = []
  const add = (value: string, key: string, around: string, reading: Reading, isText = true): void => {
    if (value !== '' && value.length <= LONGEST && isSent(value))
      found.push({ at, value, isText, key, near: `${near} ${around}`.toLowerCase(), reading })
  }
  for (const { url, response } of [call.first, ...call.hops])
    for (const [name, value] of response.headers)
      if (name.toLowerCase() === 'set-cookie') addCookie(value, url.origin, add)
  const { response } = call.last
  for (const [name, value] of response.headers)
    if (!PLAIN_HEADERS.test(name)) add(value, name, '', { kind: 'header', name: name.toLowerCase() })
  const json = response.text === null || !/json/.test(response.type) ? null : jsonOf(response.text)
  if (json !== null) addLeaves(json.value, isSent, add)
  else if (response.text !== null) addFields(response.text, add)
  return found
}

type Add = (value: string, key: string, around: string, reading: Reading, isText?: boolean) => void

function addCookie(text: string, url: string, add: Add): void {
  const [, name, value] = /^([^=;]+)=([^;]*)/.exec(text.trimStart()) ?? []
  if (name === undefined || value === undefined) return
  add(value, name, '', { kind: 'cookie', name, url, isEncoded: false })
  const plain = decodedOrNull(value)
  if (plain !== null && plain !== value) add(plain, name, '', { kind: 'cookie', name, url, isEncoded: true })
}

function decodedOrNull(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

function addLeaves(root: Json, isSent: (value: string) => boolean, add: Add): void {
  let count = 0
  const path: (string | number)[] = []
  const within = (key: string | number, value: Json): void => {
    path.push(key)
    visit(value)
    path.pop()
  }
  const visit = (value: Json): void => {
    if (count > MOST_LEAVES) return
    if (typeof value === 'string' || typeof value === 'number') {
      count++
      // A path is kept of few values only.
      if (!isSent(String(value))) return
      const names = path.filter((one) => typeof one === 'string')
      const reading = { kind: 'json', path: [...path] } as const
      add(String(value), names.at(-1) ?? '', names.join(' '), reading, typeof value === 'string')
    } else if (Array.isArray(value)) value.forEach((one: Json, i) => within(i, one))
    else if (isObject(value)) for (const name in value) within(name, value[name]!)
  }
  visit(root)
}

/** Hidden fields of forms and `meta` elements, which have names. */
function addFields(text: string, add: Add): void {
  for (const [tag, element] of text.matchAll(/<(input|meta)\b[^<>]*>/gi)) {
    const attribute = (name: string): string | null => {
      const [, double, single, bare] =
        new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(tag) ?? []
      return double ?? single ?? bare ?? null
    }
    const isMeta = element!.toLowerCase() === 'meta'
    const key = attribute('name')
    const raw = attribute(isMeta ? 'content' : 'value')
    if (key === null || raw === null || (!isMeta && attribute('type')?.toLowerCase() !== 'hidden')) continue
    const pattern = elementPattern(tag, element!, key, isMeta ? 'content' : 'value')
    const [, first] = new RegExp(pattern, 'i').exec(text) ?? []
    if (first !== raw) continue
    const value = withoutEscapes(raw)
    add(value, key, '', { kind: 'pattern', pattern, within: { kind: 'body' }, isEscaped: value !== raw })
  }
}

/** Finds the value of the element with this name, whichever attributes stand between. */
function elementPattern(tag: string, element: string, name: string, attribute: string): string {
  const named = `\\sname=["']?${escapedPattern(name)}["']?`
  const valued = `\\s${attribute}=(?:"|')?([^"'<>]*)`
  const isNameFirst = tag.search(/\sname\s*=/i) < tag.search(new RegExp(`\\s${attribute}\\s*=`, 'i'))
  return isNameFirst
    ? `<${element}\\b[^<>]*${named}(?=[\\s/>])[^<>]*${valued}`
    : `<${element}\\b[^<>]*${valued}["']?(?=[\\s/>])[^<>]*${named}`
}

export const escapedPattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')

const ESCAPES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' }

/** Text of an attribute of HTML as it is meant. */
export const withoutEscapes = (text: string): string =>
  text.replace(
    /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(lt|gt|quot|amp));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return ESCAPES[name.toLowerCase()]!
      const point = hex === undefined ? Number(decimal) : parseInt(hex, 16)
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole
    },
  )

const MOST_CONTEXT = 60

/**
 * A pattern that finds the value in the text by what stands before it on its line, and by the character behind it; `null`
 * where nothing before it is its own.
 */
export function patternFor(text: string, value: string): string | null {
  const at = text.indexOf(value)
  if (at < 0) return null
  const end = text[at + value.length] ?? ''
  const stop = /["'&<>\s;,?#/)\]}]/.test(end) ? end : ''
  if (end !== '' && stop === '') return null
  const inner =
    stop === '' ? '[^"\'<>\\s]' : /\s/.test(stop) ? '[^"\'<>\\s]' : `[^${escapedPattern(stop)}<>\\s]`
  if (!new RegExp(`^${inner}+$`).test(value)) return null
  const before = text.slice(Math.max(0, at - MOST_CONTEXT), at)
  const line = before.slice(Math.max(before.lastIndexOf('\n'), before.lastIndexOf('>')) + 1)
  for (const words of contexts(line.trim() === '' ? before : line)) {
    const pattern = `${escapedPattern(words).replace(/\s+/g, '\\s+')}(${inner}+)`
    if (new RegExp(pattern).exec(text)?.[1] === value) return pattern
  }
  return null
}

/** Endings of the text, the shortest first, each beginning with a word. */
function contexts(text: string): string[] {
  const starts = [...text.matchAll(/(?<![\w-])[\w-]/g)].map(({ index }) => index)
  return [...starts.reverse().map((start) => text.slice(start)), text].filter((one) => /\w/.test(one))
}
