/** Frames of the live page, for a run in progress and when it has ended. Pure. */
import { busiestWorker, coresBusy } from '../../core/measure/agent-utilization.ts'
import type { AgentState } from '../../core/measure/host-facts.ts'
import type { SecondRow } from '../../core/measure/second.ts'
import type { LogEntry } from '../../core/measure/task-log.ts'
import type { Plan } from '../../core/plan/plan.ts'
import type { Report } from '../../core/report/report.ts'
import type { LiveSecond } from '../output.ts'
import { logOf } from '../view/run-log.ts'
import { LIVE_POINTS, PAGE_POINTS, viewOf } from '../view/view.ts'
import type { AgentNow, LiveFrame, LiveRun, LoadTarget, Now, Since } from './web-messages.ts'

/**
 * `logged` are the latest entries of the log of tasks, `agents` those that do the work, as they are now.
 * `live` is the last closed second, and `report` that of the run so far; with `null` the run has ended, and `report` is final.
 */
export function frameOf(
  { number, warnings }: LiveRun,
  report: Report,
  live: LiveSecond | null,
  logged: readonly LogEntry[] = [],
  since: Since | null = null,
  agents: readonly AgentState[] | null = null,
): LiveFrame {
  const isRunning = live !== null
  const view = viewOf({ ...report, ...keepsNone(report) }, isRunning ? LIVE_POINTS : PAGE_POINTS)
  const words = isRunning ? { ...view.words, sentence: `so far: ${view.words.sentence}` } : view.words
  return {
    run: number,
    view: { ...view, report: { ...view.report, plan: null }, words },
    now: live === null ? null : nowOf(live, agents),
    log: logOf(report, warnings, isRunning, logged),
    since,
  }
}

function agentNow(agent: AgentState, { agents = [], workers }: SecondRow): AgentNow {
  const own = agents.find((one) => one.agent === agent.name)
  const { users = 0, inFlight = 0, finished = 0, host = null } = own ?? {}
  const busiest = busiestWorker(agent, workers)
  return { ...agent, users, inFlight, finished, coresBusy: coresBusy(host), busiest }
}

/** Single requests, which the live page does not show. */
const keepsNone = ({ slowest }: Report): Pick<Report, 'capturedFailures' | 'slowest'> => ({
  capturedFailures: [],
  ...(slowest === undefined ? {} : { slowest: [] }),
})

/** The last planned value of the load, and its length. */
export function loadTarget(plan: Plan): LoadTarget {
  const { durationS } = plan
  return plan.model === 'closed'
    ? { of: 'users', value: plan.stages.at(-1)!.toUsers, durationS }
    : { of: 'ratePerS', value: plan.stages.at(-1)!.toPerS, durationS }
}

const nowOf = ({ row, recent }: LiveSecond, agents: readonly AgentState[] | null): Now => ({
  second: row.second,
  users: row.users,
  inFlight: row.inFlight,
  due: row.due,
  queued: row.queued,
  dropped: row.dropped,
  requestsPerS: row.requestsPerS ?? row.finished,
  names: Object.fromEntries(
    // Seconds that are joined with others say nothing of this one.
    Object.entries(row.byNameS === 1 ? row.byName : {}).map(([name, { finished, failed, unfinished }]) => [
      name,
      [finished, failed + unfinished],
    ]),
  ),
  recent: recent.latencyMs,
  workers: row.workers,
  workersInAll: row.workersSummary?.count ?? null,
  agents: agents?.map((agent) => agentNow(agent, row)) ?? null,
  cores: row.host?.cores ?? null,
  targetCores: row.target?.cores ?? null,
})
