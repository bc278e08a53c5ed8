/** Line charts over the time of a run. A bucket of several seconds is drawn from its lowest to its highest value. */
import { showClock } from '../../core/units.ts'
import type { Extremes } from '../../output/text/decimation.ts'
import {
  paintShades,
  TIME_CURSOR,
  timeAxis,
  timeScale,
  valueAxis,
  valueScale,
  type Plot,
  type Shade,
} from './plot.ts'
import { table } from '../parts/sortable-table.ts'
import { color, type Color } from '../parts/theme.ts'
import type { uPlot } from './uplot.ts'

export interface Line {
  readonly label: string
  readonly color: Color
  readonly values: Extremes
  readonly dash?: readonly number[]
  readonly width?: number
  /** Whether the area below the line is tinted. */
  readonly isArea?: boolean
}

export interface TimeChart {
  readonly id: string
  readonly title: string
  readonly note: string
  readonly lines: readonly Line[]
  readonly bucketS: number
  readonly endS: number
  readonly show: (value: number) => string
  readonly showAxis: (value: number) => string
  readonly isLog?: boolean
  readonly shades: readonly Shade[]
}

export function timeChart({
  lines,
  bucketS,
  endS,
  show,
  showAxis,
  isLog = false,
  shades,
  ...words
}: TimeChart): Plot {
  const xs = instants(lines[0]?.values.low.length ?? 0, bucketS)
  return {
    ...words,
    height: 210,
    options: {
      scales: { x: timeScale(endS), y: valueScale(isLog) },
      axes: [timeAxis(), valueAxis(showAxis)],
      cursor: TIME_CURSOR,
      padding: [8, 10, 0, 0],
      series: [{}, ...lines.map(seriesOf)],
      hooks: { drawClear: [paintShades(shades)] },
    },
    data: [xs, ...lines.map(({ values }) => points(values, isLog))],
    keys: lines.map(({ label, color: name, dash }) => ({
      label,
      kind: 'line',
      color: name,
      ...(dash === undefined ? {} : { dash }),
    })),
    at: (index) => {
      const bucket = bucketAt(index, bucketS)
      return {
        where: spanOf(bucket, bucketS, endS),
        values: lines.map(({ values }) => rangeAt(values, bucket, show)),
      }
    },
    table: () =>
      table({
        label: words.title,
        rows: Array.from({ length: lines[0]?.values.low.length ?? 0 }, (_, i) => i),
        columns: [
          { title: 'time', cell: (i) => spanOf(i, bucketS, endS) },
          ...lines.map(({ label, values }) => ({
            title: label,
            cell: (i: number) => rangeAt(values, i, show),
          })),
        ],
      }),
  }
}

function seriesOf({ color: name, dash, width = 1.5, isArea = false }: Line): uPlot.Series {
  return {
    stroke: () => color(name),
    width,
    ...(dash === undefined ? {} : { dash: [...dash] }),
    ...(isArea ? { fill: () => color(name).replace(/^rgb\((.*)\)$/, 'rgba($1, 0.10)') } : {}),
    points: { show: (u, at) => isSparse(u.data[at]!), size: 4, fill: () => color(name) },
    spanGaps: false,
  }
}

/** Whether a value has no neighbour, so that a line would not show it. */
const isSparse = (values: ArrayLike<number | null | undefined>): boolean =>
  Array.prototype.some.call(
    values,
    (value, i) => value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null,
  )

/** X positions: the middle of each second, or the middles of both halves of each bucket. */
export const instants = (buckets: number, bucketS: number): number[] =>
  bucketS === 1
    ? Array.from({ length: buckets }, (_, i) => i + 0.5)
    : Array.from({ length: 2 * buckets }, (_, i) => (i / 2 + 0.25) * bucketS)

/** Y values; on a logarithmic scale, 0 becomes `null`. */
export function points({ low, high }: Extremes, isLog = false): (number | null)[] {
  const all = high === null ? [...low] : low.flatMap((value, i) => [value, high[i]!])
  return isLog ? all.map((value) => (value === 0 ? null : value)) : all
}

/** The bucket of a point. */
export const bucketAt = (index: number, bucketS: number): number =>
  bucketS === 1 ? index : Math.floor(index / 2)

export const spanOf = (bucket: number, bucketS: number, endS: number): string =>
  bucketS === 1
    ? showClock(bucket)
    : `${showClock(bucket * bucketS)}–${showClock(Math.min(endS, (bucket + 1) * bucketS))}`

export function rangeAt({ low, high }: Extremes, bucket: number, show: (value: number) => string): string {
  const from = low[bucket] ?? null
  const to = high === null ? from : (high[bucket] ?? null)
  if (from === null || to === null) return '–'
  return show(from) === show(to) ? show(from) : `${show(from)} to ${show(to)}`
}
