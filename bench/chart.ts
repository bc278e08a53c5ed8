/** The chart of the saturation bench, as an SVG text: three panels over the same axis of users, a line for each generator. */
import type { VerdictLevel } from '../dist/index.js'

/** The result of one run of the bench. */
export interface Point {
  /** The generator: a number of workers, or a peer. */
  readonly line: string
  readonly users: number
  readonly askedPerS: number
  readonly achievedPerS: number
  readonly p99Ms: number
  /** Mean utilization of the busiest worker, or of the process, in cores. */
  readonly busiest: number
  /** `null` for a generator without verdict. */
  readonly verdict: VerdictLevel | null
}

interface Panel {
  readonly label: string
  readonly value: (point: Point) => number
  readonly ticks: readonly number[]
  readonly show: (tick: number) => string
  readonly log?: boolean
}

const WIDTH = 820
const LEFT = 70
const RIGHT = 34
const TOP = 148
const PANEL = 170
const GAP = 46
const LIGHT = ['#b4420f', '#0b62a4', '#1b7f3b', '#7b3fa0']
const DARK = ['#ff9a62', '#6cb8f5', '#6fd08c', '#c79be6']

const STYLE = `
  :root { color-scheme: light dark }
  .paper { fill: #fff } .ink { fill: #1d2430 } .soft { fill: #5a6473 } .axis { stroke: #8a94a3 } .grid { stroke: #e3e7ed }
  .asked { stroke: #5a6473 } .hollow { fill: #fff }
  ${LIGHT.map((color, i) => `.l${i} { stroke: ${color} } .f${i} { fill: ${color} }`).join(' ')}
  @media (prefers-color-scheme: dark) {
    .paper { fill: #12161c } .ink { fill: #e8ecf2 } .soft { fill: #a3adbb } .axis { stroke: #76808f } .grid { stroke: #2a313b }
    .asked { stroke: #a3adbb } .hollow { fill: #12161c }
    ${DARK.map((color, i) => `.l${i} { stroke: ${color} } .f${i} { fill: ${color} }`).join(' ')}
  }
  text { font: 13px system-ui, sans-serif } .title { font-size: 18px; font-weight: 600 } .tick { font-size: 12px }`

