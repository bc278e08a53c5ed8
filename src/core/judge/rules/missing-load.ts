/**
 * How much of the planned load is missing through the generator's doing, over the run as a whole: a stop of ten seconds
 * takes a sixth of a minute, in however few of its seconds it shows.
 */
import { arrivalsBy, peakRate } from '../../load/arrivals.ts'
import type { Evidence } from './evidence.ts'
import { largest } from '../../extremes.ts'
import { hasPace, type ClosedPlan, type OpenPlan, type Plan } from '../../plan/plan.ts'
import type { OwnDelays, SecondRow } from '../../measure/second.ts'
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
 * on average in a second do not count: 0, or what timers come to.
 */
export function missingLoad(evidence: Evidence, aboveMs = 0): MissingLoad {
  const { plan, rows, loadEndS } = evidence
  const planned = plannedLoad(evidence, plan.warmupS, loadEndS)
  const perS = planned / Math.max(1e-9, loadEndS - plan.warmupS)
  const parts = Parts.of(plan)
  const delays = delaysOf(plan, aboveMs)
  let iterations = 0
  let lost = 0
  let seconds = 0
  for (const row of rows.filter(inLoad)) {
    const { delays: known } = row.workersSummary ?? {}
    const second = known === undefined ? delays.second(row) : aboveMs === 0 ? known.all : known.long
    iterations += plan.model === 'closed' ? row.due : row.sent
    lost += second.lost
    seconds += second.seconds
  }
  lost = Math.max(0, lost)
  /** What did not start at all. */
  let never = 0
  // After a stop, arrivals that find no user are the generator's fault, at most as many as were due during the stop.
  if (plan.model === 'open')
    for (const row of rows.filter(inLoad)) never += Math.min(row.dropped, perS * stoodStillS(row, parts))
  for (const [worker, cutS] of cutOffS(evidence)) {
    const stoodS = Math.min(cutS, loadEndS - plan.warmupS)
    never += plannedLoad(evidence, loadEndS - stoodS, loadEndS) * parts.weightOf(worker)
  }
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

/** How counts of a second are divided among threads that took part in it: by their shares of the load. */
export class Parts {
  readonly #weights: readonly number[]

  private constructor(weights: readonly number[]) {
    this.#weights = weights
  }

  static of(plan: Plan): Parts {
    return new Parts(sharesOf(plan).map(weightOf))
  }

  /** Each of these threads with its part of `n`. */
  shared<T extends Pick<WorkerVitals, 'worker'>>(n: number, workers: readonly T[]): (readonly [T, number])[] {
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

/** Sums up delays second by second, in their order. */
export interface Delays {
  /** What the second adds. A worker's users can make up for what they lost in an earlier one. */
  second(row: SecondRow): OwnDelays
}

/** `aboveMs` is the mean delay of a worker in a second that does not count yet. */
export const delaysOf = (plan: Plan, aboveMs: number): Delays =>
  plan.model === 'closed' ? new ClosedDelays(plan, aboveMs) : new OpenDelays(plan, aboveMs)

/** Delays of users. What a worker's users make up for later is no loss; what they never lost is no gain. */
class ClosedDelays implements Delays {
  readonly #plan: ClosedPlan
  readonly #parts: Parts
  readonly #aboveMs: number
  readonly #owedS = new Map<number, number>()

  constructor(plan: ClosedPlan, aboveMs: number) {
    this.#plan = plan
    this.#parts = Parts.of(plan)
    this.#aboveMs = aboveMs
  }

  second(row: SecondRow): OwnDelays {
    let seconds = 0
    const { due, succeeded, workers } = row
    for (const [{ worker, lagMs, repaidMs }, each] of this.#parts.shared(due, workers.filter(hasStarted))) {
      const lateMs = lagMs.mean > this.#aboveMs ? lagMs.mean : Math.min(lagMs.mean, repaidMs ?? 0)
      const before = this.#owedS.get(worker) ?? 0
      const owed = Math.max(0, before + ((lateMs - (repaidMs ?? 0)) / 1000) * each)
      this.#owedS.set(worker, owed)
      seconds += owed - before
    }
    if (!isAbsorbed(this.#plan, row))
      for (const [{ waitedMs }, answers] of this.#parts.shared(succeeded, workers.filter(hasAnswers)))
        if (waitedMs > this.#aboveMs) seconds += (waitedMs / 1000) * answers
    return { lost: seconds, seconds }
  }
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

/** Delays of arrivals. They wait for responses only if they find no free user. */
class OpenDelays implements Delays {
  readonly #plan: OpenPlan
  readonly #parts: Parts
  readonly #aboveMs: number

  constructor(plan: OpenPlan, aboveMs: number) {
    this.#plan = plan
    this.#parts = Parts.of(plan)
    this.#aboveMs = aboveMs
  }

  second(row: SecondRow): OwnDelays {
    let lost = 0
    let seconds = 0
    const { sent, succeeded, workers } = row
    for (const [{ lagMs }, each] of this.#parts.shared(sent, workers.filter(hasStarted))) {
      const lateMs = lagMs.mean
      if (lateMs <= this.#aboveMs) continue
      lost += each * Math.min(1, (lateMs / 1000) * lossOfASecond(this.#plan))
      seconds += (each * lateMs) / 1000
    }
    const serviceMs = row.serviceMs.mean ?? 0
    if (!isFull(row) || serviceMs <= 0) return { lost, seconds }
    for (const [{ waitedMs }, each] of this.#parts.shared(succeeded, workers.filter(hasAnswers))) {
      if (waitedMs <= this.#aboveMs) continue
      lost += each * Math.min(1, waitedMs / serviceMs)
      seconds += (each * waitedMs) / 1000
    }
    return { lost, seconds }
  }
}

/**
 * How long threads stood still, each by its share of the load; counted in the second in which it ended. Known of all
 * workers where the row keeps only some.
 */
export function stoodStillS({ workers, workersSummary }: SecondRow, parts: Parts): number {
  if (workersSummary !== undefined) return workersSummary.stoodStillS
  return workers.reduce((sum, { worker, loopDelayMs }) => {
    const delayMs = loopDelayMs?.max ?? 0
    return sum + (delayMs > STALLED_MS ? (delayMs / 1000) * parts.weightOf(worker) : 0)
  }, 0)
}

/** How long workers stood still when the load ended, and went on standing still. */
function cutOffS({ rows, loadEndS }: Evidence): ReadonlyMap<number, number> {
  const longestS = new Map<number, number>()
  for (const { second, workers } of rows) {
    if (second + 1 <= loadEndS) continue
    for (const { worker, loopDelayMs } of workers) {
      const delayMs = loopDelayMs?.max ?? 0
      if (delayMs <= STALLED_MS) continue
      // Reported in the second in which it ended.
      const stoodS = delayMs / 1000 - Math.max(0, second - loadEndS)
      longestS.set(worker, Math.max(longestS.get(worker) ?? 0, stoodS))
    }
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
