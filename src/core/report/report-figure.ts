/**
 * The figure of a threshold in a finished report. The gate saw every latency; a report has percentiles of the whole run
 * and of each second, and a histogram of two digits of each second's latencies. What does not follow from them is a problem, never a guess.
 */
import { isWorse, passes, type ThresholdResult } from '../judge/gate.ts'
import { ms, samplesFor, PERCENTILES, type LatencySummary, type Metrics } from '../measure/metrics.ts'
import { isTimeout } from '../request/outcome.ts'
import type { Report } from './report.ts'
import type { EndedIterations, SecondRow } from '../measure/second.ts'
import { stageSpan } from '../load/stage.ts'
import { iterationsFailed, metricOf, taskErrorsFigure, type Figure } from '../threshold/threshold-metric.ts'
import { printThreshold, type Threshold } from '../threshold/threshold.ts'

/** A figure, or why the report has none. Samples may be more where they are not counted. */
export type ReportFigure = (Figure & { readonly isCounted: boolean }) | { readonly problem: string }

/** The source of figures: some seconds, or the whole run. */
interface Part {
  /** Metrics of the threshold's name, or of all requests: one for each second that has any, or one for the whole run. */
  readonly pieces: readonly { readonly metrics: Metrics; readonly loadS: number }[]
  /** The seconds themselves; null for the whole run. */
  readonly rows: readonly SecondRow[] | null
  readonly loadS: number
}

/** Slots of a second's histogram, at two significant digits, are at most this part of their value wide. */
const SLOT = 1 / 128

/** The figure that a threshold is judged by. The name, if it has one, is in the report. */
export function reportFigure(report: Report, threshold: Threshold): ReportFigure {
  const judged = report.thresholds.find(({ expression }) => expression === printThreshold(threshold))
  if (judged !== undefined) return ofGate(judged)
  const { name, overS, stage } = threshold
  if (overS === null && stage === null) {
    // A name that is none of a request's is one of a scenario or of a task.
    const metrics = (name === null ? null : report.byName[name]) ?? report.total
    const { loadS } = report
    return figureOf({ pieces: [{ metrics, loadS }], rows: null, loadS }, threshold, report)
  }
  const seconds = report.timeline.filter(
    (row) => row.phase !== 'warmup' && isWithin(report, stage, row.second),
  )
  if (name !== null && seconds.some(({ byNameS }) => byNameS !== 1))
    return untold('single seconds of a request name, whose seconds are joined')
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
const loadIn = ({ plan, loadS }: Report, second: number): number =>
  Math.min(1, Math.max(0, plan.warmupS + loadS - second))

function partOf(rows: readonly SecondRow[], { name, metric }: Threshold, report: Report): Part {
  const pieces = rows.flatMap((row) => {
    const metrics = name === null || metricOf(metric)!.namedBy !== 'request' ? row : row.byName[name]
    return metrics === undefined ? [] : [{ metrics, loadS: loadIn(report, row.second) }]
  })
  return { pieces, rows, loadS: rows.reduce((sum, { second }) => sum + loadIn(report, second), 0) }
}

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
  const { metric } = threshold
  const [, distribution = 'latency', figure] = /^(?:([a-z]+)\.)?(min|mean|max|p\d.*)$/.exec(metric) ?? []
  if (figure !== undefined) return durationOf(part, distribution, figure, threshold, report)
  const { pieces, rows, loadS } = part
  const sum = (field: 'sent' | 'finished' | 'succeeded' | 'failed' | 'unfinished'): number =>
    pieces.reduce((total, { metrics }) => total + metrics[field], 0)
  const ended = sum('finished') + sum('unfinished')
  const counted = (actual: number | null, samples: number): ReportFigure => ({
    actual,
    samples,
    isCounted: true,
  })
  switch (metric) {
    case 'failed':
      return counted(ended > 0 ? (sum('failed') + sum('unfinished')) / ended : null, ended)
    case 'rps': {
      const inLoad = pieces.reduce(
        (total, { metrics, loadS }) => total + (metrics.requestsPerS ?? 0) * loadS,
        0,
      )
      return counted(loadS > 0 ? Math.round((inLoad / loadS) * 1000) / 1000 : null, Math.round(inLoad))
    }
    case 'count':
      return counted(sum('finished'), Math.max(sum('sent'), ended))
    case 'sent':
    case 'succeeded':
    case 'unfinished':
      return counted(sum(metric), Math.max(sum('sent'), ended))
    case 'due':
    case 'dropped': {
      const of = (field: 'due' | 'dropped'): number =>
        rows === null ? report.iterations[field] : rows.reduce((total, row) => total + row[field], 0)
      return counted(of(metric), of('due'))
    }
    case 'iterations.failed':
    case 'taskErrors':
      return tasksFigure(part, threshold, report)
    default: {
      if (metric.startsWith('custom.')) return customFigure(part, metric, report)
      if (rows !== null) return untold(`${metric} of single seconds`)
      const { due, started, dropped, unstarted } = report.iterations
      const actual = metric === 'started' ? started : unstarted
      return counted(actual, Math.max(due, started + dropped + unstarted))
    }
  }
}

