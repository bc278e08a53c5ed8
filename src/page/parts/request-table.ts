/** The table of requests by name; a click on a name shows its charts. */
import type { Metrics } from '../../core/measure/metrics.ts'
import { partsOf } from '../../core/request/row.ts'
import { showBytes, showClock, showCount, showMs, showPercent, showRate } from '../../core/units.ts'
import type { ReportView } from '../../output/view/view.ts'
import type { Now, Since } from '../../output/web/web-messages.ts'
import { element, section } from './element.ts'
import { percentileLabel, percentileText } from './glance-summary.ts'
import { table, type Column } from './sortable-table.ts'

interface Row {
  /** `null` for all requests together. */
  readonly name: string | null
  readonly metrics: Metrics
}

/** What only the live page shows. */
export interface LiveStatistics {
  readonly now: Now
  /** Figures since a reset; `null` for the whole run. */
  readonly since: Since | null
  /** Shows figures from now on, or of the whole run. */
  readonly reset: (isWhole: boolean) => void
}

export function requests(
  { report }: ReportView,
  choose: (name: string | null) => void,
  live: LiveStatistics | null = null,
): HTMLElement {
  const { byName, total } = live?.since ?? report
  return section(
    'requests',
    'Requests',
    live === null ? null : sinceLine(live),
    table<Row>({
      label: live === null ? 'Requests by name' : 'Requests by name, so far',
      rows: Object.entries(byName).map(([name, metrics]) => ({ name, metrics })),
      foot: { name: null, metrics: total },
      columns: [
        nameColumn(choose),
        METHOD,
        ...COUNTS,
        ...(live === null ? [] : nowColumns(live.now)),
        ...LATENCIES,
      ],
    }),
    element('p', { class: 'note' }, '~ fewer than 10 / (1 − q) samples'),
  )
}

/** Whether the figures are of the whole run, and the button that changes it. */
function sinceLine({ since, reset }: LiveStatistics): HTMLElement {
  const isWhole = since === null
  const button = element(
    'button',
    { type: 'button', class: 'small' },
    isWhole ? 'Reset statistics' : 'Show the whole run',
  )
  button.addEventListener('click', () => reset(!isWhole))
  return element(
    'p',
    { class: isWhole ? 'since' : 'since is-reset', 'aria-label': isWhole ? 'whole run' : 'since a reset' },
    isWhole
      ? 'The whole run. '
      : `This table: since ${showClock(since.atS)} only, reset on this page. The record, the verdict, all else here and downloads are of the whole run. `,
    button,
  )
}

const nameColumn = (choose: (name: string | null) => void): Column<Row> => ({
  title: 'name',
  isText: true,
  cell: ({ name }) => {
    const button = element(
      'button',
      { type: 'button', class: 'name', title: 'show its charts' },
      name === null ? 'total' : partsOf(name).name,
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

const METHOD: Column<Row> = {
  title: 'method',
  isText: true,
  cell: ({ name }) => (name === null ? '' : partsOf(name).method),
  by: ({ name }) => (name === null ? null : partsOf(name).method),
}

/** Requests and failures of the last second. */
function nowColumns(now: Now): Column<Row>[] {
  const all = Object.values(now.names)
  const of = (at: 0 | 1, { name }: Row): number =>
    name === null ? all.reduce((sum, one) => sum + one[at], 0) : (now.names[name]?.[at] ?? 0)
  const column = (title: string, at: 0 | 1): Column<Row> => ({
    title,
    hint: 'in the last second',
    cell: (row) => showCount(of(at, row)),
    by: (row) => of(at, row),
    mark: (row) => (at === 1 && of(at, row) > 0 ? 'failed' : null),
  })
  return [column('now req/s', 0), column('now failed/s', 1)]
}

const ended = ({ finished, unfinished }: Metrics): number => finished + unfinished

const COUNTS: readonly Column<Row>[] = [
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
]

const LATENCIES: readonly Column<Row>[] = [
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
