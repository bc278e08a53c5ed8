/**
 * The figure of a threshold in a finished report. The gate saw every latency; a report has percentiles of the whole run
 * and of each second, and a histogram of two digits of each second's latencies. What does not follow from them is a problem, never a guess.
 */
import { isWorse, passes, type ThresholdResult } from '../judge/gate.ts'
import {
  ms,
  NO_SAMPLES,
  samplesFor,
  PERCENTILES,
  type LatencySummary,
  type Metrics,
} from '../measure/metrics.ts'
import { isTimeout } from '../request/outcome.ts'
import { isOfRow, rowOf } from '../request/row.ts'
import type { Report } from './report.ts'
import type { EndedIterations, SecondRow } from '../measure/second.ts'
import { stageSpan } from '../load/stage.ts'
import {
  metricOf,
  type Counted,
  type DistributionMetric,
  type DistributionName,
  type Figure,
} from '../threshold/threshold-metric.ts'
import { printThreshold, type Threshold } from '../threshold/threshold.ts'

/** A figure, or why the report has none. Samples may be more where they are not counted. */
export type ReportFigure = (Figure & { readonly isCounted: boolean }) | { readonly problem: string }

/** The source of figures: some seconds, or the whole run. */
interface Part {
  /** Metrics of the threshold's rows, or of all requests: those of each second that has any, or of the whole run. */
  readonly pieces: readonly { readonly metrics: Metrics; readonly loadS: number }[]
  /** The seconds themselves; `null` for the whole run. */
  readonly rows: readonly SecondRow[] | null
  readonly loadS: number
}

/** Distributions that durations of requests and iterations have. */
type RequestDistribution = Exclude<DistributionName, 'transaction' | 'witness'>

/** Slots of a second's histogram, at two significant digits, are at most this part of their value wide. */
const SLOT = 1 / 128

/** The figure that a threshold is judged by. The name, if it has one, is in the report. */
export function reportFigure(report: Report, threshold: Threshold): ReportFigure {
  const judged = report.thresholds.find(({ expression }) => expression === printThreshold(threshold))
  if (judged !== undefined) return ofGate(judged)
  const { name, overS, stage } = threshold
  if (overS === null && stage === null) {
    // A name that is none of a request's is one of a scenario or of a task.
    const named = name === null ? [] : rowsOf(report.byName, name)
    const { loadS } = report
    const pieces = (named.length === 0 ? [report.total] : named).map((metrics) => ({ metrics, loadS }))
    return figureOf({ pieces, rows: null, loadS }, threshold, report)
  }
  const seconds = report.timeline.filter(
    (row) => row.phase !== 'warmup' && isWithin(report, stage, row.second),
  )
  if (name !== null && seconds.some(({ byNameS }) => byNameS !== 1))
    return notInReport('single seconds of a request name, whose seconds are joined')
  if (overS === null) return figureOf(partOf(seconds, threshold, report), threshold, report)
  return worstWindow(seconds, overS, threshold, report)
}

const ofGate = ({ actual, samples }: ThresholdResult): ReportFigure => ({ actual, samples, isCounted: true })

function isWithin({ plan }: Report, stage: number | null, second: number): boolean {
  if (stage === null) return true
  const span = stageSpan(plan.stages, stage)
  return span !== null && second >= span.fromS && second + 1 <= span.toS
}

/** The part of a second that is load, 0 to 1. */
const loadIn = ({ warmupS, loadS }: Report, second: number): number =>
  Math.min(1, Math.max(0, warmupS + loadS - second))

function partOf(rows: readonly SecondRow[], { name, metric }: Threshold, report: Report): Part {
  const pieces = rows.flatMap((row) => {
    const all = name === null || metricOf(metric)!.namedBy !== 'request' ? [row] : rowsOf(row.byName, name)
    return all.map((metrics) => ({ metrics, loadS: loadIn(report, row.second) }))
  })
  return { pieces, rows, loadS: rows.reduce((sum, { second }) => sum + loadIn(report, second), 0) }
}

/** The metrics of the rows that a name means: one of each method. */
const rowsOf = (byName: Readonly<Record<string, Metrics>>, name: string): Metrics[] =>
  Object.entries(byName).flatMap(([row, metrics]) => (isOfRow(row, name) ? [metrics] : []))

