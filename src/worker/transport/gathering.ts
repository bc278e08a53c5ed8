/**
 * Writes of one turn of the event loop, gathered: what the connections of a worker have to write while responses are
 * read goes out when they have been read, at the end of the turn or when there is much of it. So a worker reads what
 * has come and then writes what follows. Written one by one, in between, requests are answered one by one, and a turn of
 * the loop brings fewer responses.
 */

/** A connection that has something to write. */
export interface Writer {
  flush(): void
}

const READ_BYTES = 65_536
/** Connections that are written to together; the first of them waits for the responses of the others. */
const MOST_GATHERED = 32

export class Gathering {
  /** The bytes that were read last, by any socket of the worker. */
  readonly buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  #isReading = false
  #isEnding = false
  #waiting: Writer[] = []
  readonly #endTurn = (): void => {
    this.#isEnding = false
    this.#flush()
  }

  /** A socket reads until `end`. */
  begin(): void {
    // Asked for before the reading, it comes before everything that the reading asks for.
    if (!this.#isEnding) setImmediate(this.#endTurn)
    this.#isEnding = this.#isReading = true
  }

  end(): void {
    this.#isReading = false
  }

  /** Flushes the writer: now, or while a socket reads, at the end of the turn. */
  add(writer: Writer): void {
    if (!this.#isReading) {
      writer.flush()
      return
    }
    if (this.#waiting.push(writer) >= MOST_GATHERED) this.#flush()
  }

  #flush(): void {
    const writers = this.#waiting
    if (writers.length === 0) return
    this.#waiting = []
    for (const writer of writers) writer.flush()
  }
}
