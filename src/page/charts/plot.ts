/** Common parts of all charts: axes, scales, cursor, zoom, and shades below the lines. */
import { showClock, showCount } from '../../core/units.ts'
import { color, type Color } from '../parts/theme.ts'
import { uPlot } from './uplot.ts'

/** An entry of the legend. */
export interface Key {
  readonly label: string
  /** `line`: the series at the same position, which can be hidden; `ramp`: a colour scale; `word`: a label only. */
  readonly kind: 'line' | 'ramp' | 'word'
  readonly color?: Color
  readonly dash?: readonly number[]
}

/** The reading at the cursor. */
export interface Reading {
  readonly where: string
  /** One value per entry of the legend. */
  readonly values: readonly string[]
}

export interface Plot {
  readonly id: string
  readonly title: string
  readonly note: string
  readonly height: number
  readonly options: Omit<uPlot.Options, 'width' | 'height'>
  readonly data: uPlot.AlignedData
  readonly keys: readonly Key[]
  readonly at: (index: number) => Reading
  /** The same figures as a table. */
  readonly table: () => HTMLElement
}

/** A span of run time, in seconds, painted below the lines. */
export interface Shade {
  readonly fromS: number
  readonly toS: number
  readonly color: Color
  readonly label: string
  /** The extent on the y axis; the full height if absent. */
  readonly fromY?: number
  readonly toY?: number
}

const FONT = '11px system-ui, sans-serif'
const STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400,
]

/** An axis in the colours of the page. */
export const axis = (options: uPlot.Axis): uPlot.Axis => ({
  font: FONT,
  stroke: () => color('dim'),
  grid: { stroke: () => color('grid'), width: 1 },
  ticks: { show: false },
  ...options,
})

/** Axis labels, which need fewer digits than a figure: 20 rather than 20.0. */
export const axisRate = (perS: number): string =>
  perS < 10 ? String(Number(perS.toPrecision(2))) : showCount(perS)
export function axisMs(ms: number): string {
  const [value, unit] = ms < 1 ? [ms * 1000, 'µs'] : ms < 1000 ? [ms, 'ms'] : [ms / 1000, 's']
  return `${Number(value.toPrecision(3))} ${ms === 0 ? 'ms' : unit}`
}

export const timeAxis = (): uPlot.Axis =>
  axis({
    incrs: STEPS_S,
    space: 56,
    size: 26,
    gap: 6,
    values: (_, splits) => splits.map(showClock),
  })

export const valueAxis = (show: (value: number) => string, options: uPlot.Axis = {}): uPlot.Axis =>
  axis({
    size: 60,
    gap: 6,
    space: 28,
    values: (_, splits) => splits.map((value) => (typeof value === 'number' ? show(value) : '')),
    ...options,
  })

/** Synchronizes cursor and zoom of all charts over time. */
export const TIME_CURSOR: uPlot.Cursor = {
  y: false,
  drag: { x: true, y: false },
  sync: { key: 'time', scales: ['x', null] },
  points: { size: 7 },
}

/** Whether uPlot passed extremes: for a chart without values it passes `null`, contrary to its types. */
const isKnown = (min: number, max: number): boolean => Number.isFinite(min) && Number.isFinite(max)

export const timeScale = (endS: number): uPlot.Scale => ({
  time: false,
  range: (_, min, max) =>
    isKnown(min, max) && min < max ? [Math.max(0, min), Math.min(endS, max)] : [0, Math.max(1, endS)],
})

// The logarithmic distribution; isolated modules cannot use a member of an ambient const enum.
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
export const LOG = 3 as uPlot.Scale.Distr

/** A scale from 0 to slightly above the maximum, or between the enclosing powers of ten. */
export const valueScale = (isLog: boolean): uPlot.Scale =>
  isLog
    ? {
        distr: LOG,
        range: (_, min, max) =>
          isKnown(min, max) && min > 0 ? uPlot.rangeLog(min, max, 10, false) : [0.1, 1000],
      }
    : { range: (_, min, max) => [0, isKnown(min, max) && max > 0 ? max * 1.06 : 1] }

/** Paints spans of time below the lines, labelled where the label fits. */
export function paintShades(shades: readonly Shade[], isNamed = true): (u: uPlot) => void {
  return (u) => {
    const { ctx, bbox } = u
    const ratio = uPlot.pxRatio
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
    ctx.clip()
    ctx.font = `${10 * ratio}px system-ui, sans-serif`
    ctx.textBaseline = 'top'
    // Painting the axes changed it.
    ctx.textAlign = 'left'
    for (const { fromS, toS, color: name, label, fromY, toY } of shades) {
      const left = u.valToPos(fromS, 'x', true)
      const width = Math.max(ratio, u.valToPos(toS, 'x', true) - left)
      const top = toY === undefined ? bbox.top : u.valToPos(toY, 'y', true)
      const bottom = fromY === undefined ? bbox.top + bbox.height : u.valToPos(fromY, 'y', true)
      ctx.fillStyle = color(name)
      ctx.fillRect(left, top, width, bottom - top)
      if (!isNamed || ctx.measureText(label).width + 8 * ratio > width) continue
      ctx.fillStyle = color('dim')
      ctx.fillText(label, Math.max(left, bbox.left) + 4 * ratio, top + 3 * ratio)
    }
    ctx.restore()
  }
}
