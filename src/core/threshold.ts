/** Pass or fail rules about the target. Two hold for every run: something succeeded, and hardly anything failed. */
import type { Metrics } from './metrics.ts'

export interface Threshold {
  readonly metric: 'failed' | 'succeeded'
  readonly operator: '<' | '>'
  /** A ratio for `failed`, a count for `succeeded`. */
  readonly limit: number
  readonly level: 'error'
}

export interface ThresholdResult {
  readonly expression: string
  readonly level: 'error'
  readonly ok: boolean
  /** What was measured; null when there was nothing to measure, which never passes. */
  readonly actual: number | null
  readonly limit: number
  /** How many requests the figure rests on. */
  readonly samples: number
}

export const DEFAULT_THRESHOLDS: readonly Threshold[] = [
  { metric: 'succeeded', operator: '>', limit: 0, level: 'error' },
  { metric: 'failed', operator: '<', limit: 0.01, level: 'error' },
]

export function printThreshold({ metric, operator, limit }: Threshold): string {
  return `${metric} ${operator} ${metric === 'failed' ? `${limit * 100}%` : limit}`
}

export function evaluateThreshold(threshold: Threshold, total: Metrics): ThresholdResult {
  const actual = threshold.metric === 'failed' ? total.failedRatio : total.succeeded
  const ok =
    actual !== null && (threshold.operator === '<' ? actual < threshold.limit : actual > threshold.limit)
  return {
    expression: printThreshold(threshold),
    level: threshold.level,
    ok,
    actual,
    limit: threshold.limit,
    samples: total.finished + total.unfinished,
  }
}
