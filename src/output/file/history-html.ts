/** The history of plans as one HTML file that opens without a network and needs no script. Pure. */
import { HISTORY_FIGURES, type HistoryFigure, type PlanHistory } from '../../core/report/history.ts'
import { showMany, showMs, showPercent, showRate } from '../../core/units.ts'
import {
  BOUND_WORDS,
  boundedWords,
  changeWords,
  figureLabel,
  nothingWords,
  numbered,
  placeWords,
  showCommit,
  showHistoryFigure,
  type NumberedRun,
} from '../text/history-text.ts'
import { renderHtmlFile } from './html-file.ts'
import { escapeXml } from './junit.ts'

const STYLE = `
:root { color-scheme: light dark; --sound: #1a7f37; --suspect: #9a6700; --void: #cf222e; --line: #8888; --mark: #bf5600; }
@media (prefers-color-scheme: dark) { :root { --sound: #3fb950; --suspect: #d29922; --void: #f85149; --mark: #f2a243; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1240px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; overflow-wrap: anywhere; } h3 { font-size: .95rem; margin: 1rem 0 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); gap: 0 1.5rem; }
svg { width: 100%; height: auto; } svg text { font-size: 11px; fill: currentColor; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .2rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top; } th.text, td.text { text-align: left; } td.wide { white-space: normal; min-width: 11rem; }
.sound { color: var(--sound); } .suspect { color: var(--suspect); } .void { color: var(--void); }
circle.sound { fill: var(--sound); } circle.suspect { fill: var(--suspect); } circle.void { fill: var(--void); }
.axis { stroke: var(--line); } .bar { stroke: currentColor; opacity: .5; } .change { stroke: var(--mark); stroke-dasharray: 5 4; }
.level { stroke: var(--mark); stroke-width: 2; } .path { fill: none; stroke: currentColor; opacity: .35; }
.changed td { background: color-mix(in srgb, var(--mark) 14%, transparent); }
`

export function renderHistoryHtml(histories: readonly PlanHistory[]): string {
  return renderHtmlFile({
    title: 'corerush history',
    style: STYLE,
    script: null,
    body: [
      '<h1>corerush history</h1>',
      '<p>A dot is a run, coloured by its verdict; a bar below it shows by how much the generator may have raised the latency. A dashed line is a change point (E-divisive, permutation test), the thick lines are the means around it.</p>',
      ...histories.flatMap(historyPart),
    ],
  })
}

function historyPart(history: PlanHistory): string[] {
  const { subject, plan, runs, changes, tested } = history
  const all = numbered(history)
  const said = changes.map(
    (change) => `<li>${escapeXml(`${placeWords(history, change)}: ${changeWords(change)}`)}</li>`,
  )
  return [
    `<h2>${escapeXml(subject)}</h2>`,
    `<p>plan ${escapeXml(plan)} · ${showMany(runs.length, 'run')}</p>`,
    said.length > 0 ? `<ul>${said.join('')}</ul>` : `<p>${escapeXml(nothingWords(tested))}</p>`,
    '<div class="charts">',
    ...HISTORY_FIGURES.map((figure) => chart(history, all, figure)),
    '</div>',
    `<p>${BOUND_WORDS}</p>`,
    table(all),
  ]
}

const WIDTH = 460
const HEIGHT = 180
const MARGIN = { left: 62, right: 12, top: 10, bottom: 22 }

