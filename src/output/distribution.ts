/** Latencies as pictures: how they were spread over time, and which share of requests was how fast. Pure. */
import type { SparseHistogram } from '../core/histogram.ts'
import type { SecondRow } from '../core/second.ts'
import { bucketsOf, short } from './decimation.ts'

/** Rows of the heat map for each power of ten: edges 15 % apart. */
const BINS_PER_DECADE = 16
const MOST_COLUMNS = 600
/** Points of the percentile curve for each power of ten of 1 / (1 − q). */
const POINTS_PER_DECADE = 40

/** How many requests there were in each bin of latency, over time; bins are counted from 1 µs. */
export interface HeatMap {
  readonly columnS: number
  readonly binsPerDecade: number
  /** Of each column: the bin of the first count, and the counts from there on. */
  readonly columns: readonly { readonly first: number; readonly counts: readonly number[] }[]
}

export function heatMapOf(rows: readonly SecondRow[]): HeatMap {
  const columnS = Math.max(1, Math.ceil(rows.length / MOST_COLUMNS))
  const columns = bucketsOf(rows, columnS).map((bucket) => {
    const counts = new Map<number, number>()
    for (const { histogram } of bucket)
      each(histogram, (us, n) => counts.set(binOf(us), (counts.get(binOf(us)) ?? 0) + n))
    const bins = [...counts.keys()].sort((a, b) => a - b)
    const [first = 0] = bins
    const size = bins.length === 0 ? 0 : bins.at(-1)! - first + 1
    return { first, counts: Array.from({ length: size }, (_, i) => counts.get(first + i) ?? 0) }
  })
  return { columnS, binsPerDecade: BINS_PER_DECADE, columns }
}

const binOf = (us: number): number => Math.floor(Math.log10(Math.max(1, us)) * BINS_PER_DECADE)

/** A point of the curve that HdrHistogram made known: `over` is 1 / (1 − q). */
export interface CurvePoint {
  readonly over: number
  readonly ms: number
}

/** The latency of each share of the measured requests; it ends where one request is left, as there is nothing known beyond it. */
export function percentileCurve(rows: readonly SecondRow[], maxMs: number | null): CurvePoint[] {
  const counts = new Map<number, number>()
  for (const { phase, histogram } of rows)
    if (phase !== 'warmup') each(histogram, (us, n) => counts.set(us, (counts.get(us) ?? 0) + n))
  const slots = [...counts].sort(([a], [b]) => a - b)
  const all = slots.reduce((sum, [, n]) => sum + n, 0)
  if (all === 0 || maxMs === null) return []
  const points: CurvePoint[] = []
  let slot = 0
  let upTo = slots[0]![1]
  for (let step = 0; ; step++) {
    const over = 10 ** (step / POINTS_PER_DECADE)
    if (over >= all) break
    // As many requests as the quantile takes, and one at the least.
    while (upTo < (1 - 1 / over) * all && slot < slots.length - 1) upTo += slots[++slot]![1]
    points.push({ over: short(over), ms: Math.min(maxMs, short(slots[slot]![0] / 1000)) })
  }
  points.push({ over: all, ms: maxMs })
  return points
}

function each({ upToUs, counts }: SparseHistogram, see: (us: number, n: number) => void): void {
  for (let i = 0; i < upToUs.length; i++) see(upToUs[i]!, counts[i]!)
}
