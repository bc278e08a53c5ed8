/** What an output is told of a run while it goes on, as far as a report has it. */
import type { Outcome } from '../../src/core/request/outcome.ts'
import type { Report } from '../../src/core/report/report.ts'
import type { LiveSecond, RunStart } from '../../src/output/output.ts'

export const startOf = ({ plan, version, startedAt, warnings }: Report): RunStart => ({
  ...{ plan, version, startedAt, warnings },
  elapsedS: () => 0,
})

/** The last second of a report, of which the report is the run so far. */
export function liveOf(report: Report): LiveSecond {
  const { timeline, total, outcomes, byName, thresholds, verdict, taskErrors } = report
  const counts = new Map(Object.entries(outcomes) as [Outcome, number][])
  return {
    row: timeline.at(-1)!,
    recent: total,
    finished: total.finished,
    failed: total.failed,
    iterations: report.iterations.finished,
    outcomes: counts,
    names: new Map(Object.entries(byName)),
    transactions: new Map(Object.entries(report.transactions)),
    judged: () => ({ total, outcomes: counts, thresholds, verdict }),
    report: () => report,
    taskErrors: taskErrors.reduce((sum, { count }) => sum + count, 0),
  }
}

/** The events of a stream that were whole when it was cut. */
export const eventsIn = (text: string): { readonly name: string; readonly said: unknown }[] =>
  [...text.matchAll(/event: (\w+)\ndata: ([^\n]*)\n\n/g)].map(([, name, said]) => ({
    name: name!,
    said: JSON.parse(said!) as unknown,
  }))
