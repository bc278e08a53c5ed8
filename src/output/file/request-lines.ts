/**
 * Records of requests as lines of JSON or CSV. They can be many per second, so that numbers are written as bytes, without
 * strings in between.
 */
import { FIELD, PER_OUTCOME, ROW_FIELDS, ROW_OUTCOMES, TRACE_BYTES } from '../../core/measure/request-rows.ts'
import type { RequestRow, RequestRows, RowWords } from '../../core/measure/request-rows.ts'
import { renderCell } from './csv.ts'
import { renderJsonValue } from './json.ts'

export type LineFormat = 'ndjson' | 'csv'

/** The fields of a line, in their order. */
export const COLUMNS = [
  'name',
  'method',
  'scenario',
  'worker',
  'user',
  'dueS',
  'sentS',
  'doneS',
  'latencyMs',
  'dnsMs',
  'connectMs',
  'tlsMs',
  'firstByteMs',
  'status',
  'outcome',
  'bytesIn',
  'bytesOut',
  'traceId',
] as const satisfies readonly (keyof RequestRow)[]

/** Bytes of a line without its words: 18 fields with their names and the longest numbers. */
const MOST_BYTES = 1024
const ZERO = 48
const MINUS = 45
const POINT = 46

/** What stands between the values of a line; and values that are texts. */
interface Frame {
  /** Before each column, in their order. */
  readonly before: readonly Uint8Array[]
  readonly end: Uint8Array
  readonly none: Uint8Array
  readonly quote: Uint8Array
  word(text: string): string
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text)

const FRAMES: Readonly<Record<LineFormat, Frame>> = {
  ndjson: {
    before: COLUMNS.map((column, i) => bytesOf(`${i === 0 ? '{' : ','}"${column}":`)),
    end: bytesOf('}\n'),
    none: bytesOf('null'),
    quote: bytesOf('"'),
    word: renderJsonValue,
  },
  csv: {
    before: COLUMNS.map((_, i) => bytesOf(i === 0 ? '' : ',')),
    end: bytesOf('\r\n'),
    none: bytesOf(''),
    quote: bytesOf(''),
    word: renderCell,
  },
}

/** The first line of a file; empty if it has none. */
export const headOf = (format: LineFormat): Uint8Array =>
  bytesOf(format === 'csv' ? `${COLUMNS.join(',')}\r\n` : '')

/** Words of a worker as bytes; grows with them. */
interface WordBytes {
  readonly names: Uint8Array[]
  readonly methods: Uint8Array[]
  readonly scenarios: Uint8Array[]
}

export class RequestLines {
  readonly #frame: Frame
  readonly #outcomes: readonly Uint8Array[]
  readonly #words = new Map<number, WordBytes>()
  #bytes = new Uint8Array(0)
  #length = 0

  constructor(format: LineFormat) {
    this.#frame = FRAMES[format]
    this.#outcomes = ROW_OUTCOMES.map((outcome) => bytesOf(this.#frame.word(outcome)))
  }

