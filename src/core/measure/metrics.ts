/** The numbers derived from a tally: one derivation for every output, so that all of them agree. */
import { isTimeout } from '../request/outcome.ts'
import type { Histogram } from './histogram.ts'
import type { RequestTally } from './request-tally.ts'

/** Percentiles that are reported, by name in the report and as a quantile. */
export const PERCENTILES = [
  ['p50', 0.5],
  ['p75', 0.75],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p99_9', 0.999],
] as const
export type PercentileName = (typeof PERCENTILES)[number][0]

/**
 * A distribution of durations in milliseconds; `null` if there are no samples. `p100` is `max`.
 * `reliableTo` names the last percentile with at least 10 / (1 − q) samples; those beyond are given, but weak.
 */
export type LatencySummary = {
  readonly [P in 'min' | 'mean' | PercentileName | 'max']: number | null
} & { readonly reliableTo: PercentileName | null }

export interface Metrics {
  /** Requests whose network work began in the span. */
  readonly sent: number
  /** Requests in flight when measuring began. */
  readonly carriedIn: number
  readonly finished: number
  readonly succeeded: number
  readonly failed: number
  /** Sent and not done when the drain ended. */
  readonly unfinished: number
  /** Requests finished inside the load span per second of it; null outside the load. */
  readonly requestsPerS: number | null
  /** (failed + unfinished) / (finished + unfinished); `null` if nothing ended. */
  readonly failedRatio: number | null
  /** Body bytes received, as they came over the wire. */
  readonly bytesIn: number
  /** Body bytes of compressed responses that a task read, decoded. */
  readonly bytesDecoded: number
  /** Body bytes sent. */
  readonly bytesOut: number
  readonly statuses: Readonly<Record<string, number>>
  /** Succeeded requests, and timed-out and unfinished ones with the time they reached. */
  readonly latencyMs: LatencySummary
  /** done − sent, of the same requests. In the closed model latency is service time. */
  readonly serviceMs: LatencySummary
  /** All failed requests; unfinished ones did not fail within the run and are not in it. */
  readonly failedMs: LatencySummary
  readonly phasesMs: PhaseSummaries
  /** Delays of iteration starts, caused by the generator. For all requests together, not by name. */
  readonly lagMs: LatencySummary
  /** The lowest second of each figure, where several seconds are joined. */
  readonly lowest?: NameExtremes
  /** The highest second of each figure, where several seconds are joined. */
  readonly highest?: NameExtremes
}

/** Durations of the phases of requests. */
export interface PhaseSummaries extends Readonly<
  Record<'dns' | 'connect' | 'tls' | 'firstByte' | 'download', LatencySummary>
> {
  /** Waits for a shared connection; left out where none are shared. */
  readonly blocked?: LatencySummary
}

/** Figures of the lowest, or of the highest, second of several. */
export interface NameExtremes {
  readonly requestsPerS: number | null
  readonly failed: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly max: number | null
}

/** The span a tally covers and what it began with. */
export interface Span {
  /** Seconds of load in it; 0 outside the load. */
  readonly loadS: number
  readonly carriedIn: number
}

/** Counts of requests, of one name or of all. */
export type RequestCounts = Pick<
  RequestTally,
  'sent' | 'finished' | 'finishedInLoad' | 'succeeded' | 'failed' | 'unfinished'
>

/** (failed + unfinished) / (finished + unfinished); `null` if nothing ended. */
export function failedRatio({ failed, finished, unfinished }: RequestCounts): number | null {
  const ended = finished + unfinished
  return ended > 0 ? (failed + unfinished) / ended : null
}

/** Requests finished inside the load span per second of it; null outside the load. */
export const requestsPerS = ({ finishedInLoad }: RequestCounts, loadS: number): number | null =>
  loadS > 0 ? round(finishedInLoad / loadS) : null

