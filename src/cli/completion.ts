/** The command `corerush completion`: a script for a shell. */
import { EXIT } from '../errors.ts'
import { OptionsError } from '../core/options/options-error.ts'
import type { Command } from './command.ts'
import { printCompletionScript, SHELLS } from './help.ts'

export function completionCommand({ operands, problems }: Command): number {
  const [shell, ...more] = operands
  const all = [...problems]
  if ((shell !== undefined && !SHELLS.includes(shell)) || more.length > 0)
    all.push({
      option: 'operands',
      place: 'corerush completion',
      message: `takes bash, zsh or fish, got ${operands.map((word) => `"${word}"`).join(' ')}`,
    })
  if (all.length > 0) throw new OptionsError(all)
  printCompletionScript(shell)
  return EXIT.ok
}
