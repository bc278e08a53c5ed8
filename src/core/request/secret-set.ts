/** Texts that are secrets, to be found in other texts: in time linear in the text, however many secrets there are. */
import { MASK } from './secret-name.ts'

/** Shorter ones, unless the user declared them, would mask ordinary words. */
const SHORTEST = 6
/** More of a secret is not kept. */
const LONGEST = 65_536
/** Where this much of a secret is found, it is taken for the secret, and masked for as long as it matches. */
const ENOUGH = 64
/** Secrets that end, or begin, in the same `SHORTEST` characters: the latest are kept. */
const MOST_ALIKE = 64
/** The number of cells that pairs of characters are hashed into; a power of two. */
const PAIRS = 4096

interface Span {
  readonly from: number
  readonly to: number
}

export class SecretSet {
  readonly #added = new Set<string>()
  #waiting: { readonly secret: string; readonly isDeclared: boolean }[] = []
  readonly #byEnd = new Map<string, string[]>()
  readonly #byStart = new Map<string, string[]>()
  /** Whether a secret ends, or begins, in two such characters; most positions of a text need no more than that. */
  readonly #ends = new Uint8Array(PAIRS)
  readonly #starts = new Uint8Array(PAIRS)
  /** Secrets shorter than `SHORTEST`, by length. */
  readonly #short = new Map<number, Set<string>>()
  #longest = 0

  /** Secrets that the user declared: hidden however short they are. */
  static declared(secrets: readonly string[]): SecretSet {
    const set = new SecretSet()
    for (const secret of secrets) set.add(secret, true)
    return set
  }

  get size(): number {
    return this.#added.size
  }

  /** Adds a secret. A declared one is hidden however short it is. */
  add(secret: string, isDeclared = false): void {
    if (secret === '' || (!isDeclared && secret.length < SHORTEST) || this.#added.has(secret)) return
    const kept = copied(secret.slice(0, LONGEST))
    this.#added.add(kept)
    // Its spellings are made when a text is to be searched, which most runs never need.
    this.#waiting.push({ secret: kept, isDeclared })
  }

  /** The text with `***` for every secret. */
  hide(text: string): string {
    return this.size === 0 ? text : masked(text, this.find(text))
  }

  /** Where the text has a secret, and where it ends in the beginning of one, as a text does that was cut off. */
  find(text: string): Span[] {
    this.#index()
    return [...this.#whole(text), ...this.#shortOnes(text), ...this.#cutOff(text)]
  }

  #whole(text: string): Span[] {
    const spans: Span[] = []
    let covered = 0
    for (let to = SHORTEST; to <= text.length; to++) {
      if (this.#ends[pair(text, to - 2)] === 0) continue
      let from = to
      for (const secret of this.#byEnd.get(text.slice(to - SHORTEST, to)) ?? [])
        from = Math.min(from, beginOf(secret, text, to, covered))
      if (from === to) continue
      spans.push({ from, to })
      covered = to
    }
    return spans
  }

  #shortOnes(text: string): Span[] {
    const spans: Span[] = []
    for (const [length, secrets] of this.#short)
      for (let from = 0; from + length <= text.length; from++)
        if (secrets.has(text.slice(from, from + length))) spans.push({ from, to: from + length })
    return spans
  }

  #cutOff(text: string): Span[] {
    const spans: Span[] = []
    for (let from = Math.max(0, text.length - this.#longest); from <= text.length - SHORTEST; from++) {
      if (this.#starts[pair(text, from)] === 0) continue
      let to = from
      for (const secret of this.#byStart.get(text.slice(from, from + SHORTEST)) ?? [])
        to = Math.max(to, endOf(secret, text, from))
      if (to === from) continue
      spans.push({ from, to })
      from = to - 1
    }
    return spans
  }

  #index(): void {
    for (const { secret, isDeclared } of this.#waiting.splice(0))
      for (const spelling of new Set([...spellingsOf(secret), ...(isDeclared ? formsOf(secret) : [])]))
        this.#put(spelling)
  }

  #put(spelling: string): void {
    const { length } = spelling
    if (length < SHORTEST) {
      const alike = this.#short.get(length) ?? new Set()
      this.#short.set(length, alike.add(spelling))
      return
    }
    this.#longest = Math.max(this.#longest, length)
    this.#ends[pair(spelling, length - 2)] = this.#starts[pair(spelling, 0)] = 1
    keep(this.#byEnd, spelling.slice(-SHORTEST), spelling)
    keep(this.#byStart, spelling.slice(0, SHORTEST), spelling)
  }
}

/** The text with `***` for every span. */
export function masked(text: string, spans: readonly Span[]): string {
  let shown = ''
  let at = 0
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from || b.to - a.to)) {
    if (to <= at) continue
    // Those that touch are two secrets; those that overlap are shown as one.
    if (from >= at) shown += text.slice(at, from) + MASK
    at = to
  }
  return shown + text.slice(at)
}

/** The text without these secrets, as they are and as URLs have them. */
export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  SecretSet.declared(secrets).hide(text)

function keep(index: Map<string, string[]>, key: string, secret: string): void {
  const alike = index.get(key)
  if (alike === undefined) index.set(key, [secret])
  else if (alike.push(secret) > MOST_ALIKE) alike.shift()
}

const pair = (text: string, at: number): number =>
  ((text.charCodeAt(at) << 6) ^ text.charCodeAt(at + 1)) & (PAIRS - 1)

/** Where the secret begins that ends at `to`; `to` if there is none. What is covered is not compared again. */
function beginOf(secret: string, text: string, to: number, covered: number): number {
  const near = Math.min(secret.length, ENOUGH)
  if (to < near || !text.startsWith(secret.slice(secret.length - near), to - near)) return to
  const start = Math.max(to - secret.length, covered)
  let at = to - near
  while (at > start && text[at - 1] === secret[at - 1 - to + secret.length]) at--
  return at
}

/** Where the secret ends, or the text does, that begins at `from`; `from` if there is none. */
function endOf(secret: string, text: string, from: number): number {
  const near = Math.min(secret.length, ENOUGH, text.length - from)
  if (!text.startsWith(secret.slice(0, near), from)) return from
  const end = Math.min(from + secret.length, text.length)
  let at = from + near
  while (at < end && text[at] === secret[at - from]) at++
  return at
}

/** A slice keeps all of the text that it is of in memory; a copy does not. */
const copied = (text: string): string => Array.from(text).join('')

/** A secret as URLs have it: in a path and in a query other characters are encoded. */
function formsOf(secret: string): string[] {
  const inUrl = (before: string): string => {
    const head = `http://h/${before}`
    return new URL(head + secret).href.slice(head.length)
  }
  return [secret, percentEncoded(secret), inUrl('x'), inUrl('?x')].filter((form) => form !== '')
}

/** As it is, and as an echo in a URL, in a form, in JSON or in HTML has it. */
function spellingsOf(secret: string): string[] {
  if (secret.length < SHORTEST) return []
  if (/^[\w.~-]*$/.test(secret)) return [secret]
  const form = new URLSearchParams([['', secret]]).toString().slice(1)
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return [
    secret,
    form,
    form.replaceAll('+', '%20'),
    percentEncoded(secret),
    JSON.stringify(secret).slice(1, -1),
    html,
    html.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
  ]
}

/** As programs have it, which leave more as it is than forms do. */
function percentEncoded(secret: string): string {
  try {
    return encodeURIComponent(secret)
  } catch {
    // Half of a surrogate pair.
    return secret
  }
}
