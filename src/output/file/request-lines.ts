/**
 * Records of requests as lines of JSON or CSV. They can be many per second, so that numbers are written as bytes, without
 * strings in between.
 */
import { FIELD, PER_OUTCOME, ROW_FIELDS, ROW_OUTCOMES, TRACE_BYTES } from '../../core/measure/request-rows.ts'
import type { RequestRow, RequestRows } from '../../core/measure/request-rows.ts'
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
  'blockedMs',
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

/** More than the bytes of a line without its words: 19 fields with their names and the longest numbers. */
const MOST_BYTES = 1024

/** What stands between the values of a line, and values that are texts. */
interface Frame {
  /** Before each column, in their order. */
  readonly before: readonly string[]
  readonly end: string
  readonly none: string
  readonly quote: string
  readonly word: (text: string) => string
}

const FRAMES: Readonly<Record<LineFormat, Frame>> = {
  ndjson: {
    before: COLUMNS.map((column, i) => `${i === 0 ? '{' : ','}"${column}":`),
    end: '}\n',
    none: 'null',
    quote: '"',
    word: renderJsonValue,
  },
  csv: {
    before: COLUMNS.map((_, i) => (i === 0 ? '' : ',')),
    end: '\r\n',
    none: '',
    quote: '',
    word: renderCell,
  },
}

/** The first line of a file; empty if it has none. */
export const headOf = (format: LineFormat): Uint8Array =>
  Buffer.from(format === 'csv' ? `${COLUMNS.join(',')}\r\n` : '')

/** The columns of numbers that pieces of a line stand before. */
const NUMBERS = [
  ...(['dueS', 'sentS', 'doneS', 'latencyMs', 'blockedMs'] as const),
  ...(['dnsMs', 'connectMs', 'tlsMs', 'firstByteMs', 'bytesOut'] as const),
]
/** Above the number of any word. */
const MOST_WORDS = 100_000

/** Makes lines of pieces that repeat, and numbers between them. */
export class RequestLines {
  readonly #frame: Frame
  /** By worker: from the name to before the user, by the numbers of the words. */
  readonly #beginnings = new Map<number, Map<number, Uint8Array>>()
  /** From before the status to before `bytesIn`, by both numbers. */
  readonly #results = new Map<number, Uint8Array>()
  /** Before each instant, the latency, each phase, and `bytesOut`. */
  readonly #before: Readonly<Record<(typeof NUMBERS)[number], Uint8Array>>
  /** The phases of a connection that was open already, to before the first byte. */
  readonly #noPhases: Uint8Array
  readonly #none: Uint8Array
  readonly #noTrace: Uint8Array
  readonly #trace: Uint8Array
  readonly #traceEnd: Uint8Array
  #bytes = new Uint8Array(0)

