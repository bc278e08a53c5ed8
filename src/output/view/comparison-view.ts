/** Two reports, and what came of comparing them, as one page shows them. Plain JSON, read by `src/page`. Pure. */
import type { Answer, Comparison } from '../../core/compare/comparison.ts'
import { largest } from '../../core/extremes.ts'
import type { Report } from '../../core/report/report.ts'
import { answerCells, ANSWER_TITLES, sentenceOfAnswer } from '../text/comparison-text.ts'
import { bucketFor, decimate, type Extremes, type Track } from '../text/decimation.ts'
import { requestTrack, totalTrack } from './tracks.ts'
import { viewOf, type ReportView } from './view.ts'

/** What a chart can show of one line, and of the same line of all request names together. */
const MOST_POINTS = 2000
const MOST_NAMED_POINTS = 36_000

/** One of the two runs. */
export interface SideView extends Pick<
  ReportView,
  'report' | 'words' | 'endS' | 'warmupEndS' | 'total' | 'curve'
> {
  /** The request names that both runs have. */
  readonly names: Readonly<Record<string, Track['lines']>>
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
  /** How many seconds a bucket of each request name has. */
  readonly nameBucketS: number
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
  const [before, after] = [baseline.report, current.report]
  const names = Object.keys(before.byName).filter((name) => Object.hasOwn(after.byName, name))
  // Buckets are as long as the longer run needs them, and the same for both.
  const seconds = Math.max(before.timeline.length, after.timeline.length)
  const bucketS = bucketFor(seconds, MOST_POINTS)
  const nameBucketS = bucketFor(seconds, Math.min(MOST_POINTS, Math.round(MOST_NAMED_POINTS / names.length)))
  const side = (run: NamedRun): SideView => sideOf(run, bucketS, { names, nameBucketS })
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
    nameBucketS,
    baseline: side(baseline),
    current: side(current),
  }
}

function sideOf(
  { source, report }: NamedRun,
  bucketS: number,
  { names, nameBucketS }: { readonly names: readonly string[]; readonly nameBucketS: number },
): SideView {
  const { timeline } = report
  const { report: figures, words, endS, warmupEndS, curve } = viewOf(report)
  const busiest = timeline.map(({ workers }) =>
    workers.length === 0 ? null : largest(workers.map(({ utilization }) => utilization)),
  )
  return {
    ...{ source, report: figures, words, endS, warmupEndS, curve },
    total: totalTrack(report, bucketS),
    names: Object.fromEntries(names.map((name) => [name, requestTrack(timeline, name, nameBucketS)])),
    busiest: decimate(busiest, bucketS),
  }
}
