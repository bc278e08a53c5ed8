/** Finds the responses that sent values came in, and makes variables of these. */
import type { Names } from '../written/names.ts'
import { mapTexts, type Slot, type Template } from '../written/template.ts'
import type { Call } from './har-call.ts'
import type { Exchange } from './har-exchange.ts'
import { isDynamic, isIdName, stemOf } from './har-value.ts'
import { patternFor, sourcesOf, withoutEscapes, type Reading, type ValueSource } from './har-source.ts'

/** Where a text is sent. */
export interface SentAt {
  /** The number of the call. */
  readonly at: number
  /** The name of the field or header; empty in a path. */
  readonly key: string
  /** In a path, the segment before. */
  readonly before: string
}

/** A text that a call sends. */
export interface SentText extends SentAt {
  readonly text: string
}

/** A variable that keeps a value of a response. */
export interface Variable {
  readonly name: string
  readonly source: ValueSource
  /** Calls that send it. */
  readonly users: Set<number>
}

/** A shorter text within another one is found by chance. */
const LEAST_WITHIN = 8

export class Correlation {
  readonly #calls: readonly Call[]
  readonly #names: Names
  readonly #foreign: readonly Exchange[]
  readonly #sources = new Map<string, ValueSource[]>()
  /** The first call that sends a value, and the first that sends it where ids are sent. */
  readonly #sent = new Map<string, number>()
  readonly #sentAsId = new Map<string, number>()
  readonly #variables = new Map<string, Variable>()
  /** The calls in whose texts a value stands. */
  readonly #inTexts = new Map<string, number[]>()
  readonly #readings = new Map<string, ValueSource | null>()

