/**
 * A search as one HTML file that opens without a network and needs no script: the answers, the curve of latency over load
 * with every trial, and the table of trials. Pure.
 */
import type { FindReport } from '../../core/find/find-report.ts'
import { showLoad, type FindAnswer } from '../../core/find/answer.ts'
import type { Trial } from '../../core/find/trial.ts'
import { subjectOf } from '../../core/scenario/script-plan.ts'
import { printDurationS, showCount, showMs, showPercent, showRate } from '../../core/units.ts'
import { renderFind } from '../text/find-text.ts'
import { renderHtmlFile } from './html-file.ts'
import { escapeXml } from './junit.ts'

const STYLE = `
:root { color-scheme: light dark; --held: #1a7f37; --failed: #cf222e; --unmeasurable: #9a6700; --line: #8888; }
@media (prefers-color-scheme: dark) { :root { --held: #3fb950; --failed: #f85149; --unmeasurable: #d29922; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: right; padding: .2rem .6rem; border-bottom: 1px solid var(--line); }
td { white-space: nowrap; } th:first-child, td:first-child, .text, th:last-child { text-align: left; } .text, td:first-child { white-space: normal; }
svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: currentColor; }
.held { color: var(--held); } .failed { color: var(--failed); } .unmeasurable { color: var(--unmeasurable); }
circle.held { fill: var(--held); } circle.failed { fill: var(--failed); } circle.unmeasurable { fill: var(--unmeasurable); }
.axis { stroke: var(--line); } .bar { stroke: currentColor; opacity: .5; } .bound { stroke-dasharray: 4 4; stroke: currentColor; opacity: .6; }
pre { overflow-x: auto; }
`

export function renderFindHtml(report: FindReport): string {
  const title = `corerush find: ${subjectOf(report.plan)}`
  const body = [
    `<h1>${escapeXml(title)}</h1>`,
    ...answersTable(report),
    '<h2>Latency over load</h2>',
    '<p>Each dot is a trial: its p99 over its load, both on logarithmic scales. A bar shows by how much the generator may have lengthened it; dashed lines are the bounds of the first goal.</p>',
    curve(report),
    '<h2>Trials</h2>',
    ...trialsTable(report),
    '<h2>Summary</h2>',
    `<pre>${escapeXml(renderFind(report, { color: false, width: 110 }))}</pre>`,
  ]
  return renderHtmlFile({ title, style: STYLE, script: null, body })
}

const cell = (text: string, kind = ''): string =>
  `<td${kind === '' ? '' : ` class="${kind}"`}>${escapeXml(text)}</td>`
const row = (cells: readonly string[]): string => `<tr>${cells.join('')}</tr>`
const head = (titles: readonly string[]): string =>
  `<thead><tr>${titles.map((title) => `<th scope="col">${title}</th>`).join('')}</tr></thead>`

function answersTable({ answers }: FindReport): string[] {
  const rows = answers.map((answer) =>
    row([
      cell(answer.goal),
      cell(
        answer.lower === null ? 'none' : showLoad(answer.lower),
        answer.lower === null ? 'failed' : 'held',
      ),
      cell(answer.upper === null ? '–' : showLoad(answer.upper)),
      cell(answer.conditionalPerS === null ? '–' : `${showRate(answer.conditionalPerS)}/s`),
      cell(answer.limitedBy),
      cell(answer.reason, 'text'),
    ]),
  )
  return [
    '<table>',
    head(['goal', 'held', 'not held', 'throughput', 'limited by', 'why']),
    `<tbody>${rows.join('')}</tbody>`,
    '</table>',
  ]
}

function trialsTable({ trials, unit }: FindReport): string[] {
  const rows = trials.map((trial) => {
    const { answer, reason } = worstOf(trial)
    const load = unit === 'users' ? showCount(trial.load) : `${showRate(trial.load)}/s`
    return row([
      cell(String(trial.number)),
      cell(load),
      cell(printDurationS(trial.durationS)),
      cell(`${showRate(trial.requestsPerS)}/s`),
      cell(ms(trial.latencyMs.p50)),
      cell(ms(trial.latencyMs.p99)),
      cell(ms(trial.errorBoundMs.p99)),
      cell(trial.failedRatio === null ? '–' : showPercent(trial.failedRatio)),
      cell(trial.kind === 'confirm' ? `${answer}, confirming` : answer, answer),
      cell(reason, 'text'),
    ])
  })
  const titles = [
    'trial',
    'load',
    'time',
    'requests',
    'p50',
    'p99',
    'generator error',
    'failed',
    'answer',
    'why',
  ]
  return ['<table>', head(titles), `<tbody>${rows.join('')}</tbody>`, '</table>']
}

