/** One request as it went: kept of the slowest, and exported of those whose trace is recorded. */
import type { Outcome } from '../request/outcome.ts'

/** A request with its instants, in seconds of run time, and how long its phases took; `null` for a phase it did not have. */
export interface RequestRecord {
  /** Method and name: the row that it counts in. */
  readonly name: string
  readonly method: string
  /** Without secrets. */
  readonly url: string
  readonly worker: number
  /** Number of the user among all users. */
  readonly user: number
  /** When its latency begins: when it was due in the open model, else when it was sent. */
  readonly dueS: number
  readonly sentS: number
  readonly doneS: number
  readonly latencyMs: number
  /** Wait for a shared connection, from when it was sent; 0 if one was free, `null` without `--connections` or if it got none. */
  readonly blockedMs: number | null
  readonly dnsMs: number | null
  readonly connectMs: number | null
  readonly tlsMs: number | null
  /** From when it was sent to the first byte of the response. */
  readonly firstByteMs: number | null
  /** 0 without a response. */
  readonly status: number
  readonly outcome: Outcome
  /** 32 hexadecimal digits; `null` if it was sent without a trace. */
  readonly traceId: string | null
}

/** A request whose trace is recorded, as a span. */
export interface RequestSpan {
  readonly request: RequestRecord
  readonly traceId: string
  readonly spanId: string
  /** The span of the first request of the same call, of which this one is a redirect or an answer; `null` for the first. */
  readonly parentSpanId: string | null
}

/** The slowest requests of each name; as many as are asked for. */
export class Slowest {
  readonly #most: number
  readonly #byName = new Map<string, RequestRecord[]>()

  constructor(most: number) {
    this.#most = most
  }

  /** Whether a request of this name and latency is among the slowest so far. */
  takes(name: string, latencyMs: number): boolean {
    const kept = this.#byName.get(name)
    return kept === undefined || kept.length < this.#most || latencyMs > kept.at(-1)!.latencyMs
  }

  add(record: RequestRecord): void {
    if (this.#most === 0 || !this.takes(record.name, record.latencyMs)) return
    let kept = this.#byName.get(record.name)
    if (kept === undefined) this.#byName.set(record.name, (kept = []))
    const place = kept.findIndex(({ latencyMs }) => latencyMs < record.latencyMs)
    kept.splice(place < 0 ? kept.length : place, 0, record)
    if (kept.length > this.#most) kept.pop()
  }

  /** All that are kept, the slowest first. */
  get records(): RequestRecord[] {
    return [...this.#byName.values()].flat().sort((a, b) => b.latencyMs - a.latencyMs || a.doneS - b.doneS)
  }
}
