/** TypeScript for an expression, and what is known of its value. */
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
  | 'date'
  | 'any'

export interface Code {
  readonly text: string
  readonly kind: Kind
}

export const code = (text: string, kind: Kind = 'any'): Code => ({ text, kind })

export const quote = (text: string): string => JSON.stringify(text)

export const isNumeric = ({ kind }: Code): boolean => kind === 'int' || kind === 'float'

/** The kind of what two branches give. */
export const either = (a: Kind, b: Kind): Kind => (a === b ? a : 'any')

/** The property of an object literal. */
export const property = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name))

/** An access by name. */
export const member = (object: string, name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? `${object}.${name}` : `${object}[${quote(name)}]`

const RESERVED: ReadonlySet<string> = new Set(
  'arguments await case catch const debugger default delete do enum eval export extends false function implements import in instanceof interface let new null package private protected public static super switch this throw true typeof undefined var void yield async of'.split(
    ' ',
  ),
)

/** Names that the translation itself uses. */
const TAKEN: ReadonlySet<string> = new Set(
  'py thrown context http state random think cookies stopUser stopRun leave scenario between constant pacing throughput shape readFileSync randomUUID process Buffer console Math JSON Object Array Date String Number Set Map Promise'.split(
    ' ',
  ),
)

/** A name of Python as one of TypeScript. */
export const nameOf = (name: string): string => (RESERVED.has(name) || TAKEN.has(name) ? `${name}_` : name)

/** Text within a template. */
export const templateText = (text: string): string =>
  quote(text).slice(1, -1).replaceAll('\\"', '"').replace(/[`$]/g, '\\$&')

/** A value as `str` writes it, within a template or alone. */
export function textOf({ text, kind }: Code): string {
  if (kind === 'str' || kind === 'int' || kind === 'file') return text
  return kind === 'float' ? `py.floatText(${text})` : `py.str(${text})`
}

/** A list of what Python iterates over. */
export const iterable = ({ text, kind }: Code): string =>
  kind === 'list' ? text : kind === 'file' ? `py.splitLines(${text}, true)` : `py.list(${text})`
