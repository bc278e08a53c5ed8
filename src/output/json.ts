/** The report as JSON: all of it, in one object. */
import type { Report } from '../core/report.ts'

export const renderJson = (report: Report): string => renderJsonLine(report)

/**
 * One line without line breaks within, ending in one. On standard output `##[` would be a command to a runner of GitHub
 * Actions, and some of what JSON leaves as it is would steer a terminal; only a text can hold either, so they are
 * written otherwise and read back the same.
 */
export const renderJsonLine = (value: object): string =>
  `${JSON.stringify(value)
    .replaceAll('##[', '#\\u0023[')
    .replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, escaped)}\n`

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
