/** Lines over the time of a run, from the seconds of its report, reduced to buckets. Pure. */
import { amendedPlan } from '../../core/plan/amendment.ts'
import { arrivalsBy } from '../../core/load/arrivals.ts'
import { hasPace, type Plan } from '../../core/plan/plan.ts'
import type { Report } from '../../core/report/report.ts'
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
  const named = rows.map(({ phase, byName }) => ({
    isDrain: phase === 'drain',
    metrics: Object.hasOwn(byName, name) ? byName[name]! : null,
  }))
  return trackOf<(typeof named)[number]>(named, bucketS, {
    // No finished request is a rate of 0 while there is load.
    achieved: ({ isDrain, metrics }) => (isDrain ? null : (metrics?.requestsPerS ?? 0)),
    failed: ({ metrics }) => metrics?.failed ?? 0,
    p50: ({ metrics }) => metrics?.latencyMs.p50 ?? null,
    p95: ({ metrics }) => metrics?.latencyMs.p95 ?? null,
    p99: ({ metrics }) => metrics?.latencyMs.p99 ?? null,
    max: ({ metrics }) => metrics?.latencyMs.max ?? null,
  }).lines
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
