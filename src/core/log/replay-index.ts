/**
 * The index of an access log that is replayed: for each of its requests when it is due, where its line begins in the
 * file, and its name. The lines stay in the file.
 */
import { groupedPath } from './grouped-path.ts'
import { lineFormat, stampedRequest, stampToUs, type LogFormat } from './log-line.ts'
import { instantText } from './log-time.ts'
import { MOST_LOG_BYTES, RowsBuilder, spreadInstants, UnsortedRows, type ReplayRows } from './replay-rows.ts'

/** Requests of one method and one grouped path. */
export interface ReplayName {
  readonly method: string
  /** The path and query of one of them. */
  readonly path: string
  /** `GET /users/[id]`; `null` for those of many rare names, which are joined. */
  readonly name: string | null
  /** The line that one of them is in. */
  readonly line: number
  /** How many requests of the whole log have it. */
  readonly count: number
}

/** Lines that are not replayed. */
export interface LeftOut {
  readonly reason: string
  readonly lines: number
  readonly firstLine: number
}

export interface ReplayLog {
  readonly format: LogFormat
  readonly requests: number
  /** The instant of the first one, in µs since 1970. */
  readonly firstUs: number
  /** The time that the log covers: the last second of whole-second instants counts in full. */
  readonly spanUs: number
  /** Whether its instants are whole seconds, so that the requests of one are spread evenly over it. */
  readonly isSpread: boolean
  /** Whether its lines were not in the order of their instants. */
  readonly wasUnordered: boolean
  readonly names: readonly ReplayName[]
  readonly leftOut: readonly LeftOut[]
  readonly rows: ReplayRows
}

/** What is wrong with a log, in a line of it if that is known. */
export class LogProblem extends Error {
  readonly line: number | null

  constructor(line: number | null, message: string) {
    super(message)
    this.line = line
  }
}

/** Methods that change nothing (RFC 9110, 9.2.1). TRACE is not among them here: what it reflects is no traffic. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** A line can come this long after one with a later instant: Apache writes it when the response has ended. */
const MOST_DISORDER_US = 3600e6

/** Names that are kept apart in the end; those with the fewest requests are joined. */
export const MOST_REPLAY_NAMES = 400
/** Names that are told apart while the log is read. */
const MOST_READ_NAMES = 20_000
/** Request texts whose name is kept. */
const MOST_CACHED = 50_000
interface Counted extends ReplayName {
  count: number
}

/** Reads the lines of a log one by one, and makes its index. Throws a `LogProblem` for a log that cannot be replayed. */
export class ReplayIndexer {
  /** Whether requests with methods that are not safe are replayed. */
  readonly #hasUnsafe: boolean
  readonly #rows = new UnsortedRows()
  /** Requests of each second of 1970. */
  readonly #seconds = new Map<number, number>()
  readonly #names: Counted[] = []
  readonly #numbers = new Map<string, number>()
  /** The number of the name by `METHOD path`. */
  readonly #cached = new Map<string, number>()
  readonly #left = new Map<string, { lines: number; firstLine: number }>()
  #format: LogFormat | null = null
  #latestUs = -Infinity
  #isWhole = true
  #wasUnordered = false
  #lastStamp: string | number | null = null
  #lastUs: number | null = null

  constructor({ hasUnsafe }: { readonly hasUnsafe: boolean }) {
    this.#hasUnsafe = hasUnsafe
  }

