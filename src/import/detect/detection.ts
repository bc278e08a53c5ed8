/** The format of a text by its content. */
import type { Format } from '../formats.ts'
import { lineFormat } from '../../core/log/log-line.ts'

/** The beginning of a file is enough to tell its format. */
export const HEAD_BYTES = 65_536

/** The format of a text that begins so; `null` if it is none that can be imported. */
export function formatOf(head: string): Format | null {
  const text = head.replace(/^\u{feff}/u, '').trimStart()
  if (LOCUST.test(text)) return 'locust'
  if (text.startsWith('{') && HAR.test(text)) return 'har'
  if (text.startsWith('{') && POSTMAN.test(text)) return 'postman'
  if (OPENAPI.test(text)) return 'openapi'
  if (CURL.test(text)) return 'curl'
  // The first line may be a comment, or be cut off.
  if (text.split(/\r?\n/, MOST_LINES).some((line) => lineFormat(line) !== null)) return 'log'
  return null
}

/** Lines in which a request is looked for. */
const MOST_LINES = 20

/** The object around the entries. */
const HAR = /^\{\s*"log"\s*:\s*\{/

/** The names that a collection has at its beginning. */
const POSTMAN = /"_postman_id"\s*:|"schema"\s*:\s*"https?:\/\/schema\.(?:get)?postman\.com\//

/** The version, at the top of YAML or JSON. */
const OPENAPI =
  /^(?:\{\s*|\{[^{}]*,\s*)?["']?(?:openapi|swagger)["']?\s*:\s*["']?[23]\.\d|^(?:openapi|swagger)\s*:\s*["']?[23]\.\d/m

/** A line that imports Locust. */
const LOCUST = /^[ \t]*(?:from[ \t]+locust[\w.]*[ \t]+import\b|import[ \t]+locust\b)/m

/** A line that begins with curl, behind a prompt, a comment's end or an assignment. */
const CURL = /^[ \t]*(?:[$>] +|sudo +|time +|\w+=\S* +)*(?:\S*[\\/])?curl(?:\.exe)?[ \t\\^]/im
