/** What the witness proves about latencies, and where it contradicts the bounds of the workers. */
import { isReliable, PERCENTILES, type PercentileName } from '../../measure/metrics.ts'
import { showMs } from '../../units.ts'
import type { Evidence, Reason } from './evidence.ts'
import { ALLOWED_MS, ALLOWED_RATIO, KERNEL_MS, ROUNDING_RATIO } from './limits.ts'
import { extent, loadSeconds } from './load-seconds.ts'

/** The percentiles that a verdict is about: those with enough samples, but for the last one. */
export const judgedPercentiles = ({ total: { latencyMs } }: Pick<Evidence, 'total'>): PercentileName[] =>
  PERCENTILES.flatMap(([name]) =>
    name !== 'p99_9' && latencyMs[name] !== null && isReliable(latencyMs, name) ? [name] : [],
  )

/** What the definition of sound allows a percentile to be off by. */
export const allowedMs = (valueMs: number): number => Math.max(ALLOWED_MS, ALLOWED_RATIO * valueMs)

/**
 * Whether the percentile of the witness is sound: the true one lies between the bounds of the workers and, with a confidence
 * of 95 %, between those of the witness, and all that lies between both pairs is within what is allowed.
 */
export function isWitnessed({ total, floorMs, witness }: Evidence, name: PercentileName): boolean {
  const { latencyMs, lowMs, highMs } = witness ?? NO_FIGURES
  const [value, low, high] = [latencyMs[name], lowMs[name], highMs[name]]
  const [least, most] = [floorMs[name], total.latencyMs[name]]
  if (value === null || low === null || high === null || least === null || most === null) return false
  const from = Math.max(low, least)
  const to = Math.min(high, most)
  const slack = resolutionMs(most)
  return from <= to + slack && Math.max(to - value, value - from) <= allowedMs(value)
}

const NONE = { p50: null, p75: null, p90: null, p95: null, p99: null, p99_9: null }
const NO_FIGURES = { latencyMs: NONE, lowMs: NONE, highMs: NONE }

/** Below this, two percentiles do not differ: the way through the kernel, and the slots of histograms. */
const resolutionMs = (valueMs: number): number => KERNEL_MS + ROUNDING_RATIO * valueMs

/**
 * A bound that does not hold is a defect of the generator. The witness shows it if what it measured is, with a confidence of
 * 99.9 %, outside of what the workers report as possible.
 */
export function brokenBounds(evidence: Evidence): Reason[] {
  const { total, floorMs } = evidence
  const worst = judgedPercentiles(evidence)
    .map((name) => ({ name, measured: contradiction(evidence, name) }))
    .findLast(({ measured }) => measured !== null)
  if (worst === undefined) return []
  const { name, measured } = worst
  return [
    {
      code: 'bound.broken',
      level: 'suspect',
      message: `the workers report a ${name} from ${showMs(floorMs[name])} to ${showMs(total.latencyMs[name])}, the witness ${measured!}: one of the two bounds does not hold`,
      advice:
        'this is a fault of the generator, unless users differ so much that some do not stand for all; report it with the JSON report, and do not rely on this percentile',
      ...extent(loadSeconds(evidence)),
    },
  ]
}

/** What the witness measured of a percentile, if the workers report that as impossible; else `null`. */
function contradiction({ total, floorMs, witness }: Evidence, name: PercentileName): string | null {
  const [least, most] = [floorMs[name], total.latencyMs[name]]
  const [low, high] = [witness?.farLowMs[name] ?? null, witness?.farHighMs[name] ?? null]
  if (least === null || most === null) return null
  if (high !== null && high < least - resolutionMs(least)) return `at most ${showMs(high)}`
  return low !== null && low > most + resolutionMs(most) ? `at least ${showMs(low)}` : null
}
