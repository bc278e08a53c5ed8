/** Lines over the time of a run, from the seconds of its report, reduced to buckets. Pure. */
import { amendedPlan } from '../../core/plan/amendment.ts'
import { arrivalsBy } from '../../core/load/arrivals.ts'
import { hasPace, type Plan } from '../../core/plan/plan.ts'
import { busiestWorker, coresBusy } from '../../core/measure/agent-utilization.ts'
import type { AgentFacts } from '../../core/measure/host-facts.ts'
import type { Report } from '../../core/report/report.ts'
import type { NameExtremes } from '../../core/measure/metrics.ts'
import type { SecondRow } from '../../core/measure/second.ts'
import { usersAt } from '../../core/load/stages.ts'
import { meanCycleS } from '../../core/load/wait-time.ts'
import { decimate, type Extremes, type Track, type Values } from '../text/decimation.ts'

/** Statuses with a line of their own; the others share one. */
const MOST_STATUSES = 6
export const OTHER_STATUSES = 'other'

/** Utilization of a worker or a core: shares of a core from 0 to 1. */
export interface Unit {
  readonly number: number
  readonly busy: Extremes
  readonly mean: number | null
  readonly max: number | null
}

type Of<T> = (row: T) => number | null

function trackOf<T>(rows: readonly T[], bucketS: number, lines: Readonly<Record<string, Of<T>>>): Track {
  return {
    bucketS,
    lines: Object.fromEntries(
      Object.entries(lines).map(([name, of]) => [name, decimate(rows.map(of), bucketS)]),
    ),
  }
}

/** Lines of all requests together, users and lag. */
export function totalTrack(report: Report, bucketS: number): Track {
  const { timeline: rows } = report
  const plan = amendedPlan(report.plan, report.amendments)
  const planned = plannedOf(plan)
  return trackOf<SecondRow>(rows, bucketS, {
    planned: (row) => (row.phase === 'drain' ? null : planned(row.second)),
    achieved: ({ requestsPerS }) => requestsPerS,
    failed: ({ failed }) => failed,
    dropped: ({ dropped }) => dropped,
    plannedUsers: ({ second, phase }) =>
      plan.model === 'closed' && phase !== 'drain' ? usersAt(plan.stages, second + 1) : null,
    users: ({ users }) => users,
    inFlight: ({ inFlight }) => inFlight,
    queued: ({ queued }) => queued,
    p50: ({ latencyMs }) => latencyMs.p50,
    p95: ({ latencyMs }) => latencyMs.p95,
    p99: ({ latencyMs }) => latencyMs.p99,
    max: ({ latencyMs }) => latencyMs.max,
    ...(report.witness === null
      ? {}
      : { witnessP95: ({ witness }: SecondRow) => witness?.latencyMs.p95 ?? null }),
    lagP50: ({ lagMs }) => lagMs.p50,
    lagP99: ({ lagMs }) => lagMs.p99,
    lagMax: ({ lagMs }) => lagMs.max,
  })
}

/**
 * The planned rate of a second: arrivals in the open model; in the closed model the most that the users could send if the
 * target answered at once, `null` without waits.
 */
function plannedOf(plan: Plan): (second: number) => number | null {
  if (plan.model === 'open') {
    const { stages, durationS } = plan
    const end = durationS ?? Infinity
    return (second) =>
      second >= end ? null : arrivalsBy(stages, Math.min(end, second + 1)) - arrivalsBy(stages, second)
  }
  const cycleS = meanCycleS(plan.wait, 0)
  if (!hasPace(plan) || plan.scenario !== null || cycleS === 0) return () => null
  return (second) => usersAt(plan.stages, second + 0.5) / cycleS
}

/** Lines of one request name. */
export function requestTrack(rows: readonly SecondRow[], name: string, bucketS: number): Track['lines'] {
  const [lowest, highest] = (['lowest', 'highest'] as const).map((which) => {
    const named = rows.map((row) => ofName(row, name, which))
    const { lines } = trackOf<NameExtremes | null>(named, bucketS, {
      achieved: (figures) => figures?.requestsPerS ?? null,
      failed: (figures) => figures?.failed ?? null,
      p50: (figures) => figures?.p50 ?? null,
      p95: (figures) => figures?.p95 ?? null,
      p99: (figures) => figures?.p99 ?? null,
      max: (figures) => figures?.max ?? null,
    })
    return lines
  }) as [Track['lines'], Track['lines']]
  if (bucketS === 1) return lowest
  return Object.fromEntries(
    Object.entries(lowest).map(([line, { low }]) => [line, { low, high: highest[line]!.high }]),
  )
}

