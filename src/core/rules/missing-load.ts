/**
 * How much of the planned load is missing through the generator's doing, over the run as a whole: a stop of ten seconds
 * takes a sixth of a minute, in however few of its seconds it shows.
 */
import { arrivalsBy } from '../arrivals.ts'
import type { Evidence } from '../evidence.ts'
import { largest } from '../extremes.ts'
import type { ClosedPlan, OpenPlan } from '../plan.ts'
import type { SecondRow } from '../second.ts'
import { userSecondsBy } from '../stages.ts'
import type { WorkerVitals } from '../vitals.ts'
import { longestWaitS, meanCycleS, type Wait } from '../wait.ts'
import { STALLED_MS } from './limits.ts'
import { isFull } from './load-seconds.ts'

export interface MissingLoad {
  /** Of the planned load. */
  readonly share: number
  /** The generator's own delays, for each iteration on average. */
  readonly ownMs: number
}

const inLoad = ({ phase }: SecondRow): boolean => phase === 'load'

/**
 * By what the workers say of their own delays. In the closed model a user that waits for the generator asks for nothing
 * meanwhile: it is the share of the users' time that was lost. In the open model it is the arrivals that came late, one
 * that came late by half a second being half an arrival. What a stop that outlasts the load would have brought never
 * starts, and has no delay: it counts by its length.
 */
export function missingLoad(evidence: Evidence): MissingLoad {
  const { plan, rows, loadEndS } = evidence
  let lost = 0
  let iterations = 0
  for (const row of rows.filter(inLoad)) {
    const n = plan.model === 'closed' ? row.due : row.sent
    iterations += n
    lost += lostIn(plan, row, n)
  }
  const planned = plannedLoad(plan, plan.warmupS, loadEndS)
  const perS = planned / Math.max(1e-9, loadEndS - plan.warmupS)
  for (let worker = 0; worker < plan.workers; worker++)
    lost += (perS / plan.workers) * cutOffS(evidence, worker)
  return {
    share: planned > 0 ? Math.min(1, lost / planned) : 0,
    ownMs: iterations > 0 ? (lost * 1000) / iterations : 0,
  }
}

/** Of the closed model in seconds of users, of the open one in arrivals. */
const plannedLoad = (plan: ClosedPlan | OpenPlan, fromS: number, toS: number): number =>
  plan.model === 'closed'
    ? userSecondsBy(plan.stages, toS) - userSecondsBy(plan.stages, fromS)
    : arrivalsBy(plan.stages, toS) - arrivalsBy(plan.stages, fromS)

/** What the delays of a second cost, in the unit of the planned load; `n` iterations started in it. */
function lostIn({ model }: Evidence['plan'], row: SecondRow, n: number): number {
  // A worker that started nothing, or to which nothing came, has no part in these counts.
  const started = row.workers.filter(({ lagMs }) => lagMs !== null)
  const answered = row.workers.filter(({ waitedMs }) => waitedMs !== null)
  const serviceMs = row.serviceMs.mean ?? 0
  let lost = 0
  for (const { lagMs } of started) {
    const lateS = lagMs!.mean / 1000
    lost += (n / started.length) * (model === 'closed' ? lateS : Math.min(1, lateS))
  }
  for (const { waitedMs } of answered) {
    const waited =
      model === 'closed'
        ? waitedMs! / 1000
        : isFull(row) && serviceMs > 0
          ? Math.min(1, waitedMs! / serviceMs)
          : 0
    lost += (row.succeeded / answered.length) * waited
  }
  return lost
}

/** How long a worker stood still when the load ended, and went on standing still. */
function cutOffS({ rows, loadEndS }: Evidence, worker: number): number {
  return largest(
    rows.filter(({ second, workers }) => second + 1 > loadEndS && workers.some((w) => w.worker === worker)),
    ({ second, workers }) => {
      const delayMs = workers.find((w) => w.worker === worker)!.loopDelayMs?.max ?? 0
      return delayMs > STALLED_MS ? Math.max(0, delayMs / 1000 - Math.max(0, second - loadEndS)) : 0
    },
    0,
  )
}

