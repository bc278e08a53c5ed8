/** The history of plans as text. Pure. */
import type { HistoryChange, HistoryFigure, HistoryRecord, PlanHistory } from '../../core/report/history.ts'
import { CHANGE_ALPHA } from '../../core/compare/change-points.ts'
import { showCount, showMany, showMs, showPercent, showRate } from '../../core/units.ts'
import { renderLine, type Paint, type Style } from './paint.ts'
import { sparkline } from './sparkline.ts'
import { renderTable, type Column } from './text-table.ts'

/** A run with its number, from 1, and what is to be said of it. */
export interface NumberedRun {
  readonly number: number
  readonly run: HistoryRecord
  /** Changes that begin with it. */
  readonly changes: readonly HistoryChange[]
  /** What differs from the run before, besides the target. */
  readonly notes: readonly string[]
}

const VERDICT: Readonly<Record<HistoryRecord['verdict'], Paint>> = {
  sound: 'green',
  suspect: 'yellow',
  void: 'red',
}
const SPARK_WIDTH = 60
/** Runs from which on a change can be found at all. */
const ENOUGH_RUNS = 10

export const figureLabel = (figure: HistoryFigure): string => (figure === 'requestsPerS' ? 'req/s' : figure)

export const showHistoryFigure = (figure: HistoryFigure, value: number | null): string =>
  figure === 'requestsPerS' ? showRate(value) : showMs(value)

/** The runs of a plan with their numbers, changes and notes. */
export function numbered({ runs, changes }: PlanHistory): NumberedRun[] {
  return runs.map((run, i) => {
    const former = runs[i - 1]
    const notes = [
      ...(former !== undefined && former.host !== run.host ? ['another host'] : []),
      ...(former !== undefined && former.version !== run.version ? [`corerush ${run.version}`] : []),
      ...(run.exitCode === 0 ? [] : [`exit code ${run.exitCode}`]),
    ]
    return { number: i + 1, run, changes: changes.filter((one) => one.run === i + 1), notes }
  })
}

/** `4f2a91c03b7e+` with files that had been changed since. */
export const showCommit = ({ commit }: HistoryRecord): string =>
  commit === null ? '–' : `${commit.id}${commit.isDirty === true ? '+' : ''}`

/** `p95 24.1 ms → 30.2 ms (+25.3%)`, with the chance of such a division among permuted runs. */
export function changeWords({ figure, before, after, p }: HistoryChange): string {
  const change =
    before > 0 ? ` (${after >= before ? '+' : ''}${(((after - before) / before) * 100).toFixed(1)}%)` : ''
  return `${figureLabel(figure)} ${showHistoryFigure(figure, before)} → ${showHistoryFigure(figure, after)}${change}, p = ${p.toFixed(3)}`
}

/** "14.3 ms (−11.7 ms)": a latency, and how much of it the generator may have added. */
export function boundedWords({ boundMs, ...run }: HistoryRecord, figure: 'p50' | 'p95' | 'p99'): string {
  const bound = boundMs[figure]
  return `${showMs(run[figure])}${bound === null ? '' : ` (−${showMs(bound)})`}`
}

/** What the brackets mean. */
export const BOUND_WORDS = '(−x): the generator may have added up to x'

/** "from run 15, commit 4f2a91c03b7e" */
export function placeWords({ runs }: PlanHistory, { run }: HistoryChange): string {
  const { commit } = runs[run - 1]!
  return `from run ${run}${commit === null ? '' : `, commit ${commit.id}`}`
}

const bounded = (figure: 'p50' | 'p95' | 'p99'): Column<NumberedRun> => ({
  title: figure,
  align: 'right',
  rank: figure === 'p50' ? 3 : 0,
  cell: ({ run }) => boundedWords(run, figure),
})

const COLUMNS: readonly Column<NumberedRun>[] = [
  { title: 'run', align: 'right', cell: ({ number }) => String(number) },
  { title: 'started', rank: 4, cell: ({ run }) => run.startedAt.slice(0, 16).replace('T', ' ') },
  { title: 'commit', rank: 1, cell: ({ run }) => showCommit(run) },
  { title: 'verdict', cell: ({ run }) => run.verdict, paint: ({ run }) => VERDICT[run.verdict] },
  { title: 'req/s', align: 'right', cell: ({ run }) => showRate(run.requestsPerS) },
  bounded('p50'),
  bounded('p95'),
  bounded('p99'),
  {
    title: 'failed',
    align: 'right',
    rank: 2,
    cell: ({ run }) => (run.failedRatio === null ? '–' : showPercent(run.failedRatio)),
  },
  {
    title: 'changes',
    align: 'left',
    cell: ({ changes, notes }) =>
      [
        ...changes.map(({ figure, before, after }) => `${figureLabel(figure)} ${after > before ? '▲' : '▼'}`),
        ...notes,
      ].join(', '),
    paint: ({ changes }) => (changes.length > 0 ? 'yellow' : null),
  },
]

export function renderHistory(histories: readonly PlanHistory[], style: Style): string {
  const parts = histories.map((history) => {
    const { subject, plan, runs, changes, tested } = history
    const values = (figure: HistoryFigure): (number | null)[] => runs.map((run) => run[figure])
    const spark = (figure: HistoryFigure): string =>
      renderLine(
        [
          [figureLabel(figure).padEnd(6), 'dim'],
          [sparkline(values(figure), SPARK_WIDTH), 'cyan'],
          ` ${showHistoryFigure(figure, values(figure).at(-1) ?? null)}`,
        ],
        style,
      )
    return [
      renderLine(
        [
          [subject, 'bold'],
          [` · plan ${plan} · ${showMany(runs.length, 'run')}`, 'dim'],
        ],
        style,
      ),
      ...(['requestsPerS', 'p50', 'p95', 'p99'] as const).map(spark),
      ...renderTable(COLUMNS, numbered(history), style),
      renderLine([[BOUND_WORDS, 'dim']], style),
      ...changes.map((change) =>
        renderLine([[`changed ${placeWords(history, change)}: `, 'yellow'], changeWords(change)], style),
      ),
      ...(changes.length > 0 ? [] : [renderLine([[nothingWords(tested), 'dim']], style)]),
      '',
    ]
  })
  return parts.flat().join('\n')
}

/** Why nothing is marked. */
export const nothingWords = (tested: number): string =>
  tested < ENOUGH_RUNS
    ? `no change can be found among ${showMany(tested, 'run')} that were carried out and are not void: it takes ${showCount(ENOUGH_RUNS)}`
    : `no figure has changed, at ${showPercent(CHANGE_ALPHA)} false alarms for each`
