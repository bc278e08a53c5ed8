/** What the code of a scenario file writes to the console, as the outputs of a run receive it. */

export type LogLevel = 'debug' | 'info' | 'log' | 'warn' | 'error'

export interface LogEntry {
  /** Run time in seconds; 0 before the run. */
  readonly atS: number
  /** The worker that wrote it; `null` for the main thread, which runs `setup` and `teardown`. */
  readonly worker: number | null
  /** The label of the worker in a run on several hosts, such as `alpha/3`; absent on one. */
  readonly label?: string
  readonly level: LogLevel
  /** Without the secrets that were sent; it may have several lines. */
  readonly text: string
}

/** Entries that a worker passes on in a second; further ones are counted only. */
export const MOST_LOGGED_PER_S = 100
/** Characters of an entry. */
export const LONGEST_LOGGED = 4000

/** The entry that says how many others are missing. */
export const droppedEntry = (atS: number, worker: number, dropped: number): LogEntry => ({
  atS,
  worker,
  level: 'warn',
  text: `${dropped} more ${dropped === 1 ? 'entry was' : 'entries were'} dropped: a worker passes on ${MOST_LOGGED_PER_S} in a second`,
})