  constructor(format: LineFormat) {
    const frame = (this.#frame = FRAMES[format])
    this.#before = Object.fromEntries(NUMBERS.map((column) => [column, this.#bytesOf(column)])) as never
    const { none, quote, end } = frame
    this.#noPhases = this.#bytesOf('dnsMs', none, 'connectMs', none, 'tlsMs', none, 'firstByteMs')
    this.#none = Buffer.from(none)
    this.#noTrace = this.#bytesOf('traceId', none + end)
    this.#trace = this.#bytesOf('traceId', quote)
    this.#traceEnd = Buffer.from(quote + end)
  }

  /** The lines of these records, in memory that the next call uses again. */
  render(rows: RequestRows): Uint8Array {
    let length = 0
    for (let i = 0; i < rows.length; i++) {
      const at = rows.from + i * ROW_FIELDS
      const beginning = this.#beginning(rows, at)
      this.#reserve(length, beginning.length + MOST_BYTES)
      this.#bytes.set(beginning, length)
      length = this.#line(rows, at, length + beginning.length)
    }
    return this.#bytes.subarray(0, length)
  }

  #line({ values, bytes: rowBytes }: RequestRows, at: number, from: number): number {
    const bytes = this.#bytes
    const before = this.#before
    const due = values[at + FIELD.due]!
    const done = values[at + FIELD.done]!
    let to = putWhole(bytes, from, values[at + FIELD.user]!)
    to = putSeconds(bytes, put(bytes, to, before.dueS), due)
    to = putSeconds(bytes, put(bytes, to, before.sentS), values[at + FIELD.sent]!)
    to = putSeconds(bytes, put(bytes, to, before.doneS), done)
    to = putMs(bytes, put(bytes, to, before.latencyMs), done - due)
    to = this.#phase(to, before.blockedMs, values[at + FIELD.blocked]!)
    to = this.#phases(values, at, to)
    to = put(bytes, to, this.#result(values[at + FIELD.result]!))
    to = putWhole(bytes, to, values[at + FIELD.bytesIn]!)
    to = putWhole(bytes, put(bytes, to, before.bytesOut), values[at + FIELD.bytesOut]!)
    const trace = (at + FIELD.trace) * 8
    // The first byte of a trace is never 0.
    if (rowBytes[trace] === 0) return put(bytes, to, this.#noTrace)
    to = putHex(bytes, put(bytes, to, this.#trace), rowBytes, trace)
    return put(bytes, to, this.#traceEnd)
  }

  #phases(values: Float64Array, at: number, from: number): number {
    const [dns, connect, tls, firstByte] = [FIELD.dns, FIELD.connect, FIELD.tls, FIELD.firstByte]
    const { dnsMs, connectMs, tlsMs, firstByteMs } = this.#before
    let to = from
    if (values[at + dns]! < 0 && values[at + connect]! < 0 && values[at + tls]! < 0)
      to = put(this.#bytes, to, this.#noPhases)
    else {
      to = this.#phase(to, dnsMs, values[at + dns]!)
      to = this.#phase(to, connectMs, values[at + connect]!)
      to = this.#phase(to, tlsMs, values[at + tls]!)
      to = put(this.#bytes, to, firstByteMs)
    }
    return this.#duration(to, values[at + firstByte]!)
  }

  #phase(from: number, before: Uint8Array, us: number): number {
    return this.#duration(put(this.#bytes, from, before), us)
  }

  #duration(from: number, us: number): number {
    return us < 0 ? put(this.#bytes, from, this.#none) : putMs(this.#bytes, from, us)
  }

  #beginning({ worker, words, values }: RequestRows, at: number): Uint8Array {
    const [name, method, scenario] = [
      values[at + FIELD.name]!,
      values[at + FIELD.method]!,
      values[at + FIELD.scenario]!,
    ]
    let known = this.#beginnings.get(worker)
    if (known === undefined) this.#beginnings.set(worker, (known = new Map<number, Uint8Array>()))
    const key = (scenario * MOST_WORDS + method) * MOST_WORDS + name
    let bytes = known.get(key)
    if (bytes === undefined) {
      const { word, none } = this.#frame
      const of = scenario === 0 ? none : word(words.scenarios[scenario - 1]!)
      bytes = this.#bytesOf(
        'name',
        word(words.names[name]!),
        'method',
        word(words.methods[method]!),
        'scenario',
        of,
        'worker',
        String(worker),
        'user',
      )
      known.set(key, bytes)
    }
    return bytes
  }

  #result(result: number): Uint8Array {
    let bytes = this.#results.get(result)
    if (bytes === undefined) {
      const outcome = ROW_OUTCOMES[Math.floor(result / PER_OUTCOME)]!
      bytes = this.#bytesOf(
        'status',
        String(result % PER_OUTCOME),
        'outcome',
        this.#frame.word(outcome),
        'bytesIn',
      )
      this.#results.set(result, bytes)
    }
    return bytes
  }

  /** Columns, each with what stands before it, and values in turn. */
  #bytesOf(...parts: readonly string[]): Uint8Array {
    const columns: readonly string[] = COLUMNS
    const text = parts.map((part, i) => (i % 2 === 0 ? this.#frame.before[columns.indexOf(part)]! : part))
    return Buffer.from(text.join(''))
  }

  /** Makes room for more bytes after the first `length` ones. */
  #reserve(length: number, more: number): void {
    if (this.#bytes.length >= length + more) return
    const bytes = new Uint8Array(2 * (length + more))
    bytes.set(this.#bytes.subarray(0, length))
    this.#bytes = bytes
  }
}

// Each of these writes from a place on, and returns where it ended.

/** From this many bytes on, a copy by the platform is faster than a loop. */
const LONG_PIECE = 25

function put(bytes: Uint8Array, from: number, piece: Uint8Array): number {
  if (piece.length >= LONG_PIECE) bytes.set(piece, from)
  else for (let i = 0; i < piece.length; i++) bytes[from + i] = piece[i]!
  return from + piece.length
}

const [MINUS, POINT] = [45, 46]
/** Three digits of each number below 1,000, one after the other. */
const TRIPLES = Buffer.from(Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0')).join(''))
const HEX = Buffer.from('0123456789abcdef')

function putTriple(bytes: Uint8Array, from: number, n: number): number {
  bytes[from] = TRIPLES[3 * n]!
  bytes[from + 1] = TRIPLES[3 * n + 1]!
  bytes[from + 2] = TRIPLES[3 * n + 2]!
  return from + 3
}

/** A whole number from 0. */
function putWhole(bytes: Uint8Array, from: number, n: number): number {
  if (n >= 1000) {
    const thousands = Math.floor(n / 1000)
    return putTriple(bytes, putWhole(bytes, from, thousands), n - thousands * 1000)
  }
  let to = from
  if (n >= 100) bytes[to++] = TRIPLES[3 * n]!
  if (n >= 10) bytes[to++] = TRIPLES[3 * n + 1]!
  bytes[to++] = TRIPLES[3 * n + 2]!
  return to
}

/** µs as seconds, with six decimals. */
function putSeconds(bytes: Uint8Array, from: number, us: number): number {
  const size = Math.abs(us)
  const seconds = Math.floor(size / 1e6)
  const rest = size - seconds * 1e6
  const ms = (rest / 1000) | 0
  let to = from
  if (us < 0) bytes[to++] = MINUS
  to = putWhole(bytes, to, seconds)
  bytes[to++] = POINT
  return putTriple(bytes, putTriple(bytes, to, ms), rest - ms * 1000)
}

/** µs as ms, with three decimals. */
function putMs(bytes: Uint8Array, from: number, us: number): number {
  const size = Math.abs(us)
  const ms = Math.floor(size / 1000)
  let to = from
  if (us < 0) bytes[to++] = MINUS
  to = putWhole(bytes, to, ms)
  bytes[to++] = POINT
  return putTriple(bytes, to, size - ms * 1000)
}

function putHex(bytes: Uint8Array, from: number, rowBytes: Uint8Array, at: number): number {
  for (let i = 0; i < TRACE_BYTES; i++) {
    const byte = rowBytes[at + i]!
    bytes[from + 2 * i] = HEX[byte >> 4]!
    bytes[from + 2 * i + 1] = HEX[byte & 15]!
  }
  return from + 2 * TRACE_BYTES
}
