/** One of a scenario user's lines: a call at a time, and the promise that its task waits for. */
import type { RequestTally } from '../../core/measure/request-tally.ts'
import type { RequestEvent } from '../../scenario/scenario.ts'
import { TaskFailure } from '../../scenario/scenario.ts'
import type { CheckedOptions, RequestOptions, Response } from '../../scenario/http.ts'
import type { Headers, RequestPlan } from '../../core/request/request.ts'
import { rowOf } from '../../core/request/row.ts'
import { printCount } from '../../core/units.ts'
import { messageOf } from '../../errors.ts'
import { Call, type CallOwner, type CallSurroundings, type Identity } from '../call/call.ts'
import { oneLine } from '../transport/fault.ts'
import type { Exchange, Prepared } from '../transport/transport.ts'
import { KeptReply, PlainReply } from './reply.ts'
import type { ReadyRequest } from './known-request.ts'
import type { Transaction } from './transactions.ts'
import type { StreamReply, StreamSource } from './stream-reply.ts'
import type { Watch } from './watch.ts'

/** The user whose line it is. */
export interface LineOwner {
  /** Name of the scenario; `null` unless it has one. */
  readonly scenario: string | null
  /** The line's deadline is another one. */
  deadlineMoved(): void
  /** The first call of an iteration, which the task made at `calledUs`, is sent. */
  firstSent(call: Call, calledUs: number, sentUs: number): void
  lineRecorded(waitedUs: number): void
  readonly watch: Watch | null
  /** Whether it wants to know of each request that has ended. */
  readonly reportsRequests: boolean
  reportRequest(event: Omit<RequestEvent, 'user'>): void
  /** The call has ended; its task goes on after this. */
  lineEnded(line: Line, exchange: Exchange): void
}

export class Line implements CallOwner, StreamSource {
  /** When its call is too long under way; Infinity when none is. */
  deadlineUs = Infinity
  readonly #call: Call
  readonly #owner: LineOwner
  /** The bytes of a body that is read. */
  readonly #mostBytes: number
  #options: RequestOptions | CheckedOptions = {}
  #kept: KeptReply | null = null
  /** The response that its task reads while it comes; `null` if it does not. */
  #stream: StreamReply | null = null
  /** The transaction that the call was sent in; `null` if it is in none. */
  transaction: Transaction | null = null
  /** When the task made the call, if that is the first of its iteration; else `null`. */
  #firstCalledUs: number | null = null
  #tally: RequestTally | null = null
  /** When its network work began; 0 until then. */
  #sentUs = 0
  #resolve: (response: Response) => void = () => undefined
  #reject: (error: Error) => void = () => undefined

  constructor(
    user: number,
    around: CallSurroundings,
    owner: LineOwner,
    request: Prepared,
    identity: Identity,
  ) {
    this.#owner = owner
    this.#mostBytes = around.plan.maxReadBytes
    this.#call = new Call(user, around, this, request, identity)
  }

  get scenario(): string | null {
    return this.#owner.scenario
  }

