/** A run as the live page is told of it, while it goes on and when it has ended. Pure. */
import type { Plan } from '../../core/plan/plan.ts'
import type { Report } from '../../core/report/report.ts'
import type { LiveSecond } from '../output.ts'
import { logOf } from '../view/run-log.ts'
import { LIVE_POINTS, PAGE_POINTS, viewOf } from '../view/view.ts'
import type { LiveFrame, LiveRun, LoadTarget, Now } from './web-messages.ts'

/** `live` is the last closed second, and `report` one of the run so far; null: the run has ended, and it is its report. */
export function frameOf({ number, warnings }: LiveRun, report: Report, live: LiveSecond | null): LiveFrame {
  const isRunning = live !== null
  const view = viewOf(report, isRunning ? LIVE_POINTS : PAGE_POINTS)
  const words = isRunning ? { ...view.words, sentence: `so far: ${view.words.sentence}` } : view.words
  return {
    run: number,
    view: { ...view, report: { ...view.report, plan: null, capturedFailures: [] }, words },
    now: live === null ? null : nowOf(live),
    log: logOf(report, warnings, isRunning),
  }
}

/** Where a plan takes the load in the end. */
export function loadTarget(plan: Plan): LoadTarget {
  return plan.model === 'closed'
    ? { of: 'users', value: plan.stages.at(-1)!.toUsers }
    : { of: 'ratePerS', value: plan.stages.at(-1)!.toPerS }
}

const nowOf = ({ row, recent }: LiveSecond): Now => ({
  second: row.second,
  users: row.users,
  inFlight: row.inFlight,
  due: row.due,
  queued: row.queued,
  dropped: row.dropped,
  requestsPerS: row.requestsPerS ?? row.finished,
  recent: recent.latencyMs,
  workers: row.workers,
  cores: row.host?.cores ?? null,
  targetCores: row.target?.cores ?? null,
})
