/** A second of the run: as one worker hands it over, and as the report has it. */
import type { CapturedFailure } from '../request/captured.ts'
import { customAdded, customReport, type CustomReport } from './custom-metrics.ts'
import { Histogram, type SparseHistogram } from './histogram.ts'
import { deriveMetrics, respan, type LatencySummary, type Metrics } from './metrics.ts'
import type { RequestRecord, RequestSpan } from './request-record.ts'
import { mergeRequest, type RequestTally } from './request-tally.ts'
import { Tally, type IterationCounts, type PackedTally } from './tally.ts'
import { transactionReports, type TransactionReport } from './transaction-tally.ts'
import type { HostVitals, TargetVitals, WorkerVitals } from './worker-vitals.ts'

/** One worker's whole second of run time, counted from the start instant. */
export interface Snapshot {
  readonly worker: number
  readonly second: number
  readonly tally: PackedTally
  readonly vitals: WorkerVitals
  /** Users active and requests in flight when the second ended. */
  readonly users: number
  readonly inFlight: number
  /** The most arrivals that waited for a user at once in that second. */
  readonly queued: number
  /** Failing exchanges that were kept, absent where there are none. */
  readonly captured?: readonly CapturedFailure[]
  /** Requests among the slowest of their names, absent where there are none. */
  readonly slow?: readonly RequestRecord[]
  /** Spans of traced requests, and how many more there were; absent where there are none. */
  readonly spans?: readonly RequestSpan[]
  readonly spansLost?: number
}

/**
 * A second of a member of the run, or a part of it: of a worker, or of an agent, which reports what all its workers
 * counted. Parts add up.
 */
export interface SecondPart extends Omit<Snapshot, 'worker' | 'vitals'> {
  /** The number of the worker, or of the agent. */
  readonly member: number
  /** Vitals of the workers whose counts are in it. */
  readonly vitals: readonly WorkerVitals[]
  /** Whether the member has reported all of the second with it. */
  readonly isWhole: boolean
  /** Vitals of the agent's host. */
  readonly host?: HostVitals | null
}

/** A whole second of a worker as the part that it is. */
export const partOf = ({ worker, vitals, ...rest }: Snapshot): SecondPart => ({
  ...rest,
  member: worker,
  vitals: [vitals],
  isWhole: true,
})

/** One agent's second. */
export interface AgentSecond {
  /** Name of the agent. */
  readonly agent: string
  /** Vitals of its host; `null` if they were not read, or did not arrive. */
  readonly host: HostVitals | null
  readonly users: number
  readonly inFlight: number
  /** Requests that were sent, and that ended, in the second. */
  readonly sent: number
  readonly finished: number
  /** Cores that its workers kept busy, where the platform reports it. */
  readonly workersCpu: number
}

/** What delays of the generator took from the load in a second, in the unit of the planned load and in seconds. */
export interface OwnDelays {
  readonly lost: number
  readonly seconds: number
}

/** Sums over all workers of a second that keeps only some of them. */
export interface WorkersSummary {
  /** How many workers reported the second. */
  readonly count: number
  /** Cores that they kept busy, where the platform reports it. */
  readonly cpu: number
  /** How long event loops stood still, each by its share of the load. */
  readonly stoodStillS: number
  /** What the verdict needs of their delays: all of them, and those longer than what timers come to. */
  readonly delays: { readonly all: OwnDelays; readonly long: OwnDelays }
}

/** A second of the report. */
export interface SecondRow extends Metrics {
  readonly second: number
  readonly phase: 'warmup' | 'load' | 'drain'
  /** Whether every live worker has reported the second. */
  readonly complete: boolean
  readonly users: number
  readonly inFlight: number
  /** The most arrivals that waited for a user at once. */
  readonly queued: number
  readonly due: number
  readonly dropped: number
  /** Iterations that began and ended in the second. */
  readonly iterations: Readonly<EndedIterations>
  /** Errors that tasks threw. */
  readonly taskErrors: number
  readonly byName: Readonly<Record<string, Metrics>>
  /** Seconds that `byName` covers, from this one on: 0 if an earlier row has them, more than 1 if they are joined. */
  readonly byNameS: number
  /** Metrics of the scenario's own that something was added to; absent where there are none. */
  readonly custom?: Readonly<Record<string, CustomReport>>
  /** Transactions by name that started or ended in the second; absent where there are none. */
  readonly transactions?: Readonly<Record<string, TransactionReport>>
  /** Requests of the witness, which are part of all; absent without a witness. */
  readonly witness?: WitnessSecond
  /** The second's latencies at two significant digits. */
  readonly histogram: SparseHistogram
  /** All that reported the second; on many hosts, those that are worst in anything that the verdict looks at. */
  readonly workers: readonly WorkerVitals[]
  /** Sums over all workers, in a run with more workers than `workers` keeps. */
  readonly workersSummary?: WorkersSummary
  /** Vitals of the host; `null` if they were not read, or the workers are on other hosts. */
  readonly host: HostVitals | null
  /** The agents that reported the second; absent without agents. */
  readonly agents?: readonly AgentSecond[]
  /** Vitals of the server; `null` if they are not read, or the reading failed. */
  readonly target: TargetVitals | null
}