  send(
    {
      request,
      tally,
      timeoutS,
      isElsewhere,
      isCompressed,
      mostRedirects,
      expectedFailures,
      refusal,
    }: ReadyRequest,
    options: RequestOptions | CheckedOptions,
    firstCalledUs: number | null,
    stream: StreamReply | null = null,
  ): Promise<Response> {
    this.#options = options
    this.#firstCalledUs = firstCalledUs
    const isKept = options.read === true || checkIn(options) !== null || this.#owner.watch !== null
    this.#stream = stream
    this.#kept =
      stream !== null
        ? stream.shown
        : isKept
          ? new KeptReply(this.#mostBytes, this.#tooLarge, isCompressed)
          : null
    this.#tally = tally
    this.#sentUs = 0
    this.#call.readInto(stream ?? this.#kept)
    this.#call.expectedFailures = expectedFailures
    const response = new Promise<Response>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      stream?.begin(this, resolve)
      if (refusal === null) this.#call.send(request, tally, timeoutS, isElsewhere, mostRedirects)
      else this.#call.refuse(request, tally, timeoutS, refusal)
    })
    // A task need not wait for its request, whose failure is counted anyhow; it must not end the thread.
    if (options.throws === true) response.catch(() => undefined)
    return response
  }

  readonly #tooLarge = (): void =>
    this.#call.refuseBody(
      `the body is longer than the ${printCount(this.#mostBytes)} bytes of --max-read-bytes`,
    )

  get exchange(): Exchange {
    return this.#call.exchange
  }

  get sentUs(): number {
    return this.#sentUs
  }

  stopReading(): void {
    this.#call.stopReading()
  }

  startReading(): void {
    this.#call.startReading()
  }

  progressed(nowUs: number): void {
    const wasPaused = this.#call.progressUs === Infinity
    this.#call.progressUs = nowUs
    // An alarm that comes too early is set anew; one that was put off for good is not.
    if (nowUs < Infinity && wasPaused) this.expire(nowUs)
  }

  endEarly(): void {
    this.#call.endEarly()
  }

  refuse(message: string): void {
    this.#call.refuseBody(message)
  }

  /** The request that was sent last. */
  get request(): RequestPlan | null {
    return this.#call.exchange.request?.plan ?? null
  }

  /** The headers that went with it besides. */
  get added(): Headers {
    return this.#call.exchange.added
  }

  cut(): void {
    this.#call.cut()
  }

  disconnect(): void {
    this.#call.disconnect()
  }

  expire(nowUs: number): void {
    this.#call.expire(nowUs)
  }

  callSent(sentUs: number): void {
    this.#sentUs = sentUs
    if (this.#firstCalledUs !== null) this.#owner.firstSent(this.#call, this.#firstCalledUs, sentUs)
  }

  arm(deadlineUs: number): void {
    this.deadlineUs = deadlineUs
    this.#owner.deadlineMoved()
  }

  disarm(): void {
    this.deadlineUs = Infinity
  }

  judge(exchange: Exchange): void {
    const check = checkIn(this.#options)
    const undecoded = this.#kept?.decode() ?? null
    if (undecoded !== null) {
      exchange.outcome = undecoded.isTooLarge ? 'body.too-large' : 'body.encoding'
      exchange.message = undecoded.problem
      return
    }
    if (check === null) return
    this.#kept!.latencyMs = this.#latencyMs(exchange)
    const problem = checked(check, this.#kept!)
    if (problem === null) return
    exchange.outcome = 'check'
    exchange.message = problem
  }

  recorded(waitedUs: number): void {
    const { watch } = this.#owner
    if (watch !== null) watch.exchange(this.#call.exchange, this.#kept!, checkIn(this.#options) !== null)
    this.#owner.lineRecorded(waitedUs)
  }

  callEnded({ exchange, followed }: Call): void {
    const kept = this.#kept
    const stream = this.#stream
    this.#kept = this.#stream = null
    this.#call.readInto(null)
    this.#owner.lineEnded(this, exchange)
    const { outcome, status, message } = exchange
    if (stream !== null) this.#endStream(stream, exchange, followed)
    // A task that the end of the drain cut off does not go on.
    if (outcome === 'unfinished') return
    if (kept !== null) this.#tally!.bytesDecoded += kept.decodedBytes
    const error = outcome === 'ok' ? '' : `${outcome}: ${message}`
    if (this.#owner.reportsRequests) this.#report(exchange, error)
    if (error !== '' && this.#options.throws === true) {
      this.#reject(new TaskFailure(`${rowOf(exchange.request!.plan)}: ${error}`))
      return
    }
    if (stream !== null) return
    const reply = kept ?? new PlainReply()
    reply.ok = outcome === 'ok'
    reply.status = status
    reply.error = error
    reply.url = exchange.request!.plan.url
    reply.redirects = followed
    reply.latencyMs = this.#latencyMs(exchange)
    this.#resolve(reply)
  }

  #latencyMs({ doneUs }: Exchange): number {
    return this.#sentUs === 0 ? 0 : (doneUs - this.#sentUs) / 1000
  }

  /** Ends a stream, whose time-out was its own. What fails before its head came is thrown, if its task says so. */
  #endStream(stream: StreamReply, exchange: Exchange, followed: Call['followed']): void {
    const { outcome, message } = exchange
    this.#call.progressUs = 0
    stream.end(outcome === 'ok' ? '' : `${outcome}: ${message}`, followed, this.#latencyMs(exchange))
  }

  #report(exchange: Exchange, error: string): void {
    const { request, outcome, status, bytesIn } = exchange
    const { name, method, url } = request!.plan
    const latencyMs = this.#latencyMs(exchange)
    this.#owner.reportRequest({
      name,
      method,
      url,
      ok: outcome === 'ok',
      status,
      error,
      latencyMs,
      bytes: bytesIn,
    })
  }
}

const checkIn = (options: RequestOptions | CheckedOptions): CheckedOptions['check'] | null =>
  ('check' in options ? options.check : undefined) ?? null

/** What is wrong with the response; `null` if nothing is. A check that throws has refused it. */
function checked(check: CheckedOptions['check'], reply: KeptReply): string | null {
  try {
    const verdict: unknown = check(reply)
    if (verdict === true) return null
    if (typeof verdict === 'string') return oneLine(verdict)
    return isThenable(verdict)
      ? 'the check returned a promise: a check must not be async'
      : 'the check refused the response'
  } catch (error) {
    return oneLine(messageOf(error))
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null || !('then' in value)) return false
  return typeof value.then === 'function'
}
