/** Passes records of requests from the workers to the outputs, as fast as these can write them. */
import { setTimeout as pause } from 'node:timers/promises'
import type { RequestRows, RowReader } from '../core/measure/request-rows.ts'
import type { RecordsReport } from '../core/report/records-report.ts'

/** Records that are written at once: about 1 ms of work. */
const MOST_AT_ONCE = 2048
/** How long an output may take for the next of them when the run has ended, and for all. */
const STUCK_MS = 5000
const MOST_MS = 30_000

export class RequestRecords {
  readonly #every: number
  readonly #outputs: readonly string[]
  /** Resolves to whether each output has written them. */
  readonly #write: (rows: RequestRows) => Promise<boolean>
  readonly #stuckMs: number
  readonly #readers = new Set<RowReader>()
  #writing: Promise<void> | null = null
  #recorded = 0
  #unwritten = 0
  #hasEnded = false

  /** One request in `every` is recorded; `outputs` are the names of those that write the records. At the end they may take `stuckMs` for the next ones. */
  constructor(
    every: number,
    outputs: readonly string[],
    write: (rows: RequestRows) => Promise<boolean>,
    stuckMs = STUCK_MS,
  ) {
    this.#stuckMs = stuckMs
    this.#every = every
    this.#outputs = outputs
    this.#write = write
  }

  /** A worker has handed over records. */
  add(reader: RowReader): void {
    this.#readers.add(reader)
    if (reader.waiting > 0) this.#writing ??= this.#writeAll()
  }

  /** Resolves when everything is written, an output takes no more, or `mostMs` have passed. */
  async end(mostMs = MOST_MS): Promise<void> {
    const untilMs = performance.now() + mostMs
    while (this.#writing !== null) {
      const before = this.#recorded + this.#unwritten
      const leftMs = untilMs - performance.now()
      const over = new AbortController()
      const isSlow = await Promise.race([
        this.#writing.then(() => false),
        pause(Math.max(0, Math.min(this.#stuckMs, leftMs)), true, { signal: over.signal }).catch(() => false),
      ])
      over.abort()
      const isStuck = this.#recorded + this.#unwritten === before
      if (isSlow && (isStuck || leftMs <= this.#stuckMs)) break
    }
    this.#hasEnded = true
    for (const { waiting } of this.#readers) this.#unwritten += waiting
  }

  /** The counts so far. */
  get report(): RecordsReport {
    let dropped = this.#unwritten
    for (const reader of this.#readers) dropped += reader.dropped
    return { every: this.#every, recorded: this.#recorded, dropped, outputs: this.#outputs }
  }

  /** A batch of each worker in turn. */
  async #writeAll(): Promise<void> {
    for (let isDone = false; !isDone;) {
      isDone = true
      for (const reader of this.#readers) {
        if (reader.waiting === 0) continue
        isDone = false
        const rows = reader.next(MOST_AT_ONCE)
        const isWritten = await this.#write(rows)
        if (this.#hasEnded) return
        if (isWritten) this.#recorded += rows.length
        else this.#unwritten += rows.length
        reader.free(rows)
      }
    }
    this.#writing = null
  }
}
