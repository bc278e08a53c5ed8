/** Access logs as texts, and what their replay comes to. */
import { LogRows } from '../../src/core/log/replay-rows.ts'
import { ReplayIndexer, type ReplayLog } from '../../src/core/log/replay-index.ts'
import { readReplay, type ReplayLoad } from '../../src/core/resolve/replay-options.ts'
import { readersOf } from '../../src/core/options/option-readers.ts'
import type { Options } from '../../src/core/options/options.ts'
import type { Problem } from '../../src/core/options/problem.ts'

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** A line of nginx at this second of 1970. */
export function combined(second: number, path: string, method = 'GET'): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(
    new Date(second * 1000).toISOString(),
  )!
  const stamp = `${day}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000`
  return `::1 - - [${stamp}] "${method} ${path} HTTP/1.1" 200 5 "-" "curl/8"`
}

/** A line with an instant to the microsecond. */
export const jsonLine = (us: number, path: string, method = 'GET'): string =>
  JSON.stringify({ ts: us / 1e6, method, path })

/** The index of these lines, each of which ends in one byte. */
export function indexOf(lines: readonly string[], hasUnsafe = false): ReplayLog {
  const indexer = new ReplayIndexer({ hasUnsafe })
  let at = 0
  for (const [i, line] of lines.entries()) {
    indexer.add(line, at, i + 1)
    at += Buffer.byteLength(line) + 1
  }
  return indexer.finish()
}

/** The load that a log comes to with these options; or the problems. */
export function loadOf(
  log: ReplayLog,
  options: Options = {},
): { readonly load: ReplayLoad | null; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const whole = { replay: '/access.log', ...options }
  return { load: readReplay(whole, log, readersOf(whole, problems)), problems }
}

/** When the requests of the log are due, in µs after the first. */
const rowsOf = <T>(log: ReplayLog, read: (rows: LogRows, n: number) => T): T[] => {
  const rows = new LogRows(log.rows)
  return Array.from({ length: rows.length }, (_, n) => read(rows, n))
}

export const usOf = (log: ReplayLog): number[] => rowsOf(log, (rows, n) => rows.usAt(n))
/** Where their lines begin. */
export const atOf = (log: ReplayLog): number[] => rowsOf(log, (rows, n) => rows.lineAt(n))
/** Their names. */
export const namesOf = (log: ReplayLog): (string | null)[] =>
  rowsOf(log, (rows, n) => log.names[rows.nameAt(n)]!.name)
