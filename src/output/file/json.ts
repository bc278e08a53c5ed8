/** The report as JSON: all of it, in one object. */
import type { Report } from '../../core/report/report.ts'
import type { Pieces } from '../whole-file.ts'

/** One line, piece by piece: of many hours it is longer than any string can be. */
export const renderJson = (report: Report): Pieces => ({
  *[Symbol.iterator]() {
    const { timeline } = report
    let before = '{'
    for (const [field, value] of Object.entries(report)) {
      if (value === undefined) continue
      yield `${before}"${field}":`
      if (value === timeline) yield* rowsOf(timeline)
      else yield renderJsonValue(value)
      before = ','
    }
    yield '}\n'
  },
})

function* rowsOf(timeline: readonly object[]): Generator<string> {
  for (const [i, row] of timeline.entries()) yield (i === 0 ? '[' : ',') + renderJsonValue(row)
  yield timeline.length === 0 ? '[]' : ']'
}

/** One line without line breaks within, ending in one. */
export const renderJsonLine = (value: object): string => `${renderJsonValue(value)}\n`

/**
 * On standard output `##[` would be a command to a runner of GitHub Actions, and some of what JSON leaves as it is would
 * steer a terminal; only a text can hold either, so they are written otherwise and read back the same.
 */
const renderJsonValue = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll('##[', '#\\u0023[')
    .replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, escaped)

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
