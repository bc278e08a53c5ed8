/**
 * What the witness measured, apart from all requests, of which it is a part: its latencies, how far they may be its own
 * doing, and how far a sample of their number can be from all.
 */
import { Histogram } from './histogram.ts'
import { ms, PERCENTILES, percentilesMs, type PercentileName } from './metrics.ts'
import { rankInterval } from './rank-interval.ts'
import { mergeRequest, RequestTally } from './request-tally.ts'
import type { PackedTally } from './tally.ts'

/** A figure for each percentile in ms; `null` without one. */
type Percentiles = { readonly [P in PercentileName]: number | null }

/** Percentiles of the witness, in ms. */
export interface WitnessFigures {
  /** Requests, and arrivals that never started, in the distribution of its latencies. */
  readonly samples: number
  readonly latencyMs: Percentiles
  /** The same, less the longest that each response can have waited for the witness. */
  readonly floorMs: Percentiles
  /** Between these lies the percentile of all requests, as an idle thread sees them, with a confidence of 95 %. */
  readonly lowMs: Percentiles
  readonly highMs: Percentiles
  /** The same with a confidence of 99.9 %: what lies beyond contradicts the witness. */
  readonly farLowMs: Percentiles
  readonly farHighMs: Percentiles
}

const LIKELY = 0.95
const NEARLY_CERTAIN = 0.999

/** Blocks of seconds: as few as tell how much their tails differ, and as many as are kept. */
const FEWEST_BLOCKS = 5
const MOST_BLOCKS = 240

export class WitnessSamples {
  /** The requests of all names as one. */
  readonly requests = new RequestTally(true)
  /** Their latencies, less the longest that each response can have waited for the witness. */
  readonly floor = new Histogram({ wide: true })
  /** Latencies by block. A long run has longer blocks. */
  #blocks = new Map<number, Histogram>()
  #blockS = 1

  /** Adds a second of the witness. */
  add(second: number, { requests, latencyFloor }: PackedTally): void {
    const block = Math.floor(second / this.#blockS)
    let latencies = this.#blocks.get(block)
    if (latencies === undefined) this.#blocks.set(block, (latencies = new Histogram()))
    for (const request of requests) {
      mergeRequest(this.requests, request)
      latencies.add(request.histograms.latency ?? null)
    }
    this.floor.add(latencyFloor)
    if (this.#blocks.size > MOST_BLOCKS) this.#joinBlocks()
  }

  /** Its figures so far; `null` without a latency. */
  figures(): WitnessFigures | null {
    const latencies = this.requests.peek('latency')
    if (latencies === null || latencies.count === 0) return null
    const likely = this.#intervals(latencies, LIKELY)
    const nearlyCertain = this.#intervals(latencies, NEARLY_CERTAIN)
    return {
      samples: latencies.count,
      latencyMs: percentilesMs(latencies),
      floorMs: percentilesMs(this.floor),
      lowMs: likely.low,
      highMs: likely.high,
      farLowMs: nearlyCertain.low,
      farHighMs: nearlyCertain.high,
    }
  }

  /** From a quantile of what the target took at least to one of what it took at most. */
  #intervals(latencies: Histogram, confidence: number): { low: Percentiles; high: Percentiles } {
    const of = (side: 'low' | 'high', from: Histogram): Percentiles =>
      byPercentile((q) => {
        const samples = this.#independent(latencies, q)
        const at = samples === null ? null : rankInterval(samples, q, confidence)[side]
        return at === null ? null : ms(from.quantileUs(at)!)
      })
    return { low: of('low', this.floor), high: of('high', latencies) }
  }

  /**
   * Returns how many independent samples have as little chance to differ as these: a slow moment of the target makes many
   * requests of one second slow. The number beyond a quantile varies from block to block by more than it would by chance
   * (design effect of cluster sampling: L. Kish, Survey Sampling, 1965, 5.4). `null` if there are too few blocks.
   */
  #independent(latencies: Histogram, q: number): number | null {
    const blocks = [...this.#blocks.values()].filter(({ count }) => count > 0)
    if (blocks.length < FEWEST_BLOCKS) return null
    const { count } = latencies
    const limitUs = latencies.quantileUs(q)!
    const beyond = blocks.map((block) => block.countAbove(limitUs))
    const share = beyond.reduce((a, b) => a + b, 0) / count
    if (share === 0) return count
    const squares = blocks.reduce((sum, block, i) => sum + (beyond[i]! - share * block.count) ** 2, 0)
    const varies = (squares * blocks.length) / (blocks.length - 1)
    return Math.max(1, Math.floor(count / Math.max(1, varies / (count * share * (1 - share)))))
  }

  #joinBlocks(): void {
    const joined = new Map<number, Histogram>()
    for (const [block, latencies] of this.#blocks) {
      const into = Math.floor(block / 2)
      const other = joined.get(into)
      if (other === undefined) joined.set(into, latencies)
      else other.add(latencies.pack())
    }
    this.#blocks = joined
    this.#blockS *= 2
  }
}

const byPercentile = (of: (q: number) => number | null): Percentiles =>
  Object.fromEntries(PERCENTILES.map(([name, q]) => [name, of(q)])) as Percentiles