export function deriveMetrics(request: RequestTally, span: Span, lag: Histogram | null = null): Metrics {
  const latencyMs = summarize(request.peek('latency'))
  return {
    sent: request.sent,
    carriedIn: span.carriedIn,
    finished: request.finished,
    succeeded: request.succeeded,
    failed: request.failed,
    unfinished: request.unfinished,
    requestsPerS: requestsPerS(request, span.loadS),
    failedRatio: failedRatio(request),
    bytesIn: request.bytesIn,
    bytesDecoded: request.bytesDecoded,
    bytesOut: request.bytesOut,
    statuses: countsByStatus(request.statuses),
    latencyMs,
    serviceMs:
      request.peek('service') === null && wasServed(request) ? latencyMs : summarize(request.peek('service')),
    failedMs: summarize(request.peek('failedLatency')),
    phasesMs: {
      ...(request.peek('blocked') === null ? {} : { blocked: summarize(request.peek('blocked')) }),
      dns: summarize(request.peek('dns')),
      connect: summarize(request.peek('connect')),
      tls: summarize(request.peek('tls')),
      firstByte: summarize(request.peek('firstByte')),
      download: summarize(request.peek('download')),
    },
    lagMs: summarize(lag),
  }
}

/** Beyond this V8 keeps numeric keys in a table instead of an array. */
const FAR_KEY = '9999999'

/**
 * Counts by status, in ascending order. An object with the key 200 takes 2.5 kB, because V8 makes room for all numbers
 * below; with a far larger key in between it takes a tenth of that.
 */
export function countsByStatus(statuses: ReadonlyMap<number, number>): Record<string, number> {
  const counts: Record<string, number> = { [FAR_KEY]: 0 }
  Reflect.deleteProperty(counts, FAR_KEY)
  for (const [status, n] of [...statuses].sort(([a], [b]) => a - b)) counts[status] = n
  return counts
}

/** The mean of two values by their weights. */
export const mean = (
  [a, aWeight]: readonly [number, number],
  [b, bWeight]: readonly [number, number],
): number => round((a * aWeight + b * bWeight) / (aWeight + bWeight))

/** Whether the latencies contain a request that ended or was cut, and not only arrivals that never started. */
const wasServed = ({ succeeded, unfinished, outcomes }: RequestTally): boolean =>
  succeeded + unfinished > 0 || [...outcomes.keys()].some(isTimeout)

/** The same metrics when `toS` instead of `fromS` seconds of their span turn out to be load. */
export function respan<M extends Metrics>(metrics: M, fromS: number, toS: number): M {
  const { requestsPerS } = metrics
  return {
    ...metrics,
    requestsPerS: requestsPerS === null || toS <= 0 ? null : round((requestsPerS * fromS) / toS),
  }
}

export const NO_SAMPLES: LatencySummary = {
  min: null,
  mean: null,
  p50: null,
  p75: null,
  p90: null,
  p95: null,
  p99: null,
  p99_9: null,
  max: null,
  reliableTo: null,
}

/** The reported percentiles of a histogram. */
export const percentilesMs = (histogram: Histogram): { readonly [P in PercentileName]: number | null } =>
  Object.fromEntries(
    PERCENTILES.map(([name, q]) => {
      const us = histogram.quantileUs(q)
      return [name, us === null ? null : ms(us)]
    }),
  ) as { [P in PercentileName]: number | null }

const QUANTILES = PERCENTILES.map(([, q]) => q)
type Six = [number, number, number, number, number, number]

export function summarize(histogram: Histogram | null): LatencySummary {
  if (histogram === null || histogram.count === 0) return NO_SAMPLES
  const [p50, p75, p90, p95, p99, p99_9] = histogram.quantilesUs(QUANTILES)!.map(ms) as Six
  return {
    min: ms(histogram.minUs!),
    mean: ms(histogram.meanUs!),
    ...{ p50, p75, p90, p95, p99, p99_9 },
    max: ms(histogram.maxUs!),
    reliableTo: reliableTo(histogram.count),
  }
}

/** The last percentile that `count` samples support: at least 10 of them lie beyond it. */
export function reliableTo(count: number): PercentileName | null {
  let last: PercentileName | null = null
  for (const [name, q] of PERCENTILES) if (count >= samplesFor(q)) last = name
  return last
}

/** Number of samples that a quantile needs: 10 / (1 − q), rounded, because the quotient of floats is slightly off. */
export const samplesFor = (q: number): number => Math.round(10 / (1 - q))

/** Whether a percentile of a summary has enough samples. */
export function isReliable(summary: LatencySummary, name: PercentileName): boolean {
  const order = PERCENTILES.map(([p]) => p)
  return summary.reliableTo !== null && order.indexOf(name) <= order.indexOf(summary.reliableTo)
}

/** Microseconds as milliseconds, to the microsecond. */
export const ms = (us: number): number => Math.round(us) / 1000

const round = (x: number): number => Math.round(x * 1000) / 1000
