/**
 * Records what happens in the open second and hands it over whole when the second has ended. Everything is stamped by
 * one monotonic clock and recorded at once, so events come in order and each falls into the second of its own time.
 */
import type { CapturedFailure } from '../../core/request/captured.ts'
import type { CookieLoss } from '../../core/measure/cookie-counts.ts'
import type { CustomKind } from '../../core/measure/custom-metrics.ts'
import { ms } from '../../core/measure/metrics.ts'
import { isTimeout } from '../../core/request/outcome.ts'
import type { RequestPlan } from '../../core/request/request.ts'
import { rowOf } from '../../core/request/row.ts'
import type { RequestTally } from '../../core/measure/request-tally.ts'
import { packTally, Tally } from '../../core/measure/tally.ts'
import { NOT_AWAITED, type TaskErrorCount } from '../../core/measure/task-error.ts'
import type { LifecycleFunction } from '../../core/measure/lifecycle-counts.ts'
import type { RequestRecord, RequestSpan } from '../../core/measure/request-record.ts'
import type { Snapshot } from '../../core/measure/second.ts'
import { Histogram } from '../../core/measure/histogram.ts'
import type { TransactionTally } from '../../core/measure/transaction-tally.ts'
import type { Spread, WorkerVitals } from '../../core/measure/worker-vitals.ts'
import { SpanVitals } from './span-vitals.ts'
import type { Exchange } from '../transport/transport.ts'
import type { VitalSigns } from './vitals.ts'

const SECOND_US = 1_000_000
/** Spans of a second that are handed over; more would be work for the main thread instead of load. */
const MOST_SPANS = 5000
/** In which values of trends are kept. */
const THOUSANDTHS = 1000

export class Recorder {
  readonly #worker: number
  readonly #emit: (snapshot: Snapshot) => void
  readonly #tally = new Tally()
  readonly #loopDelay = new Histogram()
  #second = 0
  #endUs = SECOND_US
  /** What the worker says of itself for the open second. */
  readonly vitals: SpanVitals
  /** Requests that end later are not part of the load. */
  loadEndUs = Infinity
  /** In the closed model an iteration is due when it starts; in the open model arrivals are counted apart. */
  isDueOnStart = true
  /** Users active now. */
  users = 0
  /** Requests in flight now. */
  inFlight = 0
  /** How long the responses of the open second can have waited. */
  readonly #waited = new Histogram()
  /** How much of the lag of iterations that ended in the open second their waits make up for. */
  #repaidUs = 0
  /** Arrivals that wait for a user now, and the most of them at once in the open second. */
  #queued = 0
  #mostQueued = 0
  lastDoneUs = 0
  /** Failing exchanges of the open second that are kept. */
  #captured: CapturedFailure[] = []
  /** Requests that are among the slowest of their names, and spans of traced ones, which ended in the open second. */
  #slow: RequestRecord[] = []
  #spans: RequestSpan[] = []
  #spansLost = 0

  constructor(worker: number, signs: VitalSigns, emit: (snapshot: Snapshot) => void) {
    this.#worker = worker
    this.vitals = new SpanVitals(worker, signs)
    this.#emit = emit
  }

  /** The start instant is now: what the thread did before it is no part of the first second. */
  begin(): void {
    this.vitals.begin()
  }

