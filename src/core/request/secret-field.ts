/**
 * Fields of a text whose names mark a secret: of JSON, forms, queries, XML, multipart, heads, YAML and code. The text may be
 * cut off anywhere, so it is scanned and not parsed. Every character is looked at a bounded number of times.
 */
import { isSecretName, isSecretParameter, MASK } from './secret-name.ts'

interface SecretField {
  readonly from: number
  readonly to: number
  readonly mask: string
  /** The value as it is written, and as it is meant. */
  readonly values: readonly string[]
}

/** The text with secret-looking fields, and the user and password of URLs, as `***`. */
export function redactFields(text: string): string {
  let shown = ''
  let at = 0
  for (const { from, to, mask } of secretFields(text)) {
    if (to <= at) continue
    shown += text.slice(at, Math.max(at, from)) + (from < at ? '' : mask)
    at = to
  }
  return at === 0 ? text : shown + text.slice(at)
}

/** What the secret-looking fields of the text hold. */
export const fieldSecrets = (text: string): string[] =>
  new FieldScan(text).fields().flatMap(({ values }) => values)

/** The fields, and what is a secret by its looks, in their order; they may overlap. */
const secretFields = (text: string): SecretField[] =>
  [...new FieldScan(text).fields(), ...shapesIn(text)].sort((a, b) => a.from - b.from || b.to - a.to)

/** More characters of a name, or of blanks around a mark, are none. */
const LONGEST_NAME = 100
const MOST_BLANKS = 20
const LONGEST_USERINFO = 500
const LONGEST_WORD = 500
/** How far after `"name": "password"` its `"value"` may be. */
const PAIR_REACH = 300
const NAMES_OF_PAIRS = new Set(['name', 'key', 'id', 'field', 'param', 'parameter', 'header'])
const VALUES_OF_PAIRS = new Set(['value', 'val', 'content'])

const MULTIPART_HEAD = /[^\r\n]{0,200}\r?\n(?:[^\r\n]{1,200}\r?\n){0,5}\r?\n/y
const TAG_REST = /[^<>]{0,200}>/y
const NOT_SECRET = /^(?:true|false|null|undefined|nil|none|~)?$/i

interface Name {
  readonly text: string
  readonly from: number
  readonly isQuoted: boolean
  /** The quote that the whole pair stands in, as in `"X-Key: k"`; empty for none. */
  readonly around: string
}

class FieldScan {
  readonly #text: string
  readonly #fields: SecretField[] = []
  /** What is before it has been looked at. */
  #at = 0
  /** Where the next of each mark is; Infinity for nowhere. */
  #equals = -1
  #colon = -1
  #less = -1
  /** Where the content of a secret-looking element begins. */
  #contentAt = Infinity
  /** Up to here a `value` belongs to a name that marks a secret. */
  #pairUntil = -1
  /** The last `value` without a name that marks a secret before it: that may come after it. */
  #lastValue: { readonly name: Name; readonly mark: number; readonly from: number } | null = null

  constructor(text: string) {
    this.#text = text
  }

