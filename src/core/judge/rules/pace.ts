/** Whether the generator held the pace of the plan, and whether it had time to spare. */
import { largest } from '../../extremes.ts'
import { nameOf, type Evidence, type Reason } from './evidence.ts'
import { hasPace, type ClosedPlan, type Plan } from '../../plan/plan.ts'
import type { SecondRow } from '../../measure/second.ts'
import { showCount, showMs, showPercent, showRate } from '../../units.ts'
import type { WorkerVitals } from '../../measure/worker-vitals.ts'
import { meanCycleS } from '../../load/wait-time.ts'
import {
  ALLOWED_SHORT,
  BUSY,
  COMFORTABLE,
  LONG_MS,
  MOST_SECONDS,
  PACE_LATE,
  PACE_MISSED,
  SATURATED,
  SOME_SECONDS,
  TIMER_MS,
} from './limits.ts'
import { extent, inSeconds, isFull, loadSeconds, worstWorker } from './load-seconds.ts'
import { countedLoad, isAbsorbed, lossOfASecond, missingLoad } from './missing-load.ts'

/** At most one of: saturated or missed (void), full speed; else what is late, and what is busy. */
export function pace(evidence: Evidence): Reason[] {
  const load = loadSeconds(evidence)
  if (load.every(({ workers }) => workers.length === 0)) return []
  if (!hasPace(evidence.plan)) {
    const atFullSpeed = fullSpeed(evidence, load)
    return atFullSpeed.length > 0 ? atFullSpeed : busy(evidence, load)
  }
  const short = shortOfPlan(evidence, load)
  const missed = [...saturated(evidence, load), ...paceMissed(evidence, load), ...short].filter(
    ({ level }) => level === 'void',
  )
  return missed.length > 0 ? missed.slice(0, 1) : [...late(evidence, load), ...short, ...busy(evidence, load)]
}

/** By count, though the target was quick and users were free: whatever the reason is, it is no one else's. */
function shortOfPlan(evidence: Evidence, load: readonly SecondRow[]): Reason[] {
  const counted = countedLoad(evidence)
  if (counted === null || counted.short <= ALLOWED_SHORT) return []
  const { planned, started, short } = counted
  return [
    {
      code: 'pace.short',
      level: short > PACE_MISSED ? 'void' : 'suspect',
      message: `${showCount(started)} iterations started where the plan asks for ${showCount(Math.round(planned))}, and the target was not what held them back`,
      advice: lessLoad(evidence, load),
      ...extent(load),
    },
  ]
}

function saturated(evidence: Evidence, load: readonly SecondRow[]): Reason[] {
  const { plan } = evidence
  const missed = load.filter((row) => row.workers.some((worker) => missesPace(plan, row, worker)))
  if (missed.length === 0 || missed.length < load.length * MOST_SECONDS) return []
  const hottest = worstWorker(missed, demand)
  return [
    {
      code: 'generator.saturated',
      level: 'void',
      message: `${nameOf(evidence, hottest.worker)} sat at ${showPercent(demand(hottest))} of a core and its iterations started late ${inSeconds(missed, load)}: the planned load was not delivered`,
      advice: lessLoad(evidence, load),
      worker: hottest.worker,
      ...extent(missed),
    },
  ]
}

function paceMissed(evidence: Evidence, load: readonly SecondRow[]): Reason[] {
  const { plan } = evidence
  const { share, ownMs } = missingLoad(evidence)
  if (share <= PACE_MISSED || ownMs <= TIMER_MS) return []
  const late = load.filter((row) => row.workers.some((worker) => lateness(plan, row, worker) > PACE_MISSED))
  const worst = worstWorker(load, (worker, row) => lateness(plan, row, worker))
  return [
    {
      code: 'pace.missed',
      level: 'void',
      message: `the generator's own delays, ${showMs(ownMs)} for each iteration on average, took ${showPercent(share)} of the planned load`,
      advice: lessLoad(evidence, load),
      worker: worst.worker,
      ...extent(late.length > 0 ? late : load),
    },
  ]
}

