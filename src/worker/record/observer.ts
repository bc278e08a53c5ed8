/** Looks at single requests, where the plan asks for it: their traces, the slowest of each name, and records of all or some. */
import { ms } from '../../core/measure/metrics.ts'
import { Slowest, type RequestRecord, type RequestSpan } from '../../core/measure/request-record.ts'
import type { Plan } from '../../core/plan/plan.ts'
import type { KnownSecrets } from '../../core/request/known-secrets.ts'
import type { RequestPlan } from '../../core/request/request.ts'
import { redactUrl } from '../../core/request/redacted-url.ts'
import { rowOf } from '../../core/request/row.ts'
import { hasTraceparent, TRACEPARENT, traceparent, type Trace } from '../../core/request/traceparent.ts'
import { globalIndex, type Share } from '../../core/share.ts'
import type { EndedRequest } from './ended-request.ts'
import type { Recorder } from './recorder.ts'
import type { RequestLog } from './request-log.ts'
import { Tracer } from './tracer.ts'
import type { Exchange } from '../transport/transport.ts'

type Kept = Pick<Recorder, 'slow' | 'span'>

export class Observer {
  readonly #tracer: Tracer | null
  readonly #slowest: Slowest | null
  readonly #log: RequestLog | null
  readonly #makesSpans: boolean
  readonly #fromUs: number
  readonly #share: Share
  readonly #secrets: Pick<KnownSecrets, 'hide'>
  readonly #recorder: Kept
  /** URLs of requests without secrets: a request that is made ready is sent many times. */
  readonly #urls = new WeakMap<RequestPlan, string>()

  constructor(
    { trace, captureSlowest, warmupS, seed }: Pick<Plan, 'trace' | 'captureSlowest' | 'warmupS' | 'seed'>,
    share: Share,
    secrets: Pick<KnownSecrets, 'hide'>,
    recorder: Kept,
    { log = null, makesSpans = true }: { log?: RequestLog | null; makesSpans?: boolean } = {},
  ) {
    this.#log = log
    this.#makesSpans = makesSpans
    this.#tracer = trace === null ? null : new Tracer(trace, seed, share.index)
    this.#slowest = captureSlowest === 0 ? null : new Slowest(captureSlowest)
    this.#fromUs = warmupS * 1e6
    this.#share = share
    this.#secrets = secrets
    this.#recorder = recorder
  }

  /** Whether it looks at each request that ends, and not only at traced ones. */
  get looksAtAll(): boolean {
    return this.#slowest !== null || this.#log !== null
  }

  /** The trace of a call that begins; `null` if it has none. */
  traceOf(): Trace | null {
    return this.#tracer === null ? null : this.#tracer.next()
  }

  /** Adds the trace to what the exchange sends; `false` if the request has one of its own. */
  propagate(exchange: Exchange, trace: Trace, { headers }: { readonly headers: Exchange['added'] }): boolean {
    if (hasTraceparent(headers) || hasTraceparent(exchange.added)) return false
    exchange.added = [...exchange.added, [TRACEPARENT, traceparent(trace)]]
    return true
  }

  /** The call goes on to a further request. */
  follow(trace: Trace): void {
    this.#tracer!.follow(trace)
  }

  /** A request of a call ended, or was cut off at the end of the drain. */
  ended(ended: EndedRequest): void {
    const { exchange, sinceUs, trace } = ended
    if (this.#log !== null) this.#log.ended(ended)
    if (exchange.outcome === 'unfinished') return
    if (trace !== null && this.#makesSpans) {
      const { traceId, spanId, parentSpanId } = trace
      this.#recorder.span((): RequestSpan => ({
        request: this.#record(ended),
        traceId,
        spanId,
        parentSpanId,
      }))
    }
    if (this.#slowest === null || exchange.doneUs < this.#fromUs) return
    if (!this.#slowest.takes(rowOf(exchange.request!.plan), (exchange.doneUs - sinceUs) / 1000)) return
    const record = this.#record(ended)
    this.#slowest.add(record)
    this.#recorder.slow(record)
  }

  #record({ exchange, user, sinceUs, trace }: EndedRequest): RequestRecord {
    const { sentUs, firstByteUs, doneUs, blockedUs, dnsUs, connectUs, tlsUs } = exchange
    const { status, outcome, request } = exchange
    const { plan } = request!
    return {
      name: rowOf(plan),
      method: plan.method,
      url: this.#urlOf(plan),
      worker: this.#share.index,
      user: globalIndex(user, this.#share),
      dueS: seconds(sinceUs),
      sentS: seconds(sentUs),
      doneS: seconds(doneUs),
      latencyMs: ms(doneUs - sinceUs),
      blockedMs: phaseMs(blockedUs),
      dnsMs: phaseMs(dnsUs),
      connectMs: phaseMs(connectUs),
      tlsMs: phaseMs(tlsUs),
      firstByteMs: firstByteUs > 0 ? ms(firstByteUs - sentUs) : null,
      status,
      outcome: outcome as RequestRecord['outcome'],
      traceId: trace === null ? null : trace.traceId,
    }
  }

  #urlOf(plan: RequestPlan): string {
    let url = this.#urls.get(plan)
    if (url === undefined) this.#urls.set(plan, (url = this.#secrets.hide(redactUrl(plan.url))))
    return url
  }
}

/** Whole microseconds, as seconds. */
const seconds = (us: number): number => Math.round(us) / 1e6
const phaseMs = (us: number): number | null => (us >= 0 ? ms(us) : null)
