/** The percentile plot of HdrHistogram: every further nine takes the same width. */
import { isReliable, PERCENTILES, type Metrics } from '../../core/measure/metrics.ts'
import { showCount, showMs } from '../../core/units.ts'
import type { CurvePoint } from '../../output/text/distribution.ts'
import { axis, axisMs, LOG, valueAxis, valueScale, type Plot } from './plot.ts'
import { table } from '../parts/sortable-table.ts'
import { color } from '../parts/theme.ts'

interface Point {
  /** 1 / (1 − q). */
  readonly over: number
  readonly curveMs: number | null
  readonly reportedMs: number | null
  readonly isWeak: boolean
}

/** `curve` is empty for a single request name, of which only the reported percentiles are known. */
export function percentiles(
  metrics: Metrics,
  curve: readonly CurvePoint[],
  isLog: boolean,
  whose: string,
): Plot {
  const { latencyMs } = metrics
  const reported = PERCENTILES.flatMap(([name, q]): Point[] =>
    latencyMs[name] === null
      ? []
      : [
          {
            over: 1 / (1 - q),
            curveMs: null,
            reportedMs: latencyMs[name],
            isWeak: !isReliable(latencyMs, name),
          },
        ],
  )
  // The last point of the curve is 1 / n.
  const samples = curve.at(-1)?.over ?? null
  const end = samples ?? Infinity
  const points = [
    ...curve.map(({ over, ms }): Point => ({ over, curveMs: ms, reportedMs: null, isWeak: false })),
    ...reported.filter(({ over }) => over <= end),
  ].sort((a, b) => a.over - b.over)
  const xMax = Math.max(10, points.at(-1)?.over ?? 10)
  const at = ({ over, curveMs, reportedMs, isWeak }: Point): string[] => [
    curveMs === null ? '–' : showMs(curveMs),
    reportedMs === null ? '–' : `${isWeak ? '~' : ''}${showMs(reportedMs)}`,
    samples === null ? '–' : showCount(Math.max(1, Math.round(samples / over))),
  ]
  return {
    id: 'percentiles',
    title: 'Latency by percentile',
    note: `${whose}. Every further nine takes the same width; the plot ends at a single request`,
    height: 250,
    options: {
      ...percentileFrame(xMax, isLog),
      series: [
        {},
        { stroke: () => color('blue'), width: 1.75, points: { show: false }, spanGaps: true },
        {
          stroke: () => color('orange'),
          width: curve.length === 0 ? 1.25 : 0,
          dash: [4, 4],
          points: {
            show: true,
            size: 7,
            fill: () => color('panel'),
            stroke: () => color('orange'),
            width: 2,
          },
          spanGaps: true,
        },
      ],
    },
    data: [
      points.map(({ over }) => over),
      points.map(({ curveMs }) => curveMs),
      points.map(({ reportedMs }) => reportedMs),
    ],
    keys: [
      { label: 'latency', kind: 'line', color: 'blue' },
      { label: 'reported percentile', kind: 'line', color: 'orange', dash: [2, 3] },
    ],
    at: (index) => {
      const point = points[index]!
      return { where: share(point.over), values: at(point).slice(0, 2) }
    },
    table: () =>
      table({
        label: 'Latency by percentile',
        rows: points,
        columns: [
          { title: 'percentile', cell: ({ over }) => share(over) },
          { title: 'latency', cell: (point) => at(point)[0]! },
          { title: 'reported', cell: (point) => at(point)[1]! },
          { title: 'requests beyond', cell: (point) => at(point)[2]! },
        ],
      }),
  }
}

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
