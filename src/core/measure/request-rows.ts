/**
 * Records of requests as rows of numbers in memory that a worker shares with the main thread: a ring with one writer and
 * one reader, 136 bytes a row. Words that repeat (names, methods, scenarios) are numbers in the rows.
 */
import { OUTCOMES, type Outcome } from '../request/outcome.ts'
import { ms } from './metrics.ts'
import type { RequestRecord } from './request-record.ts'

/** A request as an output receives it; the fields are those of `RequestRecord`. */
export interface RequestRow extends Omit<RequestRecord, 'url' | 'outcome'> {
  readonly outcome: Outcome | 'unfinished'
  readonly bytesIn: number
  readonly bytesOut: number
  /** Scenario of the user; `null` unless it has a name. */
  readonly scenario: string | null
}

/** Doubles of a row, and the place of each field; instants in µs of run time, durations in µs and −1 for `null`. */
export const ROW_FIELDS = 17
export const FIELD = {
  name: 0,
  method: 1,
  /** The number of the scenario, from 1; 0 for `null`. */
  scenario: 2,
  user: 3,
  due: 4,
  sent: 5,
  done: 6,
  dns: 7,
  connect: 8,
  tls: 9,
  firstByte: 10,
  /** 1000 times the number of the outcome, plus the status. */
  result: 11,
  bytesIn: 12,
  bytesOut: 13,
  /** How long it waited for a shared connection. */
  blocked: 14,
  /** Two doubles with the 16 bytes of the trace; all 0 for `null`, which no trace is. */
  trace: 15,
} as const
export const PER_OUTCOME = 1000
/** The outcomes by their numbers; what the end of the drain cut off is the last. */
export const ROW_OUTCOMES: readonly RequestRow['outcome'][] = [...OUTCOMES, 'unfinished']

/** Bytes before the rows; the first four count the rows that were read. */
const HEAD_BYTES = 64
const ROW_BYTES = ROW_FIELDS * 8
export const TRACE_BYTES = 16
/** Rows of a ring: a second of a worker at full speed, 9 MB. */
const RING_ROWS = 65_536

/** In how many parts a full ring is handed over. */
const HANDED_IN = 16

/** Words that rows have as numbers; each list only grows. */
export interface RowWords {
  readonly names: readonly string[]
  readonly methods: readonly string[]
  readonly scenarios: readonly string[]
}

/** What a worker reports of its ring. */
export interface HandedRows {
  /** Rows written so far. */
  readonly upTo: number
  /** Rows that found no room since the last report. */
  readonly dropped: number
  /** Words that are new. */
  readonly words: RowWords
}

/** Makes the memory of a ring. */
export const ringMemory = (rows = RING_ROWS): SharedArrayBuffer =>
  new SharedArrayBuffer(HEAD_BYTES + rows * ROW_BYTES)

/** The numbers, the bytes and the count of rows read, in the memory of a ring. */
class Ring {
  readonly rows: number
  readonly values: Float64Array
  readonly bytes: Uint8Array
  readonly read: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.rows = (memory.byteLength - HEAD_BYTES) / ROW_BYTES
    this.values = new Float64Array(memory, HEAD_BYTES)
    this.bytes = new Uint8Array(memory, HEAD_BYTES)
    this.read = new Int32Array(memory, 0, 1)
  }
}

/** The writing end of a ring. */
export class RowWriter {
  readonly #ring: Ring
  /** Numbers of the rows, for who writes one; see `FIELD`. */
  readonly values: Float64Array
  /** Rows written so far, and those that are known to be read. */
  #written = 0
  #read = 0
  #handed = 0
  #dropped = 0

  constructor(memory: SharedArrayBuffer) {
    this.#ring = new Ring(memory)
    this.values = this.#ring.values
  }

