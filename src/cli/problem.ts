/** Options by the flags that say them, in what is told of them. */
import type { Problem } from '../core/options/options.ts'
import { COMPARE_FLAGS, DEBUG_FLAGS, DOCTOR_FLAGS, RUN_FLAGS, TARGET_FLAGS } from './flags.ts'

/** The flags of options that are called otherwise than their flag; a word that is neither is shown as it was typed. */
const OPTION_FLAGS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [RUN_FLAGS, TARGET_FLAGS, DOCTOR_FLAGS, COMPARE_FLAGS, DEBUG_FLAGS]
      .flatMap((groups) => Object.values(groups).flat())
      .map(({ name }) => [name.replace(/-[a-z]/g, (part) => part[1]!.toUpperCase()), name]),
  ),
  allowHosts: 'allow-host',
  headers: 'header',
  keepAlive: 'keepalive',
  stages: 'stage',
  thresholds: 'threshold',
  outputs: 'out',
}

/** The option that a flag of a run is about. */
export const optionOf = (flag: string): string =>
  Object.entries(OPTION_FLAGS).findLast(([, name]) => name === flag)?.[0] ?? flag

/** A problem as a line that names the flag as it is typed, or the place where the value was said. */
export function renderProblem({ option, message, place }: Problem): string {
  if (place !== undefined) return `${place} ${message}`
  const flag = OPTION_FLAGS[option] ?? option
  const isWord =
    !/^[\w-]+$/.test(option) || / is neither | is not a command| is not an option/.test(` ${message}`)
  return `${isWord ? option : flag.length === 1 ? `-${flag}` : `--${flag}`} ${message.replace(/\bspawnRate\b/g, '--spawn-rate')}`
}
