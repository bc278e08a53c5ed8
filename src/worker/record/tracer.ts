/** Chooses the calls whose trace is recorded, and makes the identifiers of their traces. */
import { randomFillSync } from 'node:crypto'
import { OneIn } from '../../core/one-in.ts'
import { seededRandom } from '../../core/random.ts'
import type { Trace } from '../../core/request/traceparent.ts'

/** Apart from the streams of waits, tasks and requests. */
const TRACE_STREAM = 0x70_0000
const TRACE_BYTES = 16
const SPAN_BYTES = 8

/** One call in `every` on average. Which calls they are follows from the seed; the identifiers do not, because two runs must not share a trace. */
export class Tracer {
  readonly #chosen: OneIn
  readonly #bytes = Buffer.alloc(4096)
  #used = this.#bytes.length

  constructor(every: number, seed: number, worker: number) {
    this.#chosen = new OneIn(every, seededRandom(seed, TRACE_STREAM + worker))
  }

  /** The trace of the next call; `null` if it has none. */
  next(): Trace | null {
    if (!this.#chosen.next()) return null
    return { traceId: this.#hex(TRACE_BYTES), spanId: this.#hex(SPAN_BYTES), parentSpanId: null }
  }

  /** Goes on to a further request of the call. */
  follow(trace: Trace): void {
    trace.parentSpanId ??= trace.spanId
    trace.spanId = this.#hex(SPAN_BYTES)
  }

  /** Random bytes that are not all zero, which the standard excludes: the first is odd. */
  #hex(bytes: number): string {
    if (this.#used + bytes > this.#bytes.length) {
      randomFillSync(this.#bytes)
      this.#used = 0
    }
    const from = this.#used
    this.#used += bytes
    this.#bytes[from]! |= 1
    return this.#bytes.toString('hex', from, from + bytes)
  }
}