  constructor(calls: readonly Call[], foreign: readonly Exchange[], sent: readonly SentText[], names: Names) {
    this.#calls = calls
    this.#foreign = foreign
    this.#names = names
    for (const one of sent)
      for (const text of [one.text, ...piecesOf(one.text)]) {
        note(this.#sent, text, one.at)
        if (isIdPlace(one)) note(this.#sentAsId, text, one.at)
      }
    calls.forEach((call, at) => {
      for (const source of sourcesOf(call, at, (value) => this.#sent.has(value))) {
        const known = this.#sources.get(source.value)
        if (known === undefined) this.#sources.set(source.value, [source])
        else known.push(source)
      }
      this.#findTexts(call, at)
    })
  }

  get variables(): readonly Variable[] {
    return [...this.#variables.values()]
  }

  /** The text with variables in place of the values that came in responses before. */
  template(text: string, place: SentAt): Template {
    const whole = this.#slot(text, place)
    if (whole !== null) return [whole]
    return SEPARATORS.reduce<Template>(
      (template, separator) => mapTexts(template, (part) => this.#replaced(part, separator, place)),
      [text],
    )
  }

  /** The number that a value of a response is sent as; `null` if it came in none. */
  number(value: number, place: SentAt): Slot | null {
    return this.#slot(String(value), place)
  }

  /** The host whose response, which is left out, had this value before; `null` if none had. */
  foreignHost(value: string, at: number): string | null {
    if (!isDynamic(value) || value.length < LEAST_WITHIN) return null
    const until = this.#calls[at]!.first.startMs
    const found = this.#foreign.find(
      ({ startMs, response }) =>
        startMs < until &&
        !/javascript|css/.test(response.type) &&
        (response.text?.includes(value) === true ||
          response.headers.some(([, text]) => text.includes(value))),
    )
    return found?.url.hostname ?? null
  }

  #replaced(text: string, separator: RegExp, place: SentAt): Template {
    return text.split(separator).map((part, i) => {
      if (i % 2 === 1 || part.length < LEAST_WITHIN || !isDynamic(part)) return part
      return this.#slot(part, place) ?? part
    })
  }

  #slot(value: string, place: SentAt): Slot | null {
    if (value === '') return null
    const source = this.#sourceOf(value, place)
    if (source === null) return null
    const key = `${source.at} ${JSON.stringify(source.reading)}`
    let variable = this.#variables.get(key)
    if (variable === undefined) {
      const words = source.key || place.key || stemOf(place.before) || 'value'
      variable = { name: this.#names.take(nameWords(words, source), 'value'), source, users: new Set() }
      this.#variables.set(key, variable)
    }
    variable.users.add(place.at)
    return { code: variable.name, isText: source.isText }
  }

  #sourceOf(value: string, place: SentAt): ValueSource | null {
    const isLong = isDynamic(value)
    const first = (isLong ? this.#sent : this.#sentAsId).get(value) ?? Infinity
    const known = (this.#sources.get(value) ?? []).filter(({ at }) => at < place.at && at < first)
    if (isLong) return best(known, place, 'first') ?? this.#inText(value, Math.min(place.at, first))
    const named = known.filter(
      (source) => isIdName(source.key) && (isIdPlace(place) || sameName(source.key, place.key)),
    )
    const found = best(named, place, 'last')
    if (found === null) return null
    const isNear = scoreOf(found, place) > 0 || this.#calls[found.at]!.first.method !== 'GET'
    return isNear ? found : null
  }

  /** Notes the values that stand in a call's texts and are sent after it. */
  #findTexts(call: Call, at: number): void {
    for (const text of textsOf(call))
      for (const [token] of text.matchAll(TOKENS))
        for (const value of /[/?&=:|@#]/.test(token) ? [token, ...piecesOf(token)] : [token]) {
          const first = this.#sent.get(value)
          if (first === undefined || first <= at || !isLongEnough(value)) continue
          const known = this.#inTexts.get(value)
          if (known === undefined) this.#inTexts.set(value, [at])
          else if (known.length < MOST_TEXTS && known.at(-1) !== at) known.push(at)
        }
  }

  /** A value within a text, such as a page's script. */
  #inText(value: string, before: number): ValueSource | null {
    if (!isLongEnough(value)) return null
    const known = this.#readings.get(value)
    if (known !== undefined) return known !== null && known.at < before ? known : null
    const plain = (this.#inTexts.get(value) ?? []).filter((at) => at < before)
    const pages = NEEDS_ESCAPES.test(value)
      ? this.#calls.flatMap(({ last }, at) =>
          at < before && /html|xml/.test(last.response.type) ? [at] : [],
        )
      : []
    let found: ValueSource | null = null
    for (const at of [...plain, ...pages]) found ??= sourceInText(this.#calls[at]!, at, value)
    this.#readings.set(value, found)
    return found
  }
}

/** Words of a text that can be values. */
const TOKENS = /[^\s"'<>;,()\\]{5,8192}/g
/** Texts in which a value is looked for. */
const MOST_TEXTS = 5
const NEEDS_ESCAPES = /[&<>"'=+/]/

const isLongEnough = (value: string): boolean => value.length >= LEAST_WITHIN || /^\d{5,}$/.test(value)

/** Texts of a call's responses without names for their values. */
function* textsOf(call: Call): Generator<string> {
  for (const { response } of [call.first, ...call.hops])
    for (const [name, value] of response.headers) if (!/^set-cookie$/i.test(name)) yield value
  const { text } = call.last.response
  if (text !== null) yield text
}

const SEPARATORS = [/([\s;,"'<>()]+)/, /([/?&=:|@]+)/, /(\.+)/]

const piecesOf = (text: string): string[] => {
  const all = new Set<string>()
  let parts = [text]
  for (const separator of SEPARATORS) {
    parts = parts.flatMap((part) => part.split(separator).filter((_, i) => i % 2 === 0))
    for (const part of parts) all.add(part)
  }
  return [...all]
}

function note(first: Map<string, number>, text: string, at: number): void {
  if (text !== '' && !first.has(text)) first.set(text, at)
}

/** Whether ids are sent there: a segment of a path, or a field with the name of one. */
const isIdPlace = ({ key }: SentAt): boolean => key === '' || isIdName(key)

const sameName = (a: string, b: string): boolean => a !== '' && a.toLowerCase() === b.toLowerCase()

/** How well a source fits: the same name, or words of the place near the source. */
function scoreOf({ key, near }: ValueSource, place: SentAt): number {
  if (sameName(key, place.key)) return 2
  const stem = stemOf(place.key === '' ? place.before : place.key)
  return stem.length > 1 && (near.includes(stem) || stemOf(key) === stem) ? 1 : 0
}

function best(sources: readonly ValueSource[], place: SentAt, prefers: 'first' | 'last'): ValueSource | null {
  let found: ValueSource | null = null
  for (const source of sources) {
    if (found === null) found = source
    else {
      const [score, top] = [scoreOf(source, place), scoreOf(found, place)]
      if (score > top || (score === top && prefers === 'last' && source.at > found.at)) found = source
    }
  }
  return found
}

/** A variable of an id alone is called after what it is the id of. */
function nameWords(key: string, { near, reading }: ValueSource): string {
  if (!/^(?:id|uuid|guid|key|code|number)$/i.test(key)) return key
  const names =
    reading.kind === 'json' ? reading.path.filter((one) => typeof one === 'string').slice(0, -1) : []
  const path = near.split(' ')[0]!.split('/')
  const around = names.at(-1) ?? path.findLast((one) => /^[a-z][a-z_-]+$/.test(one)) ?? ''
  return `${stemOf(around)} ${key}`
}

/** The value in the text of a body, in the location of a redirect, or within a header. */
function sourceInText(call: Call, at: number, value: string): ValueSource | null {
  const make = (reading: Reading): ValueSource => ({ at, value, isText: true, key: '', near: '', reading })
  const { text, headers } = call.last.response
  for (const [index, { response }] of [call.first, ...call.hops].entries()) {
    const location = response.headers.find(([name]) => name.toLowerCase() === 'location')?.[1]
    const pattern = location === undefined ? null : patternFor(location, value)
    if (pattern === null) continue
    const within =
      index < call.hops.length
        ? ({ kind: 'redirect', index } as const)
        : ({ kind: 'header', name: 'location' } as const)
    return make({ kind: 'pattern', pattern, within, isEscaped: false })
  }
  for (const [name, header] of headers) {
    if (/^(?:set-cookie|location)$/i.test(name)) continue
    const pattern = patternFor(header, value)
    const within = { kind: 'header', name: name.toLowerCase() } as const
    if (pattern !== null) return make({ kind: 'pattern', pattern, within, isEscaped: false })
  }
  if (text === null) return null
  const within = { kind: 'body' } as const
  const plain = patternFor(text, value)
  if (plain !== null) return make({ kind: 'pattern', pattern: plain, within, isEscaped: false })
  const escaped = escapedForms(value).find((one) => text.includes(one))
  const pattern = escaped === undefined ? null : patternFor(text, escaped)
  return pattern === null ? null : make({ kind: 'pattern', pattern, within, isEscaped: true })
}

/** The value as pages escape it. */
function escapedForms(value: string): string[] {
  if (!NEEDS_ESCAPES.test(value)) return []
  const forms = [
    value.replaceAll('&', '&amp;'),
    value.replace(/[&<>"'=+/]/g, (char) => `&#x${char.charCodeAt(0).toString(16)};`),
    value.replace(/[&<>"'=+/]/g, (char) => `&#x${char.charCodeAt(0).toString(16).toUpperCase()};`),
    value.replace(/[&<>"'=+/]/g, (char) => `&#${char.charCodeAt(0)};`),
  ]
  return forms.filter((form) => form !== value && withoutEscapes(form) === value)
}