  /** The lines of these records, in memory that the next call uses again. */
  render(rows: RequestRows): Uint8Array {
    const words = this.#wordsOf(rows)
    const longest = [words.names, words.methods, words.scenarios].map((all) =>
      all.reduce((most, { length }) => Math.max(most, length), 0),
    )
    const most = rows.length * (MOST_BYTES + longest.reduce((sum, length) => sum + length))
    if (this.#bytes.length < most) this.#bytes = new Uint8Array(most)
    this.#length = 0
    for (let i = 0; i < rows.length; i++) this.#line(rows, rows.from + i * ROW_FIELDS, words)
    return this.#bytes.subarray(0, this.#length)
  }

  #wordsOf({ worker, words }: RequestRows): WordBytes {
    let known = this.#words.get(worker)
    if (known === undefined) this.#words.set(worker, (known = { names: [], methods: [], scenarios: [] }))
    for (const kind of ['names', 'methods', 'scenarios'] satisfies (keyof RowWords)[])
      for (let i = known[kind].length; i < words[kind].length; i++)
        known[kind].push(bytesOf(this.#frame.word(words[kind][i]!)))
    return known
  }

  #line({ values, bytes, worker }: RequestRows, at: number, words: WordBytes): void {
    const { before, end } = this.#frame
    const due = values[at + FIELD.due]!
    const done = values[at + FIELD.done]!
    const result = values[at + FIELD.result]!
    const scenario = values[at + FIELD.scenario]!
    let column = 0
    this.#put(before[column++]!)
    this.#put(words.names[values[at + FIELD.name]!]!)
    this.#put(before[column++]!)
    this.#put(words.methods[values[at + FIELD.method]!]!)
    this.#put(before[column++]!)
    this.#put(scenario === 0 ? this.#frame.none : words.scenarios[scenario - 1]!)
    this.#put(before[column++]!)
    this.#whole(worker)
    this.#put(before[column++]!)
    this.#whole(values[at + FIELD.user]!)
    for (const us of [due, values[at + FIELD.sent]!, done]) {
      this.#put(before[column++]!)
      this.#parts(us, 1e6, 6)
    }
    this.#put(before[column++]!)
    this.#parts(done - due, 1000, 3)
    for (let field: number = FIELD.dns; field <= FIELD.firstByte; field++) {
      this.#put(before[column++]!)
      const us = values[at + field]!
      if (us < 0) this.#put(this.#frame.none)
      else this.#parts(us, 1000, 3)
    }
    this.#put(before[column++]!)
    this.#whole(result % PER_OUTCOME)
    this.#put(before[column++]!)
    this.#put(this.#outcomes[Math.floor(result / PER_OUTCOME)]!)
    this.#put(before[column++]!)
    this.#whole(values[at + FIELD.bytesIn]!)
    this.#put(before[column++]!)
    this.#whole(values[at + FIELD.bytesOut]!)
    this.#put(before[column]!)
    this.#trace(bytes, (at + FIELD.trace) * 8)
    this.#put(end)
  }

  #put(text: Uint8Array): void {
    const bytes = this.#bytes
    let length = this.#length
    for (let i = 0; i < text.length; i++) bytes[length++] = text[i]!
    this.#length = length
  }

  /** A number of units, as a decimal of so many digits after the point. */
  #parts(units: number, perOne: number, digits: number): void {
    if (units < 0) this.#bytes[this.#length++] = MINUS
    const size = Math.abs(units)
    const ones = Math.floor(size / perOne)
    this.#whole(ones)
    this.#bytes[this.#length++] = POINT
    let rest = size - ones * perOne
    for (let i = this.#length + digits - 1; i >= this.#length; i--) {
      const tenth = (rest / 10) | 0
      this.#bytes[i] = ZERO + rest - tenth * 10
      rest = tenth
    }
    this.#length += digits
  }

  #whole(n: number): void {
    if (n >= 1e9) {
      const billions = Math.floor(n / 1e9)
      this.#whole(billions)
      this.#digits(n - billions * 1e9, 9)
    } else this.#digits(n, n < 10 ? 1 : n < 100 ? 2 : n < 1000 ? 3 : digitsOf(n))
  }

  #digits(n: number, digits: number): void {
    let rest = n | 0
    for (let i = this.#length + digits - 1; i >= this.#length; i--) {
      const tenth = (rest / 10) | 0
      this.#bytes[i] = ZERO + rest - tenth * 10
      rest = tenth
    }
    this.#length += digits
  }

  #trace(bytes: Uint8Array, from: number): void {
    // The first byte of a trace is never 0.
    if (bytes[from] === 0) {
      this.#put(this.#frame.none)
      return
    }
    this.#put(this.#frame.quote)
    for (let i = 0; i < TRACE_BYTES; i++) {
      const byte = bytes[from + i]!
      this.#bytes[this.#length++] = HEX[byte >> 4]!
      this.#bytes[this.#length++] = HEX[byte & 15]!
    }
    this.#put(this.#frame.quote)
  }
}

const HEX = bytesOf('0123456789abcdef')

/** Digits of a whole number from 1,000 to below 1e9. */
const digitsOf = (n: number): number =>
  n < 1e4 ? 4 : n < 1e5 ? 5 : n < 1e6 ? 6 : n < 1e7 ? 7 : n < 1e8 ? 8 : 9
