/**
 * The rules of the verdict. Each looks at the evidence and finds nothing, or a reason with the seconds and the worker
 * concerned and what to do about it.
 */
import type { PercentilesMs, Evidence, Reason } from './evidence.ts'
import { isReliable, PERCENTILES, type Metrics } from './metrics.ts'
import { hasPace, type Plan } from './plan.ts'
import type { SecondRow } from './timeline.ts'
import { showMs, showPercent } from './units.ts'
import type { WorkerVitals } from './vitals.ts'
import { meanCycleS } from './wait.ts'

/** A worker above this share of its core is saturated: responses queue for its loop. */
export const SATURATED = 0.95
/** Above this share, queueing for the loop is felt in the percentiles. */
export const BUSY = 0.8
/** What the definition of sound allows. */
const ALLOWED_MS = 1
const ALLOWED_RATIO = 0.05
/** How much of a user's cycle its late start may take before the planned pace is called missed. */
const PACE_MISSED = 0.05
/** A mean delay of this many ms is beyond what timers and single pauses of a healthy loop come to. */
const LONG_MS = 20
const PACE_LATE = 0.01

export function findReasons(evidence: Evidence, bounds: PercentilesMs): Reason[] {
  const { plan, total } = evidence
  const load = wholeSeconds(evidence)
  const reasons = [
    ...lostWorkers(evidence),
    ...missingSeconds(evidence),
    ...saturation(plan, load),
    ...generatorFaults(evidence),
    ...inflatedLatency(total, bounds, load),
    ...collectorPauses(load),
    ...hostTrouble(load),
  ]
  // Users that a saturated generator keeps busy say nothing about the target.
  return reasons.some(({ code }) => code === 'generator.saturated')
    ? reasons
    : [...reasons, ...exhaustedUsers(evidence)]
}

function lostWorkers({ lostWorkers: lost, rows }: Evidence): Reason[] {
  return lost.map(({ worker, second, message }) => ({
    code: 'worker.lost',
    level: 'void',
    message: `worker ${worker} died in second ${second} (${message}); its users made no more requests`,
    advice:
      'this is a fault of the generator: read the message, and report it if the scenario is not to blame',
    fromS: second,
    toS: Math.max(second, rows.length - 1),
    worker,
  }))
}

function missingSeconds({ rows, lostWorkers: lost }: Evidence): Reason[] {
  const known = new Set(lost.map(({ second }) => second))
  const missing = rows.filter(({ complete, second }) => !complete && !known.has(second))
  if (missing.length === 0) return []
  return [
    {
      code: 'seconds.missing',
      level: 'void',
      message: `${missing.length} of ${rows.length} seconds lack the report of a worker`,
      advice: 'a worker was blocked or starved: give the generator more cores, or lower the load',
      ...extent(missing),
    },
  ]
}

/** A worker that has no time left: void when the plan's pace was missed, else a bound of what was measured. */
function saturation(plan: Plan, load: readonly SecondRow[]): Reason[] {
  const paced = hasPace(plan)
  const saturated = load.filter(({ workers }) => workers.some((w) => demand(w) > SATURATED))
  const missed = load.filter((row) => row.workers.some((w) => missesPace(plan, row, w)))
  const hottest = (rows: readonly SecondRow[]): WorkerVitals =>
    rows.flatMap(({ workers }) => workers).reduce((a, b) => (demand(b) > demand(a) ? b : a))

  if (paced && missed.length > 0 && missed.length >= load.length / 2) {
    const worker = hottest(missed)
    return [
      {
        code: 'generator.saturated',
        level: 'void',
        message: `worker ${worker.worker} sat at ${showPercent(demand(worker))} of a core and its iterations started late in ${missed.length} of ${load.length} s: the planned load was not delivered`,
        advice:
          plan.model === 'open'
            ? 'use more workers or cores, or plan a lower rate'
            : 'use more workers or cores, or plan fewer users or longer waits',
        worker: worker.worker,
        ...extent(missed),
      },
    ]
  }
  if (!paced && saturated.length > 0 && saturated.length >= load.length / 2) {
    const worker = hottest(saturated)
    return [
      {
        code: 'generator.full-speed',
        level: 'suspect',
        message: `worker ${worker.worker} sat at ${showPercent(demand(worker))} of a core in ${saturated.length} of ${load.length} s: users without waits ran as fast as the generator could`,
        advice:
          'read the throughput as a lower bound for the target; to measure latency, plan users with a wait below this rate',
        worker: worker.worker,
        ...extent(saturated),
      },
    ]
  }
  const reasons: Reason[] = []
  const late = paced ? load.filter((row) => row.workers.some((w) => lateness(plan, row, w) > PACE_LATE)) : []
  if (late.length > load.length * 0.05)
    reasons.push({
      code: 'pace.late',
      level: 'suspect',
      message: `iterations started late in ${late.length} of ${load.length} s, by more than 1 % of a ${plan.model === 'open' ? 'second' : "user's cycle"}`,
      advice: 'the load was not quite the planned one: use more workers or cores, or plan less',
      ...extent(late),
    })
  const busy = load.filter(({ workers }) => workers.some((w) => demand(w) > BUSY))
  if (busy.length > load.length * 0.05) {
    const worker = hottest(busy)
    reasons.push({
      code: 'generator.busy',
      level: 'suspect',
      message: `worker ${worker.worker} was above 80 % of a core in ${busy.length} of ${load.length} s`,
      advice:
        'latencies include time that responses waited for the generator: use more workers or cores, or less load',
      worker: worker.worker,
      ...extent(busy),
    })
  }
  return reasons
}

