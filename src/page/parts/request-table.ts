/** The table of requests by name; a click on a name shows its charts. */
import type { Metrics } from '../../core/measure/metrics.ts'
import { showBytes, showCount, showMs, showPercent, showRate } from '../../core/units.ts'
import type { ReportView } from '../../output/view/view.ts'
import { element, section } from './element.ts'
import { percentileLabel, percentileText } from './glance-summary.ts'
import { table, type Column } from './sortable-table.ts'

interface Row {
  /** `null` for all requests together. */
  readonly name: string | null
  readonly metrics: Metrics
}

export function requests({ report }: ReportView, choose: (name: string | null) => void): HTMLElement {
  return section(
    'requests',
    'Requests',
    table<Row>({
      label: 'Requests by name',
      rows: Object.entries(report.byName).map(([name, metrics]) => ({ name, metrics })),
      foot: { name: null, metrics: report.total },
      columns: [nameColumn(choose), ...COLUMNS],
    }),
    element('p', { class: 'note' }, '~ fewer than 10 / (1 − q) samples'),
  )
}

const nameColumn = (choose: (name: string | null) => void): Column<Row> => ({
  title: 'name',
  isText: true,
  cell: ({ name }) => {
    const button = element(
      'button',
      { type: 'button', class: 'name', title: 'show its charts' },
      name ?? 'total',
    )
    button.addEventListener('click', () => choose(name))
    return button
  },
  by: ({ name }) => name,
})

/** A column of one figure; sorted by it. */
const figure = (
  title: string,
  value: (metrics: Metrics) => number | null,
  show: (metrics: Metrics) => string,
): Column<Row> => ({ title, cell: ({ metrics }) => show(metrics), by: ({ metrics }) => value(metrics) })

const milliseconds = (title: 'mean' | 'max'): Column<Row> =>
  figure(
    title,
    ({ latencyMs }) => latencyMs[title],
    ({ latencyMs }) => showMs(latencyMs[title]),
  )

const percentile = (name: 'p50' | 'p95' | 'p99' | 'p99_9'): Column<Row> =>
  figure(
    percentileLabel(name),
    ({ latencyMs }) => latencyMs[name],
    ({ latencyMs }) => percentileText(latencyMs, name),
  )

const ended = ({ finished, unfinished }: Metrics): number => finished + unfinished

const COLUMNS: readonly Column<Row>[] = [
  figure('requests', ended, (metrics) => showCount(ended(metrics))),
  {
    ...figure(
      'failed',
      ({ failedRatio }) => failedRatio,
      ({ failedRatio }) => showPercent(failedRatio),
    ),
    hint: 'failed and unfinished',
    mark: ({ metrics }) => ((metrics.failedRatio ?? 0) > 0 ? 'failed' : null),
  },
  figure(
    'req/s',
    ({ requestsPerS }) => requestsPerS,
    ({ requestsPerS }) => showRate(requestsPerS),
  ),
  milliseconds('mean'),
  percentile('p50'),
  percentile('p95'),
  percentile('p99'),
  percentile('p99_9'),
  milliseconds('max'),
  figure(
    'received',
    ({ bytesIn }) => bytesIn,
    ({ bytesIn }) => showBytes(bytesIn),
  ),
]
