/** Tables of the live view: requests by name, outcomes, workers. Pure. */
import { showBytes, showCount, showMs, showPercent, showRate } from '../../core/units.ts'
import { workerLabel, type Agents } from '../../core/measure/worker-label.ts'
import type { WorkerVitals } from '../../core/measure/worker-vitals.ts'
import type { TransactionReport } from '../../core/measure/transaction-tally.ts'
import type { LiveSecond } from '../output.ts'
import { renderLine, type Span, type Style } from '../text/paint.ts'
import { renderTable, type Column } from '../text/text-table.ts'

export const TABLES = ['requests', 'outcomes', 'workers'] as const
export type TableName = (typeof TABLES)[number]

/** State set by keys. */
export interface KeyState {
  readonly table: TableName
  readonly isPaused: boolean
  readonly showsHelp: boolean
  /** Whether the workers of each agent have bars of their own. */
  readonly isUnfolded: boolean
}

/** The chosen table, in at most `height` lines. */
export function renderLiveTable(
  keys: KeyState | null,
  latest: LiveSecond,
  style: Style,
  height: number,
  agents: Agents | null = null,
): string[] {
  const table = keys?.table ?? 'requests'
  const tabs = TABLES.map((name): Span => [`${name}  `, name === table ? 'bold' : 'dim'])
  const head = keys === null ? [] : [renderLine([...tabs, ['tab · ? for help', 'dim']], style)]
  const lines = RENDER[table](latest, style, agents)
  const room = height - head.length
  if (lines.length <= room) return [...head, ...lines]
  const hidden = lines.length - room + 1
  return [...head, ...lines.slice(0, room - 1), renderLine([[`and ${hidden} more`, 'dim']], style)]
}

interface NameRow {
  readonly name: string
  readonly finished: number
  readonly failed: number
}

/** A row for each transaction of the run so far; none without any. */
function transactionRows(
  transactions: LiveSecond['transactions'],
  now: Readonly<Record<string, TransactionReport>>,
  style: Style,
): string[] {
  if (transactions.size === 0) return []
  const latency = (percentile: 'p50' | 'p95' | 'p99', rank: number): Column<NameRow> => ({
    title: `${percentile}, 1 s`,
    rank,
    cell: ({ name }) => showMs(now[name]?.durationMs[percentile] ?? null),
  })
  const columns: Column<NameRow>[] = [
    { title: 'transaction', align: 'left', cell: ({ name }) => name },
    { title: 'finished', rank: 2, cell: ({ finished }) => showCount(finished) },
    latency('p50', 3),
    latency('p95', 4),
    latency('p99', 1),
    {
      title: 'failed',
      cell: ({ failed }) => (failed === 0 ? '–' : showCount(failed)),
      paint: ({ failed }) => (failed === 0 ? null : 'red'),
    },
  ]
  return renderTable(
    columns,
    [...transactions].map(([name, counts]) => ({ name, ...counts })),
    style,
  )
}

const RENDER: Readonly<
  Record<TableName, (latest: LiveSecond, style: Style, agents: Agents | null) => string[]>
> = {
  requests({ names, row, transactions }, style) {
    const latency = (percentile: 'p50' | 'p95' | 'p99', rank: number): Column<NameRow> => ({
      title: `${percentile}, 1 s`,
      rank,
      cell: ({ name }) => showMs(row.byName[name]?.latencyMs[percentile] ?? null),
    })
    const columns: Column<NameRow>[] = [
      { title: 'request', align: 'left', cell: ({ name }) => name },
      { title: 'finished', rank: 2, cell: ({ finished }) => showCount(finished) },
      {
        title: 'req/s',
        cell: ({ name }) => showRate(row.byName[name]?.requestsPerS ?? row.byName[name]?.finished ?? 0),
      },
      latency('p50', 3),
      latency('p95', 4),
      latency('p99', 1),
      {
        title: 'failed',
        cell: ({ failed }) => (failed === 0 ? '–' : showCount(failed)),
        paint: ({ failed }) => (failed === 0 ? null : 'red'),
      },
    ]
    const rows = [...names].map(([name, counts]) => ({ name, ...counts }))
    return [
      ...renderTable(
        columns,
        rows.sort((a, b) => b.finished - a.finished),
        style,
      ),
      ...transactionRows(transactions, row.transactions ?? {}, style),
    ]
  },
  outcomes({ outcomes }, style) {
    const rows = [...outcomes].sort(([, a], [, b]) => b - a)
    const all = rows.reduce((sum, [, n]) => sum + n, 0)
    const columns: Column<(typeof rows)[number]>[] = [
      { title: 'outcome', align: 'left', cell: ([outcome]) => outcome },
      { title: 'requests', cell: ([, n]) => showCount(n) },
      { title: 'share', rank: 1, cell: ([, n]) => showPercent(n / all) },
    ]
    return renderTable(columns, rows, style)
  },
  workers({ row }, style, agents) {
    const isWitness = ({ worker }: WorkerVitals): boolean =>
      row.witness !== undefined && worker === row.workers.at(-1)!.worker
    const columns: Column<WorkerVitals>[] = [
      { title: 'worker', cell: (one) => (isWitness(one) ? 'witness' : workerLabel(one.worker, agents)) },
      { title: 'busy', cell: ({ utilization }) => showPercent(utilization) },
      { title: 'cpu', rank: 3, cell: ({ cpu }) => showPercent(cpu) },
      { title: 'run queue', rank: 4, cell: ({ runQueueMs }) => showMs(runQueueMs) },
      { title: 'lag p99', rank: 1, cell: ({ lagMs }) => showMs(lagMs?.p99 ?? null) },
      { title: 'loop delay', rank: 2, cell: ({ loopDelayMs }) => showMs(loopDelayMs?.max ?? null) },
      { title: 'gc', rank: 5, cell: ({ gcMs }) => showMs(gcMs) },
      { title: 'heap', rank: 6, cell: ({ heapBytes }) => showBytes(heapBytes) },
    ]
    const { workersSummary: all } = row
    const some =
      all === undefined ? [] : [renderLine([[`the worst of ${showCount(all.count)} workers`, 'dim']], style)]
    return [...some, ...renderTable(columns, row.workers, style)]
  },
}