/** The seconds of the load; one of which less than half is load counts only where there is no other. */
function wholeSeconds({ rows, loadEndS }: Evidence): SecondRow[] {
  const load = rows.filter(({ phase }) => phase === 'load')
  const whole = load.filter(({ second }) => loadEndS - second >= 0.5)
  return whole.length > 0 ? whole : load
}

/**
 * What the generator's own delays added to the pace in this second, as a share of what the plan gives: of a user's cycle
 * in the closed model, where a late start and a response that waited for the loop both lengthen it; of a second in the
 * open one, where nothing but the generator makes an arrival late that has a free user. Where arrivals had none, because
 * all users were busy, it is the share of that business that was waiting for the loop.
 */
function lateness(plan: Plan, row: SecondRow, { lagMs, waitedMs }: WorkerVitals): number {
  if (lagMs === null) return 0
  const serviceMs = row.serviceMs.mean ?? 0
  if (plan.model === 'open') {
    const own = isFull(row) && serviceMs > 0 ? Math.min(1, (waitedMs ?? 0) / serviceMs) : 0
    return lagMs.mean / 1000 + own
  }
  const ownMs = lagMs.mean + (waitedMs ?? 0)
  const cycleMs = meanCycleS(plan.wait, Math.max(0, serviceMs - (waitedMs ?? 0)) / 1000) * 1000
  return cycleMs > 0 ? ownMs / cycleMs : 0
}

/**
 * The generator was late, and had no time left. A loop that works in bursts is idle between them, and its seconds look
 * half empty; but delays as long as these are nobody else's.
 */
function missesPace(plan: Plan, row: SecondRow, worker: WorkerVitals): boolean {
  const hot = demand(worker) > (isFull(row) ? BUSY : SATURATED)
  const ownMs = (worker.lagMs?.mean ?? 0) + (plan.model === 'closed' ? (worker.waitedMs ?? 0) : 0)
  return lateness(plan, row, worker) > PACE_MISSED && (hot || ownMs > LONG_MS)
}

/** Arrivals found all users busy in this second. */
const isFull = ({ queued, dropped }: SecondRow): boolean => queued > 0 || dropped > 0

/**
 * How much of its core a worker wanted: the time its loop was busy, and the time it waited for a core to wake up on,
 * which the loop takes for sleep.
 */
const demand = ({ utilization, runQueueMs }: WorkerVitals): number =>
  Math.min(1, utilization + (runQueueMs ?? 0) / 1000)

