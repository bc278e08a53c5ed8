/** A comparison of runs as text. Pure. */
import type { Answer, Comparison, MetricComparison } from '../../core/compare/comparison.ts'
import type { RunComparison } from '../../core/compare/run-comparison.ts'
import { metricOf, showFigure } from '../../core/threshold/threshold-metric.ts'
import { showMany } from '../../core/units.ts'
import { renderLine, type Paint, type Style } from './paint.ts'
import { renderTable, type Column } from './text-table.ts'
import { wrap } from './verdict-text.ts'

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

/** Column titles of a comparison, and the cells of one rule. */
export const ANSWER_TITLES: readonly string[] = COLUMNS.map(({ title }) => title)
export const answerCells = (metric: MetricComparison): string[] => COLUMNS.map(({ cell }) => cell(metric))

export const renderComparison = (comparison: Comparison, style: Style): string =>
  [...lines(comparison, '', style), ''].join('\n')

/** The comparison of a run with its baseline; no lines if there is none. */
export function renderHeld(held: RunComparison | null, style: Style): string[] {
  if (held === null) return []
  const { baseline, refused, result } = held
  const names = ` · baseline ${baseline.join(', ')}`
  if (result !== null) return lines(result, names, style)
  return [
    renderLine([['not compared', 'red'], names], style),
    ...refused.flatMap((why) => wrap(`- ${why}`, style.width, 2)),
  ]
}

function lines(comparison: Comparison, names: string, style: Style): string[] {
  const { runs, method, metrics, answer } = comparison
  return [
    renderLine(
      [
        ['comparison', 'bold'],
        `${names} · ${showMany(runs.baseline, 'run')} against ${showMany(runs.current, 'run')} · ${method}`,
      ],
      style,
    ),
    ...renderTable(COLUMNS, metrics, style),
    ...metrics.flatMap(({ metric, advice }) =>
      advice === null ? [] : [renderLine([[`${metric}: ${advice}`, 'dim']], style)],
    ),
    renderLine([[sentenceOfAnswer(answer), PAINT[answer]]], style),
  ]
}

export function sentenceOfAnswer(answer: Answer): string {
  switch (answer) {
    case 'regressed':
      return 'regressed: worse than the baseline by more than the rules allow'
    case 'no regression':
      return 'no regression: every change is within the limits of the rules'
    case "can't tell":
      return "can't tell: these runs show neither a regression nor its absence"
  }
}

/** One metric as a sentence: answer, figures, change, advice. */
export function renderMetric({
  metric,
  baseline,
  current,
  change,
  answer,
  advice,
}: MetricComparison): string {
  const figures = `${figure(metric, baseline)} → ${figure(metric, current)}`
  const changed = change === null ? '' : ` (${showChange(change)})`
  return `${answer}: ${figures}${changed}${advice === null ? '' : `; ${advice}`}`
}

const figure = (metric: string, value: number | null): string => showFigure(value, metricOf(metric)!.unit)

const showChange = (change: number): string => `${change > 0 ? '+' : ''}${(change * 100).toFixed(1)}%`