/** The share of the load's time in which the workers stood still for long, be it of their own accord. */
export function stalledShare({ rows, loadEndS, plan }: Evidence): number {
  const stalledMs = new Map<number, { away: number; delay: number }>()
  for (const { second, phase, workers } of rows) {
    if (phase === 'warmup') continue
    for (const worker of workers) {
      const sum = stalledMs.get(worker.worker) ?? { away: 0, delay: 0 }
      if (phase === 'load') sum.away += long(worker.awayMs)
      // Told when it ended: of what ended in the drain, only the part before it.
      sum.delay += Math.max(0, long(longestOf(worker)) - 1000 * Math.max(0, second - loadEndS))
      stalledMs.set(worker.worker, sum)
    }
  }
  let totalMs = 0
  for (const { away, delay } of stalledMs.values()) totalMs += Math.max(away, delay)
  const loadMs = 1000 * (loadEndS - plan.warmupS) * Math.max(1, stalledMs.size)
  return loadMs > 0 ? Math.min(1, totalMs / loadMs) : 0
}

const longestOf = ({ loopDelayMs }: WorkerVitals): number | null => loopDelayMs?.max ?? null
const long = (ms: number | null): number => (ms !== null && ms > STALLED_MS ? ms : 0)

/** Counted, whatever the delays say: what started, and what the plan asks of users whom the target lets. */
export interface CountedLoad {
  readonly planned: number
  readonly started: number
  /** Of the planned load, beyond what chance explains. */
  readonly short: number
}

/** Longest pause of a user after a failure to connect: it asks for nothing meanwhile, and that is not the generator's doing. */
const LONGEST_BACKOFF_S = 1

/** Null where the plan names no number of iterations: users without waits, or a count that ends the load. */
export function countedLoad(evidence: Evidence): CountedLoad | null {
  const { plan, rows, iterations, loadEndS } = evidence
  if (plan.requests !== null || plan.iterations !== null || longestOfLoad(plan) === 0) return null
  const asked = plannedLoad(plan, plan.warmupS, loadEndS)
  if (plan.model === 'open') {
    // Where all users were busy, what did not start is a matter of the target.
    const started = rows.some((row) => inLoad(row) && isFull(row)) ? iterations.due : iterations.started
    const chance = plan.arrival === 'poisson' ? 3 * Math.sqrt(asked) : 1
    return counted(asked, started, chance)
  }
  const cycleS = longestCycleS(plan.wait, evidence)
  // A user that is cut off in its round has not come by for it.
  const chance = largest(rows.filter(inLoad), ({ users }) => users, 0)
  return cycleS > 0 ? counted(asked / cycleS, iterations.started, chance) : null
}

const longestOfLoad = (plan: Evidence['plan']): number =>
  plan.model === 'open' ? Infinity : longestWaitS(plan.wait)

const counted = (planned: number, started: number, chance: number): CountedLoad => ({
  planned,
  started,
  short: planned > 0 ? Math.max(0, 1 - (started + chance) / planned) : 0,
})

/** A user's mean cycle by what the target really took, failures and back-off in full. */
function longestCycleS(wait: Wait, { total }: Evidence): number {
  const { serviceMs, failedMs, failed, succeeded, unfinished } = total
  const all = failed + succeeded + unfinished
  if (all === 0) return 0
  const served =
    ((serviceMs.mean ?? 0) * (succeeded + unfinished) + (failedMs.mean ?? 0) * failed) / all / 1000
  const serviceS = served + (failed / all) * LONGEST_BACKOFF_S
  // The mean of the longer of two is more than the longer of their means, unless the same one always is.
  const isPaced = wait.kind === 'pacing' || wait.kind === 'throughput'
  const isQuick = (serviceMs.max ?? 0) / 1000 <= longestWaitS(wait) && failed + unfinished === 0
  return isPaced && !isQuick ? longestWaitS(wait) + serviceS : meanCycleS(wait, serviceS)
}
