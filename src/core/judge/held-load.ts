/** A load that was held for some seconds of a run, judged by these alone. */
import { deriveMetrics, percentilesMs } from '../measure/metrics.ts'
import { isGeneratorFault } from '../request/outcome.ts'
import type { ClosedPlan } from '../plan/plan.ts'
import { RequestTally } from '../measure/request-tally.ts'
import { mergeRequests, mergeTally, packTally, Tally } from '../measure/tally.ts'
import type { SettledSecond } from '../measure/timeline.ts'
import { judge, type Verdict } from './verdict.ts'

export interface HeldLoad {
  /** Requests that ended, by second of load. */
  readonly perS: number
  readonly verdict: Verdict
}

/** The verdict on a run of so many users that had these seconds and no others; they follow each other. */
export function judgeHeldLoad(plan: ClosedPlan, users: number, seconds: readonly SettledSecond[]): HeldLoad {
  const tally = new Tally({ wide: true })
  for (const second of seconds) mergeTally(tally, packTally(second.tally))
  const all = mergeRequests(tally, new RequestTally(true))
  const loadS = seconds.reduce((sum, second) => sum + second.loadS, 0)
  const total = deriveMetrics(all, { loadS, carriedIn: 0 }, tally.lag)
  let generatorFaults = 0
  for (const [outcome, n] of all.outcomes) if (isGeneratorFault(outcome)) generatorFaults += n
  const verdict = judge({
    plan: {
      ...plan,
      warmupS: 0,
      durationS: loadS,
      stages: [{ fromUsers: users, toUsers: users, durationS: loadS }],
    },
    rows: seconds.map(({ row }, second) => ({ ...row, second })),
    loadEndS: loadS,
    total,
    floorMs: percentilesMs(tally.latencyFloor),
    lostWorkers: [],
    iterations: tally.iterations,
    latencies: all.peek('latency')?.count ?? 0,
    generatorFaults,
    soundPerS: null,
  })
  return { perS: total.requestsPerS ?? 0, verdict }
}
