/** Problems as lines that name options as a user of the command writes them. */
import { flagOf } from '../core/options/declaration.ts'
import type { Problem } from '../core/options/problem.ts'
import { COMMANDS, flagsOf } from './flags.ts'

/** The flags of all commands by the names of their options. */
const FLAGS: Readonly<Record<string, string>> = Object.fromEntries(
  COMMANDS.flatMap((command) => Object.entries(flagsOf(command))).flatMap(([option, declaration]) => {
    const flag = flagOf(option, declaration)
    return flag === null ? [] : [[option, `--${flag}`]]
  }),
)

/** A problem as a line: the place where the value was set, or the flag, and what is wrong. */
export function renderProblem({ option, message, place }: Problem): string {
  if (place !== undefined) return `${place} ${message}`
  // A message may name another option.
  const words = message.replace(/\b[a-z]+[A-Z]\w*\b/g, (name) => FLAGS[name] ?? name)
  return `${FLAGS[option] ?? option} ${words}`
}
