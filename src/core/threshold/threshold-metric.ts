/** The metrics of thresholds: name, unit, and how each is read from the measurement. */
import type { Histogram } from '../measure/histogram.ts'
import { failedRatio, ms, requestsPerS, type RequestCounts } from '../measure/metrics.ts'
import type { TransactionCounts } from '../measure/transaction-tally.ts'
import { nearest } from '../suggest.ts'
import type { RequestTally } from '../measure/request-tally.ts'
import type { TaskErrorCount } from '../measure/task-error.ts'
import type { ConnectionCounts, IterationCounts, ScenarioCounts, Tally } from '../measure/tally.ts'
import { showCount, showMs, showPercent, showRate } from '../units.ts'

/** The unit in which a metric is measured, and its limit kept. */
export type Unit = 'ms' | 'ratio' | 'perS' | 'count' | 'number'

/** Counts that a threshold is held against, of a tally or of a finished report. */
export interface Counted {
  /** The name in the threshold: of a request, a scenario, a transaction or a task error; `null` without one. */
  readonly name: string | null
  /** Requests of one name, or of all. */
  readonly request: RequestCounts
  /** Counts that are not kept by the name of a request. */
  readonly tally: {
    readonly iterations: Readonly<IterationCounts>
    readonly connections: Pick<ConnectionCounts, 'retried'>
    readonly scenarios: { get(name: string): Readonly<ScenarioCounts> | undefined }
    readonly taskErrors: { values(): Iterable<Pick<TaskErrorCount, 'task' | 'message' | 'count'>> }
    readonly counters: { get(name: string): number | undefined }
    readonly transactions: ReadonlyMap<string, Pick<TransactionCounts, 'finished' | 'failed' | 'unended'>>
  }
  /** Seconds of load in it. */
  readonly loadS: number
}

/** Counts with their distributions. */
export interface Measured extends Counted {
  readonly request: RequestTally
  readonly tally: Tally
  /** Requests of the witness; `null` without a witness. */
  readonly witness: RequestTally | null
}

/**
 * A figure and the number of samples it rests on; `null` if there was nothing to measure. A count or a rate of nothing
 * is 0, on no samples.
 */
export interface Figure {
  readonly actual: number | null
  readonly samples: number
}

interface Metric {
  readonly name: string
  readonly unit: Unit
  /** What a name before it means; `null` if it is known for all requests together only. */
  readonly namedBy: 'request' | 'scenario' | 'transaction' | 'task' | null
  /** The samples below which a percentile says little: 10 / (1 − q); else 0. */
  readonly fewestSamples: number
}

/** A metric that is read from counts. */
export interface CountMetric extends Metric {
  readonly kind: 'count'
  readonly measure: (counted: Counted) => Figure
}

/** A figure of a distribution. */
export interface DistributionMetric extends Metric {
  readonly kind: 'distribution'
  /** The distribution of durations by its name; `null` for a trend of the scenario's own. */
  readonly distribution: DistributionName | null
  /** `min`, `mean`, `max`, or a percentile such as `p99.9`. */
  readonly figure: string
  readonly measure: (measured: Measured) => Figure
}

export type ThresholdMetric = CountMetric | DistributionMetric

const ofRequest = (
  name: 'firstByte' | 'failedLatency' | 'blocked' | 'dns' | 'connect' | 'tls' | 'download' | 'latency',
) => ({
  pick: ({ request }: Measured) => request.peek(name),
  namedBy: 'request' as const,
})

const DISTRIBUTIONS = {
  latency: ofRequest('latency'),
  // In the closed model latency is service time, and kept once.
  service: {
    pick: ({ request }: Measured) => request.peek('service') ?? request.peek('latency'),
    namedBy: 'request',
  },
  failed: ofRequest('failedLatency'),
  blocked: ofRequest('blocked'),
  dns: ofRequest('dns'),
  connect: ofRequest('connect'),
  tls: ofRequest('tls'),
  ttfb: ofRequest('firstByte'),
  download: ofRequest('download'),
  witness: { pick: ({ witness }: Measured) => witness?.peek('latency') ?? null, namedBy: null },
  lag: { pick: ({ tally }: Measured) => tally.lag, namedBy: null },
  iteration: { pick: ({ tally }: Measured) => tally.iterationDuration, namedBy: null },
  transaction: {
    pick: ({ tally, name }: Measured) => tally.transactionDuration(name),
    namedBy: 'transaction',
  },
} as const
export type DistributionName = keyof typeof DISTRIBUTIONS

type Measure = CountMetric['measure']

/** Requests that ended, within the run or not. */
const ended = ({ finished, unfinished }: RequestCounts): number => finished + unfinished

const requests =
  (field: 'sent' | 'finished' | 'succeeded' | 'unfinished'): Measure =>
  ({ request }) => ({ actual: request[field], samples: Math.max(request.sent, ended(request)) })

