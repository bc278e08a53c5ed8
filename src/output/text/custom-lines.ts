/** Custom metrics of a scenario, in the summary. */
import type { CustomReport } from '../../core/measure/custom-metrics.ts'
import type { Report } from '../../core/report/report.ts'
import type { Style } from './paint.ts'
import { section } from './section.ts'

const shown = (value: number | null): string => (value === null ? '–' : value.toLocaleString('en-US'))

const figures = (metric: CustomReport): string[] =>
  metric.kind === 'counter'
    ? [shown(metric.sum)]
    : [
        `${shown(metric.count)} values`,
        ...(['min', 'mean', 'p50', 'p95', 'p99', 'max'] as const).map(
          (figure) => `${figure} ${shown(metric[figure])}`,
        ),
      ]

/** A Markdown table of the custom metrics. Names need no escaping: they consist of letters, digits and `_`. */
export const customTable = ({ custom }: Report): string[] =>
  Object.keys(custom).length === 0
    ? []
    : [
        '| custom | |',
        '|---|---|',
        ...Object.entries(custom).map(([name, metric]) => `| \`${name}\` | ${figures(metric).join(' · ')} |`),
        '',
      ]

/** One line per metric: the sum of a counter; the count and distribution of a trend. */
export const customLines = ({ custom }: Report, style: Style): string[] =>
  Object.entries(custom).flatMap(([name, metric], i) => {
    const [first = '', ...others] = figures(metric)
    return section(i === 0 ? 'custom' : '', [`${name} ${first}`, ...others], style)
  })
