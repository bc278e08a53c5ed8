/** The built pages: one script and one style sheet each. */
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

/** Files of the report page. */
export const readPageFiles = (folder = FOLDER): PageFiles => read(folder, 'report-main.js', 'page.css')
/** Files of the live page. */
export const readLiveFiles = (folder = FOLDER): PageFiles => read(folder, 'live-main.js', 'live.css')
/** Files of the comparison page. */
export const readComparisonFiles = (folder = FOLDER): PageFiles => read(folder, 'compare-main.js', 'page.css')
