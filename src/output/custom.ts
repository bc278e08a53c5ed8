/** Metrics of the scenario's own, in the summary. */
import type { Report } from '../core/report.ts'
import type { Style } from './paint.ts'
import { section } from './section.ts'

const shown = (value: number | null): string => (value === null ? '–' : value.toLocaleString('en-US'))

/** Each on a line: the sum of a counter; of a trend how many values, and what they were. */
export const customLines = ({ custom }: Report, style: Style): string[] =>
  Object.entries(custom).flatMap(([name, metric], i) => {
    const items =
      metric.kind === 'counter'
        ? [`${name} ${shown(metric.sum)}`]
        : [
            `${name} ${shown(metric.count)} values`,
            ...(['min', 'mean', 'p50', 'p95', 'p99', 'max'] as const).map(
              (figure) => `${figure} ${shown(metric[figure])}`,
            ),
          ]
    return section(i === 0 ? 'custom' : '', items, style)
  })
