/**
 * Mergeable counts and histograms of one row of requests, or of all rows together. Packed, they are
 * plain values that can cross a thread.
 */
import { Histogram, type PackedHistogram } from './histogram.ts'
import type { Outcome } from '../request/outcome.ts'

/** The phases of an exchange that are kept as histograms. Connection phases are recorded once per connection. */
export const PHASES = ['blocked', 'dns', 'connect', 'tls', 'firstByte', 'download'] as const
export type PhaseName = (typeof PHASES)[number]

export const REQUEST_COUNTS = [
  'sent',
  'finished',
  'finishedInLoad',
  'succeeded',
  'failed',
  'unfinished',
  'bytesIn',
  'bytesOut',
  'bytesDecoded',
] as const
export const HISTOGRAMS = [
  'latency',
  'service',
  'failedLatency',
  'failedService',
  'reached',
  ...PHASES,
] as const
type CountName = (typeof REQUEST_COUNTS)[number]
type HistogramName = (typeof HISTOGRAMS)[number]

/** Counts and histograms of one row of requests. A histogram exists once it has been used. */
export class RequestTally implements Record<CountName, number> {
  readonly #wide: boolean
  readonly #histograms: Partial<Record<HistogramName, Histogram>> = {}
  sent = 0
  finished = 0
  /** The part of `finished` that ended within the load span: the numerator of the rate. */
  finishedInLoad = 0
  succeeded = 0
  failed = 0
  unfinished = 0
  bytesIn = 0
  bytesOut = 0
  /** Body bytes of compressed responses that were read, without their encodings. */
  bytesDecoded = 0
  readonly statuses = new Map<number, number>()
  readonly outcomes = new Map<Outcome, number>()

  constructor(wide: boolean) {
    this.#wide = wide
  }

  /**
   * `latency` of succeeded, timed-out and unfinished requests; `service` is kept apart only where the two differ
   * (open model); `failedLatency` of every failed one, and `failedService` where it differs. `reached` has the service
   * times of the timed-out and the unfinished alone, so that the succeeded ones can be separated from them.
   */
  histogram(name: HistogramName): Histogram {
    return (this.#histograms[name] ??= new Histogram({ wide: this.#wide }))
  }

  /** The histogram if it was ever used. */
  peek(name: HistogramName): Histogram | null {
    return this.#histograms[name] ?? null
  }

  clear(): void {
    for (const name of REQUEST_COUNTS) this[name] = 0
    for (const name of HISTOGRAMS) this.#histograms[name]?.clear()
    this.statuses.clear()
    this.outcomes.clear()
  }
}

export type PackedRequest = { readonly [C in CountName]: number } & {
  /** The row: method and name. */
  readonly name: string
  readonly statuses: readonly (readonly [number, number])[]
  readonly outcomes: readonly (readonly [Outcome, number])[]
  readonly histograms: { readonly [H in HistogramName]?: PackedHistogram }
}

/** A copy as plain values; histograms cost only their used slots. */
export function packRequest(name: string, request: RequestTally): PackedRequest {
  const histograms: { [H in HistogramName]?: PackedHistogram } = {}
  for (const key of HISTOGRAMS) {
    const packed = request.peek(key)?.pack() ?? null
    if (packed !== null) histograms[key] = packed
  }
  const { sent, finished, finishedInLoad, succeeded, failed, unfinished, bytesIn, bytesOut } = request
  const { bytesDecoded } = request
  return {
    name,
    ...{ sent, finished, finishedInLoad, succeeded, failed, unfinished, bytesIn, bytesOut, bytesDecoded },
    statuses: [...request.statuses],
    outcomes: [...request.outcomes],
    histograms,
  }
}

export function mergeRequest(into: RequestTally, from: PackedRequest): void {
  for (const key of REQUEST_COUNTS) into[key] += from[key]
  for (const [status, n] of from.statuses) into.statuses.set(status, (into.statuses.get(status) ?? 0) + n)
  for (const [outcome, n] of from.outcomes) into.outcomes.set(outcome, (into.outcomes.get(outcome) ?? 0) + n)
  for (const key of HISTOGRAMS) {
    const histogram = from.histograms[key]
    if (histogram !== undefined) into.histogram(key).add(histogram)
  }
}