/** A figure of iterations or of task errors, which seconds have for all together only. */
function tasksFigure({ rows }: Part, { metric, name }: Threshold, report: Report): ReportFigure {
  const { iterations, taskErrors } = report
  if (rows === null) {
    const figure =
      metric === 'taskErrors'
        ? taskErrorsFigure(taskErrors, name, iterations.started)
        : iterationsFailed(name === null ? iterations : iterations.byScenario[name])
    return { ...figure, isCounted: true }
  }
  if (name !== null) return untold(`${metric} of ${name} in single seconds`)
  const sum = (of: (row: SecondRow) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const of = (field: keyof EndedIterations): number => sum((row) => row.iterations[field])
  if (metric === 'taskErrors') {
    const actual = sum((row) => row.taskErrors)
    return { actual, samples: Math.max(of('started'), actual), isCounted: true }
  }
  const ended = { finished: of('finished'), failed: of('failed'), unfinished: of('unfinished') }
  return { ...iterationsFailed({ ...ended, stuck: of('stuck') }), isCounted: true }
}

/** A metric of the scenario's own, over the whole run. */
function customFigure({ rows }: Part, metric: string, { custom, iterations }: Report): ReportFigure {
  if (rows !== null) return untold(`${metric} of single seconds`)
  const [, name, ...figure] = metric.split('.')
  const found = Object.hasOwn(custom, name!) ? custom[name!]! : null
  if (found === null) return untold(metric)
  if (found.kind === 'counter') return { actual: found.sum, samples: iterations.started, isCounted: true }
  const key = figure.join('_') as keyof LatencySummary
  if (!(key in found)) return untold(`${metric}; it has ${FIGURES}`)
  return { actual: found[key] as number | null, samples: found.count, isCounted: true }
}

/** A figure of a distribution: of the whole run, of a single second, or of several. */
function durationOf(
  part: Part,
  distribution: string,
  figure: string,
  threshold: Threshold,
  report: Report,
): ReportFigure {
  const { metric, name } = threshold
  const { rows } = part
  if (distribution === 'iteration' && rows !== null) return untold(`${metric} of single seconds`)
  const summaries = part.pieces
    .map(({ metrics }) => summaryOf(metrics, distribution, report))
    .filter(({ max }) => max !== null)
  if (summaries.length === 0) return { actual: null, samples: 0, isCounted: true }
  const hasHistograms = rows !== null && distribution === 'latency' && name === null
  const counted =
    rows === null
      ? samplesOf(part.pieces[0]!.metrics, distribution, name, report)
      : hasHistograms
        ? countOf(rows)
        : 0
  const isCounted = counted > 0
  const samples = isCounted ? counted : summaries.reduce((sum, summary) => sum + fewestIn(summary), 0)
  const told = (actual: number): ReportFigure => ({ actual, samples, isCounted })
  const key = figure.replace('.', '_') as keyof LatencySummary
  const values = summaries.map((summary) => summary[key] as number)
  if (key === 'max') return told(Math.max(...values))
  if (key === 'min') return told(Math.min(...values))
  if (summaries.length === 1 && key in summaries[0]!) return told(values[0]!)
  if (!hasHistograms || key === 'mean')
    return untold(rows === null ? `${metric}; it has ${FIGURES}` : `${metric} of several seconds together`)
  const atMost = Math.min(
    quantileMs(rows, Number(figure.slice(1)) / 100),
    Math.max(...summaries.map(({ max }) => max!)),
  )
  const isSame =
    passes(threshold, { actual: atMost, samples }) ===
    passes(threshold, { actual: atMost * (1 - SLOT), samples })
  return isSame
    ? told(atMost)
    : untold(`${metric} finely enough: it is between ${ms(atMost * (1 - SLOT) * 1000)} and ${atMost} ms`)
}

const FIGURES = `min, mean, max, ${PERCENTILES.map(([name]) => name.replace('_', '.')).join(', ')}`

const untold = (what: string): ReportFigure => ({
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
function samplesOf(metrics: Metrics, distribution: string, name: string | null, report: Report): number {
  const { iterations, errors, plan } = report
  switch (distribution) {
    case 'latency':
    case 'service': {
      const timeouts = errors
        .filter((error) => isTimeout(error.outcome) && (name === null || error.name === name))
        .reduce((sum, { count }) => sum + count, 0)
      // What never started is among the latencies, under the name of the plan's request.
      const hasUnstarted = distribution === 'latency' && (name === null || name === plan.request.name)
      return metrics.succeeded + metrics.unfinished + timeouts + (hasUnstarted ? iterations.unstarted : 0)
    }
    case 'failed':
      return metrics.failed
    case 'lag':
      return iterations.started
    case 'iteration':
      return iterations.finished
    default:
      return 0
  }
}

function summaryOf(metrics: Metrics, distribution: string, report: Report): LatencySummary {
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
    default:
      return metrics.phasesMs[distribution as 'dns' | 'connect' | 'tls' | 'download']
  }
}
