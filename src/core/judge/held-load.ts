/** A load that was held for some seconds of a run, judged by these alone. */
import type { Metrics } from '../measure/metrics.ts'
import type { Plan } from '../plan/plan.ts'
import { RequestTally } from '../measure/request-tally.ts'
import { mergeRequests, mergeTally, packTally, Tally } from '../measure/tally.ts'
import type { SettledSecond } from '../measure/timeline.ts'
import type { Measured } from '../threshold/threshold-metric.ts'
import { countedEvidence } from './rules/evidence.ts'
import { judge, type Verdict } from './verdict.ts'

export interface HeldLoad {
  /** Requests finished per second of load. */
  readonly perS: number
  readonly total: Metrics
  /** What thresholds read their figures from. */
  readonly measured: Measured
  readonly verdict: Verdict
}

/**
 * Judges a load, users or iterations per second, as a run that had these seconds and no others; they follow each other.
 */
export function judgeHeldLoad(plan: Plan, load: number, seconds: readonly SettledSecond[]): HeldLoad {
  const tally = new Tally({ wide: true })
  for (const second of seconds) mergeTally(tally, packTally(second.tally))
  const all = mergeRequests(tally, new RequestTally(true))
  const loadS = seconds.reduce((sum, second) => sum + second.loadS, 0)
  const counted = countedEvidence(tally, all, { loadS, carriedIn: 0 })
  const verdict = judge({
    ...counted,
    plan: heldPlan(plan, load, loadS),
    rows: seconds.map(({ row }, second) => ({ ...row, second })),
    loadEndS: loadS,
    witness: null,
    lostWorkers: [],
    soundPerS: null,
  })
  return {
    perS: counted.total.requestsPerS ?? 0,
    total: counted.total,
    measured: { name: null, request: all, tally, witness: null, loadS },
    verdict,
  }
}

function heldPlan(plan: Plan, load: number, loadS: number): Plan {
  const whole = { warmupS: 0, warmupAuto: false, durationS: loadS }
  return plan.model === 'closed'
    ? { ...plan, ...whole, stages: [{ fromUsers: load, toUsers: load, durationS: loadS }] }
    : { ...plan, ...whole, stages: [{ fromPerS: load, toPerS: load, durationS: loadS }] }
}
