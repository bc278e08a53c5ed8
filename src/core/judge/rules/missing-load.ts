/**
 * How much of the planned load is missing through the generator's doing, over the run as a whole: a stop of ten seconds
 * takes a sixth of a minute, in however few of its seconds it shows.
 */
import { arrivalsBy, peakRate } from '../../load/arrivals.ts'
import type { Evidence } from './evidence.ts'
import { largest } from '../../extremes.ts'
import { hasPace, type ClosedPlan, type OpenPlan } from '../../plan/plan.ts'
import type { SecondRow } from '../../measure/second.ts'
import { userSecondsBy } from '../../load/stages.ts'
import type { WorkerVitals } from '../../measure/worker-vitals.ts'
import { sharesOf, weightOf } from '../../share.ts'
import { longestWaitS, meanCycleS, type Wait } from '../../load/wait-time.ts'
import { STALLED_MS } from './limits.ts'
import { isFull } from './load-seconds.ts'

export interface MissingLoad {
  /** The share of the planned load. */
  readonly share: number
  /** The generator's own delays, for each iteration on average. */
  readonly ownMs: number
}

const inLoad = ({ phase }: SecondRow): boolean => phase === 'load'

/**
 * Returns the missing load by the delays that the workers report. In the closed model it is the share of the users' time
 * in which they waited for the generator, less what shorter waits made up for. In the open model it is a share of the
 * arrivals: one that is late by half the time between two arrivals, and at most by half a second, counts as half
 * missing. A stop that outlasts the load has no delayed iterations and counts by its length. Delays of at most `aboveMs`
 * on average in a second do not count.
 */
export function missingLoad(evidence: Evidence, aboveMs = 0): MissingLoad {
  const { plan, rows, loadEndS } = evidence
  const planned = plannedLoad(evidence, plan.warmupS, loadEndS)
  const perS = planned / Math.max(1e-9, loadEndS - plan.warmupS)
  const weights = sharesOf(plan).map(weightOf)
  const parts = new Parts(weights)
  const delays =
    plan.model === 'closed'
      ? closedDelays(plan, rows, parts, aboveMs)
      : openDelays(plan, rows, parts, aboveMs)
  /** What did not start at all. */
  let never = 0
  // After a stop, arrivals that find no user are the generator's fault, at most as many as were due during the stop.
  if (plan.model === 'open')
    for (const row of rows.filter(inLoad)) never += Math.min(row.dropped, perS * stoodStillS(row, parts))
  for (const [worker, weight] of weights.entries()) {
    const stoodS = Math.min(cutOffS(evidence, worker), loadEndS - plan.warmupS)
    never += plannedLoad(evidence, loadEndS - stoodS, loadEndS) * weight
  }
  const { iterations, seconds, lost } = delays
  return {
    share: planned > 0 ? Math.min(1, (lost + never) / planned) : 0,
    ownMs: iterations > 0 ? ((seconds + never) * 1000) / iterations : 0,
  }
}

/** What is lost of the load by an arrival that is a second late: below one arrival per second, less than one. */
export const lossOfASecond = ({ stages }: OpenPlan): number => Math.min(1, peakRate(stages))

/** In the closed model in seconds of users, in the open model in arrivals. */
function plannedLoad({ plan, iterations }: Evidence, fromS: number, toS: number): number {
  if (plan.model === 'closed') return userSecondsBy(plan.stages, toS) - userSecondsBy(plan.stages, fromS)
  const [from, to] = [arrivalsBy(plan.stages, fromS), arrivalsBy(plan.stages, toS)]
  // Arrival k is due when the area under the rate reaches k: at a low rate the first one is more than the area is.
  if (plan.arrival !== 'poisson') return Math.ceil(to - HAIR) - Math.ceil(from - HAIR)
  const isWhole = fromS === plan.warmupS
  return isWhole ? Math.max(to - from, iterations.due) : to - from
}

/** What rounding may add to an area under the rate. */
const HAIR = 1e-6

interface Delays {
  readonly iterations: number
  /** In the unit of the planned load. */
  readonly lost: number
  readonly seconds: number
}

/** How counts of a second are divided among threads that took part in it: by their shares of the load. */
class Parts {
  readonly #weights: readonly number[]

  constructor(weights: readonly number[]) {
    this.#weights = weights
  }

  /** Each of these threads with its part of `n`. */
  of<T extends Pick<WorkerVitals, 'worker'>>(n: number, workers: readonly T[]): (readonly [T, number])[] {
    const all = workers.reduce((sum, { worker }) => sum + this.weightOf(worker), 0)
    return workers.map((one) => [one, (n * this.weightOf(one.worker)) / all])
  }

  weightOf(worker: number): number {
    return this.#weights[worker] ?? this.#weights[0]!
  }
}

const hasStarted = (one: WorkerVitals): one is WorkerVitals & { lagMs: NonNullable<WorkerVitals['lagMs']> } =>
  one.lagMs !== null
/** A thread that received no response has no part in the counts of those. */
const hasAnswers = (one: WorkerVitals): one is WorkerVitals & { waitedMs: number } => one.waitedMs !== null

