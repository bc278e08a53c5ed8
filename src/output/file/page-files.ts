/** The pages as the build left them: each one script and one style. */
import { readFileSync } from 'node:fs'

export interface PageFiles {
  readonly script: string
  readonly style: string
}

const FOLDER = new URL('../../page/', import.meta.url)

const read = (folder: URL, script: string, style: string): PageFiles => ({
  script: readFileSync(new URL(script, folder), 'utf8'),
  style: readFileSync(new URL(style, folder), 'utf8'),
})

/** Of the report. */
export const readPageFiles = (folder = FOLDER): PageFiles => read(folder, 'report-main.js', 'page.css')
/** Of the live page. */
export const readLiveFiles = (folder = FOLDER): PageFiles => read(folder, 'live-main.js', 'live.css')
/** Of two reports. */
export const readComparisonFiles = (folder = FOLDER): PageFiles => read(folder, 'compare-main.js', 'page.css')
