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
  const ended = ({ finished, unfinished }: Metrics): number => finished + unfinished
  const percentile = (name: 'p50' | 'p95' | 'p99' | 'p99_9'): Column<Row> => ({
    title: percentileLabel(name),
    cell: ({ metrics }) => percentileText(metrics.latencyMs, name),
    by: ({ metrics }) => metrics.latencyMs[name],
  })
  return section(
    'requests',
    'Requests',
    table<Row>({
      label: 'Requests by name',
      rows: Object.entries(report.byName).map(([name, metrics]) => ({ name, metrics })),
      foot: { name: null, metrics: report.total },
      columns: [
        {
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
        },
        {
          title: 'requests',
          cell: ({ metrics }) => showCount(ended(metrics)),
          by: ({ metrics }) => ended(metrics),
        },
        {
          title: 'failed',
          hint: 'failed and unfinished',
          cell: ({ metrics }) => showPercent(metrics.failedRatio),
          by: ({ metrics }) => metrics.failedRatio,
          mark: ({ metrics }) => ((metrics.failedRatio ?? 0) > 0 ? 'failed' : null),
        },
        {
          title: 'req/s',
          cell: ({ metrics }) => showRate(metrics.requestsPerS),
          by: ({ metrics }) => metrics.requestsPerS,
        },
        {
          title: 'mean',
          cell: ({ metrics }) => showMs(metrics.latencyMs.mean),
          by: ({ metrics }) => metrics.latencyMs.mean,
        },
        percentile('p50'),
        percentile('p95'),
        percentile('p99'),
        percentile('p99_9'),
        {
          title: 'max',
          cell: ({ metrics }) => showMs(metrics.latencyMs.max),
          by: ({ metrics }) => metrics.latencyMs.max,
        },
        {
          title: 'received',
          cell: ({ metrics }) => showBytes(metrics.bytesIn),
          by: ({ metrics }) => metrics.bytesIn,
        },
      ],
    }),
    element('p', { class: 'note' }, '~ fewer than 10 / (1 − q) samples'),
  )
}