const iterations =
  (field: 'due' | 'started' | 'dropped' | 'unstarted'): Measure =>
  ({ tally }) => {
    const { due, started, dropped, unstarted } = tally.iterations
    return { actual: tally.iterations[field], samples: Math.max(due, started + dropped + unstarted) }
  }

function counts(
  name: string,
  unit: Unit,
  measure: Measure,
  namedBy: Metric['namedBy'] = 'request',
): CountMetric {
  return { kind: 'count', name, unit, namedBy, fewestSamples: 0, measure }
}

const COUNTS: readonly CountMetric[] = [
  counts('failed', 'ratio', ({ request }) => ({ actual: failedRatio(request), samples: ended(request) })),
  counts('retried', 'ratio', retried, null),
  counts('rps', 'perS', ({ request, loadS }) => ({
    actual: requestsPerS(request, loadS),
    samples: request.finishedInLoad,
  })),
  counts('count', 'count', requests('finished')),
  counts('sent', 'count', requests('sent')),
  counts('succeeded', 'count', requests('succeeded')),
  counts('unfinished', 'count', requests('unfinished')),
  counts('due', 'count', iterations('due'), null),
  counts('started', 'count', iterations('started'), null),
  counts('dropped', 'count', iterations('dropped'), null),
  counts('unstarted', 'count', iterations('unstarted'), null),
  counts(
    'iterations.failed',
    'ratio',
    ({ tally, name }) => iterationsFailed(name === null ? tally.iterations : tally.scenarios.get(name)),
    'scenario',
  ),
  counts('taskErrors', 'count', taskErrors, 'task'),
  counts(
    'transactions.failed',
    'ratio',
    (counted) => {
      const { failed, finished } = transactionsOf(counted)
      return { actual: finished > 0 ? failed / finished : null, samples: finished }
    },
    'transaction',
  ),
  counts('transactions.count', 'count', (counted) => transactionCount(counted, 'finished'), 'transaction'),
  counts('transactions.unended', 'count', (counted) => transactionCount(counted, 'unended'), 'transaction'),
]

/** Counts of the transactions of the name, or of all. */
function transactionsOf({ tally, name }: Counted): { finished: number; failed: number; unended: number } {
  const sum = { finished: 0, failed: 0, unended: 0 }
  for (const [of, { finished, failed, unended }] of tally.transactions) {
    if (name !== null && name !== of) continue
    sum.finished += finished
    sum.failed += failed
    sum.unended += unended
  }
  return sum
}

/** None is a figure as long as there were any. */
function transactionCount(counted: Counted, field: 'finished' | 'unended'): Figure {
  const counts = transactionsOf(counted)
  return { actual: counts[field], samples: counts.finished + counts.unended }
}

/** Returns the share of requests that were sent once more; `null` without any that ended. */
function retried({ request, tally }: Counted): Figure {
  const samples = ended(request)
  return { actual: samples > 0 ? tally.connections.retried / samples : null, samples }
}

/**
 * Returns the share of iterations that failed, those that never ended among them; `null` without any. Rejections that
 * no task awaited count beside the iterations, so the share is at most 1.
 */
function iterationsFailed(counts: Readonly<ScenarioCounts> | undefined): Figure {
  if (counts === undefined) return { actual: null, samples: 0 }
  const { finished, failed, unfinished, stuck } = counts
  const samples = finished + unfinished
  return { actual: samples > 0 ? Math.min(1, (failed + stuck) / samples) : null, samples }
}

/**
 * Counts the errors of all tasks, of the task of this name, or with this message: `Pay`, `Pay: no stock`. None is a
 * figure as long as there were iterations.
 */
function taskErrors({ tally, name }: Counted): Figure {
  let actual = 0
  for (const { task, message, count } of tally.taskErrors.values())
    if (name === null || name === task || name === `${task}: ${message}`) actual += count
  return { actual, samples: Math.max(tally.iterations.started, actual) }
}

/** Returns the metric of this name, under its canonical name; `null` if there is none. */
export function metricOf(word: string): ThresholdMetric | null {
  const known = COUNTS.find(({ name }) => name === word)
  if (known !== undefined) return known
  const own = /^custom\.([A-Za-z_]\w{0,63})(?:\.(min|mean|max|p\d.*))?$/.exec(word)
  if (own !== null) return own[2] === undefined ? customCounter(own[1]!) : customTrend(own[1]!, own[2])
  // A percentile may have a point of its own.
  const [, prefix = 'latency', figure] = /^(?:([A-Za-z]+)\.)?(min|mean|max|p\d.*)$/.exec(word) ?? []
  const read = figure === undefined ? null : readFigure(figure)
  return read === null || !isDistribution(prefix) ? null : durations(prefix, read)
}

