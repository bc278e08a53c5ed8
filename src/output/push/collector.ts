/**
 * Posts texts to an OTLP collector. Failed connections and statuses that the specification calls retryable are retried a few
 * times with increasing delays, or as the collector requests, within the time-out.
 */
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { OtlpTarget } from '../../core/export/otlp-options.ts'
import { KnownSecrets } from '../../core/request/known-secrets.ts'
import { redactUrl } from '../../core/request/redacted-url.ts'
import { messageOf } from '../../errors.ts'
import { VERSION } from '../../version.ts'
import { printable } from '../text/paint.ts'

const RETRYABLE: readonly number[] = [429, 502, 503, 504]
const MOST_ATTEMPTS = 4
const FIRST_PAUSE_MS = 500
/** Characters of a response that are read, and that are shown. */
const MOST_READ = 20_000
const MOST_SHOWN = 200

/** The result of an attempt: success, or the problem and whether a retry may help. */
interface Attempt {
  readonly problem: string | null
  readonly isRetryable: boolean
  /** The delay that the collector requests; `null` if none. */
  readonly retryAfterMs: number | null
}

export class Collector {
  readonly #target: OtlpTarget
  readonly #firstPauseMs: number
  readonly #secrets: KnownSecrets

  constructor(target: OtlpTarget, firstPauseMs = FIRST_PAUSE_MS) {
    this.#target = target
    this.#firstPauseMs = firstPauseMs
    this.#secrets = secretsOf(target)
  }

  /** The URL without secrets. */
  get name(): string {
    return redactUrl(this.#target.url)
  }

  /** Resolves when the collector has accepted everything, at its URL for metrics unless another is given; rejects with the problem, or when `signal` is aborted. */
  async push(text: string, signal: AbortSignal, url = this.#target.url): Promise<void> {
    const { timeoutMs, gzip } = this.#target
    const body = gzip ? gzipSync(text) : Buffer.from(text)
    const untilMs = performance.now() + timeoutMs
    for (let attempt = 1; ; attempt++) {
      const { problem, isRetryable, retryAfterMs } = await this.#post(body, url, untilMs, signal)
      signal.throwIfAborted()
      if (problem === null) return
      const jitter = 0.8 + 0.4 * Math.random()
      const pauseMs = retryAfterMs ?? this.#firstPauseMs * 2 ** (attempt - 1) * jitter
      const isLast = !isRetryable || attempt === MOST_ATTEMPTS || performance.now() + pauseMs >= untilMs
      if (isLast) throw new Error(problem)
      await pause(pauseMs, undefined, { signal })
    }
  }

  /** Makes one attempt on its own connection, so that no idle connection delays the exit of the process. */
  #post(body: Buffer, url: string, untilMs: number, signal: AbortSignal): Promise<Attempt> {
    const { headers, gzip, timeoutMs } = this.#target
    const failed = (problem: string): Attempt => ({ problem, isRetryable: true, retryAfterMs: null })
    return new Promise((resolve) => {
      const request = (url.startsWith('https:') ? requestHttps : requestHttp)(url, {
        method: 'POST',
        agent: false,
        signal,
        headers: {
          'user-agent': `corerush/${VERSION}`,
          ...headers,
          'content-type': 'application/json',
          'content-length': body.length,
          ...(gzip ? { 'content-encoding': 'gzip' } : {}),
        },
      })
      const end = (attempt: Attempt): void => {
        clearTimeout(timer)
        request.destroy()
        resolve(attempt)
      }
      const timer = setTimeout(
        () => end(failed(`no response within ${timeoutMs} ms`)),
        Math.max(1, untilMs - performance.now()),
      )
      request.on('error', (error: Error & { errors?: Error[] }) =>
        end(failed(this.#shown(messageOf(error.errors?.[0] ?? error)))),
      )
      // Without a listener Node drops such a response silently.
      request.on('upgrade', ({ statusCode = 0 }, socket) => {
        socket.destroy()
        end({ ...failed(`status ${statusCode}: the collector changed the protocol`), isRetryable: false })
      })
      let hasAnswer = false
      // Covers every other end of the exchange.
      request.on('close', () => {
        if (!hasAnswer) end(failed('the connection closed without a response'))
      })
      request.on('response', (response) => {
        hasAnswer = true
        readText(response).then(
          (text) => end(this.#judge(response, text)),
          (error: unknown) => end(failed(this.#shown(messageOf(error)))),
        )
      })
      request.end(body)
    })
  }

  #judge({ statusCode = 0, headers }: IncomingMessage, text: string): Attempt {
    const answer = fieldsOf(text)
    const isTaken = statusCode >= 200 && statusCode < 300
    const { rejectedDataPoints, rejectedSpans } = answer.partialSuccess ?? {}
    const rejected = Number(rejectedDataPoints ?? rejectedSpans ?? 0)
    const message = (isTaken ? answer.partialSuccess?.errorMessage : answer.message) ?? (isTaken ? '' : text)
    const what = isTaken
      ? `${rejected} ${rejectedSpans === undefined ? 'data points' : 'spans'} were rejected`
      : `status ${statusCode}`
    const shown = typeof message === 'string' ? this.#shown(message) : ''
    return {
      problem: isTaken && !(rejected > 0) ? null : what + (shown === '' ? '' : `: ${shown}`),
      isRetryable: RETRYABLE.includes(statusCode),
      retryAfterMs: retryAfterMs(headers['retry-after'], headers.date),
    }
  }

  /** Shortens and masks a foreign text; a collector may quote what it was sent. */
  #shown(text: string): string {
    return printable(this.#secrets.hide(text).trim()).slice(0, MOST_SHOWN)
  }
}

/** What goes to the collector beside the metrics: whole headers, and the password or token in them. */
function secretsOf({ url, headers }: OtlpTarget): KnownSecrets {
  const request = {
    name: '',
    method: 'POST',
    url,
    headers: Object.entries(headers),
    body: null,
    digest: null,
    expectStatus: [],
  }
  return new KnownSecrets({ request, targets: null, proxy: null, hidden: Object.values(headers) })
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = ''
  response.setEncoding('utf8')
  for await (const chunk of response as AsyncIterable<string>) {
    text += chunk
    if (text.length > MOST_READ) break
  }
  return text
}

/** The fields of an OTLP response that are present; not every response is one. */
interface CollectorAnswer {
  readonly message?: unknown
  readonly partialSuccess?: {
    readonly rejectedDataPoints?: unknown
    readonly rejectedSpans?: unknown
    readonly errorMessage?: unknown
  } | null
}

function fieldsOf(text: string): CollectorAnswer {
  try {
    const answer: unknown = JSON.parse(text)
    return typeof answer === 'object' && answer !== null ? answer : {}
  } catch {
    return {}
  }
}

/** Parses `Retry-After`: seconds, or a date relative to the `Date` header. */
function retryAfterMs(after: string | undefined, date: string | undefined): number | null {
  if (after === undefined) return null
  if (/^\d+$/.test(after)) return Number(after) * 1000
  const ms = Date.parse(after) - Date.parse(date ?? '')
  return Number.isNaN(ms) ? null : Math.max(0, ms)
}
