/** How an option is declared: its names, its format, its default and one sentence. Everything else about it follows. */
import type { DefaultFormat, Format, ReadFormat } from './format.ts'

export interface Declaration {
  readonly format: Format
  /** What it sets, as one sentence without a capital and a full stop: the help, the documentation and the type show it. */
  readonly sentence: string
  /** The default in words, where it is not a plain value of the format. */
  readonly usually?: string
  /** What only the documentation says besides, in Markdown. */
  readonly details?: string
  /** The flag without its dashes, if it is not the option's name with dashes; `null` for no flag. */
  readonly flag?: string | null
  readonly alias?: readonly string[]
  /** The environment variable, if it is not the flag in capitals. */
  readonly variable?: string
  /** A flag that may stand without a value. */
  readonly isOptional?: true
  /** A text flag with a `--no-` form, which says that there is none. */
  readonly canBeOff?: true
  /** Where it is known: the library as well (the default), only the command, or only one call of the command, not its config file. */
  readonly scope?: 'command' | 'call'
  /** The field of the plan that holds its value as it is read. */
  readonly planned?: string
  /** How its text names a file: as a path, as PEM or its path, as `@PATH`, or as a path or a name of kept runs. */
  readonly file?: 'path' | 'pem' | 'body' | 'baseline'
  /** A list whose values may also be joined by commas. */
  readonly hasCommas?: true
  /** What the environment adds to it is sent, so it may be a secret. */
  readonly isSent?: true
  /** Where in its text a secret may be; every output masks it there. */
  readonly secret?: 'all' | 'url' | 'header' | 'fields' | 'pem' | 'output'
}

/** Options by their names, in the order in which they are shown. */
export type Declarations = Readonly<Record<string, Declaration>>

/** The names of the options that are written in one way. */
export type NameOf<D extends Declarations, K> = {
  [N in keyof D]: D[N]['format']['kind'] extends K ? N : never
}[keyof D] &
  string

/** The value that an option has once it is read. */
export type ValueOf<D extends Declaration> = D['format'] extends ReadFormat<infer T> ? T : never

/** The values that the plan holds as they are read, by the names of its fields; `null` for one without a default. */
export type PlannedOf<D extends Declarations> = {
  readonly [
    N in keyof D as D[N] extends { readonly planned: infer P extends string } ? P : never
  ]: D[N] extends {
    readonly format: DefaultFormat<infer T>
  }
    ? T
    : ValueOf<D[N]> | null
}

/** `spawn-rate` of `spawnRate`. */
const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** The flag of an option; `null` if it has none. */
export const flagOf = (name: string, { flag }: Declaration): string | null =>
  flag === undefined ? dashed(name) : flag

/** The environment variable of an option. */
export const variableOf = (name: string, declaration: Declaration): string =>
  declaration.variable ??
  `CORERUSH_${(flagOf(name, declaration) ?? dashed(name)).toUpperCase().replaceAll('-', '_')}`

export const hasFallback = (format: Format): format is DefaultFormat<unknown> => 'fallback' in format

export const isRead = (format: Format): format is ReadFormat<unknown> => 'parse' in format

/** The default in words; `null` if there is none. */
export function usual({ usually, format }: Declaration): string | null {
  if (usually !== undefined) return usually
  return hasFallback(format) ? format.print(format.fallback) : null
}

/** Whether it is a switch that is on unless it is switched off. */
export const isOn = (declaration: Declaration): boolean =>
  declaration.format.kind === 'switch' && usual(declaration)?.startsWith('on') === true

/** The sentence with the examples and the choices of the format. */
export function describe({ sentence, format }: Declaration): string {
  const shown = [...format.choices, ...format.examples].join(', ')
  return shown === '' ? sentence : `${sentence}: ${shown}`
}
