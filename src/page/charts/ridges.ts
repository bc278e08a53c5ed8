/** Utilization of each worker or core over time, one row each, as `mpstat -P ALL` would show it. */
import { showPercent } from '../../core/units.ts'
import type { Unit } from '../../output/view/tracks.ts'
import { axis, paintShades, TIME_CURSOR, timeAxis, timeScale, type Plot, type Shade } from './plot.ts'
import { table } from '../parts/sortable-table.ts'
import { color, type Color } from '../parts/theme.ts'
import { bucketAt, instants, points, rangeAt, spanOf } from './time-chart.ts'
import type { uPlot } from './uplot.ts'

/** The share of its row that a fully used core fills. */
const FULL = 0.86

export interface Ridges {
  readonly id: string
  readonly title: string
  readonly note: string
  readonly of: string
  readonly units: readonly Unit[]
  readonly bucketS: number
  readonly endS: number
  readonly color: Color
  /** Painted behind all rows, or behind the row of one unit. */
  readonly shades: readonly (Shade & { readonly unit?: number })[]
}

export function ridges({ units, bucketS, endS, color: name, shades, of, ...words }: Ridges): Plot {
  const buckets = units[0]?.busy.low.length ?? 0
  const rowHeight = Math.max(14, Math.min(44, 460 / Math.max(1, units.length)))
  /** The bottom of a row; the first unit is on top. */
  const floorOf = (at: number): number => units.length - 1 - at
  const rows = shades.flatMap(({ unit, ...shade }): Shade[] => {
    if (unit === undefined) return [shade]
    const at = units.findIndex(({ number }) => number === unit)
    return at === -1 ? [] : [{ ...shade, fromY: floorOf(at), toY: floorOf(at) + 1 }]
  })
  const paintFloors = (u: uPlot): void => {
    const { ctx, bbox } = u
    ctx.fillStyle = color('grid')
    for (const at of units.keys())
      ctx.fillRect(bbox.left, Math.round(u.valToPos(floorOf(at), 'y', true)), bbox.width, 1)
  }
  return {
    ...words,
    height: Math.round(rowHeight * units.length) + 34,
    options: {
      scales: { x: timeScale(endS), y: { range: [0, Math.max(1, units.length)] } },
      axes: [
        timeAxis(),
        axis({
          size: 60,
          gap: 6,
          splits: () => units.map((_, at) => floorOf(at) + FULL / 2),
          values: () => units.map(({ number }) => `${of} ${number}`),
          grid: { show: false },
        }),
      ],
      cursor: { ...TIME_CURSOR, points: { show: false } },
      padding: [8, 10, 0, 0],
      series: [
        {},
        ...units.map((_, at): uPlot.Series => ({
          stroke: () => color(name),
          width: 1,
          fill: () => color(name).replace(/^rgb\((.*)\)$/, 'rgba($1, 0.35)'),
          fillTo: floorOf(at),
          points: { show: false },
        })),
      ],
      hooks: { drawClear: [paintShades(rows, false), paintFloors] },
    },
    data: [
      instants(buckets, bucketS),
      ...units.map(({ busy }, at) =>
        points(busy).map((value) => (value === null ? null : floorOf(at) + Math.min(1, value) * FULL)),
      ),
    ],
    keys: units.map(({ number }) => ({ label: `${of} ${number}`, kind: 'word' })),
    at: (index) => {
      const bucket = bucketAt(index, bucketS)
      const blamed = shades.filter(
        ({ fromS, toS }) => fromS < (bucket + 1) * bucketS && toS > bucket * bucketS,
      )
      return {
        where: [spanOf(bucket, bucketS, endS), ...new Set(blamed.map(({ label }) => label))].join(' · '),
        values: units.map(({ busy }) => rangeAt(busy, bucket, showPercent)),
      }
    },
    table: () =>
      table({
        label: `${words.title}: mean and maximum over the load`,
        rows: units,
        columns: [
          { title: of, cell: ({ number }) => String(number) },
          { title: 'mean', cell: ({ mean }) => showPercent(mean) },
          { title: 'max', cell: ({ max }) => showPercent(max) },
        ],
      }),
  }
}