/** A second of the witness. */
export interface WitnessSecond {
  readonly finished: number
  readonly latencyMs: LatencySummary
  readonly serviceMs: LatencySummary
}

/** Iterations of a second; those due and dropped stand beside them. */
export type EndedIterations = Pick<
  IterationCounts,
  'started' | 'finished' | 'failed' | 'unfinished' | 'stuck'
>

const endedIterations = ({
  started,
  finished,
  failed,
  unfinished,
  stuck,
}: IterationCounts): EndedIterations => ({
  ...{ started, finished, failed, unfinished, stuck },
})

/** All that is known of a second. */
export interface SecondParts {
  readonly second: number
  readonly isWarmup: boolean
  readonly isComplete: boolean
  /** The part of the second that is load, 0 to 1. */
  readonly loadS: number
  readonly parts: readonly SecondPart[]
  /** The names of the members, if they are agents; else empty. */
  readonly agents: readonly string[]
  /** All workers' counts of it, and the same with all names as one. */
  readonly tally: Tally
  readonly merged: Tally
  /** The requests of the witness; `null` without a witness. */
  readonly witness: RequestTally | null
  readonly host: HostVitals | null
  readonly target: TargetVitals | null
}

export function deriveSecond(known: SecondParts): SecondRow {
  const { second, isWarmup, isComplete, loadS, parts, agents, tally, merged, witness, host, target } = known
  const all = requestsOf(merged)
  const span = { loadS, carriedIn: 0 }
  const added = customAdded(tally)
  const transactions = transactionReports(tally.transactions, loadS)
  const byName = Object.fromEntries(
    [...tally.requests].map(([name, request]) => [name, deriveMetrics(request, span)]),
  )
  return {
    second,
    phase: isWarmup ? 'warmup' : loadS > 0 ? 'load' : 'drain',
    complete: isComplete,
    users: sumOf(parts, 'users'),
    inFlight: sumOf(parts, 'inFlight'),
    queued: sumOf(parts, 'queued'),
    due: tally.iterations.due,
    dropped: tally.iterations.dropped,
    iterations: endedIterations(tally.iterations),
    taskErrors: [...tally.taskErrors.values()].reduce((sum, { count }) => sum + count, 0),
    ...deriveMetrics(all, span, tally.lag),
    byName,
    byNameS: 1,
    ...(added.length > 0 ? { custom: customReport(added, tally) } : {}),
    ...(Object.keys(transactions).length > 0 ? { transactions } : {}),
    ...(witness === null ? {} : { witness: witnessSecond(witness) }),
    histogram: (all.peek('latency') ?? EMPTY).sparse(),
    workers: parts.flatMap(({ vitals }) => vitals).sort((a, b) => a.worker - b.worker),
    host,
    ...(agents.length > 0 ? { agents: agentSeconds(agents, parts) } : {}),
    target,
  }
}

function witnessSecond(requests: RequestTally): WitnessSecond {
  const { finished, latencyMs, serviceMs } = deriveMetrics(requests, { loadS: 0, carriedIn: 0 })
  return { finished, latencyMs, serviceMs }
}

const sumOf = (parts: readonly SecondPart[], field: 'users' | 'inFlight' | 'queued'): number =>
  parts.reduce((sum, part) => sum + part[field], 0)

/** What each agent reported of a second. */
function agentSeconds(agents: readonly string[], parts: readonly SecondPart[]): AgentSecond[] {
  return agents.flatMap((agent, index) => {
    const own = parts.filter(({ member }) => member === index)
    if (own.length === 0) return []
    const requests = own.flatMap(({ tally }) => tally.requests)
    return {
      agent,
      host: own.find(({ host }) => host)?.host ?? null,
      users: sumOf(own, 'users'),
      inFlight: sumOf(own, 'inFlight'),
      sent: requests.reduce((sum, { sent }) => sum + sent, 0),
      finished: requests.reduce((sum, { finished }) => sum + finished, 0),
      workersCpu: own.flatMap(({ vitals }) => vitals).reduce((sum, { cpu }) => sum + (cpu ?? 0), 0),
    }
  })
}

/** A second whose histograms are gone, when another part of it turns out to be load. */
export function respanSecond(row: SecondRow, fromS: number, toS: number): SecondRow {
  // Joined names lie too far back to be of a second whose part of the load changes.
  const byName =
    row.byNameS === 1
      ? Object.fromEntries(
          Object.entries(row.byName).map(([name, metrics]) => [name, respan(metrics, fromS, toS)]),
        )
      : row.byName
  return {
    ...row,
    ...respan(row, fromS, toS),
    phase: row.phase === 'warmup' ? 'warmup' : toS > 0 ? 'load' : 'drain',
    byName,
  }
}

/** In place of a name, where all requests are taken together. */
const ALL = ''

/** The requests of all names as one, and the lag: what a live window is made of. */
export function mergeNames(tallies: readonly PackedTally[]): Tally {
  const merged = new Tally()
  const all = merged.request(ALL)
  for (const { requests, lag } of tallies) {
    for (const request of requests) mergeRequest(all, request)
    merged.lag.add(lag)
  }
  return merged
}

/** The requests of names that were merged. */
export const requestsOf = (merged: Tally): RequestTally => merged.request(ALL)

const EMPTY = new Histogram()