  fields(): SecretField[] {
    const text = this.#text
    for (let mark = this.#nextMark(); mark < Infinity; mark = this.#nextMark()) {
      if (mark === this.#contentAt) this.#content()
      else if (text[mark] === '<') this.#tag(mark)
      else if (text.startsWith('://', mark)) this.#userinfo(mark + 3)
      else this.#pair(mark)
    }
    return this.#fields
  }

  #nextMark(): number {
    const text = this.#text
    const at = this.#at
    if (this.#equals < at) this.#equals = indexOf(text, '=', at)
    if (this.#colon < at) this.#colon = indexOf(text, ':', at)
    if (this.#less < at) this.#less = indexOf(text, '<', at)
    return Math.min(this.#equals, this.#colon, this.#less, this.#contentAt)
  }

  #add(from: number, to: number, values: readonly string[], mask = MASK): void {
    if (to > from) this.#fields.push({ from, to, mask, values: values.filter((value) => value !== '') })
    this.#at = Math.max(this.#at, to)
  }

  /** `name = value`, `"name": value` and their like. */
  #pair(mark: number): void {
    const text = this.#text
    this.#at = mark + 1
    const name = this.#nameBefore(mark)
    if (name === null) return
    // As in `=>`.
    let from = mark + (text[mark] === '=' && text[mark + 1] === '>' ? 2 : 1)
    from = this.#skipBlanks(from, name.isQuoted)
    const meant = text[mark] === '=' ? formDecoded(name.text) : unescaped(name.text)
    const isValue = VALUES_OF_PAIRS.has(meant.toLowerCase())
    if (isSecretName(meant)) this.#value(name, mark, from)
    else if (isValue && mark < this.#pairUntil) {
      this.#pairUntil = -1
      this.#value(name, mark, from)
    } else if (isValue) this.#lastValue = { name, mark, from }
    else if (NAMES_OF_PAIRS.has(meant.toLowerCase())) this.#namesSecret(mark, from)
  }

  /** The name that ends here, before a mark. */
  #nameBefore(mark: number): Name | null {
    const text = this.#text
    let end = mark
    while (end > 0 && mark - end < MOST_BLANKS && isBlank(text.charCodeAt(end - 1))) end--
    if (end > 0 && isQuote(text.charCodeAt(end - 1))) return this.#quotedBefore(end - 1)
    // Without quotes no line break is between a name and its mark.
    if (end < mark && /[\r\n]/.test(text.slice(end, mark))) return null
    const ends = text[mark] === ':' ? ENDS_NAME_OF_COLON : ENDS_NAME_OF_EQUALS
    let from = end
    while (from > 0 && end - from <= LONGEST_NAME && !ends(text.charCodeAt(from - 1))) from--
    if (from === end || end - from > LONGEST_NAME) return null
    const around = from > 0 && isQuote(text.charCodeAt(from - 1)) ? text[from - 1]! : ''
    return { text: text.slice(from, end), from, isQuoted: false, around }
  }

  #quotedBefore(close: number): Name | null {
    const text = this.#text
    const quote = text.charCodeAt(close)
    let end = close
    while (end > 0 && text[end - 1] === '\\') end--
    let from = end
    while (from > 0 && end - from <= LONGEST_NAME && text.charCodeAt(from - 1) !== quote) from--
    if (from === end || from === 0 || end - from > LONGEST_NAME) return null
    return { text: text.slice(from, end), from, isQuoted: true, around: '' }
  }

