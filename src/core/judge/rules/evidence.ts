/** What a verdict rests on, and the findings it consists of. */
import {
  deriveMetrics,
  percentilesMs,
  type Metrics,
  type PercentileName,
  type Span,
} from '../../measure/metrics.ts'
import type { RequestTally } from '../../measure/request-tally.ts'
import type { AgentReport } from '../../measure/host-facts.ts'
import type { Plan } from '../../plan/plan.ts'
import { threadName } from '../../plan/witness.ts'
import { isGeneratorFault } from '../../request/outcome.ts'
import type { IterationCounts, Tally } from '../../measure/tally.ts'
import type { SecondRow } from '../../measure/second.ts'
import type { WitnessFigures } from '../../measure/witness-samples.ts'

/** One finding: what was seen, in which seconds (first to last, both included), and what to do about it. */
export interface Reason {
  readonly code: ReasonCode
  /** A `note` is a finding about the target or the plan; it does not change the verdict. */
  readonly level: 'note' | 'suspect' | 'void'
  readonly message: string
  readonly advice: string
  readonly fromS: number
  readonly toS: number
  /** Name of the agent that it is about, in a run on several hosts. */
  readonly agent?: string
  readonly worker?: number
  readonly core?: number
}

/** Codes are stable and never reused for another meaning. */
export type ReasonCode =
  | 'agent.lost'
  | 'worker.lost'
  | 'seconds.missing'
  | 'generator.saturated'
  | 'generator.full-speed'
  | 'generator.busy'
  | 'generator.faults'
  | 'generator.paused'
  | 'generator.blocked'
  | 'pace.missed'
  | 'pace.late'
  | 'pace.short'
  | 'latency.inflated'
  | 'bound.broken'
  | 'gc.long'
  | 'host.contended'
  | 'host.steal'
  | 'host.throttled'
  | 'host.memory'
  | 'host.unseen'
  | 'core.hot'
  | 'ports.few'
  | 'descriptors.few'
  | 'network.retransmits'
  | 'network.overflows'
  | 'target.busy'
  | 'load.drifting'
  | 'samples.few'
  | 'clock.loose'
  | 'users.exhausted'
  | 'iterations.stuck'

/** A figure for each percentile, in ms; `null` without samples. */
export type PercentilesMs = { readonly [P in PercentileName]: number | null }

/** All that a verdict rests on. */
export interface Evidence {
  readonly plan: Plan
  readonly rows: readonly SecondRow[]
  /** When the load ended, in seconds of run time. */
  readonly loadEndS: number
  readonly total: Metrics
  /** Percentiles of the latencies of all requests less the longest that each response can have waited for the generator. */
  readonly floorMs: PercentilesMs
  /** What the witness measured; `null` without a witness, or without a latency of it. */
  readonly witness: WitnessFigures | null
  readonly lostWorkers: readonly {
    readonly worker: number
    readonly second: number
    readonly message: string
  }[]
  /** The agents whose workers made the run; `null`, or left out, if they were of one process. */
  readonly agents?: readonly AgentReport[] | null
  readonly iterations: Readonly<IterationCounts>
  /** How many requests, and arrivals that never started, are in the distribution of latencies. */
  readonly latencies: number
  /** Requests that failed for want of a local port or a file descriptor. */
  readonly generatorFaults: number
  /** Requests per second that these workers were once measured to make soundly on this host; `null` if they were not. */
  readonly soundPerS: number | null
  /** See `costOfAuto`; `null`, or left out, if that is not known. */
  readonly costOfAuto?: number | null
}

/** "worker 2", "worker alpha/2" on several hosts, or "the witness". */
export const nameOf = ({ plan, agents }: Pick<Evidence, 'plan' | 'agents'>, worker: number): string =>
  threadName(plan, worker, agents)

/** Returns the evidence that is counted, over a span; `all` is all requests of the tally as one. */
export function countedEvidence(
  tally: Tally,
  all: RequestTally,
  span: Span,
): Pick<Evidence, 'total' | 'floorMs' | 'iterations' | 'latencies' | 'generatorFaults'> {
  let generatorFaults = 0
  for (const [outcome, n] of all.outcomes) if (isGeneratorFault(outcome)) generatorFaults += n
  return {
    total: deriveMetrics(all, span, tally.lag),
    floorMs: percentilesMs(tally.latencyFloor),
    iterations: tally.iterations,
    latencies: all.peek('latency')?.count ?? 0,
    generatorFaults,
  }
}
