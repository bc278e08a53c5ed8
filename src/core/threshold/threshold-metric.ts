/** What a threshold can be about: every metric by its name, its unit, and how it is read from what was measured. */
import type { Histogram } from '../measure/histogram.ts'
import { failedRatio, ms, requestsPerS } from '../measure/metrics.ts'
import { nearest } from '../suggest.ts'
import type { RequestTally } from '../measure/request-tally.ts'
import type { TaskErrorCount } from '../measure/task-error.ts'
import type { IterationCounts, Tally } from '../measure/tally.ts'
import { showCount, showMs, showPercent, showRate } from '../units.ts'

/** The unit in which a metric is measured, and its limit kept. */
export type Unit = 'ms' | 'ratio' | 'perS' | 'count' | 'number'

/** What a threshold is held against: requests of one name or of all, and what is only kept for the whole. */
export interface Measured {
  /** The name in the threshold: of a request, a scenario or a task error; null without one. */
  readonly name: string | null
  readonly request: RequestTally
  readonly tally: Tally
  /** Seconds of load in it. */
  readonly loadS: number
}

/**
 * A figure and the number of samples it rests on; null where there was nothing to measure. A count or a rate of nothing
 * is 0, on no samples.
 */
export interface Figure {
  readonly actual: number | null
  readonly samples: number
}

export interface ThresholdMetric {
  readonly name: string
  readonly unit: Unit
  /** What a name before it means; null where it is known for all requests together only. */
  readonly namedBy: 'request' | 'scenario' | 'task' | null
  /** Of a percentile the samples below which it says little: 10 / (1 − q); else 0. */
  readonly fewestSamples: number
  readonly measure: (measured: Measured) => Figure
}

interface Distribution {
  readonly pick: (measured: Measured) => Histogram | null
  readonly isByName: boolean
}
const DISTRIBUTIONS: Readonly<Record<string, Distribution>> = {
  latency: { pick: ({ request }) => request.peek('latency'), isByName: true },
  // In the closed model latency is service time, and kept once.
  service: { pick: ({ request }) => request.peek('service') ?? request.peek('latency'), isByName: true },
  failed: { pick: ({ request }) => request.peek('failedLatency'), isByName: true },
  dns: { pick: ({ request }) => request.peek('dns'), isByName: true },
  connect: { pick: ({ request }) => request.peek('connect'), isByName: true },
  tls: { pick: ({ request }) => request.peek('tls'), isByName: true },
  ttfb: { pick: ({ request }) => request.peek('firstByte'), isByName: true },
  download: { pick: ({ request }) => request.peek('download'), isByName: true },
  lag: { pick: ({ tally }) => tally.lag, isByName: false },
  iteration: { pick: ({ tally }) => tally.iterationDuration, isByName: false },
}

const ended = ({ finished, unfinished }: RequestTally): number => finished + unfinished

type Measure = ThresholdMetric['measure']
const simple = (
  name: string,
  unit: Unit,
  measure: Measure,
  namedBy: ThresholdMetric['namedBy'] = 'request',
): ThresholdMetric => ({
  name,
  unit,
  namedBy,
  fewestSamples: 0,
  measure,
})
const requests =
  (field: 'sent' | 'finished' | 'succeeded' | 'unfinished'): Measure =>
  ({ request }) => ({ actual: request[field], samples: Math.max(request.sent, ended(request)) })
const iterations =
  (field: 'due' | 'started' | 'dropped' | 'unstarted'): Measure =>
  ({ tally: { iterations } }) => {
    const { due, started, dropped, unstarted } = iterations
    return { actual: iterations[field], samples: Math.max(due, started + dropped + unstarted) }
  }

const SIMPLE: readonly ThresholdMetric[] = [
  simple('failed', 'ratio', ({ request }) => ({ actual: failedRatio(request), samples: ended(request) })),
  simple(
    'retried',
    'ratio',
    ({ request, tally }) => {
      const samples = ended(request)
      return { actual: samples > 0 ? tally.connections.retried / samples : null, samples }
    },
    null,
  ),
  simple('rps', 'perS', ({ request, loadS }) => ({
    actual: requestsPerS(request, loadS),
    samples: request.finishedInLoad,
  })),
  simple('count', 'count', requests('finished')),
  simple('sent', 'count', requests('sent')),
  simple('succeeded', 'count', requests('succeeded')),
  simple('unfinished', 'count', requests('unfinished')),
  simple('due', 'count', iterations('due'), null),
  simple('started', 'count', iterations('started'), null),
  simple('dropped', 'count', iterations('dropped'), null),
  simple('unstarted', 'count', iterations('unstarted'), null),
  simple(
    'iterations.failed',
    'ratio',
    ({ tally, name }) => iterationsFailed(name === null ? tally.iterations : tally.scenarios.get(name)),
    'scenario',
  ),
  simple(
    'taskErrors',
    'count',
    ({ tally, name }) => taskErrorsFigure(tally.taskErrors.values(), name, tally.iterations.started),
    'task',
  ),
]