  #skipBlanks(from: number, acrossLines: boolean): number {
    const text = this.#text
    let at = from
    for (; at < text.length && at - from < MOST_BLANKS; at++) {
      const code = text.charCodeAt(at)
      if (!isBlank(code) || (!acrossLines && (code === 10 || code === 13))) break
    }
    return at
  }

  /** The value of a secret-looking field, which begins here. */
  #value(name: Name, mark: number, from: number): void {
    const text = this.#text
    let open = from
    while (text[open] === '\\') open++
    if (isQuote(text.charCodeAt(open))) this.#quoted(open, open - from, name.isQuoted || text[mark] === '=')
    else if (text[mark] === ':' && (text[from] === '{' || text[from] === '[')) this.#nested(from)
    else if (name.isQuoted) this.#bare(from, /[,}\]\s]/)
    else if (text[mark] === '=') {
      // With blanks around the mark it is a line of settings, or no field at all.
      if (from === mark + 1 || this.#beginsLine(name.from)) this.#bare(from, /[&\s"'<>]/, true)
    } else if (name.around !== '') this.#line(from, name.around)
    else if (this.#beginsLine(name.from)) this.#line(from, '')
    else this.#inLine(from)
  }

  /** A text in quotes, each after this many backslashes. */
  #quoted(open: number, level: number, acrossLines: boolean): void {
    const text = this.#text
    const quote = text[open]!
    let to = open + 1
    let slashes = 0
    for (; to < text.length; to++) {
      const char = text[to]!
      if (char === '\\') slashes++
      else {
        if (char === quote && (level === 0 ? slashes % 2 === 0 : slashes <= level)) break
        if (!acrossLines && (char === '\n' || char === '\r')) break
        slashes = 0
      }
    }
    const isClosed = text[to] === quote
    const end = isClosed && level > 0 ? to - Math.min(slashes, level) : to
    const value = text.slice(open + 1, end)
    this.#add(open + 1, end, [value, unescaped(value), withoutEntities(value)])
    this.#at = Math.max(this.#at, Math.min(to + 1, text.length))
  }

  #nested(from: number): void {
    const to = jsonEnd(this.#text, from)
    this.#add(from, to, jsonTexts(this.#text.slice(from, to)), `"${MASK}"`)
  }

  /** Up to what ends it. */
  #bare(from: number, ends: RegExp, isForm = false): void {
    const to = this.#end(from, ends)
    const value = this.#text.slice(from, to)
    if (!isForm && NOT_SECRET.test(value)) return
    this.#add(from, to, isForm ? [value, formDecoded(value)] : [value], isForm ? MASK : `"${MASK}"`)
  }

  /** The rest of the line, or what is in the quotes around it. */
  #line(from: number, around: string): void {
    const text = this.#text
    let to = this.#end(from, /[\r\n]/, around)
    while (to > from && (text[to - 1] === ' ' || text[to - 1] === ',')) to--
    const value = text.slice(from, to)
    if (!NOT_SECRET.test(value)) this.#add(from, to, [value])
  }

  /** A word amid other words, if it is one that looks like a secret. */
  #inLine(from: number): void {
    const value = WORD.exec(this.#text.slice(from, from + LONGEST_WORD))?.[0] ?? ''
    const to = from + value.length
    if (value.length >= 6 && /\d/.test(value)) this.#add(from, to, [value])
  }

  #end(from: number, ends: RegExp, other = ''): number {
    const text = this.#text
    let to = from
    while (to < text.length && text[to] !== other && !ends.test(text[to]!)) to++
    return to
  }

  /** Nothing but blanks and the dash of a list is before it in its line. */
  #beginsLine(at: number): boolean {
    const text = this.#text
    let from = at
    while (from > 0 && at - from < 2 * MOST_BLANKS && /[ \t-]/.test(text[from - 1]!)) from--
    return from === 0 || text[from - 1] === '\n' || text[from - 1] === '\r'
  }

  /** `name="password"`: what belongs to that name is a secret. */
  #namesSecret(mark: number, from: number): void {
    const text = this.#text
    let open = from
    while (text[open] === '\\') open++
    if (!isQuote(text.charCodeAt(open))) return
    const quote = text[open]!
    let to = open + 1
    while (to < text.length && to - open <= LONGEST_NAME && text[to] !== quote && text[to] !== '\\') to++
    if (text[to] !== quote && text[to] !== '\\') return
    if (!isSecretParameter(text.slice(open + 1, to))) return
    const after = to + 1
    this.#at = after
    if (this.#valueBefore(mark)) return
    this.#pairUntil = after + PAIR_REACH
    MULTIPART_HEAD.lastIndex = TAG_REST.lastIndex = after
    const part = MULTIPART_HEAD.exec(text)
    if (part !== null) {
      const end = text.indexOf('\r\n--', MULTIPART_HEAD.lastIndex)
      const begin = MULTIPART_HEAD.lastIndex
      const value = text.slice(begin, end < 0 ? text.length : end)
      this.#pairUntil = -1
      this.#add(begin, begin + value.length, [value])
    } else if (TAG_REST.test(text) && text[TAG_REST.lastIndex - 2] !== '/')
      this.#contentAt = TAG_REST.lastIndex
  }

  /** `value="…" name="password"`. */
  #valueBefore(mark: number): boolean {
    const last = this.#lastValue
    this.#lastValue = null
    if (last === null || mark - last.mark > PAIR_REACH) return false
    if (/[<>{}]/.test(this.#text.slice(last.mark, mark))) return false
    this.#value(last.name, last.mark, last.from)
    return true
  }

  /** The tag of an element; its attributes are pairs. */
  #tag(at: number): void {
    const text = this.#text
    this.#at = at + 1
    let to = at + 1
    while (to - at <= LONGEST_NAME && /[\w.:-]/.test(text[to] ?? '')) to++
    if (to === at + 1 || !isSecretName(text.slice(at + 1, to))) return
    while (to < text.length && text[to] !== '>' && text[to] !== '<') to++
    if (text[to] === '>' && text[to - 1] !== '/') this.#contentAt = to + 1
  }

  #content(): void {
    const text = this.#text
    let from = this.#contentAt
    this.#contentAt = Infinity
    const isLiteral = text.startsWith('<![CDATA[', from)
    if (isLiteral) from += '<![CDATA['.length
    const end = text.indexOf(isLiteral ? ']]>' : '<', from)
    const value = text.slice(from, end < 0 ? text.length : end)
    if (value.trim() !== '') this.#add(from, from + value.length, [value, withoutEntities(value)])
    this.#at = from + value.length
  }

  /** User and password of a URL, before an `@`. */
  #userinfo(from: number): void {
    const text = this.#text
    this.#at = from
    let at = -1
    for (let to = from; to < text.length && to - from <= LONGEST_USERINFO; to++) {
      if (ENDS_AUTHORITY.test(text[to]!)) break
      if (text[to] === '@') at = to
    }
    if (at < 0) return
    const value = text.slice(from, at)
    this.#add(from, at, [value, formDecoded(value), formDecoded(value.slice(value.indexOf(':') + 1))])
  }
}

