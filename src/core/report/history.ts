/** The history of a plan: a small record of each kept run, and where its figures have changed. */
import { changePoints, type ChangePoint } from '../compare/change-points.ts'
import { isCarriedOut, type StoppedBy } from '../judge/exit.ts'
import type { Verdict } from '../judge/verdict.ts'
import { subjectOf } from '../scenario/script-plan.ts'
import type { Report } from './report.ts'

export const HISTORY_SCHEMA = 'corerush/history/1'

/** The commit that a run was made at. */
export interface Commit {
  /** Its name, such as `4f2a91c03b7e`. */
  readonly id: string
  /** Whether files had been changed since; `null` if unknown. */
  readonly isDirty: boolean | null
}

/** The figures over time. */
export const HISTORY_FIGURES = ['requestsPerS', 'p50', 'p95', 'p99'] as const
export type HistoryFigure = (typeof HISTORY_FIGURES)[number]

/** A kept run. */
export interface HistoryRecord {
  readonly schema: typeof HISTORY_SCHEMA
  /** Wall time of the start, ISO 8601. */
  readonly startedAt: string
  /** A name of the plan: equal for runs of equal plans. */
  readonly plan: string
  /** What was sent, as text. */
  readonly subject: string
  readonly version: string
  /** CPU model and Node, which figures depend on. */
  readonly host: string
  readonly commit: Commit | null
  readonly verdict: Verdict['level']
  readonly exitCode: number
  readonly stoppedBy: StoppedBy
  readonly requests: number
  readonly failedRatio: number | null
  readonly requestsPerS: number | null
  /** Latencies of the run in milliseconds, and how far the generator may have raised each. */
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly boundMs: Readonly<Record<'p50' | 'p95' | 'p99', number | null>>
}

/** The record of a run; `plan` is the name of its plan. */
export function recordOf(report: Report, plan: string, commit: Commit | null): HistoryRecord {
  const { total, verdict, host } = report
  const { p50, p95, p99 } = total.latencyMs
  const bounds = verdict.errorBoundMs
  return {
    schema: HISTORY_SCHEMA,
    startedAt: report.startedAt,
    ...{ plan, subject: subjectOf(report.plan), version: report.version },
    host: `${host.cpuModel}, ${host.cores} cores, Node ${host.node}`,
    commit,
    verdict: verdict.level,
    ...{ exitCode: report.exitCode, stoppedBy: report.stoppedBy },
    requests: total.finished + total.unfinished,
    failedRatio: total.failedRatio,
    requestsPerS: total.requestsPerS,
    ...{ p50, p95, p99 },
    boundMs: { p50: bounds.p50, p95: bounds.p95, p99: bounds.p99 },
  }
}

/** A change of a figure: the number of the first run after it, from 1. */
export interface HistoryChange extends Omit<ChangePoint, 'at'> {
  readonly figure: HistoryFigure
  readonly run: number
}

/** The runs of one plan, the oldest first. */
export interface PlanHistory {
  readonly plan: string
  readonly subject: string
  readonly runs: readonly HistoryRecord[]
  /** In the order of the runs. */
  readonly changes: readonly HistoryChange[]
  /** Runs whose figures can be trusted, and count for changes. */
  readonly tested: number
}

/** The histories of all plans, that with the newest run first; of each at most this many of the newest runs. */
export function historiesOf(records: readonly HistoryRecord[], most: number): PlanHistory[] {
  const byPlan = new Map<string, HistoryRecord[]>()
  for (const record of [...records].sort(byStart))
    byPlan.set(record.plan, [...(byPlan.get(record.plan) ?? []), record])
  return [...byPlan.values()]
    .map((runs) => historyOf(runs.slice(-most)))
    .sort((a, b) => byStart(b.runs.at(-1)!, a.runs.at(-1)!))
}

function historyOf(runs: readonly HistoryRecord[]): PlanHistory {
  // Neither void runs nor those that were cut short measure the plan.
  const tested = runs.flatMap((run, i) =>
    run.verdict === 'void' || !isCarriedOut(run.stoppedBy) ? [] : [{ run, number: i + 1 }],
  )
  const changes = HISTORY_FIGURES.flatMap((figure) => {
    const known = tested.flatMap(({ run, number }) => {
      const value = run[figure]
      return value === null ? [] : [{ value, number }]
    })
    return changePoints(known.map(({ value }) => value)).map(({ at, ...change }): HistoryChange => ({
      ...{ figure, run: known[at]!.number },
      ...change,
    }))
  })
  const { plan, subject } = runs.at(-1)!
  return { plan, subject, runs, changes: changes.sort((a, b) => a.run - b.run), tested: tested.length }
}

const byStart = (a: HistoryRecord, b: HistoryRecord): number =>
  a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0

/** Why a text is no record of a run; `null` if it is one. Anybody may have written the file. */
export function recordProblem(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'is no record of a run'
  const record = value as Readonly<Record<string, unknown>>
  if (record['schema'] !== HISTORY_SCHEMA) return `is not of the schema ${HISTORY_SCHEMA}`
  const texts = ['startedAt', 'plan', 'subject', 'version', 'host', 'stoppedBy']
  const wrong =
    texts.find((field) => typeof record[field] !== 'string') ??
    [...HISTORY_FIGURES, 'failedRatio'].find((field) => !isFigure(record[field])) ??
    ['requests', 'exitCode'].find((field) => typeof record[field] !== 'number') ??
    (['sound', 'suspect', 'void'].includes(String(record['verdict'])) ? undefined : 'verdict') ??
    (isCommit(record['commit']) ? undefined : 'commit') ??
    (isBounds(record['boundMs']) ? undefined : 'boundMs')
  return wrong === undefined ? null : `is no whole record of a run: ${wrong}`
}

const isFigure = (value: unknown): boolean =>
  value === null || (typeof value === 'number' && Number.isFinite(value))

const isBounds = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['p50', 'p95', 'p99'].every((name) => isFigure((value as Readonly<Record<string, unknown>>)[name]))

const isCommit = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && typeof (value as { readonly id?: unknown }).id === 'string')