const isDistribution = (word: string): word is DistributionName => Object.hasOwn(DISTRIBUTIONS, word)

function durations(
  distribution: DistributionName,
  { name, fewestSamples, us }: ReadFigure,
): DistributionMetric {
  const { pick, namedBy } = DISTRIBUTIONS[distribution]
  return {
    kind: 'distribution',
    name: distribution === 'latency' ? name : `${distribution}.${name}`,
    unit: 'ms',
    namedBy,
    fewestSamples,
    distribution,
    figure: name,
    measure: (measured) => figureOf(pick(measured), us),
  }
}

/** A counter of the scenario's own. That nothing was counted is a figure, as long as there were tasks that could have. */
const customCounter = (name: string): CountMetric =>
  counts(
    `custom.${name}`,
    'number',
    ({ tally }) => ({ actual: tally.counters.get(name) ?? 0, samples: tally.iterations.started }),
    null,
  )

/** A figure of a trend of the scenario's own. */
function customTrend(trend: string, figure: string): DistributionMetric | null {
  const read = readFigure(figure)
  return (
    read && {
      kind: 'distribution',
      name: `custom.${trend}.${read.name}`,
      unit: 'number',
      namedBy: null,
      fewestSamples: read.fewestSamples,
      distribution: null,
      figure: read.name,
      // Values are kept in thousandths, as microseconds are of milliseconds.
      measure: ({ tally }) => figureOf(tally.trends.get(trend) ?? null, read.us),
    }
  )
}

function figureOf(histogram: Histogram | null, us: ReadFigure['us']): Figure {
  if (histogram === null || histogram.count === 0) return { actual: null, samples: 0 }
  return { actual: ms(us(histogram)), samples: histogram.count }
}

interface ReadFigure {
  readonly name: string
  readonly fewestSamples: number
  readonly us: (histogram: Histogram) => number
}

function readFigure(name: string): ReadFigure | null {
  if (name === 'min') return { name, fewestSamples: 0, us: (histogram) => histogram.minUs! }
  if (name === 'mean') return { name, fewestSamples: 0, us: (histogram) => histogram.meanUs! }
  if (name === 'max') return { name, fewestSamples: 0, us: (histogram) => histogram.maxUs! }
  // The report writes p99_9, people write p99.9.
  const [, digits] = /^p(\d{1,2}(?:[._]\d{1,5})?)$/.exec(name) ?? []
  if (digits === undefined) return null
  const percent = Number(digits.replace('_', '.'))
  if (percent === 0) return null
  return {
    name: `p${percent}`,
    fewestSamples: Math.round(1000 / (100 - percent)),
    us: (histogram) => histogram.quantileUs(percent / 100)!,
  }
}

const FIGURES = ['min', 'mean', 'p50', 'p75', 'p90', 'p95', 'p99', 'p99.9', 'max']
/** Names that other tools use for a metric. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  avg: 'mean',
  med: 'p50',
  median: 'p50',
  p100: 'max',
  errors: 'failed',
  error_rate: 'failed',
  http_req_failed: 'failed',
  http_reqs: 'count',
  requests: 'count',
  requestsPerS: 'rps',
  'req/s': 'rps',
  http_req_duration: 'p95',
  dropped_iterations: 'dropped',
  'failed.iterations': 'iterations.failed',
  iterationsFailed: 'iterations.failed',
  exceptions: 'taskErrors',
  task_errors: 'taskErrors',
  firstByte: 'ttfb.p95',
  group_duration: 'transaction.p95',
  transactions: 'transactions.count',
  ...Object.fromEntries(Object.keys(DISTRIBUTIONS).map((name) => [name, `${name}.p95`])),
}

/** Returns the metric whose name is nearest to an unknown one; `null` if none is near. */
export function nearestMetric(word: string): string | null {
  if (Object.hasOwn(ELSEWHERE, word)) return ELSEWHERE[word]!
  // As k6 writes a percentile.
  const [, percent] = /^p\((\d{1,2}(?:\.\d{1,5})?)\)$/.exec(word) ?? []
  if (percent !== undefined) return `p${percent}`
  const names = [
    ...COUNTS.map(({ name }) => name),
    ...FIGURES,
    ...Object.keys(DISTRIBUTIONS).flatMap((name) => FIGURES.map((last) => `${name}.${last}`)),
  ]
  return nearest(word, names)
}

/** A measured figure for a person. */
export function showFigure(actual: number | null, unit: Unit): string {
  if (actual === null) return 'no data'
  switch (unit) {
    case 'ms':
      return showMs(actual)
    case 'ratio':
      return showPercent(actual)
    case 'perS':
      return `${showRate(actual)}/s`
    case 'count':
      return showCount(actual)
    case 'number':
      return Number.isInteger(actual) ? showCount(actual) : String(actual)
  }
}
