/** A comparison for a person. Pure. */
import type { Answer, Comparison, MetricComparison } from '../core/compare.ts'
import { metricOf, showFigure } from '../core/threshold-metric.ts'
import { renderLine, type Paint, type Style } from './paint.ts'
import { renderTable, type Column } from './table.ts'

const PAINT: Readonly<Record<Answer, Paint>> = {
  regressed: 'red',
  'no regression': 'green',
  "can't tell": 'yellow',
}

const COLUMNS: Column<MetricComparison>[] = [
  { title: 'rule', align: 'left', cell: ({ expression }) => expression },
  { title: 'baseline', align: 'right', rank: 2, cell: ({ metric, baseline }) => figure(metric, baseline) },
  { title: 'current', align: 'right', rank: 2, cell: ({ metric, current }) => figure(metric, current) },
  { title: 'change', align: 'right', cell: ({ change }) => (change === null ? '–' : showChange(change)) },
  {
    title: '90 % interval',
    rank: 3,
    cell: ({ interval }) =>
      interval === null ? '–' : `${showChange(interval.low)} to ${showChange(interval.high)}`,
  },
  { title: 'p', align: 'right', rank: 1, cell: ({ p }) => (p === null ? '–' : p.toFixed(3)) },
  { title: 'answer', align: 'left', cell: ({ answer }) => answer, paint: ({ answer }) => PAINT[answer] },
]

export function renderComparison(comparison: Comparison, style: Style): string {
  const { runs, method, metrics, answer } = comparison
  const count = (n: number): string => `${n} run${n === 1 ? '' : 's'}`
  return [
    renderLine(
      [['comparison', 'bold'], ` · ${count(runs.baseline)} against ${count(runs.current)} · ${method}`],
      style,
    ),
    ...renderTable(COLUMNS, metrics, style),
    ...metrics.flatMap(({ metric, advice }) =>
      advice === null ? [] : [renderLine([[`${metric}: ${advice}`, 'dim']], style)],
    ),
    renderLine([[sentence(comparison), PAINT[answer]]], style),
    '',
  ].join('\n')
}

function sentence({ answer }: Comparison): string {
  switch (answer) {
    case 'regressed':
      return 'regressed: worse than the baseline by more than the rules allow'
    case 'no regression':
      return 'no regression: whatever changed is within what the rules allow'
    case "can't tell":
      return "can't tell: neither a regression nor its absence can be told from these runs"
  }
}

const figure = (metric: string, value: number | null): string => showFigure(value, metricOf(metric)!.unit)

const showChange = (change: number): string => `${change > 0 ? '+' : ''}${(change * 100).toFixed(1)}%`
