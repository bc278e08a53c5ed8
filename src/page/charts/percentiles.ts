/** The percentile plot of HdrHistogram: every further nine takes the same width. */
import { isReliable, PERCENTILES, type LatencySummary, type Metrics } from '../../core/measure/metrics.ts'
import { showCount, showMs } from '../../core/units.ts'
import type { CurvePoint } from '../../output/text/distribution.ts'
import { axis, axisMs, LOG, valueAxis, valueScale, type Plot } from './plot.ts'
import { table } from '../parts/sortable-table.ts'
import { color } from '../parts/theme.ts'
import type { uPlot } from './uplot.ts'

export interface PercentilePoint {
  /** 1 / (1 − q). */
  readonly over: number
  readonly curveMs: number | null
  readonly reportedMs: number | null
  readonly witnessMs: number | null
  readonly isWeak: boolean
}

/** The points of the curve and of the reported percentiles, in order; those of the witness if it has any. */
export function percentilePoints(
  latencyMs: LatencySummary,
  curve: readonly CurvePoint[],
  witness: LatencySummary | null = null,
): PercentilePoint[] {
  const reported = PERCENTILES.flatMap(([name, q]): PercentilePoint[] => {
    const reportedMs = latencyMs[name]
    if (reportedMs === null) return []
    const witnessMs = witness !== null && isReliable(witness, name) ? witness[name] : null
    const isWeak = !isReliable(latencyMs, name)
    return [{ over: 1 / (1 - q), curveMs: null, reportedMs, witnessMs, isWeak }]
  })
  const end = curve.at(-1)?.over ?? Infinity
  const rest = { reportedMs: null, witnessMs: null, isWeak: false }
  return [
    ...curve.map(({ over, ms }): PercentilePoint => ({ over, curveMs: ms, ...rest })),
    ...reported.filter(({ over }) => over <= end),
  ].sort((a, b) => a.over - b.over)
}

/** `witness` has the percentiles that an idle thread measured; `null` if there are none. `curve` is empty for a single request name, of which only the reported percentiles are known. */
export function percentiles(
  { latencyMs }: Metrics,
  curve: readonly CurvePoint[],
  isLog: boolean,
  whose: string,
  witness: LatencySummary | null = null,
): Plot {
  const points = percentilePoints(latencyMs, curve, witness)
  const has = <T>(value: T): T[] => (witness === null ? [] : [value])
  // The last point of the curve is 1 / n.
  const samples = curve.at(-1)?.over ?? null
  const cells = ({ over, curveMs, reportedMs, witnessMs, isWeak }: PercentilePoint): string[] => [
    curveMs === null ? '–' : showMs(curveMs),
    reportedMs === null ? '–' : `${isWeak ? '~' : ''}${showMs(reportedMs)}`,
    samples === null ? '–' : showCount(Math.max(1, Math.round(samples / over))),
    witnessMs === null ? '–' : showMs(witnessMs),
  ]
  return {
    id: 'percentiles',
    title: 'Latency by percentile',
    note: `${whose}. Every further nine takes the same width; the plot ends at a single request`,
    height: 250,
    options: {
      ...percentileFrame(Math.max(10, points.at(-1)?.over ?? 10), isLog),
      series: [{}, CURVE, reportedSeries(curve.length === 0), ...has(WITNESS)],
    },
    data: [
      points.map(({ over }) => over),
      points.map(({ curveMs }) => curveMs),
      points.map(({ reportedMs }) => reportedMs),
      ...has(points.map(({ witnessMs }) => witnessMs)),
    ],
    keys: [
      { label: 'latency', kind: 'line', color: 'blue' },
      { label: 'reported percentile', kind: 'line', color: 'orange', dash: [4, 4] },
      ...has({ label: 'witness', kind: 'line', color: 'purple', dash: [2, 2] } as const),
    ],
    at: (index) => {
      const point = points[index]!
      const [latency, reported, , witnessed] = cells(point)
      return { where: share(point.over), values: [latency!, reported!, ...has(witnessed!)] }
    },
    table: () =>
      table({
        label: 'Latency by percentile',
        rows: points,
        columns: [
          { title: 'percentile', cell: ({ over }) => share(over) },
          { title: 'latency', cell: (point) => cells(point)[0]! },
          { title: 'reported', cell: (point) => cells(point)[1]! },
          ...has({ title: 'witness', cell: (point: PercentilePoint) => cells(point)[3]! }),
          { title: 'requests beyond', cell: (point) => cells(point)[2]! },
        ],
      }),
  }
}

const CURVE: uPlot.Series = {
  stroke: () => color('blue'),
  width: 1.75,
  points: { show: false },
  spanGaps: true,
}

/** The percentiles that an idle thread measured. */
const WITNESS: uPlot.Series = {
  stroke: () => color('purple'),
  width: 1.5,
  dash: [2, 2],
  points: { show: true, size: 6, fill: () => color('panel'), stroke: () => color('purple'), width: 2 },
  spanGaps: true,
}

/** The reported percentiles: points, connected only if there is no curve. */
const reportedSeries = (isConnected: boolean): uPlot.Series => ({
  stroke: () => color('orange'),
  width: isConnected ? 1.25 : 0,
  dash: [4, 4],
  points: { show: true, size: 7, fill: () => color('panel'), stroke: () => color('orange'), width: 2 },
  spanGaps: true,
})

/** Options of the plot without its series; x is 1 / (1 − q). */
export const percentileFrame = (xMax: number, isLog: boolean): Omit<Plot['options'], 'series'> => ({
  scales: { x: { time: false, distr: LOG, range: [1, xMax] }, y: valueScale(isLog) },
  axes: [
    axis({
      size: 26,
      gap: 6,
      splits: (_, __, ___, most) => nines(most),
      values: (_, splits) => splits.map(share),
      filter: (_, splits) => splits,
    }),
    valueAxis(axisMs),
  ],
  cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
  padding: [8, 24, 0, 0],
})

/** Formats a percentile with the digits that distinguish it from the next one. */
export function share(over: number): string {
  const percent = 100 - 100 / over
  return `${Number(percent.toFixed(Math.max(0, Math.ceil(Math.log10(over))) + 1))}%`
}

/** Ticks at 0 %, 50 %, 90 %, 99 % and so on, up to `most`. */
function nines(most: number): number[] {
  const splits = [1, 2]
  for (let over = 10; over <= most; over *= 10) splits.push(over)
  return splits
}
