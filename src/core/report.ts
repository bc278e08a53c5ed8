/** The report of a run: one versioned JSON object, units in the names. All outputs are written from it. */
import { earliest, type CapturedFailure } from './captured.ts'
import { customReport, type CustomReport } from './custom.ts'
import { exitCodeOf, wasInVain, type StoppedBy } from './exit.ts'
import { deriveMetrics, percentilesMs, summarize, type LatencySummary, type Metrics } from './metrics.ts'
import { isGeneratorFault, type Outcome } from './outcome.ts'
import type { Plan } from './plan.ts'
import { redactPlan } from './redact.ts'
import {
  mergeRequests,
  RequestTally,
  type ConnectionCounts,
  type ErrorCount,
  type IterationCounts,
  type ScenarioCounts,
  type TaskErrorCount,
} from './tally.ts'
import type { SecondRow } from './second.ts'
import type { Timeline } from './timeline.ts'
import type { Evidence } from './evidence.ts'
import type { Gate, ThresholdResult } from './gate.ts'
import { judge, type Verdict } from './verdict.ts'

export const REPORT_SCHEMA = 'corerush.report/1'

/** What the host is, as far as it matters to the figures. */
export interface HostReport {
  readonly node: string
  readonly platform: string
  readonly arch: string
  readonly cpuModel: string
  /** Cores that the process could really use: affinity and CPU quota counted. */
  readonly cores: number
  readonly cpuQuota: number | null
  readonly memoryBytes: number
}

export interface Report {
  readonly schema: typeof REPORT_SCHEMA
  /** Version of corerush. */
  readonly version: string
  /** Wall time of the start instant, ISO 8601; a label, nothing is computed from it. */
  readonly startedAt: string
  /** From the start instant to drained. */
  readonly durationS: number
  /** The measured load span, warm-up left out: the denominator of every rate. */
  readonly loadS: number
  readonly model: 'closed' | 'open'
  readonly workers: number
  readonly transport: string
  readonly seed: number
  readonly plan: Plan
  /** Changes of the plan while it ran. */
  readonly amendments: readonly never[]
  readonly host: HostReport
  readonly stoppedBy: StoppedBy
  readonly warnings: readonly string[]
  readonly total: Metrics
  readonly byName: Readonly<Record<string, Metrics>>
  readonly iterations: Readonly<IterationCounts> & {
    /** Arrivals that waited for a user when measuring began. */
    readonly carriedIn: number
    readonly durationMs: LatencySummary
    /** Those that ended, by scenario; empty unless scenarios have names. */
    readonly byScenario: Readonly<Record<string, Readonly<ScenarioCounts>>>
  }
  /** Metrics of the scenario's own. */
  readonly custom: Readonly<Record<string, CustomReport>>
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>
  readonly errors: readonly Readonly<ErrorCount>[]
  /** The first failing exchanges of each outcome, as many as the plan asks for. */
  readonly capturedFailures: readonly CapturedFailure[]
  /** What tasks of a scenario threw, apart from requests that failed. */
  readonly taskErrors: readonly Readonly<TaskErrorCount>[]
  readonly connections: Readonly<ConnectionCounts>
  /** Host names that were looked up, each with all addresses found; users take those of one family in turn. */
  readonly addresses: Readonly<Record<string, readonly string[]>>
  readonly timeline: readonly SecondRow[]
  readonly thresholds: readonly ThresholdResult[]
  readonly verdict: Verdict
  readonly exitCode: number
}

/** What only the main thread knows of a run. */
export interface RunFacts {
  readonly version: string
  readonly startedAt: string
  readonly durationS: number
  readonly host: HostReport
  readonly stoppedBy: StoppedBy
  readonly warnings: readonly string[]
  readonly lostWorkers: Evidence['lostWorkers']
  readonly addresses: Report['addresses']
  /** What saw every settled second of the run. */
  readonly gate: Gate
  /** Requests per second that these workers were once measured to make soundly on this host; null when they were not. */
  readonly soundPerS?: number | null
}

