/** Latencies as pictures: how they were spread over time, and which share of requests was how fast. Pure. */
import { largest, smallest } from '../../core/extremes.ts'
import type { SparseHistogram } from '../../core/measure/histogram.ts'
import type { SecondRow } from '../../core/measure/second.ts'
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
  const columns = bucketsOf(rows, columnS).map((bucket) =>
    joined(bucket.map(({ histogram }) => columnOf(histogram)).filter(({ counts }) => counts.length > 0)),
  )
  return { columnS, binsPerDecade: BINS_PER_DECADE, columns }
}

type HeatColumn = HeatMap['columns'][number]

/** Those of seconds that have been put into bins before: a page of a run that goes on asks for them again and again. */
const known = new WeakMap<SparseHistogram, HeatColumn>()

function columnOf(histogram: SparseHistogram): HeatColumn {
  let column = known.get(histogram)
  if (column === undefined) {
    // The slots of a histogram are in order.
    const first = histogram.upToUs.length === 0 ? 0 : binOf(histogram.upToUs[0]!)
    const counts: number[] = []
    each(histogram, (us, n) => {
      const at = binOf(us) - first
      while (counts.length <= at) counts.push(0)
      counts[at]! += n
    })
    known.set(histogram, (column = { first, counts }))
  }
  return column
}

/** Of columns that have something in them, the sum. */
function joined(columns: readonly HeatColumn[]): HeatColumn {
  if (columns.length === 0) return { first: 0, counts: [] }
  if (columns.length === 1) return columns[0]!
  const first = smallest(columns.map((column) => column.first))
  const end = largest(columns.map((column) => column.first + column.counts.length))
  const counts = new Array<number>(end - first).fill(0)
  for (const column of columns)
    for (const [i, n] of column.counts.entries()) counts[column.first - first + i]! += n
  return { first, counts }
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