/** Colours show the generator, marks the verdict: filled is sound, hollow suspect, crossed void, a square none. */
export function renderChart(
  points: readonly Point[],
  { title, subtitle }: { readonly title: string; readonly subtitle: string },
): string {
  const lines = [...new Set(points.map(({ line }) => line))]
  const most = Math.max(...points.map(({ users }) => users))
  const rates = ticksTo(Math.max(...points.map(({ askedPerS }) => askedPerS)))
  const panels: Panel[] = [
    { label: 'requests per second', value: (p) => p.achievedPerS, ticks: rates, show: String },
    {
      label: 'p99 of latency, ms (logarithmic)',
      value: (p) => p.p99Ms,
      ticks: decades(points.map((p) => p.p99Ms)),
      show: String,
      log: true,
    },
    {
      label: 'utilization of the busiest worker, or of the process',
      value: (p) => p.busiest,
      ticks: [0, 0.25, 0.5, 0.75, 1],
      show: (tick) => `${100 * tick} %`,
    },
  ]
  const height = TOP + panels.length * (PANEL + GAP) + 8
  const x = (users: number): number => LEFT + (users / most) * (WIDTH - LEFT - RIGHT)
  const userTicks = ticksTo(most).filter((tick) => tick <= most)

  const body = panels.map((panel, row) => {
    const bottom = TOP + row * (PANEL + GAP) + PANEL
    const [low, high] = [panel.ticks[0]!, panel.ticks.at(-1)!].map((tick) => scale(panel, tick)) as [
      number,
      number,
    ]
    const y = (value: number): number => bottom - ((scale(panel, value) - low) / (high - low)) * PANEL
    const line = (of: readonly Point[], value: Panel['value'], classes: string): string =>
      `<polyline class="${classes}" fill="none" stroke-width="2" points="${of.map((p) => `${n(x(p.users))},${n(y(value(p)))}`).join(' ')}"/>`
    return [
      `<text class="ink" x="${LEFT}" y="${bottom - PANEL - 10}">${panel.label}</text>`,
      ...panel.ticks.flatMap((tick) => [
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${n(y(tick))}" y2="${n(y(tick))}"/>`,
        `<text class="soft tick" text-anchor="end" x="${LEFT - 8}" y="${n(y(tick) + 4)}">${panel.show(tick)}</text>`,
      ]),
      `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}"/>`,
      ...userTicks.map(
        (tick) =>
          `<text class="soft tick" text-anchor="middle" x="${n(x(tick))}" y="${bottom + 17}">${tick}</text>`,
      ),
      ...(row === panels.length - 1
        ? [`<text class="ink" text-anchor="end" x="${WIDTH - RIGHT}" y="${bottom + 36}">users</text>`]
        : []),
      ...(row === 0
        ? [
            line(
              points.filter((p) => p.line === lines[0]),
              (p) => p.askedPerS,
              'asked" stroke-dasharray="5 4',
            ),
          ]
        : []),
      ...lines.flatMap((name, i) => {
        const own = points.filter((p) => p.line === name && Number.isFinite(panel.value(p)))
        return [
          line(own, panel.value, `l${i % LIGHT.length}`),
          ...own.map((p) => mark(x(p.users), y(panel.value(p)), i % LIGHT.length, p)),
        ]
      }),
    ].join('\n')
  })

  const legend = [
    `<line class="asked" stroke-dasharray="5 4" stroke-width="2" x1="0" x2="26" y1="0" y2="0"/><text class="ink" x="32" y="4">asked</text>`,
    ...lines.map((name, i) => {
      const color = i % LIGHT.length
      return `<g transform="translate(${90 + i * 110})"><line class="l${color}" stroke-width="2" x1="0" x2="26" y1="0" y2="0"/><text class="ink" x="32" y="4">${name}</text></g>`
    }),
    ...(['sound', 'suspect', 'void', null] as const).map(
      (verdict, i) =>
        `<g transform="translate(${6 + i * 90} 24)">${mark(0, 0, null, { verdict })}<text class="ink" x="12" y="4">${verdict ?? 'no verdict'}</text></g>`,
    ),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
<style>${STYLE}
</style>
<rect class="paper" width="${WIDTH}" height="${height}"/>
<text class="ink title" x="24" y="32">${title}</text>
<text class="soft" x="24" y="53">${subtitle}</text>
<g transform="translate(24 78)">${legend.join('\n')}</g>
${body.join('\n')}
</svg>
`
}

function mark(x: number, y: number, color: number | null, { verdict, ...point }: MarkOf): string {
  const stroke = color === null ? 'asked' : `l${color}`
  const fill = color === null ? 'soft' : `f${color}`
  const said =
    'users' in point ? `<title>${point.line}, ${point.users} users: ${verdict ?? 'no verdict'}</title>` : ''
  if (verdict === 'void')
    return `<path class="${stroke}" stroke-width="2.5" fill="none" d="M${n(x - 5)} ${n(y - 5)}l10 10m0 -10l-10 10">${said}</path>`
  if (verdict === null)
    return `<rect class="${fill}" x="${n(x - 4)}" y="${n(y - 4)}" width="8" height="8">${said}</rect>`
  const inside = verdict === 'sound' ? fill : 'hollow'
  return `<circle class="${inside} ${stroke}" stroke-width="2" cx="${n(x)}" cy="${n(y)}" r="4.5">${said}</circle>`
}

type MarkOf = Pick<Point, 'verdict'> & Partial<Point>

/** Round ticks from 0 to at least `most`, four to eight of them. */
function ticksTo(most: number): number[] {
  const rough = most / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => i * step)
}

/** 1, 2, 5, 10, … around the values. */
function decades(values: readonly number[]): number[] {
  const known = values.filter(Number.isFinite)
  const all = Array.from({ length: 24 }, (_, i) => [1, 2, 5][i % 3]! * 10 ** Math.floor(i / 3))
  const from = all.findLastIndex((tick) => tick <= Math.min(...known))
  const to = all.findIndex((tick) => tick >= Math.max(...known))
  return all.slice(Math.max(0, from), Math.max(from, to) + 1)
}

const scale = (panel: Panel, value: number): number => (panel.log === true ? Math.log10(value) : value)

const n = (value: number): string => value.toFixed(1)
