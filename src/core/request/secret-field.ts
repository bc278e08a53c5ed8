/**
 * Fields of a text whose names say that they hold a secret: of JSON, of forms and queries, XML, multipart and headers.
 * The text may be cut off anywhere, so it is looked at and not parsed; what else it says stays as it is.
 */
import { isSecretName, MASK } from './secret.ts'

interface Field {
  readonly from: number
  readonly to: number
  readonly mask: string
  /** What the field holds, as it is written and as it is meant. */
  readonly values: readonly string[]
}

/** The text as it may be shown: secret-looking fields, and whoever stands before the `@` of a URL, read `***`. */
export function redactFields(text: string): string {
  let shown = ''
  let at = 0
  for (const { from, to, mask } of secretFields(text)) {
    if (from < at) continue
    shown += text.slice(at, from) + mask
    at = to
  }
  return at === 0 ? text : shown + text.slice(at)
}

/** What the secret-looking fields of the text hold. */
export const fieldSecrets = (text: string): string[] => secretFields(text).flatMap(({ values }) => values)

function secretFields(text: string): Field[] {
  const fields = jsonFields(text)
  for (const [pattern, meant] of PLAIN)
    for (const match of text.matchAll(pattern)) {
      const { name, value, quote } = match.groups!
      if (value === '' || value === undefined || (name !== undefined && !isSecretName(meant(name)))) continue
      const from = match.index + match[0].length - value.length - (quote?.length ?? 0)
      fields.push({ from, to: from + value.length, mask: MASK, values: [value, meant(value)] })
    }
  return fields.sort((a, b) => a.from - b.from || b.to - a.to)
}

// Lengths of names are bounded, so that a long text is read once and not once from each of its quotes.
const JSON_NAME = /"((?:[^"\\]|\\.){1,100})"\s{0,20}:\s{0,20}/g

const asIs = (text: string): string => text

/** Of a form: percent-decoded, where it is that. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** Each has `value`, what ends it as `quote`, and `name` unless every match is a secret. */
const PLAIN: readonly (readonly [RegExp, (text: string) => string])[] = [
  // Forms, queries, cookies, and attributes without quotes.
  [/(?<![^\s?&;,"'(<])(?<name>[^\s=&?;,"'<>]{1,100})=(?<value>[^&\s"'<>]+)/g, decoded],
  // Attributes.
  [/(?<name>[\w.:-]{1,100})\s?=\s?"(?<value>[^"]*)(?<quote>"?)/g, asIs],
  [/(?<name>[\w.:-]{1,100})\s?=\s?'(?<value>[^']*)(?<quote>'?)/g, asIs],
  // Objects as programs and YAML have them.
  [/(?<name>[\w.-]{1,100})['"]?\s?:\s?'(?<value>[^'\r\n]*)(?<quote>'?)/g, asIs],
  [/(?<![\w."-])(?<name>[\w.-]{1,100})'?\s?:\s?"(?<value>[^"\r\n]*)(?<quote>"?)/g, asIs],
  // Elements.
  [/<(?<name>[\w.:-]{1,100})(?:\s[^<>]*)?>(?:<!\[CDATA\[)?(?<value>[^<]*)/g, asIs],
  // Lines as of a head.
  [/^(?<name>[\w-]{1,100}):[ \t]*(?<value>[^\r\n]*)/gm, asIs],
  // Parts of multipart/form-data.
  [
    /name="(?<name>[^"\r\n]{1,100})"[^\r\n]{0,200}\r?\n(?:[^\r\n]{1,200}\r?\n){0,5}\r?\n(?<value>[^\r\n]*)/g,
    asIs,
  ],
  // User and password of a URL.
  [/:\/\/(?<value>[^\s/@"'<>]{1,500})(?<quote>@)/g, asIs],
]

function jsonFields(text: string): Field[] {
  const fields: Field[] = []
  const names = new RegExp(JSON_NAME)
  for (let match = names.exec(text); match !== null; match = names.exec(text)) {
    if (!isSecretName(match[1]!)) continue
    const [field] = jsonField(text, names.lastIndex)
    if (field === undefined) continue
    fields.push(field)
    // What is within the value is part of it.
    names.lastIndex = field.to
  }
  return fields
}

/** The value that begins here; none where it is no secret whatever its name. */
function jsonField(text: string, from: number): Field[] {
  const to = jsonEnd(text, from)
  const value = text.slice(from, to)
  if (/^(true|false|null)?\s*$/.test(value)) return []
  if (!value.startsWith('"')) return [{ from, to, mask: `"${MASK}"`, values: jsonTexts(value) }]
  const isWhole = value.length > 1 && value.endsWith('"')
  return [{ from: from + 1, to: isWhole ? to - 1 : to, mask: MASK, values: jsonTexts(value) }]
}

/** All texts within a value, as they are written and as they are meant. */
const jsonTexts = (value: string): string[] =>
  [...value.matchAll(/"((?:[^"\\]|\\.)*)"?/g)].flatMap(({ 1: inner }) => {
    try {
      return [inner!, JSON.parse(`"${inner!}"`) as string]
    } catch {
      return [inner!]
    }
  })

/** Where the JSON value that begins here ends; the end of the text where that cuts it off. */
function jsonEnd(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const mark = text[at]!
    if (mark === '"') {
      while (++at < text.length && text[at] !== '"') if (text[at] === '\\') at++
      if (depth === 0) return Math.min(at + 1, text.length)
    } else if (mark === '[' || mark === '{') depth++
    else if (mark === ']' || mark === '}') {
      if (depth === 0) return at
      if (--depth === 0) return at + 1
    } else if (mark === ',' && depth === 0) return at
  }
  return text.length
}