function fullSpeed(evidence: Evidence, load: readonly SecondRow[]): Reason[] {
  const { plan } = evidence
  const full = load.filter(({ workers }) => workers.some((worker) => demand(worker) > SATURATED))
  if (full.length === 0 || full.length < load.length * MOST_SECONDS) return []
  const hottest = worstWorker(full, demand)
  return [
    {
      code: 'generator.full-speed',
      level: 'suspect',
      message: `${nameOf(evidence, hottest.worker)} sat at ${showPercent(demand(hottest))} of a core ${inSeconds(full, load)}: users without waits ran as fast as the generator could`,
      advice: `read the throughput as a lower bound for the target; to measure latency, plan users with a wait below this rate${plan.workers === 1 ? ', or use more workers' : ''}${otherTransport(evidence)}`,
      worker: hottest.worker,
      ...extent(full),
    },
  ]
}

function late(evidence: Evidence, load: readonly SecondRow[]): Reason[] {
  const { plan } = evidence
  const isFrequent = (seconds: readonly SecondRow[]): boolean => seconds.length > load.length * SOME_SECONDS
  const slow = load.filter((row) => row.workers.some((worker) => lateness(plan, row, worker) > PACE_LATE))
  // A response that waited for the loop makes no start late, as the next one counts from when it was read. It takes load, and
  // so it counts only if what is missing of the whole load is more than is allowed.
  const isSlow = plan.model === 'open' || missingLoad(evidence).share > ALLOWED_SHORT
  const rows = isSlow
    ? slow
    : slow.filter((row) => row.workers.some((worker) => startLateness(plan, row, worker) > PACE_LATE))
  // A few seconds, such as those after a stop, can have taken it all.
  const { share } = missingLoad(evidence, TIMER_MS)
  const isMissing = share > ALLOWED_SHORT
  if (!isFrequent(rows) && !isMissing) return []
  // After a stop that outlasts the load, nothing started late.
  const found = rows.length > 0 ? rows : load
  const worst = worstWorker(found, (worker, row) => lateness(plan, row, worker))
  return [
    {
      code: 'pace.late',
      level: 'suspect',
      message: `iterations started late ${inSeconds(rows, load)}, by more than 1 % of a ${plan.model === 'open' ? 'second' : "user's cycle, and shorter waits did not make up for it"}${isMissing ? `; ${showPercent(share)} of the planned load is missing` : ''}`,
      advice: 'the load was not quite the planned one: use more workers or cores, or plan less',
      worker: worst.worker,
      ...extent(found),
    },
  ]
}

function busy(evidence: Evidence, load: readonly SecondRow[]): Reason[] {
  const rows = load.filter(({ workers }) => workers.some((worker) => demand(worker) > BUSY))
  if (rows.length <= load.length * SOME_SECONDS) return []
  const hottest = worstWorker(rows, demand)
  return [
    {
      code: 'generator.busy',
      level: 'suspect',
      message: `${nameOf(evidence, hottest.worker)} was above ${showPercent(BUSY)} of a core ${inSeconds(rows, load)}, at ${showPercent(demand(hottest))} in the worst of them`,
      advice: `latencies include time that responses waited for the generator: ${lessLoad(evidence, load)}`,
      worker: hottest.worker,
      ...extent(rows),
    },
  ]
}

/** What the transport that `auto` takes would have saved. */
const otherTransport = ({ costOfAuto = null }: Evidence): string =>
  costOfAuto === null
    ? ''
    : `; --transport auto takes wire for this plan, which costs at most about ${showPercent(Math.round(costOfAuto * 100) / 100)} of the CPU per request (measured by corerush doctor on this host)`

