/** `--save-baseline NAME`: runs that went well are kept for later ones to be compared with. */
import type { Problem } from '../core/options/problem.ts'
import type { Report } from '../core/report/report.ts'
import { showMany } from '../core/units.ts'
import { messageOf } from '../errors.ts'
import { keepingProblem, keepRuns, placeOf, unfitToKeep } from '../host/kept/kept-runs.ts'
import type { Command } from './command.ts'

/** The name, or null; adds what is wrong with it to the problems. */
export function readName({ texts }: Command, problems: Problem[]): string | null {
  const name = texts.get('saveBaseline')
  if (name === undefined) return null
  const problem = keepingProblem(name)
  if (problem !== null) problems.push({ option: 'saveBaseline', message: problem })
  return name
}

/**
 * Keeps all of these runs or none, and none when some of the series are `missing`; says what was done. False when they
 * could not be written.
 */
export function saveBaseline(
  name: string,
  reports: readonly Report[],
  missing: number,
  say: (text: string) => void,
): boolean {
  const unfit =
    reports.map(unfitToKeep).find((why) => why !== null) ??
    (missing > 0 ? `${missing} runs are missing` : null)
  if (unfit !== null) {
    say(`nothing was kept under ${name}: ${reports.length === 1 ? '' : 'of several runs, '}${unfit}`)
    return true
  }
  try {
    const { runs, dropped } = keepRuns(name, reports)
    say(`kept under ${name}, in ${placeOf(name)}: ${showMany(runs, 'run')}`)
    for (const why of dropped) say(`no longer kept under ${name}: ${why}`)
    return true
  } catch (error) {
    say(`nothing could be kept under ${name}: ${messageOf(error)}`)
    return false
  }
}