/** Arrivals found all users busy: a finding about the target, or about `--max-users`, with the number that would do. */
function exhaustedUsers({ plan, rows, iterations }: Evidence): Reason[] {
  if (plan.model === 'closed') return []
  const load = rows.filter(({ phase }) => phase === 'load')
  const full = load.filter(isFull)
  if (full.length === 0) return []
  const { dropped, unstarted } = iterations
  // Little's law, with the service time that all but one in a hundred requests keep; a queue that grew all the time
  // says more of the length of the run than of the users it wanted.
  const busy = Math.max(
    ...full.map((row) => (row.due * Math.max(row.serviceMs.p99 ?? 0, row.failedMs.p99 ?? 0)) / 1000),
  )
  const queued = plan.maxUsers + Math.max(...full.map((row) => row.queued))
  const wanted = Math.max(
    plan.maxUsers + 1,
    Math.ceil(plan.onFull === 'queue' ? Math.min(busy, queued) : busy),
  )
  const what = [
    ...(dropped > 0 ? [`${dropped} were dropped`] : []),
    ...(unstarted > 0 ? [`${unstarted} never started`] : []),
  ].join(' and ')
  return [
    {
      code: 'users.exhausted',
      level: 'note',
      message: `in ${full.length} of ${load.length} s arrivals found all ${plan.maxUsers} users busy${what === '' ? ' and waited' : `; ${what}`}`,
      advice: `the target was too slow for this rate with so many users; about --max-users ${wanted} would have served them all at once`,
      ...extent(full),
    },
  ]
}

function generatorFaults({ generatorFaults: count, rows }: Evidence): Reason[] {
  if (count === 0) return []
  return [
    {
      code: 'generator.faults',
      level: 'suspect',
      message: `${count} requests failed because this host ran out of local ports or file descriptors`,
      advice: 'raise the file limit (ulimit -n), keep connections alive, or use fewer users',
      fromS: 0,
      toS: Math.max(0, rows.length - 1),
    },
  ]
}

function inflatedLatency(total: Metrics, bounds: PercentilesMs, load: readonly SecondRow[]): Reason[] {
  const beyond = PERCENTILES.filter(([name]) => {
    const value = total.latencyMs[name]
    const bound = bounds[name]
    if (name === 'p99_9' || value === null || bound === null || !isReliable(total.latencyMs, name))
      return false
    return bound > Math.max(ALLOWED_MS, ALLOWED_RATIO * value)
  })
  const worst = beyond.at(-1)?.[0]
  if (worst === undefined) return []
  const delays = load.flatMap(({ second, workers }) =>
    workers.map((w) => ({ second, delay: w.loopDelayMs?.max ?? 0 })),
  )
  const blamed = delays.filter(({ delay }) => delay > ALLOWED_MS).map(({ second }) => ({ second }))
  return [
    {
      code: 'latency.inflated',
      level: 'suspect',
      message: `up to ${showMs(bounds[worst])} of the ${worst} of ${showMs(total.latencyMs[worst])} may be the generator's own delay`,
      advice:
        'read the percentiles with the bound beside them, or give the generator more cores or less load',
      ...extent(blamed.length > 0 ? blamed : load),
    },
  ]
}

function collectorPauses(load: readonly SecondRow[]): Reason[] {
  const paused = load.filter(({ workers }) => workers.some(({ gcMs }) => gcMs > 100))
  if (paused.length <= load.length * 0.05) return []
  return [
    {
      code: 'gc.long',
      level: 'suspect',
      message: `a worker spent more than 10 % of the time in garbage collection in ${paused.length} of ${load.length} s`,
      advice: 'use more workers, or make the scenario allocate less',
      ...extent(paused),
    },
  ]
}

function hostTrouble(load: readonly SecondRow[]): Reason[] {
  const reasons: Reason[] = []
  const stolen = load.filter(({ host }) => host?.cores?.some(({ steal }) => (steal ?? 0) > 0.1) ?? false)
  if (stolen.length > load.length * 0.2)
    reasons.push({
      code: 'host.steal',
      level: 'suspect',
      message: `the hypervisor took more than 10 % of a core in ${stolen.length} of ${load.length} s`,
      advice: 'run on a host whose cores are not shared, or repeat the run',
      ...extent(stolen),
    })
  const throttled = load.filter(({ host }) => (host?.throttledMs ?? 0) > 50)
  if (throttled.length > load.length * 0.05)
    reasons.push({
      code: 'host.throttled',
      level: 'suspect',
      message: `a CPU quota held the generator back in ${throttled.length} of ${load.length} s`,
      advice: 'raise the CPU quota of this container, or use fewer workers',
      ...extent(throttled),
    })
  return reasons
}

function extent(rows: readonly { readonly second: number }[]): { fromS: number; toS: number } {
  const seconds = rows.map(({ second }) => second)
  return { fromS: Math.min(...seconds), toS: Math.max(...seconds) }
}