  /** Takes the line with this number, from 1, that begins at this byte. */
  add(line: string, at: number, number: number): void {
    if (at >= MOST_LOG_BYTES) throw new LogProblem(number, 'begins behind 1 TB: cut the log')
    if (line.trim() === '') return
    const read = this.#read(line, number)
    if (read === null) {
      this.#leave('lines that are no requests', number)
      return
    }
    const { request, stamp } = read
    if (request === null) this.#leave('lines without a request that can be sent', number)
    else if (request.method === 'CONNECT') this.#leave('CONNECT requests, which make tunnels', number)
    else if (!this.#hasUnsafe && !SAFE.has(request.method))
      this.#leave(`${request.method} requests, whose bodies are not in the log`, number)
    else if (request.path.includes('%EF%BF%BD') && line.includes('\ufffd'))
      this.#leave('requests with bytes that are not UTF-8', number)
    else {
      const us = this.#stampUs(stamp)
      if (us === null) this.#leave('requests without an instant that is known', number)
      else this.#take(us, at, this.#nameOf(request.method, request.path, number), number)
    }
  }

  /** The index of the lines so far. */
  finish(): ReplayLog {
    const { length } = this.#rows
    if (length === 0)
      throw new LogProblem(
        null,
        `has no requests that can be replayed${[...this.#left]
          .map(
            ([reason, { lines, firstLine }], i) =>
              `${i === 0 ? ': ' : ', '}${lines} ${reason} (line ${firstLine})`,
          )
          .join('')}`,
      )
    const { rows, firstUs, lastUs } = this.#isWhole ? this.#spread() : this.#sorted()
    return {
      format: this.#format!,
      requests: length,
      firstUs,
      spanUs: this.#isWhole ? Math.floor((lastUs - firstUs) / 1e6) * 1e6 + 1e6 : lastUs - firstUs,
      isSpread: this.#isWhole,
      wasUnordered: this.#wasUnordered,
      names: this.#joinRare(new Uint16Array(rows.names)),
      leftOut: [...this.#left].map(([reason, left]) => ({ reason, ...left })),
      rows,
    }
  }

  /** The request of a line; `null` if it is none. The format of the first request is that of the log. */
  #read(line: string, number: number): ReturnType<typeof stampedRequest> {
    const read = this.#format === null ? null : stampedRequest(line, this.#format)
    if (read !== null) return read
    const format = lineFormat(line)
    if (format === null) return null
    if (this.#format !== null && format !== this.#format)
      throw new LogProblem(
        number,
        `is of the format ${format}, and the lines before are of the format ${this.#format}`,
      )
    this.#format = format
    return stampedRequest(line, format)
  }

  #leave(reason: string, number: number): void {
    const left = this.#left.get(reason)
    if (left === undefined) this.#left.set(reason, { lines: 1, firstLine: number })
    else left.lines++
  }

  /** Lines one after the other often have the same instant. */
  #stampUs(stamp: string | number | null): number | null {
    if (stamp === null) return null
    if (stamp !== this.#lastStamp) {
      this.#lastStamp = stamp
      this.#lastUs = stampToUs(stamp)
    }
    return this.#lastUs
  }