/** The figures of a name in a row; `null` if an earlier row covers its second. */
function ofName(row: SecondRow, name: string, which: 'lowest' | 'highest'): NameExtremes | null {
  const { phase, byName, byNameS } = row
  if (byNameS === 0) return null
  const metrics = Object.hasOwn(byName, name) ? byName[name]! : null
  const { p50 = null, p95 = null, p99 = null, max = null } = metrics?.latencyMs ?? {}
  // No finished request is a rate of 0 while there is load.
  const requestsPerS = phase === 'drain' ? null : (metrics?.requestsPerS ?? 0)
  return metrics?.[which] ?? { requestsPerS, failed: metrics?.failed ?? 0, p50, p95, p99, max }
}

/** The shortest bucket of at least this length that holds the joined seconds of names whole. */
export function nameBucketFor(rows: readonly SecondRow[], bucketS: number): number {
  const spanS = rows.reduce((most, { byNameS }) => Math.max(most, byNameS), 1)
  // Spans are powers of two; one can be cut short by the end of a phase.
  const wholeS = 2 ** Math.ceil(Math.log2(spanS))
  return Math.ceil(bucketS / wholeS) * wholeS
}

/** Responses per status and second, the most frequent statuses first. */
export function statusTrack({ total, timeline: rows }: Report, bucketS: number): Track {
  const statuses = Object.entries(total.statuses)
    .sort(([, a], [, b]) => b - a)
    .map(([status]) => status)
  const shown = statuses.slice(0, MOST_STATUSES)
  const lines: Record<string, Of<SecondRow>> = {}
  for (const status of shown) lines[status] = (row) => row.statuses[status] ?? 0
  if (statuses.length > shown.length)
    lines[OTHER_STATUSES] = (row) =>
      Object.entries(row.statuses).reduce((sum, [status, n]) => (shown.includes(status) ? sum : sum + n), 0)
  return trackOf(rows, bucketS, lines)
}

export const workerTracks = (rows: readonly SecondRow[], bucketS: number): Unit[] =>
  unitTracks(
    rows.map(({ phase, workers }) => ({
      phase,
      busy: new Map(workers.map(({ worker, utilization }) => [worker, utilization])),
    })),
    bucketS,
  )

/** Each agent by its place in the report, as busy as the busiest of its workers. */
export const agentTracks = (
  rows: readonly SecondRow[],
  agents: readonly Pick<AgentFacts, 'workers'>[],
  bucketS: number,
): Unit[] =>
  unitTracks(
    rows.map(({ phase, workers }) => ({
      phase,
      busy: new Map(
        agents.flatMap((agent, place) => {
          const busiest = busiestWorker(agent, workers)
          return busiest === null ? [] : [[place, busiest.utilization] as const]
        }),
      ),
    })),
    bucketS,
  )

/** The cores of each agent together, by its place in the report. */
export const agentCoreTracks = (
  rows: readonly SecondRow[],
  agents: readonly Pick<AgentFacts, 'name'>[],
  bucketS: number,
): Unit[] =>
  unitTracks(
    rows.map((row) => ({
      phase: row.phase,
      busy: new Map(
        (row.agents ?? []).flatMap(({ agent, host }) => {
          const busy = coresBusy(host)
          return busy === null ? [] : [[agents.findIndex(({ name }) => name === agent), busy] as const]
        }),
      ),
    })),
    bucketS,
  )

/** Cores of this host, or of the target. */
export const coreTracks = (rows: readonly SecondRow[], of: 'host' | 'target', bucketS: number): Unit[] =>
  unitTracks(
    rows.map((row) => ({
      phase: row.phase,
      busy: new Map(row[of]?.cores?.map(({ core, busy }) => [core, busy])),
    })),
    bucketS,
  )

interface BusySecond {
  readonly phase: SecondRow['phase']
  readonly busy: ReadonlyMap<number, number>
}

/** Mean and maximum cover the load only, as in the summary. */
function unitTracks(seconds: readonly BusySecond[], bucketS: number): Unit[] {
  const numbers = [...new Set(seconds.flatMap(({ busy }) => [...busy.keys()]))].sort((a, b) => a - b)
  return numbers.map((number) => {
    const values: Values = seconds.map(({ busy }) => busy.get(number) ?? null)
    let sum = 0
    let n = 0
    let max: number | null = null
    for (const [i, value] of values.entries()) {
      if (value === null || seconds[i]!.phase !== 'load') continue
      sum += value
      n++
      max = Math.max(max ?? 0, value)
    }
    return { number, busy: decimate(values, bucketS), mean: n === 0 ? null : sum / n, max }
  })
}