  /** Returns where the next row begins in `values`; −1 if there is no room, and the row counts as dropped. */
  claim(): number {
    const { rows } = this.#ring
    if (this.#written - this.#read === rows && !this.#hasRoom()) {
      this.#dropped++
      return -1
    }
    return (this.#written++ % rows) * ROW_FIELDS
  }

  /** Writes a trace of 32 hexadecimal digits into the row at `at`. */
  trace(at: number, traceId: string): void {
    const { bytes } = this.#ring
    const from = (at + FIELD.trace) * 8
    for (let i = 0; i < TRACE_BYTES; i++)
      bytes[from + i] = (digitOf(traceId, 2 * i) << 4) | digitOf(traceId, 2 * i + 1)
  }

  /** Whether enough rows wait to be handed over within the second. */
  get isRipe(): boolean {
    return this.#written - this.#handed >= this.#ring.rows / HANDED_IN
  }

  /** Hands over what was written; `null` if there is nothing new. */
  hand(words: RowWords): HandedRows | null {
    if (this.#written === this.#handed && this.#dropped === 0) return null
    const handed = { upTo: this.#written, dropped: this.#dropped, words }
    this.#handed = this.#written
    this.#dropped = 0
    return handed
  }

  #hasRoom(): boolean {
    // The count in the memory has 32 bits.
    const news = (Atomics.load(this.#ring.read, 0) - (this.#read | 0)) | 0
    this.#read += news
    return news > 0
  }
}

const digitOf = (hex: string, at: number): number => {
  const code = hex.charCodeAt(at)
  return code < 58 ? code - 48 : code - 87
}

/** The reading end of a worker's ring. */
export class RowReader {
  readonly worker: number
  readonly #ring: Ring
  readonly #names: string[] = []
  readonly #methods: string[] = []
  readonly #scenarios: string[] = []
  #read = 0
  #upTo = 0
  /** Rows that found no room. */
  dropped = 0

  constructor(worker: number, memory: SharedArrayBuffer) {
    this.worker = worker
    this.#ring = new Ring(memory)
  }

  /** The worker has handed rows over. */
  handed({ upTo, dropped, words }: HandedRows): void {
    this.#upTo = upTo
    this.dropped += dropped
    this.#names.push(...words.names)
    this.#methods.push(...words.methods)
    this.#scenarios.push(...words.scenarios)
  }

  /** Rows that were handed over and are not read yet. */
  get waiting(): number {
    return this.#upTo - this.#read
  }

  /** The next rows, at most `most`; valid until they are freed. */
  next(most: number): RequestRows {
    const { rows } = this.#ring
    const from = this.#read % rows
    return new RequestRows(this.worker, this.#ring, from, Math.min(this.waiting, most, rows - from), {
      names: this.#names,
      methods: this.#methods,
      scenarios: this.#scenarios,
    })
  }

  /** The worker may use the memory of these rows again. */
  free({ length }: RequestRows): void {
    this.#read += length
    Atomics.store(this.#ring.read, 0, this.#read | 0)
  }
}

/** Records of requests of one worker, in the order in which they ended. */
export class RequestRows implements Iterable<RequestRow> {
  readonly worker: number
  readonly length: number
  /** Numbers of all rows, of which the first begins at `from`; see `FIELD`. */
  readonly values: Float64Array
  readonly from: number
  /** The same memory as bytes. */
  readonly bytes: Uint8Array
  readonly words: RowWords

  constructor(
    worker: number,
    { values, bytes }: Pick<Ring, 'values' | 'bytes'>,
    row: number,
    length: number,
    words: RowWords,
  ) {
    this.worker = worker
    this.length = length
    this.values = values
    this.bytes = bytes
    this.from = row * ROW_FIELDS
    this.words = words
  }

  /** The records as objects. */
  *[Symbol.iterator](): Iterator<RequestRow> {
    for (let at = this.from; at < this.from + this.length * ROW_FIELDS; at += ROW_FIELDS) yield this.#row(at)
  }

  #row(at: number): RequestRow {
    const { values, words } = this
    const number = (field: number): number => values[at + field]!
    const duration = (field: number): number | null => (number(field) < 0 ? null : ms(number(field)))
    const result = number(FIELD.result)
    return {
      name: words.names[number(FIELD.name)]!,
      method: words.methods[number(FIELD.method)]!,
      scenario: words.scenarios[number(FIELD.scenario) - 1] ?? null,
      worker: this.worker,
      user: number(FIELD.user),
      dueS: number(FIELD.due) / 1e6,
      sentS: number(FIELD.sent) / 1e6,
      doneS: number(FIELD.done) / 1e6,
      latencyMs: ms(number(FIELD.done) - number(FIELD.due)),
      blockedMs: duration(FIELD.blocked),
      dnsMs: duration(FIELD.dns),
      connectMs: duration(FIELD.connect),
      tlsMs: duration(FIELD.tls),
      firstByteMs: duration(FIELD.firstByte),
      status: result % PER_OUTCOME,
      outcome: ROW_OUTCOMES[Math.floor(result / PER_OUTCOME)]!,
      bytesIn: number(FIELD.bytesIn),
      bytesOut: number(FIELD.bytesOut),
      traceId: this.#trace((at + FIELD.trace) * 8),
    }
  }

  #trace(from: number): string | null {
    // The first byte of a trace is never 0.
    if (this.bytes[from] === 0) return null
    let hex = ''
    for (let i = 0; i < TRACE_BYTES; i++) hex += this.bytes[from + i]!.toString(16).padStart(2, '0')
    return hex
  }
}
