/** The arrivals of a log that is replayed: arrival n of the run is request n of the log, whatever happens to others. */
import { replayDueUs, type ReplaySpan } from '../../core/load/replay.ts'
import { LogRows, type ReplayRows } from '../../core/log/replay-rows.ts'
import { globalIndex, type Share } from '../../core/share.ts'
import type { Arrivals } from './arrivals.ts'
import { Queue } from './queue.ts'

export class ReplayArrivals implements Arrivals {
  dueUs: number
  /** The request that starts now, by its place in the index of the log. */
  started = 0
  readonly #rows: LogRows
  readonly #span: ReplaySpan
  readonly #share: Share
  readonly #waiting = new Queue()
  #own = 0

  constructor(rows: ReplayRows, span: ReplaySpan, share: Share) {
    this.#rows = new LogRows(rows)
    this.#span = span
    this.#share = share
    this.dueUs = replayDueUs(this.#rows, span, share.index)
  }

  get #number(): number {
    return globalIndex(this.#own, this.#share)
  }

  advance(): void {
    this.#own++
    this.dueUs = replayDueUs(this.#rows, this.#span, this.#number)
  }

  amend(): void {
    // The load of a log is refused an amendment before workers are asked.
  }

  starts(): void {
    this.started = this.#span.first + this.#number
  }

  waits(): void {
    this.#waiting.add(this.#span.first + this.#number)
  }

  waitedStarts(): void {
    this.started = this.#waiting.take()!
  }
}