/** Tokens of authorization schemes, JSON Web Tokens, private keys. */
const SHAPES: readonly RegExp[] = [
  /\b(?:bearer|basic|digest|negotiate) {1,4}(?<value>(?=[^\s\d]{0,200}\d)[\w.~+/=-]{8,})/gi,
  /(?<![\w-])eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*/g,
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?<value>[^-]*)/g,
]

function shapesIn(text: string): SecretField[] {
  const fields: SecretField[] = []
  for (const shape of SHAPES)
    for (const match of text.matchAll(shape)) {
      const value = match.groups?.['value'] ?? match[0]
      const from = match.index + match[0].length - value.length
      fields.push({ from, to: from + value.length, mask: MASK, values: [] })
    }
  return fields
}

const WORD = /^[^\s,;}\])"'<>&]*/
/** By the code of a character; what is not ASCII is as the second argument says. */
function isOneOf(ascii: RegExp, others: boolean): (code: number) => boolean {
  const table = Array.from({ length: 128 }, (_, code) => ascii.test(String.fromCharCode(code)))
  return (code) => (code < 128 ? table[code]! : others)
}

const ENDS_NAME_OF_EQUALS = isOneOf(/[\s=&?#;,"'`<>(){}|]/, false)
const ENDS_NAME_OF_COLON = isOneOf(/[^\w.$-]/, true)
const isQuote = isOneOf(/["'`]/, false)
const isBlank = isOneOf(/[ \t\r\n]/, false)
const ENDS_AUTHORITY = /[\s/"'<>?#]/

/** As of a text, and Infinity for nowhere. */
function indexOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from)
  return at < 0 ? Infinity : at
}

/** The value of a form field, percent-decoded if it is encoded. */
export function formDecoded(text: string): string {
  if (!/[%+]/.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** The value of a JSON string, without its escapes if it is one. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return text
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#39': "'",
}

/** XML text with the characters that its entities stand for. */
const withoutEntities = (text: string): string =>
  text.includes('&')
    ? text.replace(/&(amp|lt|gt|quot|apos|#39);/g, (_, name: string) => ENTITIES[name]!)
    : text

/** All texts within a value, as they are written and as they are meant. */
const jsonTexts = (value: string): string[] =>
  [...value.matchAll(/"((?:[^"\\]|\\.)*)"?/gs)].flatMap(({ 1: inner }) => [inner!, unescaped(inner!)])

/** Where the JSON value that begins here ends; the end of the text where that cuts it off. */
function jsonEnd(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const mark = text[at]!
    if (mark === '"')
      while (++at < text.length && text[at] !== '"') {
        if (text[at] === '\\') at++
      }
    else if (mark === '[' || mark === '{') depth++
    else if ((mark === ']' || mark === '}') && --depth <= 0) return at + 1
  }
  return text.length
}
