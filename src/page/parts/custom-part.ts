/** Custom metrics of a scenario. */
import type { ReportView } from '../../output/view/view.ts'
import { section } from './element.ts'
import { table } from './sortable-table.ts'

type Custom = ReportView['report']['custom'][string]

const FIGURES = ['min', 'mean', 'p50', 'p95', 'p99', 'max'] as const

const shown = (value: number | null): string => (value === null ? '–' : value.toLocaleString('en-US'))

/** `null` if the scenario has no custom metrics. */
export function custom({ report }: ReportView): HTMLElement | null {
  const rows = Object.entries(report.custom)
  if (rows.length === 0) return null
  return section(
    'custom',
    'Custom metrics',
    table<readonly [string, Custom]>({
      label: 'Custom metrics',
      rows,
      columns: [
        { title: 'metric', isText: true, cell: ([name]) => name, by: ([name]) => name },
        {
          title: 'sum or count',
          cell: ([, metric]) => shown(metric.kind === 'counter' ? metric.sum : metric.count),
        },
        ...FIGURES.map((figure) => ({
          title: figure,
          cell: ([, metric]: readonly [string, Custom]) =>
            metric.kind === 'counter' ? '' : shown(metric[figure]),
        })),
      ],
    }),
  )
}
