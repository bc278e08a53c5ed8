/** How the value of an option is written and read: as text, as several texts, or as true and false. */
import { parseDurationS, parseNumber, printCount, printDurationS, type Parsed } from '../units.ts'

/** `text`: one value. `list`: several values, one after each flag. `switch`: true or false. */
export type Kind = 'text' | 'list' | 'switch'

export interface Format<K extends Kind = Kind> {
  readonly kind: K
  /** The type of the option in TypeScript. */
  readonly type: string
  /** What it takes, for the documentation, in Markdown. */
  readonly takes: string
  /** Examples of values. */
  readonly examples: readonly string[]
  /** All values there are; empty if they cannot be listed. */
  readonly choices: readonly string[]
}

/** A format whose values can be read without looking at any other option. */
export interface ReadFormat<T, K extends Kind = Kind> extends Format<K> {
  /** The value of a text, a number or a boolean; or the rule that it breaks. */
  readonly parse: (raw: string | number | boolean) => Parsed<T>
  /** The value as a user writes it. */
  readonly print: (value: T) => string
  /** The type of the value in TypeScript, if a plan can hold it as it is. */
  readonly valueType?: string
}

/** A format with a value for the option if it is not set. */
export interface DefaultFormat<T, K extends Kind = Kind> extends ReadFormat<T, K> {
  readonly fallback: T
}

const LONGEST_S = 30 * 86_400
const code = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ')

/** Text that other options decide how to read. */
export const text = (takes: string, type = 'string'): Format<'text'> => ({
  kind: 'text',
  type,
  takes,
  examples: [],
  choices: [],
})

/** Several texts that other options decide how to read. */
export const list = (takes: string, type = 'string | readonly string[]'): Format<'list'> => ({
  kind: 'list',
  type,
  takes,
  examples: [],
  choices: [],
})

/** Several of these words, also joined by commas; other options decide how to read them. */
export const words = (...choices: readonly string[]): Format<'list'> => ({
  ...list(code(choices)),
  choices,
})

/** The format with examples, which the help and the documentation show. */
export const like = <F extends Format>(format: F, ...examples: readonly string[]): F => ({
  ...format,
  takes: format.takes === '' ? code(examples) : `${format.takes}: ${code(examples)}`,
  examples,
})

/** The format with a default. */
export const withDefault = <T, K extends Kind>(
  format: ReadFormat<T, K>,
  fallback: NoInfer<T>,
): DefaultFormat<T, K> => ({ ...format, fallback })

/** True or false. */
export const onOff = (): ReadFormat<boolean, 'switch'> => ({
  kind: 'switch',
  type: 'boolean',
  takes: '–',
  examples: [],
  choices: [],
  valueType: 'boolean',
  parse: (raw) => (typeof raw === 'boolean' ? { value: raw } : { problem: 'must be true or false' }),
  print: (value) => (value ? 'on' : 'off'),
})

/** Text that a function of its own reads. */
export const parsed = <T>(
  takes: string,
  type: string,
  parse: (text: string) => Parsed<T>,
  print: (value: T) => string,
): ReadFormat<T, 'text'> => ({
  ...text(takes, type),
  parse: (raw) => parse(String(raw)),
  print,
})

/** Text that keeps a rule, and is the plan's as it is written. */
export const checked = (
  takes: string,
  parse: (text: string) => Parsed<string>,
): ReadFormat<string, 'text'> => ({ ...parsed(takes, 'string', parse, (text) => text), valueType: 'string' })

/** A number that keeps a rule. */
export const number = (
  takes: string,
  type: string,
  parse: (raw: string | number) => Parsed<number>,
  rule: (value: number) => string | null,
  print: (value: number) => string = String,
): ReadFormat<number, 'text'> => ({
  ...text(takes, type),
  valueType: 'number',
  parse(raw) {
    if (typeof raw === 'boolean') return { problem: 'must be text or a number' }
    const read = parse(raw)
    const broken = 'value' in read ? rule(read.value) : null
    return broken === null ? read : { problem: broken }
  },
  print,
})

/** A whole number, `k` and `M` included. */
export const whole = (from: number, to: number): ReadFormat<number, 'text'> =>
  number(`${printCount(from)} to ${printCount(to)}`, 'Count', parseNumber, (n) =>
    Number.isInteger(n) && n >= from && n <= to ? null : `must be a whole number from ${from} to ${to}`,
  )

/** A duration of at most 30 days, in seconds. */
export const duration = (least: 'above 0' | 'at least 0' | 'whole'): ReadFormat<number, 'text'> =>
  number(
    least === 'whole' ? 'whole seconds' : `duration, ${least === 'above 0' ? 'above 0' : '0'} to 30d`,
    'Duration',
    parseDurationS,
    (s) =>
      s > LONGEST_S
        ? 'must be at most 30d'
        : least === 'above 0' && s === 0
          ? 'must be longer than 0'
          : least === 'whole' && !Number.isInteger(s)
            ? 'must be whole seconds'
            : null,
    printDurationS,
  )

/** A duration, or the word `auto`. */
export const orAuto = (format: ReadFormat<number, 'text'>): ReadFormat<number | 'auto', 'text'> => ({
  // A duration is a number or a text, `auto` included.
  ...text('', format.type),
  parse: (raw) => {
    if (raw === 'auto') return { value: raw }
    const read = format.parse(raw)
    return 'problem' in read ? { problem: `${read.problem}, or auto` } : read
  },
  print: (value) => (value === 'auto' ? value : format.print(value)),
})

/** One of these words. */
export const oneOf = <const T extends string>(...words: readonly T[]): ReadFormat<T, 'text'> => {
  const type = words.map((word) => `'${word}'`).join(' | ')
  return {
    ...text(code(words), type),
    choices: words,
    valueType: type,
    parse: (raw) =>
      words.includes(raw as T) ? { value: raw as T } : { problem: `must be ${words.join(' or ')}` },
    print: (value) => value,
  }
}