export function buildReport(plan: Plan, timeline: Timeline, facts: RunFacts): Report {
  const { total: tally, rows } = timeline
  const loadS = Math.max(0, Math.min(timeline.loadEndS, facts.durationS) - timeline.warmupS)
  const all = mergeRequests(tally, new RequestTally(true))
  const names = [...tally.requests.keys()].sort()
  const carriedIn = names.reduce((sum, name) => sum + timeline.carriedIn(name), 0)
  const total = deriveMetrics(all, { loadS, carriedIn }, tally.lag)
  const byName: Record<string, Metrics> = {}
  for (const name of names)
    byName[name] = deriveMetrics(tally.request(name), { loadS, carriedIn: timeline.carriedIn(name) })
  const wasStopped = facts.stoppedBy === 'threshold'
  const thresholds = facts.gate.results(timeline, all, loadS, wasStopped)
  let generatorFaults = 0
  for (const [outcome, n] of all.outcomes) if (isGeneratorFault(outcome)) generatorFaults += n
  const verdict = judge({
    plan,
    rows,
    loadEndS: timeline.loadEndS,
    total,
    floorMs: percentilesMs(tally.latencyFloor),
    iterations: tally.iterations,
    latencies: all.peek('latency')?.count ?? 0,
    lostWorkers: facts.lostWorkers,
    generatorFaults,
    soundPerS: facts.soundPerS ?? null,
  })
  const taskErrors = mostFirst(tally.taskErrors)
  const inVain = wasInVain({ taskErrors, iterations: tally.iterations })
  return {
    schema: REPORT_SCHEMA,
    version: facts.version,
    startedAt: facts.startedAt,
    durationS: round(facts.durationS),
    loadS: round(loadS),
    model: plan.model,
    workers: plan.workers,
    transport: plan.transport,
    seed: plan.seed,
    plan: redactPlan(plan),
    amendments: [],
    host: facts.host,
    stoppedBy: facts.stoppedBy,
    warnings: [
      ...facts.warnings,
      ...facts.gate.warnings(thresholds, wasStopped),
      ...(inVain ? ['no task ended without an error: the run has failed'] : []),
      ...clampedWarning(tally.lag.clamped + tally.latencyFloor.clamped),
      ...(isAllWarmup(rows) ? ['the run ended within its warm-up: nothing was measured'] : []),
    ],
    total,
    byName,
    iterations: {
      carriedIn: timeline.carriedInIterations,
      ...tally.iterations,
      durationMs: summarize(tally.iterationDuration),
      byScenario: Object.fromEntries([...tally.scenarios].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
    custom: customReport(plan.scenario?.metrics ?? [], tally),
    outcomes: Object.fromEntries([...all.outcomes].sort(([, a], [, b]) => b - a)),
    errors: mostFirst(tally.errors),
    capturedFailures: earliest(timeline.captured, plan.captureFailures),
    taskErrors,
    connections: { ...tally.connections },
    addresses: facts.addresses,
    timeline: rows,
    thresholds,
    verdict,
    exitCode: exitCodeOf({ stoppedBy: facts.stoppedBy, level: verdict.level, thresholds, inVain }),
  }
}

const mostFirst = <E extends { count: number; firstS: number; lastS: number }>(
  errors: ReadonlyMap<string, E>,
): E[] =>
  [...errors.values()]
    .map((error) => ({ ...error, firstS: round(error.firstS), lastS: round(error.lastS) }))
    .sort((a, b) => b.count - a.count)

const isAllWarmup = (rows: readonly SecondRow[]): boolean =>
  rows.some(({ phase, sent }) => phase === 'warmup' && sent > 0) &&
  rows.every(({ phase, finished }) => phase === 'warmup' || finished === 0)

/** Above 1 h a duration is kept as 1 h; that is never silent. */
const clampedWarning = (n: number): string[] =>
  n === 0 ? [] : [`${n} durations were above 1 h and are counted as 1 h`]

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000
