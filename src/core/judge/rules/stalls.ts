/** Times in which a worker did nothing for its users: it was stopped, or computed, or collected garbage. */
import { largest } from '../../extremes.ts'
import { nameOf, type Evidence, type Reason } from './evidence.ts'
import type { SecondRow } from '../../measure/second.ts'
import { showMs } from '../../units.ts'
import type { WorkerVitals } from '../../measure/worker-vitals.ts'
import { hasPace } from '../../plan/plan.ts'
import { COLLECTING_MS, PACE_LATE, SOME_SECONDS, STALLED_MS } from './limits.ts'
import { extent, inSeconds, loadSeconds, worstWorker } from './load-seconds.ts'

export const longestMs = ({ loopDelayMs }: WorkerVitals): number => loopDelayMs?.max ?? 0

/**
 * The loop did not come to its timers. If the thread neither ran nor waited for a core meanwhile, it was stopped; else
 * the loop was blocked, by work or for want of a core. A single stall in a long run is worth knowing, and no more: what
 * it did to the percentiles, their bounds say.
 */
export function stalls(evidence: Evidence): Reason[] {
  const load = loadSeconds(evidence)
  const away = load.filter(({ workers }) => workers.some(isAway))
  const blocked = delayedSeconds(evidence, load, (worker) => !isAway(worker))
  const all = new Set([...away, ...delayedSeconds(evidence, load, () => true)])
  const level =
    all.size > load.length * SOME_SECONDS ||
    (!hasPace(evidence.plan) && stoodStillMs(evidence) > spareMs(load))
      ? 'suspect'
      : 'note'
  return [...paused(evidence, away, load, level), ...blockedLoop(evidence, blocked, load, level)]
}

/** Without a pace, the throughput is what a run is about, and what a stop takes from it. */
const spareMs = (load: readonly SecondRow[]): number => PACE_LATE * 1000 * load.length

/** Each delay is reported once, in the second in which it ended. */
const stoodStillMs = ({ rows }: Evidence): number =>
  rows
    .map(({ workers }) => Math.max(0, ...workers.map(longestMs)))
    .reduce((sum, ms) => sum + (ms > STALLED_MS ? ms : 0), 0)

export const isAway = (worker: WorkerVitals): boolean => (worker.awayMs ?? 0) > STALLED_MS

function paused(
  evidence: Evidence,
  away: readonly SecondRow[],
  load: readonly SecondRow[],
  level: Reason['level'],
): Reason[] {
  if (away.length === 0) return []
  const worst = worstWorker(away, ({ awayMs }) => awayMs ?? 0)
  const lost = away.reduce((sum, { workers }) => sum + Math.max(...workers.map((w) => w.awayMs ?? 0)), 0)
  return [
    {
      code: 'generator.paused',
      level,
      message: `${nameOf(evidence, worst.worker)} stood still for ${showMs(lost)} ${inSeconds(away, load)} without working or waiting for a core: the process was stopped, or its machine was`,
      advice:
        'find out what stopped it (a debugger, a suspended machine, memory swapped out, a host with too many guests), and run again',
      worker: worst.worker,
      ...extent(away),
    },
  ]
}

function blockedLoop(
  evidence: Evidence,
  blocked: readonly SecondRow[],
  load: readonly SecondRow[],
  level: Reason['level'],
): Reason[] {
  if (blocked.length === 0) return []
  const { rows } = evidence
  // A delay of the warm-up, or one that began in the drain, affects no figure.
  const seconds = new Set(blocked.map(({ second }) => second))
  const worst = worstWorker(rows, (worker, { second }) =>
    isAway(worker) || !concerned(second, longestMs(worker)).some((s) => seconds.has(s))
      ? 0
      : longestMs(worker),
  )
  return [
    {
      code: 'generator.blocked',
      level,
      message: `the event loop of ${nameOf(evidence, worst.worker)} was blocked for up to ${showMs(longestMs(worst))}, for more than ${showMs(STALLED_MS)} ${inSeconds(blocked, load)}`,
      advice: 'compute less between requests in scenarios, use more workers, and keep others off the cores',
      worker: worst.worker,
      ...extent(blocked),
    },
  ]
}

/** A delay is reported in the second in which it ended, be that of the drain, and concerns those before, too. */
function delayedSeconds(
  { rows }: Evidence,
  load: readonly SecondRow[],
  counts: (worker: WorkerVitals) => boolean,
): SecondRow[] {
  const delayed = new Set<number>()
  for (const { second, workers } of rows)
    for (const worker of workers) {
      const delayMs = longestMs(worker)
      if (delayMs <= STALLED_MS || !counts(worker)) continue
      for (const s of concerned(second, delayMs)) delayed.add(s)
    }
  return load.filter(({ second }) => delayed.has(second))
}

/** The seconds that a delay reaches back to from the one in which it ended. */
const concerned = (second: number, delayMs: number): number[] =>
  Array.from({ length: Math.floor(delayMs / 1000) + 1 }, (_, i) => second - i)

export function collectorPauses(evidence: Evidence): Reason[] {
  const load = loadSeconds(evidence)
  const paused = load.filter(({ workers }) => workers.some(({ gcMs }) => gcMs > COLLECTING_MS))
  if (paused.length <= load.length * SOME_SECONDS) return []
  const worst = worstWorker(paused, ({ gcMs }) => gcMs)
  return [
    {
      code: 'gc.long',
      level: 'suspect',
      message: `${nameOf(evidence, worst.worker)} spent more than 10 % of the time in garbage collection ${inSeconds(paused, load)}; the longest pause took ${showMs(largest(paused.flatMap(({ workers }) => workers.map(({ gcMaxMs }) => gcMaxMs))))}`,
      advice: 'use more workers, or make the scenario allocate less',
      worker: worst.worker,
      ...extent(paused),
    },
  ]
}