/** What would have left the hottest worker room, from what it made of what it had. */
function lessLoad(evidence: Evidence, load: readonly SecondRow[]): string {
  const { plan, total, soundPerS } = evidence
  const peak = largest(load.map(({ workers }) => Math.max(...workers.map(demand), 0)))
  const perS = ((total.requestsPerS ?? 0) * COMFORTABLE) / Math.max(COMFORTABLE, peak)
  const doctor = soundPerS === null ? '' : `; corerush doctor measured ${showRate(soundPerS)}/s here`
  const known = doctor + otherTransport(evidence)
  const below = perS >= 1 ? ` below about ${showRate(perS)}/s` : ''
  return plan.model === 'open'
    ? `use more workers or cores, or plan a lower rate,${below === '' ? ' as far as it holds' : below}${known}`
    : `use more workers or cores, or plan fewer users or longer waits,${below === '' ? ' as far as they hold' : below}${known}`
}

/**
 * What the generator's own delays added to the pace in this second, as a share of what the plan gives: of a user's cycle
 * in the closed model, where a late start for which the wait does not make up and a response that waited for the loop
 * both lengthen it; of a second in the
 * open one, where nothing but the generator makes an arrival late that has a free user. Where arrivals had none, because
 * all users were busy, it is the share of that business that was waiting for the loop.
 */
export function lateness(plan: Plan, row: SecondRow, worker: WorkerVitals): number {
  const { lagMs, waitedMs } = worker
  if (lagMs === null) return 0
  const serviceMs = row.serviceMs.mean ?? 0
  if (plan.model === 'open') {
    const own = isFull(row) && serviceMs > 0 ? Math.min(1, (waitedMs ?? 0) / serviceMs) : 0
    return (lagMs.mean / 1000) * lossOfASecond(plan) + own
  }
  const cycleMs = cycleOfUserMs(plan, row, worker)
  return cycleMs > 0 ? ownDelayMs(plan, row, worker) / cycleMs : 0
}

/** The same by late starts alone, in the closed model. */
export function startLateness(plan: ClosedPlan, row: SecondRow, worker: WorkerVitals): number {
  const cycleMs = cycleOfUserMs(plan, row, worker)
  return cycleMs > 0 ? unpaidMs(worker) / cycleMs : 0
}

/** A user's mean cycle without the delays of responses. */
function cycleOfUserMs(plan: ClosedPlan, row: SecondRow, { waitedMs }: WorkerVitals): number {
  const serviceOfTask = requestsPerTask(plan, row) * ((row.serviceMs.mean ?? 0) - (waitedMs ?? 0))
  return meanCycleS(plan.wait, Math.max(0, serviceOfTask) / 1000) * 1000
}

/** How late iterations started on average, less what shorter waits made up for. */
const unpaidMs = ({ lagMs, repaidMs }: WorkerVitals): number =>
  Math.max(0, (lagMs?.mean ?? 0) - (repaidMs ?? 0))

/** How much of its core a worker wanted: the time its loop was busy, and the time it waited for a core, which the loop takes for sleep. */
export const demand = ({ utilization, runQueueMs }: WorkerVitals): number =>
  Math.min(1, utilization + (runQueueMs ?? 0) / 1000)

/** What the worker's own delays come to for an iteration, on average: those that keep its user from the next one. */
export const ownDelayMs = (plan: Plan, row: SecondRow, worker: WorkerVitals): number =>
  unpaidMs(worker) +
  ((plan.model === 'closed' && !isAbsorbed(plan, row)) || isFull(row)
    ? requestsPerTask(plan, row) * (worker.waitedMs ?? 0)
    : 0)

/** A task waits for the generator, and for the target, as often as it sends. */
const requestsPerTask = ({ scenario }: Plan, { sent, due }: SecondRow): number =>
  scenario === null ? 1 : sent / Math.max(1, due)

/**
 * The generator was late, and had no time left. A loop that works in bursts is idle between them, and its seconds look
 * half empty; but delays as long as these have no other cause.
 */
function missesPace(plan: Plan, row: SecondRow, worker: WorkerVitals): boolean {
  const hot = demand(worker) > (isFull(row) ? BUSY : SATURATED)
  return lateness(plan, row, worker) > PACE_MISSED && (hot || ownDelayMs(plan, row, worker) > LONG_MS)
}