function worstWindow(
  seconds: readonly SecondRow[],
  overS: number,
  threshold: Threshold,
  report: Report,
): ReportFigure {
  const whole = seconds.filter(({ phase, second }) => phase === 'load' && loadIn(report, second) === 1)
  let worst: ReportFigure = { actual: null, samples: 0, isCounted: true }
  for (let i = 0; i + overS <= whole.length; i++) {
    const window = whole.slice(i, i + overS)
    if (window.at(-1)!.second - window[0]!.second !== overS - 1) continue
    const figure = figureOf(partOf(window, threshold, report), threshold, report)
    if ('problem' in figure) return figure
    if (i === 0 || isWorse(threshold, figure, worst)) worst = figure
  }
  return worst
}

function figureOf(part: Part, threshold: Threshold, report: Report): ReportFigure {
  const metric = metricOf(threshold.metric)!
  if (metric.kind === 'distribution')
    return metric.distribution === null
      ? trendFigure(part, metric, report)
      : metric.distribution === 'transaction'
        ? transactionFigure(part, metric, threshold.name, report)
        : metric.distribution === 'witness'
          ? witnessFigure(part, metric, report)
          : durationOf(part, metric.distribution, metric.figure, threshold, report)
  const missing = notCounted(part, threshold, report)
  if (missing !== null) return notInReport(missing)
  const { actual, samples } = metric.measure(countedOf(part, threshold, report))
  return { actual, samples: Math.round(samples), isCounted: true }
}

/** Returns what the report does not count for this figure; `null` if it counts everything. */
function notCounted({ rows }: Part, { metric, name }: Threshold, { custom }: Report): string | null {
  if (metric.startsWith('custom.')) {
    if (rows !== null) return `${metric} of single seconds`
    return Object.hasOwn(custom, metric.slice('custom.'.length)) ? null : metric
  }
  if (rows === null) return null
  if (metric === 'unstarted' || metric === 'retried') return `${metric} of single seconds`
  const isOfTasks = metricOf(metric)!.namedBy !== 'request'
  return name !== null && isOfTasks ? `${metric} of ${name} in single seconds` : null
}

/** Counts as a tally would have them, added up over the part. */
function countedOf({ pieces, rows, loadS }: Part, { name }: Threshold, report: Report): Counted {
  const sum = (field: 'sent' | 'finished' | 'succeeded' | 'failed' | 'unfinished'): number =>
    pieces.reduce((total, { metrics }) => total + metrics[field], 0)
  const request = {
    sent: sum('sent'),
    finished: sum('finished'),
    succeeded: sum('succeeded'),
    failed: sum('failed'),
    unfinished: sum('unfinished'),
    // The rate is rounded, so that this is no whole number.
    finishedInLoad: pieces.reduce(
      (total, { metrics, loadS }) => total + (metrics.requestsPerS ?? 0) * loadS,
      0,
    ),
  }
  return { name, request, tally: rows === null ? tallyOf(report) : tallyOfSeconds(rows), loadS }
}

function tallyOf({ iterations, connections, taskErrors, custom, transactions }: Report): Counted['tally'] {
  return {
    iterations,
    connections,
    scenarios: new Map(Object.entries(iterations.byScenario)),
    taskErrors,
    counters: new Map(
      Object.entries(custom).flatMap(([name, own]) => (own.kind === 'counter' ? [[name, own.sum]] : [])),
    ),
    transactions: new Map(Object.entries(transactions)),
  }
}

