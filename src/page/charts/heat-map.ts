/** The latency heat map: a column per span of time, a cell per bin of latency. */
import { largest, smallest } from '../../core/extremes.ts'
import { showCount, showMs, showPercent } from '../../core/units.ts'
import type { HeatMap } from '../../output/text/distribution.ts'
import { axisMs, LOG, TIME_CURSOR, timeAxis, timeScale, valueAxis, type Plot } from './plot.ts'
import { table } from '../parts/sortable-table.ts'
import { color } from '../parts/theme.ts'
import { spanOf } from './time-chart.ts'
import type { uPlot } from './uplot.ts'

const SHADES = 32

export function heatMap(heat: HeatMap, endS: number): Plot {
  const { columns, columnS } = heat
  const range = rangeOf(heat)
  const edgeMs = (bin: number): number => edgeOf(bin, heat)
  return {
    id: 'heat',
    title: 'Latency heat map',
    note: 'All requests: the darker a cell (in the dark theme, the brighter), the more requests had this latency; logarithmic colour scale',
    height: 250,
    options: {
      scales: {
        x: timeScale(endS),
        y: {
          distr: LOG,
          range: range === null ? [1, 1000] : [edgeMs(range.firstBin - 1), edgeMs(range.lastBin + 1)],
        },
      },
      axes: [timeAxis(), valueAxis(axisMs, { splits: (_, __, min, max) => roundSplits(min, max) })],
      cursor: { ...TIME_CURSOR, points: { show: false } },
      padding: [8, 10, 0, 0],
      series: [{}, { stroke: 'transparent', points: { show: false } }],
      hooks: { draw: range === null ? [] : [(u) => paintCells(u, heat, range.most)] },
    },
    data: [
      columns.map((_, i) => (i + 0.5) * columnS),
      columns.map((column) => {
        const bin = medianBin(column)
        return bin === null ? null : edgeMs(bin + 0.5)
      }),
    ],
    keys: [
      { label: range === null ? 'no latencies' : `1 to ${showCount(range.most)} requests`, kind: 'ramp' },
      { label: 'most frequent', kind: 'word' },
      { label: 'requests', kind: 'word' },
    ],
    at: (index) => {
      const { first = 0, counts = [] } = columns[index] ?? {}
      const peak = counts.indexOf(largest(counts))
      return {
        where: spanOf(index, columnS, endS),
        values: [
          '',
          counts.length === 0 ? '–' : cellText(first + peak, heat),
          showCount(counts.reduce((sum, n) => sum + n, 0)),
        ],
      }
    },
    table: () => heatTable(heat),
  }
}

type HeatColumn = HeatMap['columns'][number]

/** The lower edge of a bin. */
const edgeOf = (bin: number, { binsPerDecade }: HeatMap): number => 10 ** (bin / binsPerDecade) / 1000

const cellText = (bin: number, heat: HeatMap): string =>
  `${showMs(edgeOf(bin, heat))} to ${showMs(edgeOf(bin + 1, heat))}`

/** The used bins, and the highest count of a cell; `null` if there are no latencies. */
function rangeOf({ columns }: HeatMap) {
  const used = columns.filter(({ counts }) => counts.length > 0)
  if (used.length === 0) return null
  return {
    firstBin: smallest(used.map(({ first }) => first)),
    lastBin: largest(used.map(({ first, counts }) => first + counts.length)),
    most: largest(used.map(({ counts }) => largest(counts))),
  }
}

/** The bin of the median of a column, where the cursor is shown; `null` if the column is empty. */
function medianBin({ first, counts }: HeatColumn): number | null {
  const half = counts.reduce((sum, n) => sum + n, 0) / 2
  let sum = 0
  const at = counts.findIndex((n) => (sum += n) >= half && n > 0)
  return at === -1 ? null : first + at
}

function paintCells(u: uPlot, heat: HeatMap, most: number): void {
  const { columns, columnS } = heat
  const ramp = rampOf()
  const { ctx, bbox } = u
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  for (const [i, { first, counts }] of columns.entries()) {
    const left = Math.round(u.valToPos(i * columnS, 'x', true))
    const right = Math.round(u.valToPos((i + 1) * columnS, 'x', true))
    for (const [j, n] of counts.entries()) {
      if (n === 0) continue
      const bottom = Math.round(u.valToPos(edgeOf(first + j, heat), 'y', true))
      const top = Math.round(u.valToPos(edgeOf(first + j + 1, heat), 'y', true))
      // A single request gets the faintest shade; the scale is logarithmic.
      const share = most === 1 ? 1 : Math.log(n) / Math.log(most)
      ctx.fillStyle = ramp[Math.round(share * (SHADES - 1))]!
      ctx.fillRect(left, top, Math.max(1, right - left), Math.max(1, bottom - top))
    }
  }
  ctx.restore()
}

/** Requests of the run in each bin, in order. */
export function binTotals({ columns }: HeatMap): [bin: number, requests: number][] {
  const sums = new Map<number, number>()
  for (const { first, counts } of columns)
    for (const [j, n] of counts.entries()) if (n > 0) sums.set(first + j, (sums.get(first + j) ?? 0) + n)
  return [...sums].sort(([a], [b]) => a - b)
}

function heatTable(heat: HeatMap): HTMLElement {
  const rows = binTotals(heat)
  const all = rows.reduce((sum, [, n]) => sum + n, 0)
  return table<[number, number]>({
    label: 'Latencies of the whole run, warm-up included',
    rows,
    columns: [
      { title: 'latency', cell: ([bin]) => cellText(bin, heat) },
      { title: 'requests', cell: ([, n]) => showCount(n) },
      { title: 'share', cell: ([, n]) => showPercent(n / all) },
    ],
  })
}

/** Ticks at 1, 2 and 5 times each power of ten. */
function roundSplits(min: number, max: number): number[] {
  const splits: number[] = []
  for (let power = 10 ** Math.floor(Math.log10(min)); power <= max; power *= 10)
    splits.push(...[power, 2 * power, 5 * power].filter((split) => split >= min && split <= max))
  return splits
}

/** The colour scale from few to many requests, interpolated between the colours of the style sheet. */
function rampOf(): string[] {
  const stops = (['heat-0', 'heat-1', 'heat-2', 'heat-3'] as const).map((name) =>
    color(name)
      .match(/[\d.]+/g)!
      .slice(0, 3)
      .map(Number),
  )
  return Array.from({ length: SHADES }, (_, i) => {
    const at = (i / (SHADES - 1)) * (stops.length - 1)
    const from = Math.min(Math.floor(at), stops.length - 2)
    const mixed = stops[from]!.map((value, k) =>
      Math.round(value + (stops[from + 1]![k]! - value) * (at - from)),
    )
    return `rgb(${mixed.join(', ')})`
  })
}
