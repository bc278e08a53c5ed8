/** Events of a run in order, derived from its report. Pure. */
import { amendmentWords, isOfLevel } from '../../core/plan/amendment.ts'
import { taskErrorText } from '../../core/measure/task-error.ts'
import type { LogEntry } from '../../core/measure/task-log.ts'
import type { Plan } from '../../core/plan/plan.ts'
import type { Report } from '../../core/report/report.ts'
import { printDurationS, showCount, showRate } from '../../core/units.ts'
import { workerWords } from '../text/summary.ts'

/** Most first failures listed, of requests and of tasks each. */
const MOST_FAILURES = 100

export interface LogLine {
  readonly atS: number
  readonly kind: 'note' | 'log' | 'warning' | 'fault'
  readonly text: string
}

/** `early` are the warnings from before the run. `isRunning`: the run is still in progress. */
export function logOf(
  report: Report,
  early: readonly string[],
  isRunning: boolean,
  logged: readonly LogEntry[] = [],
): LogLine[] {
  const { timeline, verdict, errors, taskErrors, plan, warnings } = report
  const untilS = isRunning ? timeline.length : report.durationS
  const note = (atS: number, text: string): LogLine => ({ atS, kind: 'note', text })
  const warning = (atS: number, text: string): LogLine => ({ atS, kind: 'warning', text })
  const firstOf = (phase: 'load' | 'drain'): number => timeline.findIndex((row) => row.phase === phase)
  const measuredS = firstOf('load')
  const drainS = firstOf('drain')
  const lines: LogLine[] = [
    note(0, `the run started with ${workerWords(report)}`),
    ...early.map((text) => warning(0, text)),
    ...stageLines(plan, report.warmupS + report.loadS, report.amendments.find(isOfLevel)?.atS ?? Infinity),
    ...report.amendments.map((amendment) =>
      note(amendment.atS, `the load was amended ${amendmentWords([amendment])}`),
    ),
    ...(measuredS > 0 ? [note(measuredS, 'the warm-up is over; measurement begins')] : []),
    ...errors.slice(0, MOST_FAILURES).map(({ outcome, name, message, firstS, count }): LogLine => ({
      atS: firstS,
      kind: 'fault',
      text: `first ${outcome} of ${name}${message === '' ? '' : `: ${message}`} (${showCount(count)} in total)`,
    })),
    ...taskErrors.slice(0, MOST_FAILURES).map((error): LogLine => ({
      atS: error.firstS,
      kind: 'fault',
      text: `first error of task ${error.task}: ${taskErrorText(error)} (${showCount(error.count)} in total)`,
    })),
    ...verdict.reasons.map(({ code, level, message, fromS }): LogLine => ({
      atS: fromS,
      kind: level === 'note' ? 'note' : 'warning',
      text: `${code}: ${message}`,
    })),
    ...logged.map(loggedLine),
    ...(drainS === -1 ? [] : [note(drainS, 'the load is over; requests in flight may still finish')]),
  ]
  lines.sort((a, b) => a.atS - b.atS)
  // While the run is in progress, warnings about too few samples may still become obsolete.
  if (!isRunning)
    lines.push(
      ...warnings.filter((text) => !early.includes(text)).map((text) => warning(untilS, text)),
      note(
        untilS,
        `the run ended, stopped by ${report.stoppedBy}; measurement ${verdict.level}, exit code ${report.exitCode}`,
      ),
    )
  return lines
}

/** Most entries of the log of tasks that are listed, the latest. */
export const MOST_LOGGED = 500

const loggedLine = ({ atS, worker, label, level, text }: LogEntry): LogLine => ({
  atS,
  kind: level === 'error' ? 'fault' : level === 'warn' ? 'warning' : 'log',
  text: worker === null ? text : `worker ${label ?? worker}: ${text}`,
})

/** The start of each stage reached before an amendment replaced the rest. Empty for a single stage, which is the load itself. */
function stageLines(plan: Plan, untilS: number, amendedS: number): LogLine[] {
  const { stages, model } = plan
  if (stages.length < 2) return []
  const level = (value: number): string => (model === 'closed' ? showCount(value) : `${showRate(value)}/s`)
  const lines: LogLine[] = []
  let atS = 0
  for (const [i, stage] of stages.entries()) {
    if (atS > untilS || atS >= amendedS) break
    const [from, to] =
      'fromUsers' in stage ? [stage.fromUsers, stage.toUsers] : [stage.fromPerS, stage.toPerS]
    const way = from === to ? level(to) : `${level(from)} to ${level(to)}`
    const span = stage.durationS === 0 ? 'at once' : `in ${printDurationS(stage.durationS)}`
    const text = `stage ${i + 1} of ${stages.length}: ${way}${model === 'closed' ? ' users' : ''} ${span}`
    lines.push({ atS, kind: 'note', text })
    atS += stage.durationS
  }
  return lines
}
