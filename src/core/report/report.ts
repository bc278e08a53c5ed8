/** The report of a run: one versioned JSON object, units in the names. All outputs are written from it. */
import type { Amendment } from '../plan/amendment.ts'
import { earliest, type CapturedFailure } from '../request/captured.ts'
import { lifecycleCounts, type LifecycleCounts } from '../measure/lifecycle-counts.ts'
import { customReport, type CustomReport } from '../measure/custom-metrics.ts'
import { exitCodeOf, failedThroughout, type StoppedBy } from '../judge/exit.ts'
import type { CookieCounts } from '../measure/cookie-counts.ts'
import type { AgentReport, HostReport } from '../measure/host-facts.ts'
import { deriveMetrics, summarize, type LatencySummary, type Metrics } from '../measure/metrics.ts'
import type { Outcome } from '../request/outcome.ts'
import type { Plan } from '../plan/plan.ts'
import { redactPlan } from '../plan/redact.ts'
import type { PrecisionResult } from '../compare/precision-watch.ts'
import { NOT_STARTED, partsOf } from '../request/row.ts'
import { holdAgainst, type Comparands, type RunComparison } from '../compare/run-comparison.ts'
import { SecretSet } from '../request/secret-set.ts'
import type {
  ChallengeCounts,
  ConnectionCounts,
  ErrorCount,
  IterationCounts,
  ScenarioCounts,
} from '../measure/tally.ts'
import type { TaskErrorCount } from '../measure/task-error.ts'
import type { RequestRecord } from '../measure/request-record.ts'
import type { SecondRow } from '../measure/second.ts'
import { transactionReports, type TransactionReport } from '../measure/transaction-tally.ts'
import type { Timeline } from '../measure/timeline.ts'
import { judgeRun, loadOf, type JudgedFacts, type Judgement } from './judgement.ts'
import { witnessReport, type WitnessReport } from './witness-report.ts'
import type { RecordsReport } from './records-report.ts'
import { reportWarnings } from './report-warnings.ts'
import type { ThresholdResult } from '../judge/gate.ts'
import type { Verdict } from '../judge/verdict.ts'

export const REPORT_SCHEMA = 'corerush.report/1'

/** A row of the report: the requests of one method and one name. */
export interface RowMetrics extends Metrics {
  /** Empty where the row has requests of several methods, such as those beyond the 500th row. */
  readonly method: string
  readonly name: string
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
  /** Whole seconds of warm-up before it. */
  readonly warmupS: number
  readonly model: 'closed' | 'open'
  readonly workers: number
  readonly transport: string
  readonly seed: number
  readonly plan: Plan
  /** Changes of the load while the run went on, in their order; the plan is that from before them. */
  readonly amendments: readonly Amendment[]
  /** The host of this process; with agents, that of the coordinator. */
  readonly host: HostReport
  /** The agents whose workers made the run; absent if they were of one process. */
  readonly agents?: readonly AgentReport[]
  readonly stoppedBy: StoppedBy
  readonly warnings: readonly string[]
  readonly total: Metrics
  /** What an idle thread measured of the requests; `null` without a witness. */
  readonly witness: WitnessReport | null
  /** Requests by row, which is named `METHOD name`: GET and POST of one name are two rows. */
  readonly byName: Readonly<Record<string, RowMetrics>>
  readonly iterations: Readonly<IterationCounts> & {
    /** Arrivals that waited for a user when measuring began. */
    readonly carriedIn: number
    readonly durationMs: LatencySummary
    /** Iterations that ended, by scenario; empty unless scenarios have names. */
    readonly byScenario: Readonly<Record<string, Readonly<ScenarioCounts>>>
  }
  /** Metrics of the scenario's own. */
  readonly custom: Readonly<Record<string, CustomReport>>
  /** Named spans over several requests, by name; empty unless the scenario has transactions. */
  readonly transactions: Readonly<Record<string, TransactionReport>>
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>
  readonly errors: readonly Readonly<ErrorCount>[]
  /** The first failing exchanges of each outcome, as many as the plan asks for. */
  readonly capturedFailures: readonly CapturedFailure[]
  /** The slowest requests of each name, with `--capture-slowest`; the slowest first. */
  readonly slowest?: readonly RequestRecord[]
  /** What became of records of single requests; absent if none were made. */
  readonly records?: RecordsReport
  /** Errors thrown by tasks of a scenario, separate from failed requests. */
  readonly taskErrors: readonly Readonly<TaskErrorCount>[]
  readonly connections: Readonly<ConnectionCounts>
  readonly cookies: Readonly<CookieCounts>
  readonly challenges: Readonly<ChallengeCounts>
  /** Calls of `onStart` and `onStop`, which are no iterations. */
  readonly lifecycle: LifecycleCounts
  /** Host names that were looked up, each with all addresses found; users take those of one family in turn. */
  readonly addresses: Readonly<Record<string, readonly string[]>>
  readonly timeline: readonly SecondRow[]
  readonly thresholds: readonly ThresholdResult[]
  /** What was reached of the precisions that the plan asks for; empty without any. */
  readonly until: readonly PrecisionResult[]
  /** With a baseline; of repeated runs in the last report, for all of them. */
  readonly comparison: RunComparison | null
  readonly verdict: Verdict
  readonly exitCode: number
}

