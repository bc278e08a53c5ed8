/** Sends spans of traced requests to a collector while the run goes on, in batches, one at a time. */
import { TRACES_ENDPOINT } from '../../core/export/otlp-options.ts'
import type { RequestSpan } from '../../core/measure/request-record.ts'
import { messageOf } from '../../errors.ts'
import type { Collector } from './collector.ts'
import { renderSpans, type TraceScope } from './otlp-traces.ts'

/** Spans of one post, and those that wait at most: a collector that does not keep up must not fill the heap. */
const MOST_POSTED = 2000
const MOST_WAITING = 50_000

export class SpanPush {
  readonly #collector: Collector
  readonly #url: string | null
  readonly #startMs: number
  readonly #scope: TraceScope
  readonly #waiting: RequestSpan[] = []
  #lost = 0
  /** The posting in progress; `null` if none is. */
  #posting: Promise<void> | null = null
  #failure: Error | null = null

  constructor(collector: Collector, url: string | null, startMs: number, scope: TraceScope) {
    this.#collector = collector
    this.#url = url
    this.#startMs = startMs
    this.#scope = scope
  }

  /** Takes spans, and the number of those that were not kept; resolves when no span waits, or a post has failed. */
  add(spans: readonly RequestSpan[], lost: number): Promise<void> {
    const room = Math.max(0, MOST_WAITING - this.#waiting.length)
    this.#waiting.push(...spans.slice(0, room))
    this.#lost += lost + Math.max(0, spans.length - room)
    if (this.#url === null || this.#failure !== null) {
      this.#lost += this.#waiting.length
      this.#waiting.length = 0
      return Promise.resolve()
    }
    this.#posting ??= this.#post(this.#url).finally(() => (this.#posting = null))
    // Reported once, at the end, with how many spans it cost.
    return this.#posting.catch(() => undefined)
  }

  /** Resolves when all spans are sent; rejects with how many are missing, and why. */
  async finish(): Promise<void> {
    await this.add([], 0)
    if (this.#lost === 0) return
    const why =
      this.#url === null
        ? `the URL for metrics does not end in /v1/metrics, so set ${TRACES_ENDPOINT}`
        : this.#failure === null
          ? 'there were more than workers keep in a second, or than the collector took in time; trace fewer'
          : messageOf(this.#failure)
    throw new Error(`${this.#lost} spans were not sent: ${why}`, { cause: this.#failure ?? undefined })
  }

  async #post(url: string): Promise<void> {
    const { signal } = new AbortController()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST_POSTED)
      try {
        await this.#collector.push(renderSpans(batch, this.#startMs, this.#scope), signal, url)
      } catch (error) {
        this.#failure = error as Error
        this.#lost += batch.length + this.#waiting.length
        this.#waiting.length = 0
        throw error
      }
    }
  }
}
