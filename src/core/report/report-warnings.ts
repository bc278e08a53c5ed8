/** The warnings of a report: those of the run, and those that its figures give reason for. */
import { amendedStageWarnings } from '../plan/amendment.ts'
import { cookieWarnings } from '../measure/cookie-counts.ts'
import type { Plan } from '../plan/plan.ts'
import type { PrecisionResult } from '../compare/precision-watch.ts'
import type { SecretSet } from '../request/secret-set.ts'
import type { SecondRow } from '../measure/second.ts'
import type { Timeline } from '../measure/timeline.ts'
import type { JudgedFacts, Judgement } from './judgement.ts'
import { misnamedThresholds } from './misnamed-thresholds.ts'
import { recordsWarnings, type RecordsReport } from './records-report.ts'
import { staleConnectionWarnings } from './stale-connections.ts'
import type { StoppedBy } from '../judge/exit.ts'

interface WarnedRun {
  readonly plan: Plan
  readonly timeline: Timeline
  readonly facts: JudgedFacts & {
    readonly stoppedBy: StoppedBy
    readonly warnings: readonly string[]
    readonly until?: readonly PrecisionResult[]
    readonly records?: RecordsReport | null
  }
  readonly judgement: Judgement
  /** What failed from the first iteration to the last; see `failedThroughout`. */
  readonly alwaysFailed: readonly string[]
  readonly hidden: SecretSet
}

export function reportWarnings({
  plan,
  timeline,
  facts,
  judgement,
  alwaysFailed,
  hidden,
}: WarnedRun): string[] {
  const { total: tally, rows } = timeline
  const { total, outcomes, thresholds } = judgement
  return [
    ...facts.warnings.map((warning) => hidden.hide(warning)),
    ...facts.gate.warnings(thresholds, facts.stoppedBy === 'threshold'),
    ...misnamedThresholds(plan.thresholds, thresholds, tally),
    ...amendedStageWarnings(plan, facts.amendments ?? []),
    ...alwaysFailed.map((what) => `${what}, so the run failed`),
    ...cookieWarnings(tally.cookies),
    ...staleConnectionWarnings(
      total.finished,
      tally.connections.retried,
      outcomes,
      plan.transport === 'http2' && plan.connections !== null,
    ),
    ...clampedWarning(tally.lag.clamped + tally.latencyFloor.clamped),
    ...untilWarnings(facts.until ?? [], facts.stoppedBy),
    ...recordsWarnings(facts.records ?? null),
    ...joinedWarning(timeline.nameSpanS, tally.requests.size),
    ...(isAllWarmup(rows) ? ['the run ended within its warm-up: nothing was measured'] : []),
  ]
}

/** The precisions that a run ended without. */
const untilWarnings = (until: readonly PrecisionResult[], stoppedBy: StoppedBy): string[] =>
  stoppedBy === 'until'
    ? []
    : until.flatMap(({ expression, precision, seconds, samples }) =>
        precision === null
          ? [
              `${expression} was not reached: ${seconds} measured s and ${samples} latencies are too few for an interval`,
            ]
          : [
              `${expression} was not reached within ${seconds} measured s: the 95 % interval is ± ${(100 * precision).toFixed(1)} %`,
            ],
      )

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
