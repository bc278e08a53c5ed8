/** Percentile plots of two runs, overlaid. */
import { showMs } from '../../core/units.ts'
import type { CurvePoint } from '../../output/text/distribution.ts'
import { percentileFrame, share } from './percentiles.ts'
import type { Plot } from './plot.ts'
import { table } from '../parts/sortable-table.ts'
import { color } from '../parts/theme.ts'

interface Point {
  /** 1 / (1 − q). */
  readonly over: number
  readonly baselineMs: number | null
  readonly currentMs: number | null
}

/** Merges two curves, whose points share one grid except for the last of each. */
function together(baseline: readonly CurvePoint[], current: readonly CurvePoint[]): Point[] {
  const [before, after] = [baseline, current].map((curve) => new Map(curve.map(({ over, ms }) => [over, ms])))
  return [...new Set([...before!.keys(), ...after!.keys()])]
    .sort((a, b) => a - b)
    .map((over) => ({ over, baselineMs: before!.get(over) ?? null, currentMs: after!.get(over) ?? null }))
}

export function comparePercentiles(
  baseline: readonly CurvePoint[],
  current: readonly CurvePoint[],
  isLog: boolean,
): Plot {
  const points = together(baseline, current)

  return {
    id: 'percentiles',
    title: 'Latency by percentile',
    note: 'All requests. Every further nine takes the same width; a line ends at a single request',
    height: 210,
    options: {
      ...percentileFrame(Math.max(10, points.at(-1)?.over ?? 10), isLog),
      series: [
        {},
        {
          stroke: () => color('orange'),
          width: 1.5,
          dash: [6, 3],
          points: { show: false },
          spanGaps: true,
        },
        { stroke: () => color('blue'), width: 1.75, points: { show: false }, spanGaps: true },
      ],
    },
    data: [
      points.map(({ over }) => over),
      points.map(({ baselineMs }) => baselineMs),
      points.map(({ currentMs }) => currentMs),
    ],
    keys: [
      { label: 'baseline', kind: 'line', color: 'orange', dash: [6, 3] },
      { label: 'current', kind: 'line', color: 'blue' },
    ],
    at: (index) => {
      const { over, baselineMs, currentMs } = points[index]!
      return { where: share(over), values: [showMs(baselineMs), showMs(currentMs)] }
    },
    table: () =>
      table({
        label: 'Latency by percentile, of both runs',
        rows: points,
        columns: [
          { title: 'percentile', cell: ({ over }) => share(over) },
          { title: 'baseline', cell: ({ baselineMs }) => showMs(baselineMs) },
          { title: 'current', cell: ({ currentMs }) => showMs(currentMs) },
        ],
      }),
  }
}
