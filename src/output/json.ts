/** The report as JSON: all of it, in one object. */
import type { Report } from '../core/report.ts'

/** One line without line breaks within, ending in one. */
export const renderJson = (report: Report): string => `${JSON.stringify(report)}\n`
