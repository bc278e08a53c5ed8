/** Transactions of a scenario, by name. */
import type { TransactionReport } from '../../core/measure/transaction-tally.ts'
import { showCount, showMs, showPercent, showRate } from '../../core/units.ts'
import type { ReportView } from '../../output/view/view.ts'
import { section } from './element.ts'
import { percentileLabel, percentileText } from './glance-summary.ts'
import { table, type Column } from './sortable-table.ts'

type Row = readonly [name: string, transaction: TransactionReport]

/** `null` if the scenario has no transactions. */
export function transactions({ report }: ReportView): HTMLElement | null {
  const rows = Object.entries(report.transactions)
  if (rows.length === 0) return null
  return section(
    'transactions',
    'Transactions',
    table<Row>({ label: 'Transactions by name', rows, columns: COLUMNS }),
  )
}

/** A column of one figure; sorted by it. */
const figure = (
  title: string,
  value: (transaction: TransactionReport) => number | null,
  show: (value: number | null) => string,
): Column<Row> => ({
  title,
  cell: ([, transaction]) => show(value(transaction)),
  by: ([, transaction]) => value(transaction),
})

const count = (n: number | null): string => showCount(n ?? 0)

const percentile = (name: 'p50' | 'p95' | 'p99'): Column<Row> => ({
  title: percentileLabel(name),
  cell: ([, { durationMs }]) => percentileText(durationMs, name),
  by: ([, { durationMs }]) => durationMs[name],
})

const COLUMNS: readonly Column<Row>[] = [
  { title: 'name', isText: true, cell: ([name]) => name, by: ([name]) => name },
  figure('finished', ({ finished }) => finished, count),
  {
    ...figure('failed', ({ failedRatio }) => failedRatio, showPercent),
    hint: 'threw, or one of the requests failed',
    mark: ([, { failed }]) => (failed > 0 ? 'failed' : null),
  },
  { ...figure('not ended', ({ unended }) => unended, count), hint: 'open when the task, user or run ended' },
  figure('/s', ({ perS }) => perS, showRate),
  figure('mean', ({ durationMs }) => durationMs.mean, showMs),
  percentile('p50'),
  percentile('p95'),
  percentile('p99'),
  figure('max', ({ durationMs }) => durationMs.max, showMs),
]
