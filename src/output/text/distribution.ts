/** Data of the latency heat map and of the percentile curve. Pure. */
import { largest, smallest } from '../../core/extremes.ts'
import type { SparseHistogram } from '../../core/measure/histogram.ts'
import type { SecondRow } from '../../core/measure/second.ts'
import { bucketsOf, short } from './decimation.ts'

/** Rows of the heat map per power of ten: edges 15 % apart. */
const BINS_PER_DECADE = 16
const MOST_COLUMNS = 600
/** Points of the percentile curve per power of ten of 1 / (1 − q). */
const POINTS_PER_DECADE = 40

/** Requests per bin of latency, over time; bin 0 begins at 1 µs. */
export interface HeatMap {
  readonly columnS: number
  readonly binsPerDecade: number
  /** Each column: the bin of its first count, and the counts from there on. */
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

/** Columns of seconds already binned: the live page asks for the same seconds again and again. */
const known = new WeakMap<SparseHistogram, HeatColumn>()

function columnOf(histogram: SparseHistogram): HeatColumn {
  let column = known.get(histogram)
  if (column === undefined) {
    // Slots of a histogram are sorted.
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

/** The sum of columns, none of which is empty. */
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

/** A point of an HdrHistogram percentile plot; `over` is 1 / (1 − q). */
export interface CurvePoint {
  readonly over: number
  readonly ms: number
}

/** Latency by percentile over the measured requests. Ends at 1 / n: nothing is known beyond a single request. */
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
    // The rank of the quantile, and at least 1.
    while (upTo < (1 - 1 / over) * all && slot < slots.length - 1) upTo += slots[++slot]![1]
    points.push({ over: short(over), ms: Math.min(maxMs, short(slots[slot]![0] / 1000)) })
  }
  points.push({ over: all, ms: maxMs })
  return points
}

function each({ upToUs, counts }: SparseHistogram, see: (us: number, n: number) => void): void {
  for (let i = 0; i < upToUs.length; i++) see(upToUs[i]!, counts[i]!)
}
