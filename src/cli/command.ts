/** The words of the command line, sorted by the options that they set; their values are not read yet. */
import { DECLARATIONS, LIBRARY_OPTIONS } from '../core/options/declarations.ts'
import type { Declaration } from '../core/options/declaration.ts'
import type { Options } from '../core/options/options.ts'
import type { Problem } from '../core/options/problem.ts'
import type { CommandName, ListName, SwitchName, TextName } from './flags.ts'

export interface Command {
  readonly name: CommandName
  readonly texts: ReadonlyMap<TextName, string>
  readonly lists: ReadonlyMap<ListName, readonly string[]>
  readonly switches: ReadonlyMap<SwitchName, boolean>
  /** Options that take text and were given as `--no-NAME`. */
  readonly off: ReadonlySet<TextName>
  /** The words that are no flags, of a command that takes such. */
  readonly operands: readonly string[]
  readonly problems: readonly Problem[]
  readonly wants: 'help' | 'version' | null
}

/** The words as `Options`, without what stands in a file that the command itself reads: body and certificates. */
export function optionsOf({ texts, lists, switches }: Command): Options {
  const options: Record<string, unknown> = {}
  for (const name of LIBRARY_OPTIONS) {
    const { format, file, hasCommas }: Declaration = DECLARATIONS[name]
    if (file === 'pem' || file === 'body') continue
    const values = lists.get(name as ListName)
    const value =
      format.kind === 'text'
        ? texts.get(name as TextName)
        : format.kind === 'switch'
          ? switches.get(name as SwitchName)
          : hasCommas === true
            ? values?.flatMap((text) => text.split(','))
            : values
    if (value !== undefined) options[name] = value
  }
  return options
}