  #take(us: number, at: number, name: number, number: number): void {
    if (us < this.#latestUs) {
      this.#wasUnordered = true
      if (this.#latestUs - us > MOST_DISORDER_US)
        throw new LogProblem(
          number,
          `is of ${instantText(us)}, and a line before it of ${instantText(this.#latestUs)}: lines may be out of order by at most an hour; sort the log, or join its files in the order of time`,
        )
    } else this.#latestUs = us
    if (us % 1e6 !== 0) this.#isWhole = false
    const second = Math.floor(us / 1e6)
    this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + 1)
    this.#names[name]!.count++
    this.#rows.add(us, at, name)
  }

  #nameOf(method: string, path: string, line: number): number {
    const text = `${method} ${path}`
    const cached = this.#cached.get(text)
    if (cached !== undefined) return cached
    if (this.#cached.size >= MOST_CACHED) this.#cached.clear()
    const name = `${method} ${groupedPath(path)}`
    const isNew = this.#numbers.size < MOST_READ_NAMES
    const number =
      this.#numbers.get(name) ?? this.#newName(isNew ? name : method, { method, path, line }, isNew)
    this.#cached.set(text, number)
    return number
  }

  /** The number of a name, which is made if there is none; `key` is the method for those that are joined. */
  #newName(
    key: string,
    { method, path, line }: Omit<ReplayName, 'name' | 'count'>,
    isNamed: boolean,
  ): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.#names.length)
    return this.#names.push({ method, path, line, name: isNamed ? key : null, count: 0 }) - 1
  }

  /** The place of the first row of each second, in their order. */
  #firstPlaces(): Map<number, number> {
    const first = new Map<number, number>()
    let from = 0
    for (const second of Float64Array.from(this.#seconds.keys()).sort()) {
      first.set(second, from)
      from += this.#seconds.get(second)!
    }
    return first
  }

  /** The rows by their seconds, each in the order of its lines, spread over it. */
  #spread(): SortedRows {
    const { length } = this.#rows
    const next = this.#firstPlaces()
    const seconds = [...next]
    const firstUs = seconds[0]![0] * 1e6
    const built = new RowsBuilder(length)
    this.#rows.drain((us, at, name) => {
      const second = Math.floor(us / 1e6)
      const place = next.get(second)!
      next.set(second, place + 1)
      built.set(place, at, name)
    })
    const us = spreadInstants(
      seconds.map(([second, first]) => [second * 1e6 - firstUs, first]),
      length,
    )
    return { rows: { ...built.rows, us }, firstUs, lastUs: seconds.at(-1)![0] * 1e6 }
  }

  /** The rows by their instants. */
  #sorted(): SortedRows {
    const { length } = this.#rows
    const next = this.#firstPlaces()
    const built = new RowsBuilder(length)
    const shared = new SharedArrayBuffer(8 * (length + 1))
    const us = new Float64Array(shared, 8)
    this.#rows.drain((stampUs, at, name) => {
      const second = Math.floor(stampUs / 1e6)
      const place = next.get(second)!
      next.set(second, place + 1)
      us[place] = stampUs
      built.set(place, at, name)
    })
    if (this.#wasUnordered)
      for (const [second, end] of next) {
        const count = this.#seconds.get(second)!
        sortSpan(us, built, end - count, count)
      }
    const [firstUs, lastUs] = [us[0]!, us[length - 1]!]
    for (let i = 0; i < length; i++) us[i]! -= firstUs
    return { rows: { ...built.rows, us: shared }, firstUs, lastUs }
  }

  /** Keeps the most frequent names apart and joins the others by their method; rewrites the numbers of the rows. */
  #joinRare(numbers: Uint16Array): ReplayName[] {
    const kept = this.#names.filter(({ name }) => name !== null).sort((a, b) => b.count - a.count)
    const apart = new Set(kept.slice(0, MOST_REPLAY_NAMES))
    const names: Counted[] = []
    const places = new Map<string, number>()
    const renamed = this.#names.map((one) => {
      const { method, path, line } = one
      const name = apart.has(one) ? one.name : null
      const key = name ?? method
      const place = places.get(key) ?? names.push({ method, path, line, name, count: 0 }) - 1
      places.set(key, place)
      names[place]!.count += one.count
      return place
    })
    for (let i = 0; i < numbers.length; i++) numbers[i] = renamed[numbers[i]!]!
    return names
  }
}

/** Rows, and the instants of the first and the last, in µs since 1970. */
interface SortedRows {
  readonly rows: ReplayRows
  readonly firstUs: number
  readonly lastUs: number
}

/** Sorts the rows of one second by their instants; those of one instant stay in their order. */
function sortSpan(us: Float64Array, rows: RowsBuilder, from: number, count: number): void {
  const order = Array.from({ length: count }, (_, i) => from + i).sort((a, b) => us[a]! - us[b]! || a - b)
  if (order.every((place, i) => place === from + i)) return
  const sorted = order.map((place) => [us[place]!, ...rows.get(place)] as const)
  for (const [i, [ownUs, at, name]] of sorted.entries()) {
    us[from + i] = ownUs
    rows.set(from + i, at, name)
  }
}