function chart({ changes }: PlanHistory, all: readonly NumberedRun[], figure: HistoryFigure): string {
  const shown = all.flatMap((one) => {
    const value = one.run[figure]
    return value === null ? [] : [{ ...one, value }]
  })
  if (shown.length === 0) return ''
  const highest = Math.max(...shown.map(({ value }) => value)) * 1.05 || 1
  const span = Math.max(1, all.length - 1)
  const x = (number: number): number =>
    round(MARGIN.left + ((WIDTH - MARGIN.left - MARGIN.right) * (number - 1)) / span)
  const bottom = HEIGHT - MARGIN.bottom
  const y = (value: number): number => round(bottom - ((bottom - MARGIN.top) * Math.max(0, value)) / highest)
  const own = changes.filter((change) => change.figure === figure)
  const marks = own.flatMap(({ run, before, after }, i) => {
    const at = round(x(run) - (x(2) - x(1)) / 2)
    const former = i === 0 ? x(1) : x(own[i - 1]!.run)
    const latter = x(own[i + 1]?.run ?? all.length)
    return [
      `<line class="change" x1="${at}" x2="${at}" y1="${MARGIN.top}" y2="${bottom}"/>`,
      `<line class="level" x1="${former}" x2="${at}" y1="${y(before)}" y2="${y(before)}"/>`,
      `<line class="level" x1="${at}" x2="${latter}" y1="${y(after)}" y2="${y(after)}"/>`,
    ]
  })
  const points = shown.flatMap(({ number, run, value }) => {
    const bound = figure === 'requestsPerS' ? null : run.boundMs[figure]
    const words = `run ${number}: ${showHistoryFigure(figure, value)}${bound === null ? '' : `, generator error ≤ ${showMs(bound)}`}, ${run.verdict}, ${showCommit(run)}`
    return [
      bound === null
        ? ''
        : `<line class="bar" x1="${x(number)}" x2="${x(number)}" y1="${y(value)}" y2="${y(value - bound)}"/>`,
      `<circle class="${run.verdict}" cx="${x(number)}" cy="${y(value)}" r="3.5"><title>${escapeXml(words)}</title></circle>`,
    ]
  })
  const label = figureLabel(figure)
  const path = shown.map(({ number, value }) => `${x(number)},${y(value)}`).join(' ')
  return [
    `<div><h3>${label}</h3><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label} over ${showMany(all.length, 'run')}, ${showMany(own.length, 'change')}">`,
    `<line class="axis" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${bottom}" y2="${bottom}"/>`,
    ...[0, highest / 2.1, highest / 1.05].map(
      (value) =>
        `<text x="${MARGIN.left - 6}" y="${y(value) + 4}" text-anchor="end">${escapeXml(showHistoryFigure(figure, value))}</text>`,
    ),
    `<text x="${x(1)}" y="${HEIGHT - 6}">1</text><text x="${x(all.length)}" y="${HEIGHT - 6}" text-anchor="end">${all.length}</text>`,
    `<polyline class="path" points="${path}"/>`,
    ...marks,
    ...points,
    '</svg></div>',
  ].join('\n')
}

const round = (value: number): number => Math.round(value * 10) / 10

const TITLES = [
  ...([
    ['run', ''],
    ['started', 'text'],
    ['commit', 'text'],
    ['verdict', 'text'],
  ] as const),
  ...(['req/s', 'p50', 'p95', 'p99', 'failed'] as const).map((title) => [title, ''] as const),
  ['changes', 'text wide'],
] as const

function table(all: readonly NumberedRun[]): string {
  const cell = (text: string, kind = ''): string =>
    `<td${kind === '' ? '' : ` class="${kind}"`}>${escapeXml(text)}</td>`
  const rows = all
    .toReversed()
    .map(({ number, run, changes, notes }) =>
      [
        `<tr${changes.length > 0 ? ' class="changed"' : ''}>`,
        cell(String(number)),
        cell(run.startedAt.slice(0, 16).replace('T', ' '), 'text'),
        cell(showCommit(run), 'text'),
        cell(run.verdict, `text ${run.verdict}`),
        cell(showRate(run.requestsPerS)),
        ...(['p50', 'p95', 'p99'] as const).map((figure) => cell(boundedWords(run, figure))),
        cell(run.failedRatio === null ? '–' : showPercent(run.failedRatio)),
        cell([...changes.map(changeWords), ...notes].join('; '), 'text wide'),
        '</tr>',
      ].join(''),
    )
  const titles = TITLES.map(
    ([title, kind]) => `<th scope="col"${kind === '' ? '' : ` class="${kind}"`}>${title}</th>`,
  )
  return [
    '<div class="scroll" tabindex="0"><table>',
    `<thead><tr>${titles.join('')}</tr></thead>`,
    `<tbody>${rows.join('')}</tbody></table></div>`,
  ].join('\n')
}