/** Sums up the delays of users. What a worker's users make up for later is no loss; what they never lost is no gain. */
function closedDelays(plan: ClosedPlan, rows: readonly SecondRow[], parts: Parts, aboveMs: number): Delays {
  const owedS = new Map<number, number>()
  let iterations = 0
  let waitedS = 0
  for (const row of rows.filter(inLoad)) {
    iterations += row.due
    for (const [{ worker, lagMs, repaidMs }, due] of parts.of(row.due, row.workers.filter(hasStarted))) {
      const lateMs = lagMs.mean > aboveMs ? lagMs.mean : Math.min(lagMs.mean, repaidMs ?? 0)
      const addedS = ((lateMs - (repaidMs ?? 0)) / 1000) * due
      owedS.set(worker, Math.max(0, (owedS.get(worker) ?? 0) + addedS))
    }
    if (isAbsorbed(plan, row)) continue
    for (const [{ waitedMs }, answers] of parts.of(row.succeeded, row.workers.filter(hasAnswers)))
      if (waitedMs > aboveMs) waitedS += (waitedMs / 1000) * answers
  }
  const seconds = waitedS + [...owedS.values()].reduce((sum, s) => sum + s, 0)
  return { iterations, lost: seconds, seconds }
}

/**
 * Whether delays of responses took nothing from the load of a second: a pacing counts from when an iteration was due, and
 * the longest of them, such delays included, ended before the next one was.
 */
export function isAbsorbed(
  { wait, scenario, maxRedirects }: ClosedPlan,
  { serviceMs, failed }: SecondRow,
): boolean {
  const isPaced = wait.kind === 'pacing' || wait.kind === 'throughput'
  const isOneRequest = scenario === null && maxRedirects === 0 && failed === 0
  return isPaced && isOneRequest && (serviceMs.max ?? 0) / 1000 <= longestWaitS(wait)
}

/** Sums up the delays of arrivals. They wait for responses only if they find no free user. */
function openDelays(plan: OpenPlan, rows: readonly SecondRow[], parts: Parts, aboveMs: number): Delays {
  let iterations = 0
  let lost = 0
  let seconds = 0
  for (const row of rows.filter(inLoad)) {
    iterations += row.sent
    for (const [{ lagMs }, each] of parts.of(row.sent, row.workers.filter(hasStarted))) {
      const lateMs = lagMs.mean
      if (lateMs <= aboveMs) continue
      lost += each * Math.min(1, (lateMs / 1000) * lossOfASecond(plan))
      seconds += (each * lateMs) / 1000
    }
    const serviceMs = row.serviceMs.mean ?? 0
    if (!isFull(row) || serviceMs <= 0) continue
    for (const [{ waitedMs }, each] of parts.of(row.succeeded, row.workers.filter(hasAnswers))) {
      if (waitedMs <= aboveMs) continue
      lost += each * Math.min(1, waitedMs / serviceMs)
      seconds += (each * waitedMs) / 1000
    }
  }
  return { iterations, lost, seconds }
}

/** How long threads stood still, each by its share of the load; counted in the second in which it ended. */
const stoodStillS = ({ workers }: SecondRow, parts: Parts): number =>
  workers.reduce((sum, { worker, loopDelayMs }) => {
    const delayMs = loopDelayMs?.max ?? 0
    return sum + (delayMs > STALLED_MS ? (delayMs / 1000) * parts.weightOf(worker) : 0)
  }, 0)

/** How long a worker stood still when the load ended, and went on standing still. */
function cutOffS({ rows, loadEndS }: Evidence, worker: number): number {
  let longestS = 0
  for (const { second, workers } of rows) {
    const delayMs = workers.find((one) => one.worker === worker)?.loopDelayMs?.max ?? 0
    if (second + 1 <= loadEndS || delayMs <= STALLED_MS) continue
    // Reported in the second in which it ended.
    longestS = Math.max(longestS, delayMs / 1000 - Math.max(0, second - loadEndS))
  }
  return longestS
}

/** Counted, whatever the delays say: what started, and what the plan asks of users whom the target lets. */
export interface CountedLoad {
  readonly planned: number
  readonly started: number
  /** The share of the planned load beyond what chance explains. */
  readonly short: number
}

/** Longest pause of a user after a failure to connect: it asks for nothing meanwhile, and that is not the generator's doing. */
const LONGEST_BACKOFF_S = 1

/** `null` if a count says nothing: users without waits, or with tasks, a count or data that end the load, a load too short. */
export function countedLoad(evidence: Evidence): CountedLoad | null {
  const { plan, rows, iterations, loadEndS } = evidence
  const isCounted = plan.requests !== null || plan.iterations !== null || plan.data?.end === 'stop'
  if (isCounted || !hasPace(plan)) return null
  const asked = plannedLoad(evidence, plan.warmupS, loadEndS)
  if (plan.model === 'open') {
    // Where all users were busy, what did not start is a matter of the target.
    const started = rows.some((row) => inLoad(row) && isFull(row)) ? iterations.due : iterations.started
    const chance = plan.arrival === 'poisson' ? 3 * Math.sqrt(asked) : 1
    return counted(asked, started, chance)
  }
  // A task of a scenario sends as often as it likes, and waits of its own.
  if (plan.scenario !== null) return null
  const cycleS = longestCycleS(plan.wait, evidence)
  // A user that is cut off in its round has not come by for it.
  const chance = Math.max(0, largest(rows.filter(inLoad).map(({ users }) => users)))
  return cycleS > 0 ? counted(asked / cycleS, iterations.started, chance) : null
}

/** Where chance is more than this share of a count, as in a run of a few cycles, the count says nothing. */
const MOST_CHANCE = 0.1

const counted = (planned: number, started: number, chance: number): CountedLoad | null =>
  chance > MOST_CHANCE * planned
    ? null
    : { planned, started, short: Math.max(0, 1 - (started + chance) / planned) }

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
