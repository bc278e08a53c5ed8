/** Looks at the server's own metrics once a second: the page of a Prometheus node_exporter. */
import { redactUrl } from '../core/request/redacted-url.ts'
import { readServer, serverSince, type ServerReadings } from '../core/measure/node-exporter.ts'
import type { TargetVitals } from '../core/measure/worker-vitals.ts'
import { messageOf } from '../errors.ts'

/** A page that takes longer is too late for its second. */
const TIMEOUT_MS = 900
/** Pages of exporters are some 100 kB; what is far beyond is something else. */
const MOST_BYTES = 8_000_000

export class TargetMetrics {
  readonly #url: string
  /** The page as it may be shown. */
  readonly page: string
  readonly #nowS: () => number
  #last: ServerReadings | null = null
  #problem: string | null = null
  #isLooking = false
  readonly #ending = new AbortController()

  /** `nowS` is any monotonic clock. */
  constructor(url: string, nowS: () => number) {
    this.#url = url
    this.page = redactUrl(url)
    this.#nowS = nowS
  }

  /** Why a look failed; `null` while none has. */
  get problem(): string | null {
    return this.#problem
  }

  /** The vitals since the last look; `null` if there was none, or this one failed. Never rejects. */
  async look(): Promise<TargetVitals | null> {
    // The one before still waits for its page.
    if (this.#isLooking) return null
    this.#isLooking = true
    try {
      const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(TIMEOUT_MS)])
      const response = await fetch(this.#url, { signal })
      const page = await readPage(response)
      if (!response.ok) throw new Error(`status ${response.status}`)
      const readings = readServer(page, this.#nowS())
      if (readings === null) throw new Error('the page has no node_cpu_seconds_total')
      const before = this.#last
      this.#last = readings
      return before === null ? null : serverSince(before, readings)
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#problem ??= reasonOf(error)
      return null
    } finally {
      this.#isLooking = false
    }
  }

  /** Gives up a look that is under way. */
  end(): void {
    this.#ending.abort()
  }
}

async function readPage(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let page = ''
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    page += decoder.decode(chunk, { stream: true })
    if (page.length > MOST_BYTES) throw new Error(`the page is longer than ${MOST_BYTES} bytes`)
  }
  return page
}

/** `fetch` says only that it failed; what failed is its cause. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no page within ${TIMEOUT_MS} ms`
  return error instanceof Error && error.cause instanceof Error ? messageOf(error.cause) : messageOf(error)
}
