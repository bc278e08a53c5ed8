/**
 * The run as lines of JSON: `{"type":"second",…}` with all fields of the report's timeline, and at the end
 * `{"type":"summary",…}` with the report without its timeline.
 *
 * A file is written at the end, with each second once. A stream receives each second when it closes; a second corrected
 * later, by a late worker or an early end of the load, is written again before the summary, so the last line of a second
 * is the valid one.
 */
import type { Report } from '../../core/report/report.ts'
import type { SecondRow } from '../../core/measure/second.ts'
import type { Pieces } from '../whole-file.ts'
import { renderJsonLine } from './json.ts'
import type { LiveSecond, Output, Screen } from '../output.ts'

const renderSecond = (row: SecondRow): string => renderJsonLine({ type: 'second', ...row })

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