/** Counts of iterations, of all or of one scenario. */
type Ends = Pick<IterationCounts, 'finished' | 'failed' | 'unfinished' | 'stuck'>

/**
 * The share of iterations that failed, those that never ended among them; null without any. Rejections that no task awaited
 * count beside the iterations, so the share is at most 1.
 */
export function iterationsFailed(counts: Ends | undefined): Figure {
  if (counts === undefined) return { actual: null, samples: 0 }
  const { finished, failed, unfinished, stuck } = counts
  const samples = finished + unfinished
  return { actual: samples > 0 ? Math.min(1, (failed + stuck) / samples) : null, samples }
}

/**
 * How many task errors there were, of all tasks, of the task of this name, or with this message: `Pay`, `Pay: no stock`.
 * None is a figure as long as there were iterations.
 */
export function taskErrorsFigure(
  errors: Iterable<Pick<TaskErrorCount, 'task' | 'message' | 'count'>>,
  name: string | null,
  started: number,
): Figure {
  let actual = 0
  for (const { task, message, count } of errors)
    if (name === null || name === task || name === `${task}: ${message}`) actual += count
  return { actual, samples: Math.max(started, actual) }
}

/** The metric of this name, under its canonical name; null when there is none. */
export function metricOf(word: string): ThresholdMetric | null {
  const known = SIMPLE.find(({ name }) => name === word)
  if (known !== undefined) return known
  const own = /^custom\.([A-Za-z_]\w{0,63})(?:\.(min|mean|max|p\d.*))?$/.exec(word)
  if (own !== null) return customMetric(own[1]!, own[2] ?? null)
  // A percentile may have a point of its own.
  const [, prefix, name] = /^(?:([A-Za-z]+)\.)?(min|mean|max|p\d.*)$/.exec(word) ?? []
  if (name === undefined) return null
  const distribution = prefix ?? 'latency'
  if (!Object.hasOwn(DISTRIBUTIONS, distribution)) return null
  const { pick, isByName } = DISTRIBUTIONS[distribution]!
  const read = readFigure(name)
  if (read === null) return null
  return {
    name: distribution === 'latency' ? read.name : `${distribution}.${read.name}`,
    unit: 'ms',
    namedBy: isByName ? 'request' : null,
    fewestSamples: read.fewestSamples,
    measure(measured) {
      const histogram = pick(measured)
      if (histogram === null || histogram.count === 0) return { actual: null, samples: 0 }
      return { actual: ms(read.us(histogram)), samples: histogram.count }
    },
  }
}

/** A counter of the scenario's own, or a figure of one of its trends. */
function customMetric(name: string, figure: string | null): ThresholdMetric | null {
  const rest = { unit: 'number', namedBy: null } as const
  if (figure === null)
    return {
      ...rest,
      name: `custom.${name}`,
      fewestSamples: 0,
      // That nothing was counted is a figure, as long as there were tasks that could have.
      measure: ({ tally }) => ({ actual: tally.counters.get(name) ?? 0, samples: tally.iterations.started }),
    }
  const read = readFigure(figure)
  return (
    read && {
      ...rest,
      name: `custom.${name}.${read.name}`,
      fewestSamples: read.fewestSamples,
      measure({ tally }) {
        const histogram = tally.trends.get(name)
        if (histogram === undefined || histogram.count === 0) return { actual: null, samples: 0 }
        // Values are kept in thousandths.
        return { actual: ms(read.us(histogram)), samples: histogram.count }
      },
    }
  )
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
/** What other tools call them, where it is far from what it is called here. */
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
  ...Object.fromEntries(Object.keys(DISTRIBUTIONS).map((name) => [name, `${name}.p95`])),
}

/** The nearest name that there is to one that there is not; null when none is near. */
export function nearestMetric(word: string): string | null {
  if (Object.hasOwn(ELSEWHERE, word)) return ELSEWHERE[word]!
  // As k6 writes a percentile.
  const [, percent] = /^p\((\d{1,2}(?:\.\d{1,5})?)\)$/.exec(word) ?? []
  if (percent !== undefined) return `p${percent}`
  const names = [
    ...SIMPLE.map(({ name }) => name),
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
