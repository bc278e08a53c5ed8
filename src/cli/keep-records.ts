/** `--keep`: records of runs, for `corerush history`. */
import type { Problem } from '../core/options/problem.ts'
import type { Report } from '../core/report/report.ts'
import { messageOf } from '../errors.ts'
import { HISTORY_FOLDER, keepRecord } from '../host/kept/history-runs.ts'
import { folderProblem } from '../host/kept/kept-runs.ts'
import { printable } from '../output/text/paint.ts'
import type { Command } from './command.ts'

const isAsked = ({ switches }: Command): boolean => switches.get('keep') === true

/** Why no record could be kept, before anything is sent. */
export function keepingFault(command: Command): Problem[] {
  const problem = isAsked(command) ? folderProblem(HISTORY_FOLDER) : null
  return problem === null ? [] : [{ option: 'keep', message: problem }]
}

/** Keeps a record of each run if that is asked for; returns whether all could be written. Says on stderr what was done. */
export function keepRecords(reports: readonly Report[], command: Command): boolean {
  if (!isAsked(command)) return true
  const say = (text: string): void => void process.stderr.write(`corerush: ${printable(text)}\n`)
  try {
    for (const report of reports) say(`a record of the run is kept in ${keepRecord(report, process.env)}`)
    return true
  } catch (error) {
    say(`no record could be kept in ${HISTORY_FOLDER}: ${messageOf(error)}`)
    return false
  }
}