/** Facts of a run that only the main thread knows. */
export interface RunFacts extends JudgedFacts {
  readonly version: string
  readonly startedAt: string
  readonly durationS: number
  readonly host: HostReport
  readonly stoppedBy: StoppedBy
  readonly warnings: readonly string[]
  readonly addresses: Report['addresses']
  /** Whether each teardown of the scenario did its work; where it is left out, it did. */
  readonly isTornDown?: boolean
  /** What was reached of the precisions of the plan; none if left out. */
  readonly until?: readonly PrecisionResult[]
  /** Records of single requests; `null`, or left out, if none were made. */
  readonly records?: RecordsReport | null
  /** The runs that the plan's baseline names. */
  readonly comparands?: Comparands | null
}

/** Single requests that were kept or recorded. */
const keptRequests = (
  { captureFailures, captureSlowest }: Plan,
  { captured, slowest }: Timeline,
  { records = null }: RunFacts,
): Pick<Report, 'capturedFailures' | 'slowest' | 'records'> => ({
  capturedFailures: earliest(captured, captureFailures),
  ...(captureSlowest > 0 ? { slowest: slowest.records } : {}),
  ...(records === null ? {} : { records }),
})

/** The host, and the agents of a run on several. */
const hostsOf = ({ host, agents = null }: RunFacts): Pick<Report, 'host' | 'agents'> => ({
  host,
  ...(agents === null ? {} : { agents }),
})

/** `judged` if it has been judged already by the same facts. */
export function buildReport(
  plan: Plan,
  timeline: Timeline,
  facts: RunFacts,
  judged: Judgement | null = null,
): Report {
  const { total: tally, rows } = timeline
  const { stoppedBy, amendments = [], durationS } = facts
  // Of a run that goes on, the load ends where it was measured up to.
  const loadEndS = Math.min(timeline.loadEndS, durationS)
  const span = { loadEndS, untilS: durationS, wasStopped: stoppedBy === 'threshold' }
  const judgement = judged ?? judgeRun(plan, timeline, { ...facts, ...span })
  const { total, outcomes, thresholds, verdict } = judgement
  const loadS = loadOf(timeline, loadEndS, durationS)
  const shownPlan = redactPlan(plan)
  const comparison = comparisonOf(shownPlan, rows, facts, verdict)
  // What a target or a script says may quote what it was sent.
  const hidden = SecretSet.declared(plan.hidden)
  const taskErrors = mostFirst(tally.taskErrors, hidden)
  const iterations = iterationsOf(timeline)
  const alwaysFailed = failedThroughout({ taskErrors, iterations })
  return {
    schema: REPORT_SCHEMA,
    version: facts.version,
    startedAt: facts.startedAt,
    durationS: round(durationS),
    loadS: round(loadS),
    warmupS: timeline.warmupS,
    model: plan.model,
    workers: plan.workers,
    transport: plan.transport,
    seed: plan.seed,
    plan: shownPlan,
    amendments,
    ...hostsOf(facts),
    stoppedBy,
    warnings: reportWarnings({ plan, timeline, facts, judgement, alwaysFailed, hidden }),
    ...{ total, witness: witnessReport(timeline.witness, verdict) },
    byName: byNameOf(timeline, loadS),
    iterations,
    custom: customReport(plan.scenario?.metrics ?? [], tally),
    transactions: transactionReports(tally.transactions, loadS),
    outcomes: Object.fromEntries([...outcomes].sort(([, a], [, b]) => b - a)),
    errors: mostFirst(tally.errors, hidden),
    ...keptRequests(plan, timeline, facts),
    taskErrors,
    ...countsOf(tally),
    addresses: facts.addresses,
    timeline: rows,
    thresholds,
    until: facts.until ?? [],
    comparison,
    verdict,
    exitCode: exitCodeOf({
      stoppedBy,
      level: verdict.level,
      thresholds,
      failedThroughout: alwaysFailed.length > 0,
      ...consequencesOf(comparison, facts),
    }),
  }
}

