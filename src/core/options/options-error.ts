import { cutLines } from '../cut.ts'
import { CorerushError } from '../../errors.ts'
import type { Problem } from './problem.ts'

/** Options that make no plan: every one that cannot be used, and why. */
export class OptionsError extends CorerushError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(
      'CORERUSH_OPTIONS',
      cutLines(problems.map(({ option, message }) => `${option} ${message}`)).join('\n'),
    )
    this.problems = problems
  }
}
