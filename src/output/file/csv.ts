/**
 * Locust's four CSV files with its names and columns, for scripts that read them: `PREFIX_stats.csv`,
 * `_stats_history.csv`, `_failures.csv` and `_exceptions.csv`. Unlike Locust's they are written when the run has ended,
 * from the counts of the report. Times are in milliseconds.
 *
 * Differences from Locust: response times are those of succeeded, timed-out and unfinished requests (`latencyMs`),
 * `Failure Count` includes unfinished requests, and the history has the seconds of the run from its start instant, with
 * totals and percentiles cumulative, as Locust's are without `--csv-full-history`. A transaction has a row of the type
 * TRANSACTION, which no aggregate contains.
 */
import { ms } from '../../core/measure/metrics.ts'
import type { Report } from '../../core/report/report.ts'
import { partsOf } from '../../core/request/row.ts'
import { mergeRequest, packRequest, RequestTally } from '../../core/measure/request-tally.ts'
import type { TransactionTally } from '../../core/measure/transaction-tally.ts'
import { mergeTally, packTally, Tally } from '../../core/measure/tally.ts'
import type { SettledSecond } from '../../core/measure/timeline.ts'
import { messageOf } from '../../errors.ts'
import type { Destination } from '../destination.ts'
import type { Output } from '../output.ts'
import { Spool } from '../spool.ts'
import type { Pieces } from '../whole-file.ts'

const PERCENTILES = [0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 1] as const
const PERCENTILE_TITLES = PERCENTILES.map((q) => `${Number((q * 100).toPrecision(6))}%`)
const STATS_TITLES = [
  'Type',
  'Name',
  'Request Count',
  'Failure Count',
  'Median Response Time',
  'Average Response Time',
  'Min Response Time',
  'Max Response Time',
  'Average Content Size',
  'Requests/s',
  'Failures/s',
  ...PERCENTILE_TITLES,
]
const HISTORY_TITLES = [
  'Timestamp',
  'User Count',
  'Type',
  'Name',
  'Requests/s',
  'Failures/s',
  ...PERCENTILE_TITLES,
  'Total Request Count',
  'Total Failure Count',
  'Total Median Response Time',
  'Total Average Response Time',
  'Total Min Response Time',
  'Total Max Response Time',
  'Total Average Content Size',
]
const FAILURES_TITLES = ['Method', 'Name', 'Error', 'Occurrences', 'First Seen', 'Last Seen']
const EXCEPTIONS_TITLES = ['Count', 'Message', 'Traceback', 'Nodes']

/** Names of the four files, after the prefix. */
export const CSV_FILES = ['stats', 'stats_history', 'failures', 'exceptions'] as const
export type CsvFile = (typeof CSV_FILES)[number]

/** A cell; `null` becomes `N/A`, as in Locust's files. */
type Cell = string | number | null
type HistoryLine = readonly [second: number, percentiles: readonly Cell[], totals: readonly Cell[]]

export class LocustCsv implements Output {
  readonly name: string
  readonly #destinations: Readonly<Record<CsvFile, Destination>>
  /** Totals of the measured seconds so far, and those of all requests together. */
  readonly #total = new Tally({ wide: true })
  readonly #all = new RequestTally(true)
  /** Totals at the end of each settled second of the measured run, one JSON array a line. */
  readonly #history = new Spool()

  constructor(prefix: string, destinations: Readonly<Record<CsvFile, Destination>>) {
    this.name = `csv=${prefix}`
    this.#destinations = destinations
  }

  check(): void {
    for (const file of CSV_FILES)
      try {
        this.#destinations[file].check()
      } catch (error) {
        throw this.#named(file, error)
      }
  }

