/** The summary of repeated runs: a row per run, figures over all runs, findings, and the comparison. Pure. */
import { isCarriedOut } from '../../core/judge/exit.ts'
import type { Report } from '../../core/report/report.ts'
import { subjectOf } from '../../core/scenario/script-plan.ts'
import { spreadOf, type Spread, type Turn } from '../../core/compare/run-series.ts'
import { showFigure } from '../../core/threshold/threshold-metric.ts'
import { showCount, showMs, showPercent, showRate } from '../../core/units.ts'
import { renderHeld } from './comparison-text.ts'
import { renderLine, type Paint, type Style } from './paint.ts'
import { renderTable, type Column } from './text-table.ts'
import { wrap } from './verdict-text.ts'

export interface SeriesRun {
  readonly turn: Turn
  readonly report: Report
}

type Figures = Readonly<Record<'requestsPerS' | 'p50' | 'p95' | 'p99', number | null>>

/** A row of the table: a run, or a figure over several runs. */
interface Row {
  readonly title: string
  readonly figures: Figures
  readonly report: Report | null
}

const VERDICT: Readonly<Record<Report['verdict']['level'], Paint>> = {
  sound: 'green',
  suspect: 'yellow',
  void: 'red',
}

const SPREAD: Readonly<Record<keyof Spread, string>> = { least: 'min', median: 'median', greatest: 'max' }

/** The name of a run among all planned ones. */
export const titleOf = ({ side, number }: Turn, turns: readonly Turn[]): string =>
  turns.some((turn) => turn.side === 'baseline') ? `${side} ${number}` : `run ${number}`

/** The order of the runs; empty for a single run. */
export const renderTurns = (turns: readonly Turn[]): string =>
  turns.length === 1
    ? ''
    : `\n${turns.length} runs, one after the other: ${turns.map((turn) => titleOf(turn, turns)).join(', ')}\n`

/** The summary of the runs made; `turns` are the planned ones. */
export function renderSeries(runs: readonly SeriesRun[], turns: readonly Turn[], style: Style): string {
  const last = runs.at(-1)!.report
  const sides = (['baseline', 'current'] as const).flatMap((side) => {
    const reports = runs.filter(({ turn }) => turn.side === side).map(({ report }) => report)
    return reports.length === 0 ? [] : [{ side, reports }]
  })
  const isTwo = sides.length > 1
  const rows = [
    ...runs.map(({ turn, report }): Row => ({
      title: titleOf(turn, turns),
      figures: figuresOf(report),
      report,
    })),
    ...sides.flatMap(({ side, reports }) =>
      (['least', 'median', 'greatest'] as const).map((which): Row => ({
        title: isTwo ? `${side}, ${SPREAD[which]}` : SPREAD[which],
        figures: over(reports, which),
        report: null,
      })),
    ),
  ]
  const sections = [
    [
      renderLine(
        [
          ['corerush', 'bold'],
          ` ${last.version} · ${subjectOf(last.plan)} · ${runs.length === turns.length ? '' : `${runs.length} of `}${turns.length} runs`,
        ],
        style,
      ),
    ],
    renderTable(COLUMNS, rows, style),
    runs.flatMap(({ turn, report }) => findings(titleOf(turn, turns), report, style)),
    renderHeld(last.comparison, style),
  ]
  return (
    sections
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.join('\n'))
      .join('\n\n') + '\n'
  )
}

const ofRun =
  (cell: (report: Report) => string) =>
  ({ report }: Row): string =>
    report === null ? '' : cell(report)

const COLUMNS: readonly Column<Row>[] = [
  { title: 'run', align: 'left', cell: ({ title }) => title },
  {
    title: 'measurement',
    align: 'left',
    cell: ofRun(({ verdict }) => verdict.level),
    paint: ({ report }) => (report === null ? null : VERDICT[report.verdict.level]),
  },
  { title: 'exit', rank: 1, cell: ofRun(({ exitCode }) => String(exitCode)) },
  {
    title: 'requests',
    rank: 4,
    cell: ofRun(({ total }) => showCount(total.finished + total.unfinished)),
  },
  {
    title: 'failed',
    rank: 2,
    cell: ofRun(({ total }) => showPercent(total.failedRatio)),
    paint: ({ report }) => ((report?.total.failedRatio ?? 0) > 0 ? 'red' : null),
  },
  { title: 'req/s', rank: 3, cell: ({ figures }) => showRate(figures.requestsPerS) },
  { title: 'p50', rank: 5, cell: ({ figures }) => showMs(figures.p50) },
  { title: 'p95', cell: ({ figures }) => showMs(figures.p95) },
  { title: 'p99', rank: 6, cell: ({ figures }) => showMs(figures.p99) },
]

function figuresOf({ total }: Report): Figures {
  const { p50, p95, p99 } = total.latencyMs
  return { requestsPerS: total.requestsPerS, p50, p95, p99 }
}

function over(reports: readonly Report[], which: keyof Spread): Figures {
  const of = (figure: keyof Figures): number | null =>
    spreadOf(reports.map((report) => figuresOf(report)[figure]))?.[which] ?? null
  return { requestsPerS: of('requestsPerS'), p50: of('p50'), p95: of('p95'), p99: of('p99') }
}

/** Findings about one run: an early end, reasons of the verdict, failed thresholds, warnings. */
function findings(
  title: string,
  { verdict, thresholds, stoppedBy, warnings }: Report,
  style: Style,
): string[] {
  const isEarly = !isCarriedOut(stoppedBy)
  const found = [
    ...(isEarly ? [`was stopped by ${stoppedBy}`] : []),
    ...verdict.reasons
      .filter(({ level }) => level === verdict.level)
      .map(({ message, code }) => `${message} [${code}]`),
    ...(verdict.level === 'void'
      ? []
      : thresholds
          .filter(({ ok }) => !ok)
          .map(
            ({ expression, level, actual, unit }) =>
              `${level === 'warn' ? '!' : '✗'} ${expression}: ${showFigure(actual, unit)}`,
          )),
  ]
  return [...found, ...warnings].flatMap((text) => wrap(`- ${title}: ${text}`, style.width, 2))
}
