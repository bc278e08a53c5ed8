/**
 * The run as lines of JSON: `{"type":"second",…}` with all fields of the report's timeline, and at the end
 * `{"type":"summary",…}` with the report without its timeline. `{"type":"log",…}` is what tasks wrote to the console.
 *
 * A file is written at the end, with each second once. A stream receives each second when it closes; a second corrected
 * later, by a late worker or an early end of the load, is written again before the summary, so the last line of a second
 * is the valid one.
 */
import type { LogEntry } from '../../core/measure/task-log.ts'
import type { Report } from '../../core/report/report.ts'
import type { SecondRow } from '../../core/measure/second.ts'
import type { Destination } from '../destination.ts'
import type { Pieces } from '../whole-file.ts'
import { renderJsonLine } from './json.ts'
import type { LiveSecond, Output, Screen } from '../output.ts'

const renderSecond = (row: SecondRow): string => renderJsonLine({ type: 'second', ...row })

const renderLogged = (entry: LogEntry): string => renderJsonLine({ type: 'log', ...entry })

function renderLast(report: Report): string {
  const { timeline, ...summary } = report
  return renderJsonLine({ type: 'summary', seconds: timeline.length, ...summary })
}

/** All seconds, each once, and the summary. */
export const renderNdjson = (report: Report): Pieces => ({
  *[Symbol.iterator]() {
    for (const row of report.timeline) yield renderSecond(row)
    yield renderLast(report)
  },
})

/** Entries of the log that a file keeps until the run has ended. */
const MOST_KEPT = 10_000

/** Writes the lines to a file when the run has ended, those of the log first. */
export class NdjsonFile implements Output {
  readonly name: string
  readonly #destination: Destination
  readonly #log: LogEntry[] = []
  #dropped = 0

  constructor(destination: Destination) {
    this.name = `ndjson=${destination.name}`
    this.#destination = destination
  }

  check(): void {
    this.#destination.check()
  }

  logged(entries: readonly LogEntry[]): void {
    const room = MOST_KEPT - this.#log.length
    this.#log.push(...entries.slice(0, room))
    this.#dropped += Math.max(0, entries.length - room)
  }

  finish(report: Report): void | Promise<void> {
    const log = [...this.#log, ...(this.#dropped === 0 ? [] : [notKept(report.durationS, this.#dropped)])]
    return this.#destination.write({
      *[Symbol.iterator]() {
        for (const entry of log) yield renderLogged(entry)
        yield* renderNdjson(report)
      },
    })
  }
}

const notKept = (atS: number, n: number): LogEntry => ({
  atS,
  worker: null,
  level: 'warn',
  text: `${n} more entries were dropped: the file keeps ${MOST_KEPT}`,
})

/** Writes the lines to a stream during the run. */
export class NdjsonStream implements Output {
  readonly name = 'ndjson=-'
  readonly #stream: Screen
  /** The row last written of each second. A corrected second is a new object. */
  readonly #written: SecondRow[] = []

  constructor(stream: Screen) {
    this.#stream = stream
  }

  second({ row }: LiveSecond): void {
    this.#writeIfNew(row)
  }

  logged(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#stream.write(renderLogged(entry))
  }

  finish(report: Report): void {
    for (const row of report.timeline) this.#writeIfNew(row)
    this.#stream.write(renderLast(report))
  }

  #writeIfNew(row: SecondRow): void {
    if (this.#written[row.second] === row) return
    this.#written[row.second] = row
    this.#stream.write(renderSecond(row))
  }
}
