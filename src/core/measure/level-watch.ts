/**
 * Finds the second from which the level of a run holds: the end of its warm-up.
 *
 * MSER: of all seconds d at which a series can be cut off, the one after which the mean is known best, that is with the
 * least sum of squares / (n − d)² (K. P. White, "An effective truncation heuristic for bias reduction in simulation
 * output", Simulation 69, 1997). As usual, a cut in the second half means that the series is too short to tell. What is
 * kept must be at least 10 s long and have no trend: its halves differ by at most two standard errors, or 1 %. Both the
 * mean latency and the rate of the seconds are held against it, as logarithms.
 */
import type { SettledSecond } from './timeline.ts'

/** Seconds after the cut that both series must have. */
const LEAST_LEVEL_S = 10
/** Standard errors by which the halves of a level series may differ. */
const MOST_ERRORS = 2
/** A difference of logarithms that is level, however little the seconds vary. */
const NEGLIGIBLE = 0.01

export class LevelWatch {
  readonly #latencies: number[] = []
  readonly #rates: number[] = []
  readonly #fromS: number
  #holds = false

  /** Seconds before `fromS`, as those of a ramp, are passed over. */
  constructor(fromS: number) {
    this.#fromS = fromS
  }

  /** Whether the level holds, from the end of the last second on. */
  get holds(): boolean {
    return this.#holds
  }

  /** A second of the run is settled; they come in order. */
  settle({ second, loadS, row }: Pick<SettledSecond, 'second' | 'loadS' | 'row'>): void {
    const { latencyMs, finished } = row
    if (this.#holds || second < this.#fromS || loadS < 1) return
    this.#rates.push(Math.log(1 + finished))
    // A second without a response has no latency, and the rate shows it.
    if (latencyMs.mean !== null) this.#latencies.push(Math.log(latencyMs.mean))
    this.#holds = [this.#rates, this.#latencies].every((series) => {
      const at = truncation(series)
      return at !== null && series.length - at >= LEAST_LEVEL_S && isLevel(series.slice(at))
    })
  }
}

/** Whether the means of both halves are alike. */
function isLevel(series: readonly number[]): boolean {
  const half = Math.floor(series.length / 2)
  const [before, after] = [series.slice(0, half), series.slice(-half)].map((values) => {
    const mean = values.reduce((a, b) => a + b, 0) / half
    return { mean, variance: values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (half - 1) }
  }) as [{ mean: number; variance: number }, { mean: number; variance: number }]
  const error = Math.sqrt((before.variance + after.variance) / half)
  return Math.abs(after.mean - before.mean) <= Math.max(MOST_ERRORS * error, NEGLIGIBLE)
}

/** The index of the first value that is kept by MSER; `null` if the series is too short to tell. */
export function truncation(series: readonly number[]): number | null {
  const n = series.length
  let sum = 0
  let squares = 0
  let best: number | null = null
  let least = Infinity
  for (let d = n - 1; d >= 0; d--) {
    const value = series[d]!
    sum += value
    squares += value * value
    const kept = n - d
    if (d > n / 2) continue
    const error = Math.max(0, squares - (sum * sum) / kept) / kept ** 2
    // Of equals the earliest: what does not vary needs no cut.
    if (error <= least) [least, best] = [error, d]
  }
  return best === null || best >= Math.floor(n / 2) ? null : best
}
