/** A small run made by hand: snapshots into a timeline into a report, by the code that makes the real ones. */
import { Gate } from '../../src/core/judge/gate.ts'
import type { Options } from '../../src/core/options/options.ts'
import { resolveOptions } from '../../src/core/resolve/resolve.ts'
import type { Outcome } from '../../src/core/request/outcome.ts'
import { buildPlan, type Plan } from '../../src/core/plan/plan.ts'
import { buildReport, type Report, type RunFacts } from '../../src/core/report/report.ts'
import { packTally, Tally } from '../../src/core/measure/tally.ts'
import type { Snapshot } from '../../src/core/measure/second.ts'
import { threadsOf, witnessOf } from '../../src/core/plan/witness.ts'
import { Timeline, type SettledSecond } from '../../src/core/measure/timeline.ts'
import type { Pieces } from '../../src/output/whole-file.ts'

/** What one worker did in one second. */
export interface Second {
  readonly worker?: number
  readonly second?: number
  /** Latencies of successes in ms, by request name. */
  readonly ok?: Readonly<Record<string, readonly number[]>>
  readonly failures?: readonly (readonly [name: string, outcome: Outcome, message: string, count: number])[]
  readonly unfinished?: number
  /** Iterations that ended in one of these errors, besides those of the requests. */
  readonly taskErrors?: readonly (readonly [task: string, message: string, count: number])[]
  /** Durations of succeeded transactions in ms, by name; negative ones failed. */
  readonly transactions?: Readonly<Record<string, readonly number[]>>
  readonly utilization?: number
  readonly users?: number
}

export function planOf(options: Options = {}): Plan {
  const words = {
    url: 'http://127.0.0.1:8080/GetPrograms',
    users: 10,
    wait: '1s',
    duration: '2s',
    workers: 2,
  }
  const result = resolveOptions({ ...words, ...options }, { cores: 2, descriptors: 20_000 })
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'))
  return buildPlan(result.resolved, 'corerush/1.2.3')
}

export function snapshotOf(second: Second): Snapshot {
  const { worker = 0, ok = {}, failures = [], unfinished = 0, utilization = 0.25, users = 5 } = second
  const number = second.second ?? 0
  const tally = new Tally()
  const began = (name: string, count: number) => {
    const request = tally.request(name)
    request.sent += count
    request.bytesOut += 100 * count
    tally.iterations.due += count
    tally.iterations.started += count
    for (let i = 0; i < count; i++) tally.lag.record(300)
    return request
  }
  for (const [name, latenciesMs] of Object.entries(ok)) {
    const request = began(name, latenciesMs.length)
    for (const latencyMs of latenciesMs) {
      request.finished++
      request.finishedInLoad++
      request.succeeded++
      request.bytesIn += 2000
      request.outcomes.set('ok', (request.outcomes.get('ok') ?? 0) + 1)
      request.statuses.set(200, (request.statuses.get(200) ?? 0) + 1)
      request.histogram('latency').record(latencyMs * 1000)
      tally.latencyFloor.record(latencyMs * 1000 - 200)
    }
  }
  for (const [name, outcome, message, count] of failures) {
    const request = began(name, count)
    request.finished += count
    request.finishedInLoad += count
    request.failed += count
    request.outcomes.set(outcome, (request.outcomes.get(outcome) ?? 0) + count)
    request.histogram('failedLatency').record(4000)
    tally.error(name, outcome, message, number + 0.5, count)
  }
  for (const [name, durationsMs] of Object.entries(second.transactions ?? {})) {
    const transaction = tally.transaction(name)
    for (const durationMs of durationsMs) {
      transaction.started++
      transaction.finished++
      transaction.finishedInLoad++
      if (durationMs < 0) transaction.failed++
      ;(durationMs < 0 ? transaction.failedDuration : transaction.duration).record(
        Math.abs(durationMs) * 1000,
      )
    }
  }
  for (const [task, message, count] of second.taskErrors ?? []) {
    const atS = number + 0.5
    tally.taskError({ task, message, place: null, count, firstS: atS, lastS: atS })
    tally.iterations.finished += count
    tally.iterations.failed += count
  }
  if (unfinished > 0) began(Object.keys(ok)[0] ?? 'GET /', unfinished).unfinished += unfinished
  tally.connections.opened += users
  return {
    worker,
    second: number,
    tally: packTally(tally),
    vitals: {
      worker,
      utilization,
      loopDelayMs: { p50: 0.2, p99: 1.5, max: 2.5 },
      lagMs: { p50: 0.3, p99: 0.3, max: 0.3, mean: 0.3 },
      repaidMs: 0,
      waitedMs: 0.1,
      waitSpreadMs: { p50: 0.1, p99: 0.1, max: 0.1 },
      turns: 100,
      mostPerTurn: 2,
      gcMs: 1.25,
      gcMaxMs: 1.25,
      cpu: utilization,
      runQueueMs: 0,
      runQueueSlices: 100,
      awayMs: 0,
      heapBytes: 20_000_000,
    },
    users,
    inFlight: 0,
    queued: 0,
  }
}

/** The timeline of these seconds, all of them closed, and the workers that were lost with the second they lost. */
export function timelineOf(
  plan: Plan,
  seconds: readonly Second[],
  lost: RunFacts['lostWorkers'] = [],
  onSettled?: (second: SettledSecond) => void,
): {
  readonly timeline: Timeline
  readonly lostWorkers: RunFacts['lostWorkers']
  readonly gate: Gate
} {
  const gate = new Gate(plan)
  const settled = (second: SettledSecond): void => {
    gate.settle(second)
    onSettled?.(second)
  }
  const threads = threadsOf(plan)
  const timeline = new Timeline(threads, plan.durationS ?? 2, plan.warmupS, settled, witnessOf(plan))
  for (const second of seconds) timeline.add(snapshotOf(second))
  const lostWorkers = lost.map((one) => ({ ...one, second: timeline.lost(one.worker) }))
  for (let worker = 0; worker < threads; worker++)
    if (!lostWorkers.some((lost) => lost.worker === worker)) timeline.done(worker)
  timeline.finish()
  return { timeline, lostWorkers, gate }
}

/** The report of these seconds. */
export function reportOf(
  plan: Plan,
  seconds: readonly Second[],
  facts: Partial<RunFacts> = {},
  onSettled?: (second: SettledSecond) => void,
): Report {
  const { timeline, lostWorkers, gate } = timelineOf(plan, seconds, facts.lostWorkers, onSettled)
  return buildReport(plan, timeline, {
    version: '1.2.3',
    startedAt: '2026-01-02T03:04:05.678Z',
    durationS: plan.durationS ?? 2,
    host: {
      node: 'v20.20.2',
      platform: 'linux',
      arch: 'x64',
      cpuModel: 'a processor',
      cores: 2,
      cpuQuota: null,
      memoryBytes: 8_000_000_000,
      kernel: '6.8.0',
      governor: 'performance',
      turbo: false,
      ...{ sleepState: 'C1', wakeUpUs: 2, smt: false, clockSource: 'tsc' },
      ...{ virtualMachine: false, container: false },
    },
    stoppedBy: 'duration',
    warnings: [],
    addresses: {},
    ...facts,
    lostWorkers,
    gate,
  })
}

/** What an output writes, as one text. */
export const textOf = (text: string | Pieces): string =>
  typeof text === 'string' ? text : Array.from(text).join('')
