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
  /** The name of a unit; `of` and its number if left out. */
  readonly nameOf?: (number: number) => string
  readonly units: readonly Unit[]
  readonly bucketS: number
  readonly endS: number
  readonly color: Color
  /** Painted below all rows, or below the row of one unit. */
  readonly shades: readonly (Shade & { readonly unit?: number })[]
}

export function ridges({ units, bucketS, endS, color: name, shades, of, ...rest }: Ridges): Plot {
  const { nameOf = (number: number) => `${of} ${number}`, ...words } = rest
  const buckets = units[0]?.busy.low.length ?? 0
  const rowHeight = Math.max(14, Math.min(44, 460 / Math.max(1, units.length)))
  const rows = shadesOfRows(shades, units)
  return {
    ...words,
    height: Math.round(rowHeight * units.length) + 34,
    options: {
      scales: { x: timeScale(endS), y: { range: [0, Math.max(1, units.length)] } },
      axes: [timeAxis(), unitAxis(units, nameOf)],
      cursor: { ...TIME_CURSOR, points: { show: false } },
      padding: [8, 10, 0, 0],
      series: [{}, ...units.map((_, at) => ridge(floorOf(at, units), name))],
      hooks: { drawClear: [paintShades(rows, false), (u) => paintFloors(u, units)] },
    },
    data: [
      instants(buckets, bucketS),
      ...units.map(({ busy }, at) =>
        points(busy).map((value) => (value === null ? null : floorOf(at, units) + Math.min(1, value) * FULL)),
      ),
    ],
    keys: units.map(({ number }) => ({ label: nameOf(number), kind: 'word' })),
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
          { title: of, cell: ({ number }) => nameOf(number).replace(`${of} `, '') },
          { title: 'mean', cell: ({ mean }) => showPercent(mean) },
          { title: 'max', cell: ({ max }) => showPercent(max) },
        ],
      }),
  }
}

/** The bottom of a row; the first unit is on top. */
const floorOf = (at: number, units: readonly Unit[]): number => units.length - 1 - at

/** Shades of one unit cover its row, all others the whole height. */
function shadesOfRows(shades: Ridges['shades'], units: readonly Unit[]): Shade[] {
  return shades.flatMap(({ unit, ...shade }): Shade[] => {
    if (unit === undefined) return [shade]
    const at = units.findIndex(({ number }) => number === unit)
    const floor = floorOf(at, units)
    return at === -1 ? [] : [{ ...shade, fromY: floor, toY: floor + 1 }]
  })
}

/** Room for names: the least, the most, and for each character. */
const NAME = { least: 60, most: 160, each: 6.5 }

const unitAxis = (units: readonly Unit[], nameOf: (number: number) => string): uPlot.Axis =>
  axis({
    size: Math.min(
      NAME.most,
      units.reduce((most, { number }) => Math.max(most, nameOf(number).length * NAME.each), NAME.least),
    ),
    gap: 6,
    splits: () => units.map((_, at) => floorOf(at, units) + FULL / 2),
    values: () => units.map(({ number }) => nameOf(number)),
    grid: { show: false },
  })

const ridge = (floor: number, name: Color): uPlot.Series => ({
  stroke: () => color(name),
  width: 1,
  fill: () => color(name).replace(/^rgb\((.*)\)$/, 'rgba($1, 0.35)'),
  fillTo: floor,
  points: { show: false },
})

function paintFloors(u: uPlot, units: readonly Unit[]): void {
  const { ctx, bbox } = u
  ctx.fillStyle = color('grid')
  for (const at of units.keys())
    ctx.fillRect(bbox.left, Math.round(u.valToPos(floorOf(at, units), 'y', true)), bbox.width, 1)
}
