/** The witness in the report: its percentiles, their bounds, and whether they agree with those of all requests. */
import type { PercentilesMs } from '../judge/rules/evidence.ts'
import { errorBounds, type Verdict } from '../judge/verdict.ts'
import { deriveMetrics, PERCENTILES, percentilesMs, type LatencySummary } from '../measure/metrics.ts'
import type { WitnessSamples } from '../measure/witness-samples.ts'

export interface WitnessReport {
  /** Requests that it finished; they are part of all. */
  readonly requests: number
  readonly latencyMs: LatencySummary
  readonly serviceMs: LatencySummary
  /** By how much the witness itself may have lengthened each percentile of latency. */
  readonly errorBoundMs: PercentilesMs
  /** Between these lies the percentile of all requests with a confidence of 95 %; `null` with too few samples. */
  readonly intervalMs: { readonly [P in keyof PercentilesMs]: readonly [low: number, high: number] | null }
  /**
   * Whether its percentiles lie within the bounds of those of all requests, as far as its samples can tell; `null` if they
   * are too few.
   */
  readonly agrees: boolean | null
}

/** `null` without a witness. */
export function witnessReport(samples: WitnessSamples | null, { reasons }: Verdict): WitnessReport | null {
  if (samples === null) return null
  const { finished, latencyMs, serviceMs } = deriveMetrics(samples.requests, { loadS: 0, carriedIn: 0 })
  const figures = samples.figures()
  const interval = (name: keyof PercentilesMs): readonly [number, number] | null => {
    const [low, high] = [figures?.lowMs[name] ?? null, figures?.highMs[name] ?? null]
    return low === null || high === null ? null : [low, high]
  }
  const intervalMs = Object.fromEntries(PERCENTILES.map(([name]) => [name, interval(name)]))
  return {
    requests: finished,
    latencyMs,
    serviceMs,
    errorBoundMs: errorBounds(latencyMs, percentilesMs(samples.floor)),
    intervalMs: intervalMs as WitnessReport['intervalMs'],
    agrees: Object.values(intervalMs).every((one) => one === null)
      ? null
      : !reasons.some(({ code }) => code === 'bound.broken'),
  }
}