  /** Closes the seconds that have ended by now. */
  advance(nowUs: number): void {
    if (nowUs < this.#endUs) return
    // A loop that was blocked closes several at once; their vitals are those of the whole span.
    const vitals = this.vitals.until(nowUs)
    while (nowUs >= this.#endUs) {
      this.#emit(this.#snapshot(vitals))
      this.#second++
      this.#endUs += SECOND_US
    }
  }

  /** The last second, however short it was. */
  finish(nowUs: number): Snapshot {
    this.advance(nowUs)
    return this.#snapshot(this.vitals.until(nowUs))
  }

  /** The tally of a request's row; it stays the same over all seconds, so that the hot path looks it up once. */
  requestTally(request: Pick<RequestPlan, 'method' | 'name'>): RequestTally {
    return this.#tally.request(rowOf(request))
  }

  /** An iteration started, `lagUs` after the later of its due time and its user being free. */
  started(nowUs: number, lagUs: number): void {
    this.advance(nowUs)
    const { iterations } = this.#tally
    if (this.isDueOnStart) iterations.due++
    iterations.started++
    this.#tally.lag.record(lagUs)
  }

  /** The wait after the iteration that ended just now is shorter by this much, as the iteration started late. */
  repaid(us: number): void {
    this.#repaidUs += us
  }

  /** An arrival is due, in the second that is open. */
  due(): void {
    this.#tally.iterations.due++
  }

  /** The arrival that was counted just now found no user. */
  dropped(): void {
    this.#tally.iterations.dropped++
  }

  /** Records how many arrivals wait for a user now. */
  queue(length: number): void {
    if (length > this.#mostQueued) this.#mostQueued = length
    this.#queued = length
  }

  /**
   * An arrival that was due at `dueUs` still waited when the load ended. What it had waited by then is the least a user
   * would have felt, and at most `ownUs` of it is the generator's own.
   */
  unstarted(request: RequestTally, dueUs: number, nowUs: number, ownUs: number): void {
    this.advance(nowUs)
    this.#tally.iterations.unstarted++
    this.#latency(request, Math.max(0, Math.min(nowUs, this.loadEndUs) - dueUs), ownUs)
  }

  /** Records the end of an iteration, with its scenario if that has a name. */
  ended(nowUs: number, durationUs: number, failed: boolean, scenario: string | null = null): void {
    this.advance(nowUs)
    const { iterations } = this.#tally
    iterations.finished++
    if (failed) iterations.failed++
    if (scenario !== null) {
      const counts = this.#tally.scenario(scenario)
      counts.finished++
      if (failed) counts.failed++
    }
    this.#tally.iterationDuration.record(durationUs)
  }

  /** The end of the drain cut off an iteration; `isStuck`: it waited for nothing that the generator knows. */
  cutOff(nowUs: number, isStuck: boolean, scenario: string | null = null): void {
    this.advance(nowUs)
    const all = [this.#tally.iterations, ...(scenario === null ? [] : [this.#tally.scenario(scenario)])]
    for (const counts of all) {
      counts.unfinished++
      if (isStuck) counts.stuck++
    }
  }

  /** An iteration ended in `onStart`, whose user stopped: no task was run. */
  skipped(nowUs: number): void {
    this.advance(nowUs)
    this.#tally.iterations.skipped++
  }

  sent(request: RequestTally, nowUs: number): void {
    this.advance(nowUs)
    request.sent++
    this.inFlight++
  }

  /**
   * A request ended, or was cut off at the end of the drain. Its latency counts from `sinceUs`; of it, at most
   * `waitedUs` its response waited for this thread, and `lagUs` it was started late: that much is the generator's own.
   */
  done(
    request: RequestTally,
    exchange: Exchange,
    { sinceUs, waitedUs, lagUs }: { sinceUs: number; waitedUs: number; lagUs: number },
  ): void {
    const { doneUs, outcome } = exchange
    this.advance(doneUs)
    this.inFlight--
    const latencyUs = doneUs - sinceUs
    const serviceUs = doneUs - exchange.sentUs
    const isOpen = !this.isDueOnStart
    request.bytesIn += exchange.bytesIn
    request.bytesOut += exchange.bytesOut
    this.#connection(request, exchange)
    if (outcome === 'unfinished') {
      request.unfinished++
      this.#latency(request, latencyUs, 0)
      request.histogram('reached').record(serviceUs)
      if (isOpen) request.histogram('service').record(serviceUs)
      return
    }
    this.lastDoneUs = doneUs
    request.finished++
    if (doneUs <= this.loadEndUs) request.finishedInLoad++
    request.outcomes.set(outcome, (request.outcomes.get(outcome) ?? 0) + 1)
    if (exchange.status !== 0)
      request.statuses.set(exchange.status, (request.statuses.get(exchange.status) ?? 0) + 1)
    if (outcome === 'ok') {
      request.succeeded++
      this.#latency(request, latencyUs, waitedUs + lagUs)
      this.#waited.record(waitedUs)
    } else {
      request.failed++
      request.histogram('failedLatency').record(latencyUs)
      if (isOpen) request.histogram('failedService').record(serviceUs)
      if (isTimeout(outcome)) {
        this.#latency(request, latencyUs, lagUs)
        request.histogram('reached').record(serviceUs)
      }
      this.#tally.error(rowOf(exchange.request!.plan), outcome, exchange.message, doneUs / SECOND_US)
    }
    if (isOpen && (outcome === 'ok' || isTimeout(outcome))) request.histogram('service').record(serviceUs)
    if (exchange.firstByteUs > 0) {
      const begunUs = exchange.blockedUs > 0 ? exchange.sentUs + exchange.blockedUs : exchange.sentUs
      const headersFromUs = exchange.reused ? begunUs : begunUs + connectingUs(exchange)
      request.histogram('firstByte').record(Math.max(0, exchange.firstByteUs - headersFromUs))
      if (exchange.status !== 0) request.histogram('download').record(doneUs - exchange.firstByteUs)
    }
  }

  /** A task added to a metric of its own. */
  custom(kind: CustomKind, name: string, value: number, nowUs: number): void {
    this.advance(nowUs)
    if (kind === 'counter') this.#tally.count(name, value)
    else this.#tally.trend(name).record(value * THOUSANDTHS)
  }

  /** The tally of a transaction name; it stays the same over all seconds. */
  transactionTally(name: string): TransactionTally {
    return this.#tally.transaction(name)
  }

  transactionStarted(transaction: TransactionTally, nowUs: number): void {
    this.advance(nowUs)
    transaction.started++
  }

  transactionEnded(
    transaction: TransactionTally,
    nowUs: number,
    durationUs: number,
    hasFailed: boolean,
  ): void {
    this.advance(nowUs)
    transaction.finished++
    if (nowUs <= this.loadEndUs) transaction.finishedInLoad++
    if (hasFailed) transaction.failed++
    ;(hasFailed ? transaction.failedDuration : transaction.duration).record(durationUs)
  }

  /** A transaction was still open when its task, user or run ended. */
  transactionUnended(transaction: TransactionTally, nowUs: number): void {
    this.advance(nowUs)
    transaction.unended++
  }

  /** The server or a proxy asked who the user is, and is answered. */
  challenged({ added, status, doneUs }: Exchange): void {
    this.advance(doneUs)
    const { challenges } = this.#tally
    challenges.answered++
    const answer = status === 407 ? 'proxy-authorization' : 'authorization'
    if (added.some(([name]) => name === answer)) challenges.stale++
  }

  /** A user was sent a cookie that it does not keep, or no longer. */
  cookieLost(why: CookieLoss, nowUs: number): void {
    this.advance(nowUs)
    this.#tally.cookies[why]++
  }

  /** A request failed, and is kept. */
  captured(failure: CapturedFailure): void {
    this.#captured.push(failure)
  }

  /** A request ended that is among the slowest of its name. */
  slow(record: RequestRecord): void {
    this.#slow.push(record)
  }

  /** A traced request ended; its span is made only if there is room for it. */
  span(make: () => RequestSpan): void {
    if (this.#spans.length < MOST_SPANS) this.#spans.push(make())
    else this.#spansLost++
  }

  /** `onStart` or `onStop` of a user started, or failed. */
  lifecycle(called: LifecycleFunction, what: 'Started' | 'Failed', nowUs: number): void {
    this.advance(nowUs)
    this.#tally.lifecycle[`${called}${what}`]++
  }

  /** A task threw; `traceOf` is called if it is the first such error of the second. */
  taskError(
    error: Pick<TaskErrorCount, 'task' | 'message' | 'place'>,
    nowUs: number,
    traceOf?: () => string | null,
  ): void {
    this.advance(nowUs)
    const atS = nowUs / SECOND_US
    this.#tally.taskError({ ...error, count: 1, firstS: atS, lastS: atS }, traceOf)
  }

  /** A promise of a task was rejected that no code awaited: its iteration has failed, though which one is not known. */
  notAwaited(
    error: Pick<TaskErrorCount, 'message' | 'place'>,
    nowUs: number,
    traceOf?: () => string | null,
  ): void {
    this.taskError({ task: NOT_AWAITED, ...error }, nowUs, traceOf)
    this.#tally.iterations.failed++
  }

  /** The event loop came to a timer this late, and now. */
  loopDelay(nowUs: number, lateUs: number): void {
    this.advance(nowUs)
    this.#loopDelay.record(Math.max(0, lateUs))
  }

  #latency(request: RequestTally, latencyUs: number, ownUs: number): void {
    request.histogram('latency').record(latencyUs)
    this.#tally.latencyFloor.record(Math.max(0, latencyUs - ownUs))
  }

  #connection(request: RequestTally, exchange: Exchange): void {
    const { connections } = this.#tally
    if (exchange.isRetried) connections.retried++
    if (exchange.reused) connections.reused++
    else if (exchange.phase === 'headers' || exchange.phase === 'body') connections.opened++
    else if (exchange.phase !== 'blocked') connections.failed++
    if (exchange.blockedUs >= 0) request.histogram('blocked').record(exchange.blockedUs)
    if (exchange.dnsUs >= 0) request.histogram('dns').record(exchange.dnsUs)
    if (exchange.connectUs >= 0) request.histogram('connect').record(exchange.connectUs)
    if (exchange.tlsUs >= 0) request.histogram('tls').record(exchange.tlsUs)
  }

  #snapshot(vitals: WorkerVitals): Snapshot {
    const snapshot: Snapshot = {
      worker: this.#worker,
      second: this.#second,
      tally: packTally(this.#tally),
      vitals: {
        ...vitals,
        lagMs: lagOf(this.#tally.lag),
        repaidMs: this.#tally.lag.count > 0 ? ms(this.#repaidUs / this.#tally.lag.count) : null,
        loopDelayMs: spreadOf(this.#loopDelay),
        waitedMs: this.#waited.count > 0 ? ms(this.#waited.meanUs!) : null,
        waitSpreadMs: spreadOf(this.#waited),
      },
      users: this.users,
      inFlight: this.inFlight,
      queued: this.#mostQueued,
      ...(this.#captured.length > 0 ? { captured: this.#captured } : {}),
      ...(this.#slow.length > 0 ? { slow: this.#slow } : {}),
      ...(this.#spans.length > 0 ? { spans: this.#spans, spansLost: this.#spansLost } : {}),
    }
    this.#captured = []
    this.#slow = []
    this.#spans = []
    this.#spansLost = 0
    this.#mostQueued = this.#queued
    this.#repaidUs = 0
    this.#tally.clear()
    this.#loopDelay.clear()
    this.#waited.clear()
    return snapshot
  }
}

const connectingUs = ({ dnsUs, connectUs, tlsUs }: Exchange): number =>
  Math.max(0, dnsUs) + Math.max(0, connectUs) + Math.max(0, tlsUs)

function spreadOf(histogram: Histogram): Spread | null {
  if (histogram.count === 0) return null
  return {
    p50: ms(histogram.quantileUs(0.5)!),
    p99: ms(histogram.quantileUs(0.99)!),
    max: ms(histogram.maxUs!),
  }
}

function lagOf(histogram: Histogram): WorkerVitals['lagMs'] {
  const spread = spreadOf(histogram)
  return spread === null ? null : { ...spread, mean: ms(histogram.meanUs!) }
}
