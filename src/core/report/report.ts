/** The report of a run: one versioned JSON object, units in the names. All outputs are written from it. */
import { amendedPlan, amendedStageWarnings, type Amendment } from '../plan/amendment.ts'
import { earliest, type CapturedFailure } from '../request/captured.ts'
import { customReport, type CustomReport } from '../measure/custom-metrics.ts'
import { exitCodeOf, failedThroughout, type StoppedBy } from '../judge/exit.ts'
import { cookieWarnings, type CookieCounts } from '../measure/cookie-counts.ts'
import type { HostReport } from '../measure/host-facts.ts'
import { deriveMetrics, summarize, type LatencySummary, type Metrics } from '../measure/metrics.ts'
import type { Outcome } from '../request/outcome.ts'
import type { Plan } from '../plan/plan.ts'
import { redactPlan } from '../plan/redact.ts'
import { holdAgainst, type Comparands, type RunComparison } from '../compare/run-comparison.ts'
import { SecretSet } from '../request/secret-set.ts'
import { RequestTally } from '../measure/request-tally.ts'
import {
  mergeRequests,
  type ChallengeCounts,
  type ConnectionCounts,
  type ErrorCount,
  type IterationCounts,
  type ScenarioCounts,
} from '../measure/tally.ts'
import type { TaskErrorCount } from '../measure/task-error.ts'
import type { SecondRow } from '../measure/second.ts'
import type { Timeline } from '../measure/timeline.ts'
import { staleConnectionWarnings } from './stale-connections.ts'
import { countedEvidence, type Evidence } from '../judge/rules/evidence.ts'
import type { Gate, ThresholdResult } from '../judge/gate.ts'
import { judge, type Verdict } from '../judge/verdict.ts'

export const REPORT_SCHEMA = 'corerush.report/1'

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
  /** Changes of the load while the run went on, in their order; the plan is that from before them. */
  readonly amendments: readonly Amendment[]
  readonly host: HostReport
  readonly stoppedBy: StoppedBy
  readonly warnings: readonly string[]
  readonly total: Metrics
  readonly byName: Readonly<Record<string, Metrics>>
  readonly iterations: Readonly<IterationCounts> & {
    /** Arrivals that waited for a user when measuring began. */
    readonly carriedIn: number
    readonly durationMs: LatencySummary
    /** Iterations that ended, by scenario; empty unless scenarios have names. */
    readonly byScenario: Readonly<Record<string, Readonly<ScenarioCounts>>>
  }
  /** Metrics of the scenario's own. */
  readonly custom: Readonly<Record<string, CustomReport>>
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>
  readonly errors: readonly Readonly<ErrorCount>[]
  /** The first failing exchanges of each outcome, as many as the plan asks for. */
  readonly capturedFailures: readonly CapturedFailure[]
  /** Errors thrown by tasks of a scenario, separate from failed requests. */
  readonly taskErrors: readonly Readonly<TaskErrorCount>[]
  readonly connections: Readonly<ConnectionCounts>
  readonly cookies: Readonly<CookieCounts>
  readonly challenges: Readonly<ChallengeCounts>
  /** Host names that were looked up, each with all addresses found; users take those of one family in turn. */
  readonly addresses: Readonly<Record<string, readonly string[]>>
  readonly timeline: readonly SecondRow[]
  readonly thresholds: readonly ThresholdResult[]
  /** With a baseline; of repeated runs in the last report, for all of them. */
  readonly comparison: RunComparison | null
  readonly verdict: Verdict
  readonly exitCode: number
}

/** Facts of a run that only the main thread knows. */
export interface RunFacts {
  readonly version: string
  readonly startedAt: string
  readonly durationS: number
  readonly host: HostReport
  readonly stoppedBy: StoppedBy
  readonly warnings: readonly string[]
  readonly lostWorkers: Evidence['lostWorkers']
  /** None where it is left out. */
  readonly amendments?: readonly Amendment[]
  readonly addresses: Report['addresses']
  /** The gate, which has seen every settled second of the run. */
  readonly gate: Gate
  /** Requests per second that these workers were once measured to make soundly on this host; `null` if they were not. */
  readonly soundPerS?: number | null
  /** The runs that the plan's baseline names. */
  readonly comparands?: Comparands | null
}

/** The judgement of a run that has ended, or of the part that is over. */
export interface Judgement {
  readonly total: Metrics
  readonly outcomes: ReadonlyMap<Outcome, number>
  readonly thresholds: readonly ThresholdResult[]
  readonly verdict: Verdict
}

/** Facts needed to judge. `loadEndS` is the end of the load, `untilS` the end of the measurement, in s of run time. */
type JudgementFacts = Pick<RunFacts, 'lostWorkers' | 'amendments' | 'gate' | 'soundPerS'> & {
  readonly loadEndS: number
  readonly untilS: number
  /** A threshold ended the run. */
  readonly wasStopped: boolean
}

export function judgeRun(plan: Plan, timeline: Timeline, facts: JudgementFacts): Judgement {
  const { total: tally, rows } = timeline
  const { gate, lostWorkers, loadEndS, wasStopped } = facts
  const loadS = loadOf(timeline, loadEndS, facts.untilS)
  const all = mergeRequests(tally, new RequestTally(true))
  const names = [...tally.requests.keys()]
  const carriedIn = names.reduce((sum, name) => sum + timeline.carriedIn(name), 0)
  const counted = countedEvidence(tally, all, { loadS, carriedIn })
  const verdict = judge({
    ...counted,
    plan: amendedPlan(plan, facts.amendments ?? []),
    rows,
    loadEndS,
    lostWorkers,
    soundPerS: facts.soundPerS ?? null,
  })
  const thresholds = gate.results(timeline, all, loadS, wasStopped)
  return { total: counted.total, outcomes: all.outcomes, thresholds, verdict }
}

