/**
 * The rows of the index of a log that is replayed: when each request is due, where its line begins, and its name. They take
 * 7 bytes for each request of a log of whole seconds, and 15 of one with finer instants, in memory that all workers share.
 * A worker gets all of it, and reads the rows of its own requests: row `n` belongs to worker `n` mod their number.
 */

import type { Instants } from '../load/replay.ts'

/** The requests of a log in the order in which they are due; `LogRows` reads them. */
export interface ReplayRows {
  /**
   * Doubles. First 1 if the requests of a second are spread evenly over it: then, for each second with requests, when it
   * begins, in µs after the first, and the place of its first request, and at the end the number of all. Otherwise 0, and
   * when each request is due, in µs after the first one.
   */
  readonly us: SharedArrayBuffer
  /** The byte at which each line begins: its lower 32 bits for all rows, and then its upper 8 bits for all rows. */
  readonly at: SharedArrayBuffer
  /** The number of the name of each, 16 bits. */
  readonly names: SharedArrayBuffer
}

/** Files up to this size have their places in 40 bits. */
export const MOST_LOG_BYTES = 2 ** 40
const LOW = 2 ** 32

/** Reads rows, mostly one after the other. */
export class LogRows implements Instants {
  readonly length: number
  readonly #us: Float64Array
  readonly #low: Uint32Array
  readonly #high: Uint8Array
  readonly #names: Uint16Array
  readonly #isSpread: boolean
  /** The second that was read last. */
  #second = 0

  constructor({ us, at, names }: ReplayRows) {
    this.#names = new Uint16Array(names)
    this.length = this.#names.length
    this.#us = new Float64Array(us)
    this.#low = new Uint32Array(at, 0, this.length)
    this.#high = new Uint8Array(at, 4 * this.length, this.length)
    this.#isSpread = this.#us[0] === 1
  }

  usAt(n: number): number {
    if (!this.#isSpread) return this.#us[n + 1]!
    const second = this.#secondOf(n)
    const first = this.#firstOf(second)
    const count = this.#firstOf(second + 1) - first
    return this.#us[1 + 2 * second]! + ((n - first) * 1e6) / count
  }

  /** The byte at which the line begins. */
  lineAt(n: number): number {
    return this.#high[n]! * LOW + this.#low[n]!
  }

  nameAt(n: number): number {
    return this.#names[n]!
  }

  #firstOf(second: number): number {
    return this.#us[2 + 2 * second]!
  }

  /** The place in the table of the second that a request is in. */
  #secondOf(n: number): number {
    const isIn = (second: number): boolean => n >= this.#firstOf(second) && n < this.#firstOf(second + 1)
    if (isIn(this.#second)) return this.#second
    const last = (this.#us.length - 1) / 2 - 2
    if (this.#second < last && isIn(this.#second + 1)) return ++this.#second
    let low = 0
    let high = last
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#firstOf(middle) <= n) low = middle
      else high = middle - 1
    }
    return (this.#second = low)
  }
}

/** Rows that are written, in any order. */
export class RowsBuilder {
  readonly rows: Omit<ReplayRows, 'us'>
  readonly #low: Uint32Array
  readonly #high: Uint8Array
  readonly #names: Uint16Array

  constructor(length: number) {
    this.rows = { at: new SharedArrayBuffer(5 * length), names: new SharedArrayBuffer(2 * length) }
    this.#low = new Uint32Array(this.rows.at, 0, length)
    this.#high = new Uint8Array(this.rows.at, 4 * length, length)
    this.#names = new Uint16Array(this.rows.names)
  }

  set(place: number, at: number, name: number): void {
    this.#low[place] = at % LOW
    this.#high[place] = Math.floor(at / LOW)
    this.#names[place] = name
  }

  get(place: number): readonly [at: number, name: number] {
    return [this.#high[place]! * LOW + this.#low[place]!, this.#names[place]!]
  }
}

/** A double for each of these seconds and its first place, as rows have them. */
export function spreadInstants(
  seconds: readonly (readonly [us: number, first: number])[],
  length: number,
): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(8 * (1 + 2 * (seconds.length + 1)))
  const us = new Float64Array(shared)
  us[0] = 1
  for (const [i, [startUs, first]] of seconds.entries()) {
    us[1 + 2 * i] = startUs
    us[2 + 2 * i] = first
  }
  us[1 + 2 * seconds.length] = Infinity
  us[2 + 2 * seconds.length] = length
  return shared
}

const CHUNK = 1 << 16

/** Rows of one chunk in the order of the lines: seconds of 1970 while all instants are whole, else µs. */
interface Chunk {
  us: Uint32Array | Float64Array
  readonly low: Uint32Array
  readonly high: Uint8Array
  readonly names: Uint16Array
}

/** Rows in the order of the lines, while their number is not known; they are read once. */
export class UnsortedRows {
  readonly #chunks: (Chunk | null)[] = []
  length = 0

  /** Takes an instant in µs since 1970. */
  add(us: number, at: number, name: number): void {
    const place = this.length++ % CHUNK
    if (place === 0)
      this.#chunks.push({
        us: new Uint32Array(CHUNK),
        low: new Uint32Array(CHUNK),
        high: new Uint8Array(CHUNK),
        names: new Uint16Array(CHUNK),
      })
    const chunk = this.#chunks.at(-1)!
    const isWhole = us % 1e6 === 0 && us >= 0 && us < LOW * 1e6
    if (!isWhole && chunk.us instanceof Uint32Array)
      chunk.us = Float64Array.from(chunk.us, (second) => second * 1e6)
    chunk.us[place] = chunk.us instanceof Uint32Array ? us / 1e6 : us
    chunk.low[place] = at % LOW
    chunk.high[place] = Math.floor(at / LOW)
    chunk.names[place] = name
  }

  /** Gives each row in the order of the lines, and its memory back. */
  drain(take: (us: number, at: number, name: number) => void): void {
    for (const [i, chunk] of this.#chunks.entries()) {
      const { us, low, high, names } = chunk!
      const scale = us instanceof Uint32Array ? 1e6 : 1
      for (let k = 0; k < Math.min(CHUNK, this.length - i * CHUNK); k++)
        take(us[k]! * scale, high[k]! * LOW + low[k]!, names[k]!)
      this.#chunks[i] = null
    }
  }
}
