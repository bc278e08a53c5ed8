/** What a comparison takes of a run: its measured seconds, and a figure of all of them or of some. */
import type { SecondRow } from '../measure/second.ts'
import { metricOf } from '../threshold/threshold-metric.ts'

/** What of a second matters; a report has more. */
export type SampleSecond = Pick<SecondRow, 'histogram' | 'requestsPerS'> & {
  readonly latencyMs: Pick<SecondRow['latencyMs'], 'mean'>
}

/** Seconds `from` until `to`, without `to`. */
export interface Block {
  readonly from: number
  readonly to: number
}

/**
 * The seconds of a run, or of several joined, as sums over the seconds and over the slots: what a block holds up to an
 * edge is a difference, so that resampling costs blocks and not seconds, and a percentile is found by bisection.
 * Percentiles have the two digits of a second's histogram.
 */
export class RunSample {
  readonly seconds: number
  /** Where each of the joined runs lies; one without a second is none. */
  readonly runs: readonly Block[]
  readonly #edgesUs: readonly number[]
  /** For each second and edge the latencies up to this edge that were counted before the second. */
  readonly #counts: Float64Array
  readonly #sumsMs: Float64Array
  readonly #finished: Float64Array

  constructor(...runs: readonly (readonly SampleSecond[])[]) {
    const seconds = runs.flat()
    this.seconds = seconds.length
    let at = 0
    this.runs = runs
      .filter(({ length }) => length > 0)
      .map(({ length }) => ({ from: at, to: (at += length) }))
    this.#edgesUs = [...new Set(seconds.flatMap(({ histogram }) => histogram.upToUs))].sort((a, b) => a - b)
    const width = this.#edgesUs.length
    const columns = new Map(this.#edgesUs.map((edge, i) => [edge, i]))
    this.#counts = new Float64Array((seconds.length + 1) * width)
    this.#sumsMs = new Float64Array(seconds.length + 1)
    this.#finished = new Float64Array(seconds.length + 1)
    const own = new Float64Array(width)
    for (const [i, { histogram, requestsPerS, latencyMs }] of seconds.entries()) {
      own.fill(0)
      for (const [j, edge] of histogram.upToUs.entries()) own[columns.get(edge)!]! += histogram.counts[j]!
      let count = 0
      for (let j = 0; j < width; j++) {
        count += own[j]!
        this.#counts[(i + 1) * width + j] = this.#counts[i * width + j]! + count
      }
      this.#sumsMs[i + 1] = this.#sumsMs[i]! + (latencyMs.mean ?? 0) * count
      this.#finished[i + 1] = this.#finished[i]! + (requestsPerS ?? 0)
    }
  }

  /** How many latencies there are in all. */
  get count(): number {
    return this.#upTo(this.#edgesUs.length - 1, [{ from: 0, to: this.seconds }])
  }

  /** The metric over these blocks, by default over all seconds; `null` if there is nothing to measure. */
  figure(metric: string, blocks: readonly Block[] = [{ from: 0, to: this.seconds }]): number | null {
    if (this.seconds === 0) return null
    if (metric === 'rps') {
      const perS = difference(this.#finished, blocks) / length(blocks)
      return perS > 0 ? perS : null
    }
    let last = this.#edgesUs.length - 1
    const count = this.#upTo(last, blocks)
    if (count === 0) return null
    if (metric === 'mean') return difference(this.#sumsMs, blocks) / count
    const rank = Math.ceil((Number(metric.slice(1)) / 100) * count)
    for (let first = 0; first < last;) {
      const middle = (first + last) >>> 1
      if (this.#upTo(middle, blocks) >= rank) last = middle
      else first = middle + 1
    }
    return this.#edgesUs[last]! / 1000
  }

  /** How many latencies of these blocks are at most this edge. */
  #upTo(edge: number, blocks: readonly Block[]): number {
    if (edge < 0) return 0
    const width = this.#edgesUs.length
    let count = 0
    for (const { from, to } of blocks)
      count += this.#counts[to * width + edge]! - this.#counts[from * width + edge]!
    return count
  }
}

/** The measured seconds of a report. */
export const measuredSeconds = (timeline: readonly SecondRow[]): readonly SecondRow[] =>
  timeline.filter(({ phase }) => phase === 'load')

/** How many latencies a metric needs before it says something: of a percentile 10 / (1 − q). */
export const samplesNeeded = (metric: string): number => Math.max(1, metricOf(metric)!.fewestSamples)

const difference = (sums: Float64Array, blocks: readonly Block[]): number =>
  blocks.reduce((sum, { from, to }) => sum + sums[to]! - sums[from]!, 0)

const length = (blocks: readonly Block[]): number => blocks.reduce((sum, { from, to }) => sum + to - from, 0)
