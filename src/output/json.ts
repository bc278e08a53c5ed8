/** The report as JSON: all of it, in one object. */
import type { Report } from '../core/report.ts'

export const renderJson = (report: Report): string => renderJsonLine(report)

/**
 * One line without line breaks within, ending in one. `##[` would be a command to a runner of GitHub Actions that reads
 * it from standard output; only a text can hold it, so it is written otherwise and reads back the same.
 */
export const renderJsonLine = (value: object): string =>
  `${JSON.stringify(value).replaceAll('##[', '#\\u0023[')}\n`