  settled({ second, phase, tally, all }: SettledSecond): void {
    if (phase === 'warmup') return
    mergeTally(this.#total, packTally(tally))
    mergeRequest(this.#all, packRequest('', all))
    const line: HistoryLine = [second, percentiles(this.#all), totals(this.#all)]
    this.#history.add(`${JSON.stringify(line)}\n`)
  }

  /** The files of a report, which may be that of the run so far. */
  render(report: Report): Record<CsvFile, string | Pieces> {
    return {
      stats: renderCsv(STATS_TITLES, this.#stats(report)),
      stats_history: this.#renderHistory(report),
      failures: renderCsv(FAILURES_TITLES, failures(report)),
      exceptions: renderCsv(EXCEPTIONS_TITLES, exceptions(report)),
    }
  }

  finish(report: Report): void | Promise<void> {
    const texts = this.render(report)
    const problems: string[] = []
    const note = (file: CsvFile, error: unknown): void => void problems.push(this.#named(file, error).message)
    const settle = (): void => {
      this.#history.close()
      if (problems.length > 0) throw new Error(problems.join('; '))
    }
    const waiting: Promise<void>[] = []
    for (const file of CSV_FILES)
      try {
        const written = this.#destinations[file].write(texts[file])
        if (written !== undefined) waiting.push(written.catch((error: unknown) => note(file, error)))
      } catch (error) {
        note(file, error)
      }
    if (waiting.length > 0) return Promise.all(waiting).then(settle)
    settle()
  }

  #stats({ byName, total, loadS, transactions }: Report): Cell[][] {
    const row = (type: string, name: string, request: Counts, requestsPerS: number | null): Cell[] => [
      type,
      name,
      ...totals(request),
      requestsPerS ?? 0,
      perS(failuresOf(request), loadS),
      ...percentiles(request),
    ]
    return [
      ...Object.entries(byName).map(([key, { requestsPerS }]) => {
        const { method, name } = partsOf(key)
        return row(method, name, this.#total.request(key), requestsPerS)
      }),
      ...Object.entries(transactions).map(([name, { perS }]) =>
        row('TRANSACTION', name, countsOf(this.#total.transaction(name)), perS),
      ),
      row('', 'Aggregated', this.#all, total.requestsPerS),
    ]
  }

  /** The history line by line: that of many hours is not held in memory. */
  #renderHistory({ startedAt, timeline }: Report): Pieces {
    const startS = Date.parse(startedAt) / 1000
    const history = this.#history
    return {
      *[Symbol.iterator]() {
        yield renderLine(HISTORY_TITLES)
        for (const line of history.lines()) {
          const [second, percentiles, totals] = JSON.parse(line) as HistoryLine
          const row = timeline[second]!
          yield renderLine([
            Math.floor(startS + second + 1),
            row.users,
            '',
            'Aggregated',
            (row.requestsPerS ?? 0).toFixed(6),
            (row.failed + row.unfinished).toFixed(6),
            ...percentiles,
            ...totals,
          ])
        }
      },
    }
  }

  #named(file: CsvFile, error: unknown): Error {
    return new Error(`${this.#destinations[file].name} ${messageOf(error)}`, { cause: error })
  }
}

/** Counts of a row. */
interface Counts extends Pick<RequestTally, 'finished' | 'failed' | 'unfinished' | 'bytesIn'> {
  peek(name: 'latency'): ReturnType<RequestTally['peek']>
}

/** A transaction as counts of a row: those that did not end are unfinished, and the response time is the duration. */
const countsOf = ({ finished, failed, unended, duration }: TransactionTally): Counts => ({
  finished,
  failed,
  unfinished: unended,
  bytesIn: 0,
  peek: () => (duration.count === 0 ? null : duration),
})

const failuresOf = ({ failed, unfinished }: Counts): number => failed + unfinished
const perS = (n: number, loadS: number): number => (loadS > 0 ? Number((n / loadS).toFixed(6)) : 0)

/** The columns from the request count to the mean size, which both files have. */
function totals(request: Counts): Cell[] {
  const latency = request.peek('latency')
  const ended = request.finished + request.unfinished
  return [
    ended,
    failuresOf(request),
    inMs(latency?.quantileUs(0.5)) ?? 0,
    inMs(latency?.meanUs) ?? 0,
    inMs(latency?.minUs) ?? 0,
    inMs(latency?.maxUs) ?? 0,
    ended > 0 ? Number((request.bytesIn / ended).toFixed(3)) : 0,
  ]
}

function percentiles(request: Counts): Cell[] {
  const latency = request.peek('latency')
  return PERCENTILES.map((q) => inMs(latency?.quantileUs(q)))
}

const inMs = (us: number | null | undefined): number | null =>
  us === null || us === undefined ? null : ms(us)

function failures({ errors, startedAt, byName }: Report): Cell[][] {
  const startMs = Date.parse(startedAt)
  const seen = (atS: number): string => new Date(startMs + atS * 1000).toISOString()
  const cells = (row: string): Cell[] => Object.values(partsOf(row))
  const rows: Cell[][] = errors.map(({ name, outcome, message, count, firstS, lastS }) => [
    ...cells(name),
    message === '' ? outcome : `${outcome}: ${message}`,
    count,
    seen(firstS),
    seen(lastS),
  ])
  for (const [name, { unfinished }] of Object.entries(byName))
    if (unfinished > 0) rows.push([...cells(name), 'unfinished when the drain ended', unfinished, null, null])
  return rows
}

/** Errors of tasks, with their position in the file as traceback and without the worker. */
const exceptions = ({ taskErrors }: Report): Cell[][] =>
  taskErrors.map(({ task, message, place, trace, count }) => [
    count,
    `${task}: ${message}`,
    trace ?? place ?? '',
    '',
  ])

/** Renders CSV by RFC 4180, with the line ends of Locust. */
export function renderCsv(titles: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [titles, ...rows].map(renderLine).join('')
}

const renderLine = (row: readonly Cell[]): string => `${row.map(renderCell).join(',')}\r\n`

/**
 * Escapes a cell. A text that a spreadsheet would take for a formula is prefixed with an apostrophe, because texts come from
 * options and from the server. Control characters other than line breaks are replaced.
 */
export function renderCell(cell: Cell): string {
  if (cell === null) return 'N/A'
  if (typeof cell === 'number') return String(cell)
  const text = cell
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '�')
    // Commands to a GitHub Actions runner, in case the file cannot be written and goes to standard output.
    .replaceAll('##[', '#�[')
    .replace(/^([^\S\r\n]*:):/gm, '$1�')
  const isNumber = /^-?\d+(\.\d+)?$/.test(text)
  const safe = !isNumber && /^[\s]*[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
