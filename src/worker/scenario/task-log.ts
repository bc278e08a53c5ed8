/**
 * The log of the tasks of a worker: what they write to the console goes to the main thread in batches, at a bounded
 * rate. What is beyond that is counted, and its text is never made.
 */
import {
  droppedEntry,
  LONGEST_LOGGED,
  MOST_LOGGED_PER_S,
  type LogEntry,
  type LogLevel,
} from '../../core/measure/task-log.ts'

/** How long entries are collected before they are sent. */
const BATCH_MS = 100

export interface TaskLogParts {
  readonly worker: number
  readonly nowUs: () => number
  /** Masks the secrets that were sent. */
  readonly hide: (text: string) => string
  readonly send: (entries: readonly LogEntry[]) => void
}

export class TaskLog {
  readonly #parts: TaskLogParts
  #entries: LogEntry[] = []
  #second = -Infinity
  /** Entries of that second, the dropped ones among them. */
  #count = 0
  #dropped = 0
  #timer: NodeJS.Timeout | null = null

  constructor(parts: TaskLogParts) {
    this.#parts = parts
  }

  readonly write = (level: LogLevel, text: () => string): void => {
    const { worker, nowUs, hide } = this.#parts
    const atS = Math.max(0, nowUs() / 1e6)
    const second = Math.floor(atS)
    if (second !== this.#second) {
      this.#reportDropped(this.#second + 1)
      this.#second = second
      this.#count = 0
    }
    this.#timer ??= setTimeout(() => this.flush(), BATCH_MS).unref()
    if (++this.#count > MOST_LOGGED_PER_S) {
      this.#dropped++
      return
    }
    this.#entries.push({ atS: Math.round(atS * 1000) / 1000, worker, level, text: hide(shortened(text())) })
  }

  /** Sends what was collected. */
  flush(isOver = false): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const nowS = this.#parts.nowUs() / 1e6
    if (isOver || nowS >= this.#second + 1) this.#reportDropped(Math.min(nowS, this.#second + 1))
    // What was dropped in the open second is reported when that is over.
    if (this.#dropped > 0)
      this.#timer = setTimeout(() => this.flush(), 1000 * (this.#second + 1 - nowS) + 1).unref()
    if (this.#entries.length === 0) return
    this.#parts.send(this.#entries)
    this.#entries = []
  }

  #reportDropped(atS: number): void {
    if (this.#dropped === 0) return
    this.#entries.push(droppedEntry(Math.max(0, atS), this.#parts.worker, this.#dropped))
    this.#dropped = 0
  }
}

const shortened = (text: string): string =>
  text.length <= LONGEST_LOGGED ? text : `${text.slice(0, LONGEST_LOGGED)}…`
