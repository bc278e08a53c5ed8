/** The page as the build left it: its script and its style, each one file. */
import { readFileSync } from 'node:fs'

export interface PageFiles {
  readonly script: string
  readonly style: string
}

/** Those of the page of a report, or of that of two reports. */
export const readPageFiles = (
  page: 'main' | 'compare' = 'main',
  folder = new URL('../page/', import.meta.url),
): PageFiles => ({
  script: readFileSync(new URL(`${page}.js`, folder), 'utf8'),
  style: readFileSync(new URL('page.css', folder), 'utf8'),
})
