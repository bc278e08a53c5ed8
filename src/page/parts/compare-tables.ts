/** Tables of two runs side by side, with differences. */
import { PERCENTILES, type Metrics } from '../../core/measure/metrics.ts'
import { showBytes, showCount, showMs, showPercent, showRate } from '../../core/units.ts'
import type { ComparisonView } from '../../output/view/comparison-view.ts'
import { element, section, shown, type Child } from './element.ts'
import { percentileLabel, percentileText } from './glance-summary.ts'
import { table, type Column } from './sortable-table.ts'

interface Figure {
  readonly label: string
  readonly value: (metrics: Metrics) => number | null
  readonly show: (metrics: Metrics) => string
  /** Whether the figure is a share, whose difference is in percentage points. */
  readonly isShare?: boolean
}

const FIGURES: readonly Figure[] = [
  {
    label: 'requests',
    value: ({ finished, unfinished }) => finished + unfinished,
    show: ({ finished, unfinished }) => showCount(finished + unfinished),
  },
  {
    label: 'requests/s',
    value: ({ requestsPerS }) => requestsPerS,
    show: ({ requestsPerS }) => showRate(requestsPerS),
  },
  {
    label: 'failed',
    value: ({ failedRatio }) => failedRatio,
    show: ({ failedRatio }) => showPercent(failedRatio),
    isShare: true,
  },
  ...(['min', 'mean'] as const).map((name): Figure => ({
    label: `latency ${name}`,
    value: ({ latencyMs }) => latencyMs[name],
    show: ({ latencyMs }) => showMs(latencyMs[name]),
  })),
  ...PERCENTILES.map(([name]): Figure => ({
    label: `latency ${percentileLabel(name)}`,
    value: ({ latencyMs }) => latencyMs[name],
    show: ({ latencyMs }) => percentileText(latencyMs, name),
  })),
  {
    label: 'latency max',
    value: ({ latencyMs }) => latencyMs.max,
    show: ({ latencyMs }) => showMs(latencyMs.max),
  },
  {
    label: 'received',
    value: ({ bytesIn }) => bytesIn,
    show: ({ bytesIn }) => showBytes(bytesIn),
  },
]

/** Figures shown in the table of names. */
const OF_NAMES: readonly string[] = ['requests/s', 'failed', 'latency p50', 'latency p95', 'latency p99']

/** The change from baseline to current run: relative to the baseline, or in percentage points for a share. */
function changeOf({ value, isShare }: Figure, before: Metrics | null, after: Metrics | null): number | null {
  const [from, to] = [before, after].map((metrics) => (metrics === null ? null : value(metrics)))
  if (from === null || to === null || from === undefined || to === undefined) return null
  if (isShare === true) return to - from
  return from === 0 ? (to === 0 ? 0 : null) : (to - from) / from
}

function showChange(change: number | null, { isShare }: Figure): string {
  if (change === null) return '–'
  const percent = change * 100
  const digits = Math.abs(percent) < 10 ? 2 : Math.abs(percent) < 100 ? 1 : 0
  return `${percent > 0 ? '+' : ''}${Number(percent.toFixed(digits))}${isShare === true ? ' pp' : '%'}`
}

export function differences({ baseline, current }: ComparisonView): HTMLElement {
  const [before, after] = [baseline.report.total, current.report.total]
  return section(
    'differences',
    'Figures side by side',
    table({
      label: 'Figures of both runs',
      rows: FIGURES,
      columns: [
        { title: 'all requests', cell: ({ label }) => label },
        { title: 'baseline', cell: ({ show }) => show(before) },
        { title: 'current', cell: ({ show }) => show(after) },
        { title: 'difference', cell: (figure) => showChange(changeOf(figure, before, after), figure) },
      ],
    }),
    element(
      'p',
      { class: 'note' },
      'Only the rules of the comparison are tested; other differences may be chance. pp: percentage points; ~: too few samples.',
    ),
  )
}

interface NameRow {
  readonly name: string
  readonly before: Metrics | null
  readonly after: Metrics | null
}

/** A row per request name of either run; a click on a name that both have shows its charts. */
export function namesBeside(
  { baseline, current }: ComparisonView,
  choose: (name: string) => void,
): HTMLElement {
  const [before, after] = [baseline, current].map(({ report }) => new Map(Object.entries(report.byName)))
  const rows = [...new Set([...before!.keys(), ...after!.keys()])].map((name): NameRow => ({
    name,
    before: before!.get(name) ?? null,
    after: after!.get(name) ?? null,
  }))
  const chooser = (name: string): HTMLElement => {
    const button = element('button', { type: 'button', class: 'name' }, name === '' ? '(no name)' : name)
    button.addEventListener('click', () => choose(name))
    return button
  }
  const beside = (figure: Figure): Column<NameRow> => ({
    title: figure.label,
    hint: 'baseline, current, and the difference',
    by: ({ before: one, after: other }) => changeOf(figure, one, other),
    cell: ({ before: one, after: other }): Child => {
      const text = (metrics: Metrics | null): Child => shown(metrics === null ? '–' : figure.show(metrics))
      return element(
        'span',
        { class: 'beside' },
        element('span', {}, text(one), ' → ', text(other)),
        element('small', {}, shown(showChange(changeOf(figure, one, other), figure))),
      )
    },
  })
  return section(
    'requests',
    'Requests by name',
    table({
      label: 'Requests by name, of both runs',
      rows,
      columns: [
        {
          title: 'name',
          isText: true,
          by: ({ name }) => name,
          cell: ({ name, before: one, after: other }) =>
            one === null || other === null ? name : chooser(name),
        },
        ...FIGURES.filter(({ label }) => OF_NAMES.includes(label)).map(beside),
      ],
    }),
  )
}
