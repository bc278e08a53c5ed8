/**
 * corerush's judgement of itself, from the vitals and the metrics of a run. Pure: the same evidence gives the same
 * verdict, and worse evidence never a better one.
 *
 * *sound*: reported percentiles are within max(1 ms, 5 %) of the truth and the planned load was delivered.
 * *suspect*: usable with the bound in `errorBoundMs`. *void*: the generator could not hold the pace that the plan
 * named, or a part of the measurement was lost.
 */
import type { ErrorBounds, Evidence, Reason } from './evidence.ts'
import { PERCENTILES, type PercentileName } from './metrics.ts'
import { hasPace } from './plan.ts'
import { findReasons } from './rules.ts'
import type { SecondRow } from './timeline.ts'

export type VerdictLevel = 'sound' | 'suspect' | 'void'

export interface Verdict {
  readonly level: VerdictLevel
  /** What most likely limited the throughput of the run. */
  readonly limit: 'none' | 'generator' | 'target' | 'network'
  /** By how much the generator may have lengthened each percentile of latency, in ms; null without samples. */
  readonly errorBoundMs: ErrorBounds
  readonly reasons: readonly Reason[]
}

export function judge(evidence: Evidence): Verdict {
  const { plan, total } = evidence
  const errorBoundMs = errorBounds(evidence)
  const reasons = findReasons(evidence, errorBoundMs)
  const has = (level: Reason['level']): boolean => reasons.some((reason) => reason.level === level)
  const isGenerator = reasons.some(({ code }) => code.startsWith('generator.') || code === 'pace.late')
  const isTarget =
    total.finished > 0 && (!hasPace(plan) || reasons.some(({ code }) => code === 'users.exhausted'))
  return {
    level: has('void') ? 'void' : has('suspect') ? 'suspect' : 'sound',
    limit: isGenerator ? 'generator' : isTarget ? 'target' : 'none',
    errorBoundMs,
    reasons,
  }
}

/**
 * Every reported latency L is at most the true one plus the time b that it owes to this thread, and b is bounded for
 * each request by itself. So each true percentile lies between that of L − b and that of L. On top comes what the
 * thread waited for a core, which the loop cannot see: the mean wait of a second, from the seconds as bad as the
 * percentile is far.
 */
function errorBounds({ total, latencyFloor, rows }: Evidence): ErrorBounds {
  const waitsMs = rows
    .filter(({ phase }) => phase === 'load')
    .map(meanRunQueueMs)
    .sort((a, b) => a - b)
  const bound = (name: PercentileName, q: number): number | null => {
    const reported = total.latencyMs[name]
    const floorUs = latencyFloor.quantileUs(q)
    if (reported === null || floorUs === null) return null
    const waitedMs = waitsMs[Math.min(waitsMs.length - 1, Math.floor(q * waitsMs.length))] ?? 0
    // Nothing can have added more than there is.
    return Math.round(Math.min(reported * 1000, Math.max(0, (reported + waitedMs) * 1000 - floorUs))) / 1000
  }
  return Object.fromEntries(PERCENTILES.map(([name, q]) => [name, bound(name, q)])) as ErrorBounds
}

/** The mean wait of a worker for a core each time it was given one, in the worst worker of a second. */
const meanRunQueueMs = ({ workers }: SecondRow): number =>
  Math.max(
    0,
    ...workers.map(({ runQueueMs, runQueueSlices }) =>
      runQueueMs !== null && runQueueSlices !== null && runQueueSlices > 0 ? runQueueMs / runQueueSlices : 0,
    ),
  )
