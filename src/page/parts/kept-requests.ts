/** Single requests that the report keeps: the slowest of each name, and failing ones, with links to their traces. */
import { traceLink } from '../../core/request/traceparent.ts'
import { showClock, showMs } from '../../core/units.ts'
import type { ReportView } from '../../output/view/view.ts'
import { element, folded, section, type Child } from './element.ts'
import { table, type Column } from './sortable-table.ts'

type Report = ReportView['report']
type Slow = NonNullable<Report['slowest']>[number]
type Failing = Report['capturedFailures'][number]

/** `null` if none is kept. */
export function keptRequests({ report }: ReportView): HTMLElement | null {
  const { slowest = [], capturedFailures: failing, plan } = report
  if (slowest.length + failing.length === 0) return null
  const traceUrl = plan.traceUrl ?? null
  return section(
    'kept',
    'Requests kept',
    slowest.length === 0
      ? null
      : table<Slow>({
          label: 'Slowest requests of each name',
          rows: slowest,
          columns: slowColumns(
            traceUrl,
            slowest.some(({ blockedMs }) => blockedMs !== null),
          ),
        }),
    failing.length === 0
      ? null
      : table<Failing>({ label: 'Failing exchanges', rows: failing, columns: failingColumns(traceUrl) }),
  )
}

const ms = (title: string, of: (row: Slow) => number | null, hint?: string): Column<Slow> => ({
  title,
  ...(hint === undefined ? {} : { hint }),
  cell: (row) => showMs(of(row)),
  by: of,
})

const slowColumns = (traceUrl: string | null, isShared: boolean): Column<Slow>[] => [
  { title: 'name', isText: true, cell: ({ name }) => folded(name, 60), by: ({ name }) => name },
  ms('latency', ({ latencyMs }) => latencyMs),
  ms('late', ({ dueS, sentS }) => (sentS - dueS) * 1000, 'from due to sent, in the open model'),
  ...(isShared ? [ms('blocked', ({ blockedMs }) => blockedMs, 'wait for a shared connection')] : []),
  ms('connecting', connectingMs),
  ms(
    'first byte',
    ({ firstByteMs }) => firstByteMs,
    'from sent to the first byte, connecting and the wait for a connection included',
  ),
  { title: 'ended at', cell: ({ doneS }) => showClock(doneS), by: ({ doneS }) => doneS },
  {
    title: 'status',
    cell: ({ status }) => (status === 0 ? '–' : String(status)),
    by: ({ status }) => status,
  },
  { title: 'outcome', isText: true, cell: ({ outcome }) => outcome, by: ({ outcome }) => outcome },
  { title: 'URL', isText: true, cell: ({ url }) => folded(url, 60), by: ({ url }) => url },
  { title: 'trace', isText: true, cell: ({ traceId }) => traceCell(traceId, traceUrl) },
]

const failingColumns = (traceUrl: string | null): Column<Failing>[] => [
  { title: 'outcome', isText: true, cell: ({ outcome }) => outcome, by: ({ outcome }) => outcome },
  { title: 'ended at', cell: ({ atS }) => showClock(atS), by: ({ atS }) => atS },
  { title: 'request', isText: true, cell: ({ name }) => folded(name, 60), by: ({ name }) => name },
  { title: 'message', isText: true, cell: ({ message }) => folded(message), by: ({ message }) => message },
  { title: 'trace', isText: true, cell: ({ traceId = null }) => traceCell(traceId, traceUrl) },
]

/** `null` on a connection that was open already. */
function connectingMs({ dnsMs, connectMs, tlsMs }: Slow): number | null {
  if (dnsMs === null && connectMs === null && tlsMs === null) return null
  return (dnsMs ?? 0) + (connectMs ?? 0) + (tlsMs ?? 0)
}

/** The identifier, as a link if the plan says where traces are. */
function traceCell(traceId: string | null, traceUrl: string | null): Child {
  if (traceId === null) return '–'
  if (traceUrl === null) return element('code', {}, traceId)
  const href = traceLink(traceUrl, traceId)
  return element('a', { href, rel: 'noreferrer' }, element('code', {}, traceId))
}