/** Seconds count iterations and task errors for all together only, and nothing of the scenario's own. */
function tallyOfSeconds(rows: readonly SecondRow[]): Counted['tally'] {
  const sum = (of: (row: SecondRow) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const ended = (field: keyof EndedIterations): number => sum(({ iterations }) => iterations[field])
  return {
    iterations: {
      due: sum(({ due }) => due),
      dropped: sum(({ dropped }) => dropped),
      started: ended('started'),
      finished: ended('finished'),
      failed: ended('failed'),
      unfinished: ended('unfinished'),
      stuck: ended('stuck'),
      unstarted: 0,
      skipped: 0,
    },
    connections: { retried: 0 },
    scenarios: new Map(),
    taskErrors: [{ task: '', message: '', count: sum((row) => row.taskErrors) }],
    counters: new Map(),
    transactions: transactionsOfSeconds(rows),
  }
}

/** Adds up the transactions of some seconds by name. */
function transactionsOfSeconds(rows: readonly SecondRow[]): Counted['tally']['transactions'] {
  const sums = new Map<string, { finished: number; failed: number; unended: number }>()
  for (const { transactions = {} } of rows)
    for (const [name, { finished, failed, unended }] of Object.entries(transactions)) {
      const sum = sums.get(name) ?? { finished: 0, failed: 0, unended: 0 }
      sum.finished += finished
      sum.failed += failed
      sum.unended += unended
      sums.set(name, sum)
    }
  return sums
}

/** A figure of a trend of the scenario's own, over the whole run. */
function trendFigure({ rows }: Part, { name, figure }: DistributionMetric, { custom }: Report): ReportFigure {
  if (rows !== null) return notInReport(`${name} of single seconds`)
  const trend = name.split('.')[1]!
  const found = Object.hasOwn(custom, trend) ? custom[trend]! : null
  if (found === null || found.kind === 'counter') return notInReport(name)
  const key = figure.replace('.', '_') as keyof LatencySummary
  if (!(key in found)) return notInReport(`${name}; it has ${FIGURES}`)
  return { actual: found[key] as number | null, samples: found.count, isCounted: true }
}

/** A figure of the latencies of the witness, over the whole run. */
function witnessFigure(
  { rows }: Part,
  { name: metric, figure }: DistributionMetric,
  { witness }: Report,
): ReportFigure {
  if (rows !== null) return notInReport(`${metric} of single seconds`)
  if (witness === null) return { actual: null, samples: 0, isCounted: true }
  const { latencyMs } = witness
  const key = figure.replace('.', '_') as keyof LatencySummary
  if (!(key in latencyMs)) return notInReport(`${metric}; it has ${FIGURES}`)
  return { actual: latencyMs[key] as number | null, samples: fewestIn(latencyMs), isCounted: false }
}

/** A figure of the durations of one transaction, over the whole run. */
function transactionFigure(
  { rows }: Part,
  { name: metric, figure }: DistributionMetric,
  name: string | null,
  { transactions }: Report,
): ReportFigure {
  if (rows !== null) return notInReport(`${metric} of single seconds`)
  const names = Object.keys(transactions)
  if (name === null && names.length > 1) return notInReport(`${metric} of several transactions together`)
  const of = name ?? names[0]
  if (of === undefined || !Object.hasOwn(transactions, of))
    return { actual: null, samples: 0, isCounted: true }
  const { durationMs, finished, failed } = transactions[of]!
  const key = figure.replace('.', '_') as keyof LatencySummary
  if (!(key in durationMs)) return notInReport(`${metric}; it has ${FIGURES}`)
  return { actual: durationMs[key] as number | null, samples: finished - failed, isCounted: true }
}

/** A figure of a distribution: of the whole run, of a single second, or of several. */
function durationOf(
  part: Part,
  distribution: RequestDistribution,
  figure: string,
  threshold: Threshold,
  report: Report,
): ReportFigure {
  const { metric, name } = threshold
  const { rows } = part
  if (distribution === 'iteration' && rows !== null) return notInReport(`${metric} of single seconds`)
  const summaries = part.pieces
    .map(({ metrics }) => summaryOf(metrics, distribution, report))
    .filter(({ max }) => max !== null)
  if (summaries.length === 0) return { actual: null, samples: 0, isCounted: true }
  const hasHistograms = rows !== null && distribution === 'latency' && name === null
  const counted =
    rows === null ? samplesOf(part, distribution, name, report) : hasHistograms ? countOf(rows) : 0
  const isCounted = counted > 0
  const samples = isCounted ? counted : summaries.reduce((sum, summary) => sum + fewestIn(summary), 0)
  const given = (actual: number): ReportFigure => ({ actual, samples, isCounted })
  const key = figure.replace('.', '_') as keyof LatencySummary
  const values = summaries.map((summary) => summary[key] as number)
  if (key === 'max') return given(Math.max(...values))
  if (key === 'min') return given(Math.min(...values))
  if (summaries.length === 1 && key in summaries[0]!) return given(values[0]!)
  if (!hasHistograms || key === 'mean')
    return notInReport(
      rows !== null
        ? `${metric} of several seconds together`
        : summaries.length > 1
          ? `${metric} of the several methods of ${name} together`
          : `${metric}; it has ${FIGURES}`,
    )
  const atMost = Math.min(
    quantileMs(rows, Number(figure.slice(1)) / 100),
    Math.max(...summaries.map(({ max }) => max!)),
  )
  const isSame =
    passes(threshold, { actual: atMost, samples }) ===
    passes(threshold, { actual: atMost * (1 - SLOT), samples })
  return isSame
    ? given(atMost)
    : notInReport(`${metric} finely enough: it is between ${ms(atMost * (1 - SLOT) * 1000)} and ${atMost} ms`)
}

const FIGURES = `min, mean, max, ${PERCENTILES.map(([name]) => name.replace('_', '.')).join(', ')}`

const notInReport = (what: string): ReportFigure => ({
  problem: `the report does not say ${what}; give the rule to the run itself, among its thresholds`,
})

/** The number of latencies in these seconds. */
const countOf = (rows: readonly SecondRow[]): number =>
  rows.reduce((sum, { histogram }) => sum + histogram.counts.reduce((n, one) => n + one, 0), 0)

/** A quantile of the latencies of these seconds: the upper edge of a slot of two digits. */
function quantileMs(rows: readonly SecondRow[], q: number): number {
  const counts = new Map<number, number>()
  for (const { histogram } of rows)
    for (const [i, edgeUs] of histogram.upToUs.entries())
      counts.set(edgeUs, (counts.get(edgeUs) ?? 0) + histogram.counts[i]!)
  let left = Math.ceil(q * countOf(rows))
  for (const [edgeUs, n] of [...counts].sort(([a], [b]) => a - b)) if ((left -= n) <= 0) return edgeUs / 1000
  return 0
}

/** A lower bound on the number of samples of a summary. */
const fewestIn = ({ reliableTo }: LatencySummary): number =>
  reliableTo === null ? 1 : samplesFor(PERCENTILES.find(([name]) => name === reliableTo)![1])

/** The number of samples of a distribution of the whole run; 0 if it is not counted. */
function samplesOf(
  { pieces }: Part,
  distribution: RequestDistribution,
  name: string | null,
  report: Report,
): number {
  const { iterations, errors, plan } = report
  const sum = (field: 'succeeded' | 'unfinished' | 'failed'): number =>
    pieces.reduce((total, { metrics }) => total + metrics[field], 0)
  switch (distribution) {
    case 'latency':
    case 'service': {
      const timeouts = errors
        .filter((error) => isTimeout(error.outcome) && (name === null || isOfRow(error.name, name)))
        .reduce((sum, { count }) => sum + count, 0)
      // What never started is among the latencies, under the name of the plan's request.
      const hasUnstarted = distribution === 'latency' && (name === null || isOfRow(rowOf(plan.request), name))
      return sum('succeeded') + sum('unfinished') + timeouts + (hasUnstarted ? iterations.unstarted : 0)
    }
    case 'failed':
      return sum('failed')
    case 'lag':
      return iterations.started
    case 'iteration':
      return iterations.finished
    default:
      return 0
  }
}

function summaryOf(metrics: Metrics, distribution: RequestDistribution, report: Report): LatencySummary {
  switch (distribution) {
    case 'latency':
      return metrics.latencyMs
    case 'service':
      return metrics.serviceMs
    case 'failed':
      return metrics.failedMs
    case 'lag':
      return metrics.lagMs
    case 'iteration':
      return report.iterations.durationMs
    case 'ttfb':
      return metrics.phasesMs.firstByte
    case 'blocked':
      return metrics.phasesMs.blocked ?? NO_SAMPLES
    default:
      return metrics.phasesMs[distribution]
  }
}
