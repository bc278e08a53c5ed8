/** The report as one JSON object. */
import type { Report } from '../../core/report/report.ts'
import type { Pieces } from '../whole-file.ts'

/** The report on one line, in pieces: that of many hours exceeds the longest possible string. */
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

/** A value as one line of JSON, ending in a line break. */
export const renderJsonLine = (value: object): string => `${renderJsonValue(value)}\n`

/**
 * Escapes `##[`, which is a command to a GitHub Actions runner on standard output, and control characters that JSON leaves
 * unescaped. Both occur in strings only, where the escapes parse to the same text.
 */
export const renderJsonValue = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll('##[', '#\\u0023[')
    .replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, escaped)

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
