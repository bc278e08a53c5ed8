/** Two reports, and what came of comparing them, as one page shows them. Plain JSON, read by `src/page`. Pure. */
import type { Answer, Comparison } from '../core/compare.ts'
import { largest } from '../core/extremes.ts'
import type { Report } from '../core/report.ts'
import { answerCells, ANSWER_TITLES, sentenceOfAnswer } from './comparison.ts'
import { decimate, type Extremes } from './decimation.ts'
import { viewOf, type ReportView } from './view.ts'

/** One of the two runs. */
export interface SideView extends Pick<
  ReportView,
  'report' | 'words' | 'endS' | 'warmupEndS' | 'total' | 'names' | 'curve'
> {
  /** What the command line called it. */
  readonly source: string
  /** Utilization of the worker that was busiest in each second. */
  readonly busiest: Extremes
}

export interface ComparisonView {
  readonly answer: Answer
  readonly sentence: string
  readonly method: Comparison['method']
  /** A row for each rule; `cells` go with `titles`. */
  readonly titles: readonly string[]
  readonly rules: readonly {
    readonly cells: readonly string[]
    readonly answer: Answer
    readonly advice: string | null
  }[]
  /** How the runs differ, which was allowed, and what else a reader must know. */
  readonly warnings: readonly string[]
  readonly baseline: SideView
  readonly current: SideView
}

/** A run and what the command line called it. */
export interface NamedRun {
  readonly source: string
  readonly report: Report
}

export function comparisonViewOf(
  baseline: NamedRun,
  current: NamedRun,
  comparison: Comparison,
  warnings: readonly string[],
): ComparisonView {
  const { answer, method, metrics } = comparison
  const seconds = Math.max(baseline.report.timeline.length, current.report.timeline.length)
  return {
    answer,
    sentence: sentenceOfAnswer(answer),
    method,
    titles: ANSWER_TITLES,
    rules: metrics.map((metric) => ({
      cells: answerCells(metric),
      answer: metric.answer,
      advice: metric.advice,
    })),
    warnings,
    baseline: sideOf(baseline, seconds),
    current: sideOf(current, seconds),
  }
}

/** Both are drawn in buckets of the same length, which is that of the longer run. */
function sideOf({ source, report }: NamedRun, seconds: number): SideView {
  const { report: figures, words, endS, warmupEndS, total, names, curve } = viewOf(report, seconds)
  const busiest = report.timeline.map(({ workers }) =>
    workers.length === 0 ? null : largest(workers.map(({ utilization }) => utilization)),
  )
  return {
    ...{ source, report: figures, words, endS, warmupEndS, total, names, curve },
    busiest: decimate(busiest, total.bucketS),
  }
}