const ms = (value: number | null): string => (value === null ? '–' : showMs(value))

const worstOf = ({ answers }: Trial): Trial['answers'][number] =>
  answers.find(({ answer }) => answer !== 'held') ?? answers[0]!

const WIDTH = 900
const HEIGHT = 360
const MARGIN = { left: 70, right: 20, top: 10, bottom: 40 }

/** The chart of p99 over load. */
function curve({ trials, answers, unit }: FindReport): string {
  const shown = trials.filter(({ latencyMs: { p99 } }) => p99 !== null && p99 > 0)
  if (shown.length === 0) return '<p>No trial had latencies.</p>'
  const loads = shown.map(({ load }) => load)
  const x = scale(Math.min(...loads), Math.max(...loads), MARGIN.left, WIDTH - MARGIN.right)
  const p99s = shown.map(({ latencyMs }) => latencyMs.p99!)
  const y = scale(Math.min(...p99s), Math.max(...p99s), HEIGHT - MARGIN.bottom, MARGIN.top)
  const load = (value: number): string => showLoad(unit === 'users' ? { users: value } : { ratePerS: value })
  const points = shown.flatMap((trial) => {
    const { p99 } = trial.latencyMs
    const [at, top] = [x.at(trial.load), y.at(p99!)]
    const bound = trial.errorBoundMs.p99 ?? 0
    const bottom = y.at(Math.max(Math.min(...p99s) / 2, p99! - bound))
    const { answer } = worstOf(trial)
    return [
      bound > 0
        ? `<line class="bar" x1="${at}" x2="${at}" y1="${top}" y2="${Math.min(bottom, HEIGHT - MARGIN.bottom)}"/>`
        : '',
      `<circle class="${answer}" cx="${at}" cy="${top}" r="4"><title>trial ${trial.number}: ${escapeXml(load(trial.load))}, p99 ${ms(p99)}, ${answer}</title></circle>`,
    ]
  })
  const ticks = [
    ...x.ticks.map(
      (value) =>
        `<text x="${x.at(value)}" y="${HEIGHT - 20}" text-anchor="middle">${escapeXml(load(value))}</text>`,
    ),
    ...y.ticks.map(
      (value) => `<text x="${MARGIN.left - 8}" y="${y.at(value) + 4}" text-anchor="end">${ms(value)}</text>`,
    ),
  ]
  const bottom = HEIGHT - MARGIN.bottom
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="p99 latency over load, one dot for each trial">`,
    `<line class="axis" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${bottom}" y2="${bottom}"/>`,
    `<line class="axis" x1="${MARGIN.left}" x2="${MARGIN.left}" y1="${MARGIN.top}" y2="${bottom}"/>`,
    ...ticks,
    ...boundLines(answers[0], x.at, bottom),
    ...points,
    '</svg>',
  ].join('\n')
}

const boundLines = (answer: FindAnswer | undefined, at: (load: number) => number, bottom: number): string[] =>
  [answer?.lower ?? null, answer?.upper ?? null]
    .filter((load) => load !== null)
    .map((load) => ('users' in load ? load.users : load.ratePerS))
    .map(
      (load) => `<line class="bound" x1="${at(load)}" x2="${at(load)}" y1="${MARGIN.top}" y2="${bottom}"/>`,
    )

interface Scale {
  readonly at: (value: number) => number
  readonly ticks: readonly number[]
}

/** A logarithmic scale from `low` at `from` to `high` at `to`, in pixels, with a few round ticks. */
function scale(low: number, high: number, from: number, to: number): Scale {
  const [least, most] = [Math.log(low * 0.9), Math.log(high * 1.1)]
  const at = (value: number): number =>
    Math.round((from + ((to - from) * (Math.log(value) - least)) / (most - least)) * 10) / 10
  const ticks: number[] = []
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const digit of [1, 2, 5]) {
      const tick = digit * 10 ** power
      if (tick >= low * 0.9 && tick <= high * 1.1) ticks.push(tick)
    }
  return { at, ticks }
}
