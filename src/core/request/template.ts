/**
 * Templates: texts with placeholders such as `{{user}}`, which stand for something else in each request. They are parsed
 * once; `{{{{` stands for `{{`.
 */
import { mix, type Random } from '../random.ts'
import { largest } from '../extremes.ts'
import { nearest } from '../suggest.ts'
import type { Parsed } from '../units.ts'

export type Placeholder =
  | { readonly kind: 'user' }
  | { readonly kind: 'seq' }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'random'; readonly from: number; readonly to: number }
  | { readonly kind: 'column'; readonly name: string }

/** Texts and placeholders in turn. */
export type Template = readonly (string | Placeholder)[]

/** What the placeholders of one request stand for. */
export interface Filling {
  /** Number of the user among all users of the run. */
  readonly user: number
  /** Number of the iteration among all of the run. */
  readonly seq: number
  /** The user's own stream. */
  readonly random: Random
  /** The row of the data that this iteration has; `null` without data. */
  readonly row: Readonly<Record<string, unknown>> | null
}

const OPEN = '{{'
const ESCAPED = '{{{{'
const PIECES = /\{\{\{\{|\{\{([^{}]*)\}\}|\{\{(?!\{)/g
const INTEGER = /^-?\d{1,15}$/
/** More of what stands in braces is not quoted. */
const LONGEST = 40
const BUILT_IN = ['user', 'seq', 'uuid', 'random']

/** The parts of a text. Placeholders can also be these columns of the data; null: any, as somebody has looked already. */
export function parseTemplate(text: string, columns: readonly string[] | null): Parsed<Template> {
  const parts: (string | Placeholder)[] = []
  let literal = ''
  let from = 0
  for (const { 0: piece, 1: words, index } of text.matchAll(PIECES)) {
    literal += text.slice(from, index)
    from = index + piece.length
    if (piece === ESCAPED) {
      literal += OPEN
      continue
    }
    if (words === undefined) return { problem: `has {{ without }}; ${ESCAPE}` }
    const read = placeholder(words.trim(), columns)
    if ('problem' in read) return read
    if (literal !== '') parts.push(literal)
    parts.push(read.value)
    literal = ''
  }
  literal += text.slice(from)
  return { value: literal === '' ? parts : [...parts, literal] }
}

/** The parts of a text of a plan, in which nothing is wrong. */
export function knownTemplate(text: string): Template {
  const parsed = parseTemplate(text, null)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.value
}

const ESCAPE = `${ESCAPED} stands for {{ itself`

function placeholder(words: string, columns: readonly string[] | null): Parsed<Placeholder> {
  const [kind = '', ...rest] = words.split(/\s+/)
  if (columns?.includes(words) === true)
    return BUILT_IN.includes(kind)
      ? { problem: `has {{${words}}}, and the data has a column of this name, too: call that otherwise` }
      : { value: { kind: 'column', name: words } }
  if (kind === 'random') return random(words, rest)
  if (words === 'user' || words === 'seq' || words === 'uuid') return { value: { kind: words } }
  if (columns === null) return { value: { kind: 'column', name: words } }
  const near = nearest(words, [...BUILT_IN, ...columns])
  const shown = words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words
  const hint = near === null ? '' : `; did you mean {{${near === 'random' ? 'random 1 100' : near}}}?`
  const without = columns.length === 0 && near === null ? ' without data' : ''
  return { problem: `has {{${shown}}}, which is no placeholder${without}${hint || `; ${ESCAPE}`}` }
}

function random(words: string, numbers: readonly string[]): Parsed<Placeholder> {
  const [from = NaN, to = NaN] = numbers.map(Number)
  return numbers.length === 2 && numbers.every((text) => INTEGER.test(text)) && from <= to
    ? { value: { kind: 'random', from, to } }
    : { problem: `has {{${words}}}, and random takes two whole numbers, as in {{random 1 100}}` }
}

export const hasPlaceholders = (template: Template): boolean =>
  template.some((part) => typeof part !== 'string')

/** The columns of the data that are in it. */
export const columnsIn = (template: Template): string[] =>
  template.flatMap((part) => (typeof part !== 'string' && part.kind === 'column' ? [part.name] : []))

/** The text that it was parsed from. */
export const printTemplate = (template: Template): string =>
  template
    .map((part) => (typeof part === 'string' ? part.replaceAll(OPEN, ESCAPED) : `{{${wordsOf(part)}}}`))
    .join('')

function wordsOf(part: Placeholder): string {
  if (part.kind === 'random') return `random ${part.from} ${part.to}`
  return part.kind === 'column' ? part.name : part.kind
}

/** The text of one request; what placeholders stand for goes through `encode`. */
export function render(template: Template, filling: Filling, encode = asItIs): string {
  let text = ''
  for (const part of template) text += typeof part === 'string' ? part : encode(valueOf(part, filling))
  return text
}

const asItIs = (text: string): string => text

function valueOf(part: Placeholder, { user, seq, random, row }: Filling): string {
  switch (part.kind) {
    case 'user':
      return String(user)
    case 'seq':
      return String(seq)
    case 'uuid':
      return uuid(random, seq)
    case 'random':
      return String(part.from + Math.floor(random() * (part.to - part.from + 1)))
    case 'column':
      return String(row![part.name])
  }
}

/**
 * A version 4 UUID (RFC 9562). Of its 122 bits 32 are those of the iteration's number, scrambled: a seeded stream has no more
 * states than that, and would come round to the same ones within a million requests.
 */
function uuid(random: Random, seq: number): string {
  const hex = (bits: number, set = 0): string =>
    (Math.floor(random() * 2 ** bits) + set).toString(16).padStart(Math.ceil(bits / 4), '0')
  const own = (mix(seq) >>> 0).toString(16).padStart(8, '0')
  return `${hex(32)}-${hex(16)}-4${hex(12)}-${hex(14, 0x8000)}-${hex(16)}${own}`
}

/**
 * Lets what knows nothing of placeholders change the text around them, such as a parser of URLs. They stay where they are,
 * or go with what is taken away.
 */
export function changedAround(template: Template, change: (text: string) => string): Template {
  const literals = template.filter((part) => typeof part === 'string').join('')
  // One that the text does not have: longer than the longest that it has.
  const taken = [...literals.matchAll(/placeholderx*/g)].map(([like]) => like.length)
  const mark =
    taken.length === 0 ? 'placeholder' : `placeholder${'x'.repeat(largest(taken) - 'placeholder'.length + 1)}`
  const changed = change(
    template.map((part, n) => (typeof part === 'string' ? part : `${mark}${n}.`)).join(''),
  )
  return changed
    .split(new RegExp(`${mark}(\\d+)\\.`))
    .map((piece, i) => (i % 2 === 0 ? piece : template[Number(piece)]!))
    .filter((piece) => piece !== '')
}
