/** Two reports and their comparison, as one page shows them. Plain JSON, read by `src/page`. Pure. */
import type { Answer, Comparison } from '../../core/compare/comparison.ts'
import { largest } from '../../core/extremes.ts'
import type { Report } from '../../core/report/report.ts'
import { answerCells, ANSWER_TITLES, sentenceOfAnswer } from '../text/comparison-text.ts'
import { bucketFor, decimate, type Extremes, type Track } from '../text/decimation.ts'
import { nameBucketFor, requestTrack, totalTrack } from './tracks.ts'
import { viewOf, type ReportView } from './view.ts'

/** Points per line of a chart, and per line summed over all request names. */
const MOST_POINTS = 2000
const MOST_NAMED_POINTS = 36_000

/** One of the two runs. */
export interface SideView extends Pick<
  ReportView,
  'report' | 'words' | 'endS' | 'warmupEndS' | 'total' | 'curve'
> {
  /** Lines of each request name that both runs have. */
  readonly names: Readonly<Record<string, Track['lines']>>
  /** The run as named on the command line. */
  readonly source: string
  /** Utilization of the busiest worker in each second. */
  readonly busiest: Extremes
}

export interface ComparisonView {
  readonly answer: Answer
  readonly sentence: string
  readonly method: Comparison['method']
  /** A row per rule; `cells` correspond to `titles`. */
  readonly titles: readonly string[]
  readonly rules: readonly {
    readonly cells: readonly string[]
    readonly answer: Answer
    readonly advice: string | null
  }[]
  /** Allowed differences between the runs, and other warnings. */
  readonly warnings: readonly string[]
  /** Seconds per bucket in the lines of a request name. */
  readonly nameBucketS: number
  readonly baseline: SideView
  readonly current: SideView
}

/** A run, and its name on the command line. */
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
  // Both runs use the bucket length of the longer one.
  const seconds = Math.max(before.timeline.length, after.timeline.length)
  const bucketS = bucketFor(seconds, MOST_POINTS)
  const wantedS = bucketFor(seconds, Math.min(MOST_POINTS, Math.round(MOST_NAMED_POINTS / names.length)))
  const nameBucketS = Math.max(
    nameBucketFor(before.timeline, wantedS),
    nameBucketFor(after.timeline, wantedS),
  )
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