/** What is counted beside requests and iterations. */
const countsOf = (
  tally: Timeline['total'],
): Pick<Report, 'connections' | 'cookies' | 'challenges' | 'lifecycle'> => ({
  connections: { ...tally.connections },
  cookies: { ...tally.cookies },
  challenges: { ...tally.challenges },
  lifecycle: lifecycleCounts(tally.lifecycle),
})

/** What the comparison and the teardown mean for the exit code. */
const consequencesOf = (comparison: RunComparison | null, { isTornDown = true }: RunFacts) => ({
  isTornDown,
  isRefused: (comparison?.refused ?? []).length > 0,
  isRegressed: comparison?.result?.answer === 'regressed',
})

/**
 * The metrics of each row; without that of arrivals that were never started, unless there are some. A row may be
 * `__proto__`, which an assignment would lose.
 */
function byNameOf(timeline: Timeline, loadS: number): Report['byName'] {
  const { total: tally } = timeline
  const metricsOf = (row: string): RowMetrics => ({
    ...partsOf(row),
    ...deriveMetrics(tally.request(row), { loadS, carriedIn: timeline.carriedIn(row) }),
  })
  // Such an arrival has no counts of requests, but a latency: how long it had waited.
  const waited = tally.requests.get(NOT_STARTED)?.peek('latency')?.count ?? 0
  const isShown = (row: string): boolean => row !== NOT_STARTED || waited > 0
  return Object.fromEntries(
    [...tally.requests.keys()]
      .filter(isShown)
      .sort()
      .map((row) => [row, metricsOf(row)]),
  )
}

const iterationsOf = ({ total: tally, carriedInIterations }: Timeline): Report['iterations'] => ({
  carriedIn: carriedInIterations,
  ...tally.iterations,
  durationMs: summarize(tally.iterationDuration),
  byScenario: Object.fromEntries([...tally.scenarios].sort(([a], [b]) => (a < b ? -1 : 1))),
})

/** `null` without a baseline. */
function comparisonOf(
  plan: Plan,
  timeline: readonly SecondRow[],
  { version, host, agents, stoppedBy, amendments = [], comparands = null }: RunFacts,
  verdict: Verdict,
): RunComparison | null {
  if (plan.baseline === null || comparands === null) return null
  const run = {
    plan,
    amendments,
    version,
    host,
    agents: agents ?? undefined,
    verdict,
    stoppedBy,
    seed: plan.seed,
    timeline,
  }
  return holdAgainst(plan.baseline, comparands, run)
}

const mostFirst = <E extends { message: string; count: number; firstS: number; lastS: number }>(
  errors: ReadonlyMap<string, E>,
  hidden: SecretSet,
): E[] =>
  [...errors.values()]
    .map((error) => ({
      ...error,
      message: hidden.hide(error.message),
      firstS: round(error.firstS),
      lastS: round(error.lastS),
    }))
    .sort((a, b) => b.count - a.count)

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000
