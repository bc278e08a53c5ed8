/**
 * The run as lines of JSON: `{"type":"second",…}` with all fields of the report's timeline, and at the end
 * `{"type":"summary",…}` with the report without its timeline. A line ends in a newline and has none within.
 *
 * A file is written at the end, each second once. A stream gets each second when it closes; one that was corrected
 * afterwards, by a worker that reported late or a load that ended otherwise, comes once more before the summary, and
 * the last line of a second number is the right one.
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

/** Every second once, and the summary. */
export const renderNdjson = (report: Report): Pieces => ({
  *[Symbol.iterator]() {
    for (const row of report.timeline) yield renderSecond(row)
    yield renderLast(report)
  },
})

/** Writes the lines to a stream while the run goes on. */
export class NdjsonStream implements Output {
  readonly name = 'ndjson=-'
  readonly #stream: Screen
  /** What was last said of each second. A corrected second is a new row. */
  readonly #said: SecondRow[] = []

  constructor(stream: Screen) {
    this.#stream = stream
  }

  second({ row }: LiveSecond): void {
    this.#say(row)
  }

  finish(report: Report): void {
    for (const row of report.timeline) this.#say(row)
    this.#stream.write(renderLast(report))
  }

  #say(row: SecondRow): void {
    if (this.#said[row.second] === row) return
    this.#said[row.second] = row
    this.#stream.write(renderSecond(row))
  }
}
