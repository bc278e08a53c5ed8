/** The slowest requests in the summary. Pure. */
import type { RequestRecord } from '../../core/measure/request-record.ts'
import type { Report } from '../../core/report/report.ts'
import { showMs } from '../../core/units.ts'
import { clip, printable, renderLine, type Style } from './paint.ts'
import { renderTable, type Column } from './text-table.ts'

const MOST_SHOWN = 5

/** The slowest requests of all names; empty if none were kept. */
export function slowestLines({ slowest = [] }: Report, style: Style): string[] {
  if (slowest.length === 0) return []
  const rows = slowest.slice(0, MOST_SHOWN)
  const more = slowest.length - rows.length
  const columns: Column<RequestRecord>[] = [
    { title: 'slowest', align: 'left', cell: ({ name }) => clip(printable(name), 40) },
    { title: 'latency', cell: ({ latencyMs }) => showMs(latencyMs) },
    { title: 'at', rank: 1, cell: ({ doneS }) => `${doneS.toFixed(2)} s` },
    { title: 'status', rank: 2, cell: ({ status, outcome }) => (status === 0 ? outcome : String(status)) },
  ]
  if (slowest.some(({ traceId }) => traceId !== null))
    columns.push({ title: 'trace', rank: 3, align: 'left', cell: ({ traceId }) => traceId ?? '–' })
  return [
    ...renderTable(columns, rows, style),
    ...(more > 0 ? [renderLine([[`and ${more} more; the report has them all`, 'dim']], style)] : []),
  ]
}
