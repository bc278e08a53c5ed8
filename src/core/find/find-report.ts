/** The report of a search: one versioned JSON object. All outputs of `corerush find` are written from it. */
import type { AgentReport, HostReport } from '../measure/host-facts.ts'
import type { Plan } from '../plan/plan.ts'
import { EXIT } from '../../errors.ts'
import type { FindAnswer, FindSettings, FoundLoad } from './answer.ts'
import type { Trial } from './trial.ts'
import type { CapacityComparison } from './capacity-comparison.ts'

export const FIND_SCHEMA = 'corerush.find/1'

/** What ended a search; `target`: it answered no more, `run`: the run that carried the trials ended by itself. */
export type SearchEnd = 'done' | 'max-time' | 'target' | 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'abort' | 'run'

/** Latencies at the smallest load, before the climb and after it. */
export interface Recovery {
  readonly beforeMs: { readonly p50: number | null; readonly p99: number | null }
  readonly afterMs: { readonly p50: number | null; readonly p99: number | null }
  readonly isRecovered: boolean
}

/** What the time of a search was spent on, in seconds. */
export interface SearchTime {
  readonly trialsS: number
  /** At the smallest load, until the target had recovered from a trial that was not held. */
  readonly restS: number
  /** At the smallest load, before the climb and after it. */
  readonly probesS: number
  /** At a new load before its first trial, and at an old one until the next is known. */
  readonly changesS: number
}

export const NO_TIME: SearchTime = { trialsS: 0, restS: 0, probesS: 0, changesS: 0 }

export interface FindReport {
  readonly schema: typeof FIND_SCHEMA
  /** Version of corerush. */
  readonly version: string
  /** Wall time of the start instant, ISO 8601; a label, nothing is computed from it. */
  readonly startedAt: string
  readonly durationS: number
  readonly time: SearchTime
  readonly unit: 'users' | 'ratePerS'
  readonly plan: Plan
  readonly host: HostReport
  /** The agents whose workers made the load; absent if they were of one process. */
  readonly agents?: readonly AgentReport[]
  readonly settings: FindSettings
  readonly stoppedBy: SearchEnd
  readonly warnings: readonly string[]
  readonly answers: readonly FindAnswer[]
  readonly trials: readonly Trial[]
  /** The load with the most throughput for its latency: requests per second over mean latency (Kleinrock, 1979). */
  readonly knee: FoundLoad | null
  /** `null` if the search ended before it could look. */
  readonly recovery: Recovery | null
  readonly comparison: CapacityComparison | null
  readonly exitCode: number
}

/** The load with the largest power, of loads that held for the first goal. */
export function kneeOf(trials: readonly Trial[]): number | null {
  let best: { readonly load: number; readonly power: number } | null = null
  for (const { load, requestsPerS, latencyMs, answers } of trials) {
    const { mean } = latencyMs
    if (mean === null || mean === 0 || answers[0]?.answer !== 'held') continue
    const power = requestsPerS / mean
    if (best === null || power > best.power) best = { load, power }
  }
  return best?.load ?? null
}

/** The exit code of a search; of all that applies the first: interrupted, no bound for want of a generator, no load held, regressed. */
export function exitOfSearch(
  stoppedBy: SearchEnd,
  answers: readonly FindAnswer[],
  isRegressed: boolean,
): number {
  if (stoppedBy === 'SIGTERM') return EXIT.terminated
  if (stoppedBy === 'SIGHUP') return EXIT.hungUp
  if (stoppedBy === 'SIGINT' || stoppedBy === 'abort') return EXIT.interrupted
  if (stoppedBy === 'target') return EXIT.thresholds
  if (answers.some(({ lower, limitedBy }) => lower === null && limitedBy !== 'target')) return EXIT.void
  if (answers.some(({ lower }) => lower === null)) return EXIT.thresholds
  return isRegressed ? EXIT.regression : EXIT.ok
}