/** The measured load, warm-up left out. */
const loadOf = (timeline: Timeline, loadEndS: number, untilS: number): number =>
  Math.max(0, Math.min(loadEndS, untilS) - timeline.warmupS)

/** `judged`, where it has been judged already by the same facts. */
export function buildReport(
  plan: Plan,
  timeline: Timeline,
  facts: RunFacts,
  judged: Judgement | null = null,
): Report {
  const { total: tally, rows } = timeline
  const wasStopped = facts.stoppedBy === 'threshold'
  const untilS = facts.durationS
  // Of a run that goes on, the load ends where it was measured up to.
  const loadEndS = Math.min(timeline.loadEndS, untilS)
  const judgement = judged ?? judgeRun(plan, timeline, { ...facts, loadEndS, untilS, wasStopped })
  const { total, outcomes, thresholds, verdict } = judgement
  const loadS = loadOf(timeline, loadEndS, untilS)
  // A request may have any name, `__proto__` too, which an assignment would lose.
  const byName = Object.fromEntries(
    [...tally.requests.keys()]
      .sort()
      .map((name) => [
        name,
        deriveMetrics(tally.request(name), { loadS, carriedIn: timeline.carriedIn(name) }),
      ]),
  )
  const shownPlan = redactPlan(plan)
  const { version, host, stoppedBy, amendments = [], comparands = null } = facts
  const comparison =
    plan.baseline === null || comparands === null
      ? null
      : holdAgainst(plan.baseline, comparands, {
          plan: shownPlan,
          amendments,
          version,
          host,
          verdict,
          stoppedBy,
          seed: plan.seed,
          timeline: rows,
        })
  // What a target or a script says may quote what it was sent.
  const hidden = SecretSet.declared(plan.hidden)
  const shown = (text: string): string => hidden.hide(text)
  const taskErrors = mostFirst(tally.taskErrors, shown)
  const byScenario = Object.fromEntries([...tally.scenarios].sort(([a], [b]) => (a < b ? -1 : 1)))
  const always = failedThroughout({ taskErrors, iterations: { ...tally.iterations, byScenario } })
  return {
    schema: REPORT_SCHEMA,
    version,
    startedAt: facts.startedAt,
    durationS: round(facts.durationS),
    loadS: round(loadS),
    model: plan.model,
    workers: plan.workers,
    transport: plan.transport,
    seed: plan.seed,
    plan: shownPlan,
    amendments,
    host,
    stoppedBy,
    warnings: [
      ...facts.warnings.map(shown),
      ...facts.gate.warnings(thresholds, wasStopped),
      ...amendedStageWarnings(plan, amendments),
      ...always.map((what) => `${what}: so has the run`),
      ...cookieWarnings(tally.cookies),
      ...staleConnectionWarnings(total.finished, tally.connections.retried, outcomes),
      ...clampedWarning(tally.lag.clamped + tally.latencyFloor.clamped),
      ...joinedWarning(timeline.nameSpanS, tally.requests.size),
      ...(isAllWarmup(rows) ? ['the run ended within its warm-up: nothing was measured'] : []),
    ],
    total,
    byName,
    iterations: {
      carriedIn: timeline.carriedInIterations,
      ...tally.iterations,
      durationMs: summarize(tally.iterationDuration),
      byScenario,
    },
    custom: customReport(plan.scenario?.metrics ?? [], tally),
    outcomes: Object.fromEntries([...outcomes].sort(([, a], [, b]) => b - a)),
    errors: mostFirst(tally.errors, shown),
    capturedFailures: earliest(timeline.captured, plan.captureFailures),
    taskErrors,
    connections: { ...tally.connections },
    cookies: { ...tally.cookies },
    challenges: { ...tally.challenges },
    addresses: facts.addresses,
    timeline: rows,
    thresholds,
    comparison,
    verdict,
    exitCode: exitCodeOf({
      stoppedBy,
      level: verdict.level,
      thresholds,
      failedThroughout: always.length > 0,
      isRefused: (comparison?.refused ?? []).length > 0,
      isRegressed: comparison?.result?.answer === 'regressed',
    }),
  }
}

const mostFirst = <E extends { message: string; count: number; firstS: number; lastS: number }>(
  errors: ReadonlyMap<string, E>,
  shown: (message: string) => string,
): E[] =>
  [...errors.values()]
    .map((error) => ({
      ...error,
      message: shown(error.message),
      firstS: round(error.firstS),
      lastS: round(error.lastS),
    }))
    .sort((a, b) => b.count - a.count)

const isAllWarmup = (rows: readonly SecondRow[]): boolean =>
  rows.some(({ phase, sent }) => phase === 'warmup' && sent > 0) &&
  rows.every(({ phase, finished }) => phase === 'warmup' || finished === 0)

/** Not every second of every name is kept; that is never silent. */
const joinedWarning = (spanS: number, names: number): string[] =>
  spanS === 1
    ? []
    : [
        `${names} request names: their seconds are joined in spans of ${spanS} s in the timeline (byName), with the lowest and highest second of each; totals and thresholds have every second`,
      ]

/** Above 1 h a duration is kept as 1 h; that is never silent. */
const clampedWarning = (n: number): string[] =>
  n === 0 ? [] : [`${n} durations were above 1 h and are counted as 1 h`]

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000
