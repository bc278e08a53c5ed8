/** Imports an access log as a targets file: its requests with their shares. */
import type { Imported } from '../imported.ts'
import { importError } from '../source.ts'
import { groupedPath } from '../../core/log/grouped-path.ts'
import { lineFormat, requestOf, type LogFormat } from '../../core/log/log-line.ts'

/** A targets file has at most this many. */
const MOST_TARGETS = 10_000

/** Different URLs of one name that are kept apart; further ones count for those that are kept. */
const MOST_URLS = 1000

/** Names beyond these are left out, and counted. */
const MOST_NAMES = 5000

/** Methods whose requests have bodies, which no log has. */
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** Requests of one method to paths that differ in ids only. */
interface Group {
  readonly method: string
  count: number
  readonly urls: Map<string, number>
}

/**
 * Reads the lines one by one; the memory depends on the number of different names, and not of lines. Rejects with a
 * CorerushError for a log in two formats, and for one without requests.
 */
export async function importLog(name: string, lines: AsyncIterable<string>): Promise<Imported> {
  const source = { name, text: '' }
  const groups = new Map<string, Group>()
  const left = new Map<string, number>()
  const leave = (reason: string): void => void left.set(reason, (left.get(reason) ?? 0) + 1)
  let format: LogFormat | null = null
  let number = 0
  for await (const line of lines) {
    number++
    if (line.trim() === '') continue
    const own = lineFormat(line)
    if (own === null) {
      leave('lines that are no requests')
      continue
    }
    format ??= own
    if (own !== format)
      throw importError(
        source,
        number,
        `is of the format ${own}, and the lines before are of the format ${format}`,
      )
    const request = requestOf(line, format)
    if (request === null) leave('lines without a request that can be sent')
    else if (request.method === 'CONNECT') leave('CONNECT requests, which make tunnels')
    else if (request.path.includes('%EF%BF%BD') && line.includes('\ufffd'))
      leave('requests with bytes that are not UTF-8')
    else if (WITH_BODY.has(request.method))
      leave(`${request.method} requests, whose bodies are not in the log`)
    else count(groups, request.method, request.path, leave)
  }
  if (groups.size === 0) throw importError(source, null, 'has no requests that can be sent')
  const written = targetLines([...groups])
  const total = [...groups.values()].reduce((sum, group) => sum + group.count, 0)
  return {
    kind: 'targets',
    text: written.map((line) => `${line}\n`).join(''),
    companions: [],
    notes: [
      `${total} requests of ${groups.size} names, as ${written.length} targets; run them with: corerush --url http://HOST --targets FILE`,
      ...[...left].map(([reason, times]) => `left out: ${times} ${reason}`),
    ],
  }
}

function count(
  groups: Map<string, Group>,
  method: string,
  path: string,
  leave: (reason: string) => void,
): void {
  const name = `${method} ${groupedPath(path)}`
  let group = groups.get(name)
  if (group === undefined) {
    if (groups.size >= MOST_NAMES) {
      leave(`requests of further names than ${MOST_NAMES}`)
      return
    }
    groups.set(name, (group = { method, count: 0, urls: new Map() }))
  }
  group.count++
  const known = group.urls.get(path)
  if (known !== undefined || group.urls.size < MOST_URLS) group.urls.set(path, (known ?? 0) + 1)
}

/** `WEIGHT METHOD URL NAME` for each URL; those that are kept of a name have the weight of all of it. */
function targetLines(groups: readonly (readonly [string, Group])[]): string[] {
  const most = Math.max(1, Math.floor(MOST_TARGETS / groups.length))
  return [...groups]
    .sort(([, a], [, b]) => b.count - a.count)
    .flatMap(([name, { method, count: total, urls }]) => {
      const kept = [...urls].sort(([, a], [, b]) => b - a).slice(0, most)
      const sum = kept.reduce((all, [, times]) => all + times, 0)
      return kept.map(([url, times]) => {
        const weight = sum === total ? times : Number(((times * total) / sum).toPrecision(6))
        return `${weight} ${method} ${url.replaceAll('{{', '{{{{')} ${name}`
      })
    })
}
