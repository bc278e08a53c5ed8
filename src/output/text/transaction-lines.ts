/** Transactions of a scenario as tables: in the summary, in the live view and in Markdown. */
import type { TransactionReport } from '../../core/measure/transaction-tally.ts'
import { showCount, showMs, showPercent, showRate } from '../../core/units.ts'
import { showPercentile } from './latency-lines.ts'
import { renderLine, type Style } from './paint.ts'
import { renderTable, type Column } from './text-table.ts'

const MOST_NAMES = 50

type Transactions = Readonly<Record<string, TransactionReport>>
type Row = readonly [name: string, transaction: TransactionReport]

const unended = (title: string): Column<Row> => ({
  title,
  rank: 1,
  cell: ([, { unended }]) => (unended === 0 ? '–' : showCount(unended)),
  paint: ([, { unended }]) => (unended === 0 ? null : 'yellow'),
})

const COLUMNS: readonly Column<Row>[] = [
  { title: 'transaction', align: 'left', cell: ([name]) => name },
  { title: 'finished', rank: 2, cell: ([, { finished }]) => showCount(finished) },
  {
    title: 'failed',
    cell: ([, { failedRatio }]) => showPercent(failedRatio),
    paint: ([, { failedRatio }]) => ((failedRatio ?? 0) > 0 ? 'red' : null),
  },
  { title: '/s', rank: 3, cell: ([, { perS }]) => showRate(perS) },
  { title: 'p50', rank: 4, cell: ([, { durationMs }]) => showPercentile(durationMs, 'p50') },
  { title: 'p95', rank: 5, cell: ([, { durationMs }]) => showPercentile(durationMs, 'p95') },
  { title: 'p99', cell: ([, { durationMs }]) => showPercentile(durationMs, 'p99') },
  { title: 'max', rank: 6, cell: ([, { durationMs }]) => showMs(durationMs.max) },
]

/** A row for each transaction; empty without any. The column of those that did not end is there if one did not. */
export function transactionLines(transactions: Transactions, style: Style): string[] {
  const rows = Object.entries(transactions)
  if (rows.length === 0) return []
  const more = rows.length - MOST_NAMES
  const hasUnended = rows.some(([, { unended }]) => unended > 0)
  const columns = hasUnended ? [...COLUMNS, unended('not ended')] : COLUMNS
  return [
    ...renderTable(columns, rows.slice(0, MOST_NAMES), style),
    ...(more > 0 ? [renderLine([[`and ${more} more names; the report has them all`, 'dim']], style)] : []),
  ]
}

/** A Markdown table of the transactions, whose names `escape` makes safe. */
export function transactionTable(transactions: Transactions, escape: (name: string) => string): string[] {
  const rows = Object.entries(transactions)
  if (rows.length === 0) return []
  return [
    '| transaction | finished | failed | not ended | p50 | p95 | p99 | max |',
    '|---|--:|--:|--:|--:|--:|--:|--:|',
    ...rows.slice(0, MOST_NAMES).map(([name, { finished, failedRatio, unended, durationMs }]) => {
      const { p50, p95, p99, max } = durationMs
      const cells = [
        escape(name),
        showCount(finished),
        showPercent(failedRatio),
        showCount(unended),
        ...[p50, p95, p99, max].map(showMs),
      ]
      return `| ${cells.join(' | ')} |`
    }),
    ...(rows.length > MOST_NAMES ? ['', `${rows.length - MOST_NAMES} more names are in the report.`] : []),
    '',
  ]
}
