/** TypeScript for an expression, and what is known of its value. */
import { RESERVED } from '../typescript.ts'

export type Kind =
  | 'int'
  | 'float'
  | 'str'
  | 'bool'
  | 'none'
  | 'list'
  | 'dict'
  | 'set'
  | 'bytes'
  /** A response that a request resolved to. */
  | 'response'
  /** The content of a file that was opened, as text. */
  | 'file'
  /** A date, time or span of `datetime`. */
  | 'date'
  /** A lock, which one thread does not need. */
  | 'lock'
  /** An object of a class of the file. */
  | 'object'
  /** A `pathlib.Path`. */
  | 'path'
  /** What `urlparse` gives. */
  | 'url'
  /** A `queue.Queue`. */
  | 'queue'
  /** What `iter`, `cycle` or a function with `yield` gives. */
  | 'iterator'
  /** A member of an `Enum` whose members are texts or numbers as well. */
  | 'member'
  /** The options of the file's own command line. */
  | 'options'
  | 'any'

export interface Code {
  readonly text: string
  readonly kind: Kind
}

export const code = (text: string, kind: Kind = 'any'): Code => ({ text, kind })

export const isNumeric = ({ kind }: Code): boolean => kind === 'int' || kind === 'float'

/** The kind of what two branches give. */
export const either = (a: Kind, b: Kind): Kind => (a === b ? a : 'any')

/** A value in a place that does not know its kind: a float that may be whole takes its text along. */
export const boxed = (one: Code): Code =>
  one.kind === 'float' && !/^\(?-?\d+\.\d*[1-9]\d*\)?$/.test(one.text) ? code(`py.real(${one.text})`) : one

/** Names that the translation itself uses. */
const TAKEN: ReadonlySet<string> = new Set(
  'py thrown context http state random think cookies stopUser stopRun leave scenario options parsed_options between constant pacing throughput shape readFileSync randomUUID process Buffer console Math JSON Object Array Date String Number Set Map Promise Error Symbol performance structuredClone'.split(
    ' ',
  ),
)

/** A name of Python as one of TypeScript. */
export const nameOf = (name: string): string => (RESERVED.has(name) || TAKEN.has(name) ? `${name}_` : name)

/** A value as `str` writes it, within a template or alone. */
export function textOf({ text, kind }: Code): string {
  if (kind === 'str' || kind === 'int' || kind === 'file') return text
  return kind === 'float' ? `py.floatText(${text})` : `py.str(${text})`
}

/** What a loop goes through: an iterator as it is, so that it need not end. */
export const iterated = (one: Code): string =>
  one.kind === 'iterator' ? one.text : one.kind === 'any' ? `py.each(${one.text})` : iterable(one)

/** A list of what Python iterates over. */
export const iterable = ({ text, kind }: Code): string =>
  kind === 'list' ? text : kind === 'file' ? `py.splitLines(${text}, true)` : `py.list(${text})`
