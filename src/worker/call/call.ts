/**
 * A call: a request, and the redirects that it leads to. It has a connection of its own, one reused exchange, and a
 * deadline that its owner's alarm watches; what ends is judged and recorded here, for every kind of owner.
 */
import type { Plan } from '../../core/plan/plan.ts'
import type { KnownSecrets } from '../../core/request/known-secrets.ts'
import type { Headers, RequestPlan } from '../../core/request/request.ts'
import { isExpected } from '../../core/request/status.ts'
import type { RequestTally } from '../../core/measure/request-tally.ts'
import { Glimpse, type Captures } from '../record/captures.ts'
import type { Cookies } from './cookies.ts'
import type { Credentials } from './credentials.ts'
import type { Recorder } from '../record/recorder.ts'
import type { Hop, Redirects } from './redirects.ts'
import type { Trace } from '../../core/request/traceparent.ts'
import type { Observer } from '../record/observer.ts'
import { Refusal } from '../transport/refusal.ts'
import {
  Exchange,
  NO_HEADERS,
  type Connection,
  type ExchangeListener,
  type Prepared,
  type ResponseSink,
} from '../transport/transport.ts'
import type { Turn } from '../time/turn.ts'

/** What the calls of a worker share. */
export interface CallSurroundings {
  readonly plan: Plan
  readonly recorder: Recorder
  readonly turn: Turn
  /** Makes the call of the user with this place in its worker, ready for this request. */
  readonly openConnection: (user: number, request: Prepared) => Connection
  /** `null` if redirects are not followed. */
  readonly redirects: Redirects | null
  /** What nothing that is recorded may say. */
  readonly secrets: KnownSecrets
  /** `null` if no failing exchange is kept. */
  readonly captures: Captures | null
  /** `null` if single requests are neither traced nor kept nor recorded. */
  readonly observer: Observer | null
  readonly nowUs: () => number
  /** Asks to send one more request within an iteration; false when the count of the plan is reached. */
  readonly takeRequest: () => boolean
}

/** Headers of a user for its requests. */
export interface RequestHeaders {
  headersFor(request: RequestPlan): Headers
}

/** A response that led to another request of the call. */
export interface Followed {
  readonly url: string
  readonly status: number
  /** In the words of the server. */
  readonly location: string
  readonly cookies: readonly string[]
}

/** What a user says of itself with its requests, beside what they say: the same for all its calls. */
export interface Identity {
  /** Headers that its tasks have set; `null` if none were. */
  headers: RequestHeaders | null
  /** `null` if it keeps none. */
  readonly cookies: Cookies | null
  readonly credentials: Credentials
}

/** The owner of the call. */
export interface CallOwner {
  /** Scenario of the user; `null` unless it has a name. */
  readonly scenario: string | null
  /** The network work of the call's first request begins; the owner may set `dueUs` and `lateUs`. */
  callSent(sentUs: number): void
  /** Calls `expire` at this run time; asked for anew, it moves. */
  arm(deadlineUs: number): void
  disarm(): void
  /** A complete response came with a status that is success; the owner may think otherwise, and set the outcome. */
  judge(exchange: Exchange): void
  /** A request of the call was recorded; its response waited this long for this thread. */
  recorded(waitedUs: number): void
  /** The call has ended, and all that was sent of it is recorded. */
  callEnded(call: Call): void
}

const NOT_FOLLOWED: readonly Followed[] = []

export class Call implements ExchangeListener {
  readonly exchange: Exchange
  /** When the first request was due, where its latency counts from then; negative where it counts from when it is sent. */
  dueUs = -1
  /** The part of that latency by which the generator was late. */
  lateUs = 0
  /** Outcomes that are the success of the call; `null` if a response is. */
  expectedFailures: ReadonlySet<string> | null = null
  /** The redirects that were followed, in their order. */
  followed: readonly Followed[] = NOT_FOLLOWED
  #mostRedirects = 0
  /** Redirects followed; and challenges answered since the last of them, of the server and of a proxy. */
  #hops = 0
  #serverAnswers = 0
  #proxyAnswers = 0
  /** The network work of the request in flight has begun. */
  #isSent = false
  readonly #user: number
  readonly #around: CallSurroundings
  readonly #owner: CallOwner
  readonly #identity: Identity | null
  /** What is kept of the response, in case it fails; `null` if nothing is. */
  readonly #glimpse: Glimpse | null
  #connection: Connection | null
  /** The connection to another origin than the user's, and the one that the request in flight went over. */
  #elsewhere: Connection | null = null
  #inUse: Connection | null = null
  #tally: RequestTally | null = null
  #timeoutS = 0
  /** `null` if the call has no trace. */
  #trace: Trace | null = null
  /** When the time-out of a stream begins anew: with its last piece, in µs of run time; 0 where it begins with the request. */
  progressUs = 0
  /** Why the last challenge is not answered; empty without one. */
  #refusal = ''

  constructor(
    user: number,
    around: CallSurroundings,
    owner: CallOwner,
    request: Prepared,
    identity: Identity | null = null,
  ) {
    this.#user = user
    this.#around = around
    this.#owner = owner
    this.#identity = identity
    this.exchange = new Exchange(this)
    this.exchange.sink = this.#glimpse = around.captures === null ? null : new Glimpse()
    this.#connection = around.openConnection(user, request)
  }

  /** The sender wants no more of the response. */
  #isEndedEarly = false

  /** Why the body that came is too long to be kept; empty where it is not. */
  #tooLarge = ''

  /** The response is longer than its reader keeps: the request fails with this message, and its connection is closed. */
  refuseBody(message: string): void {
    this.#tooLarge = message
    // From within the parser of a transport its connection must not be closed; the response may end before that.
    queueMicrotask(() => {
      if (this.#tooLarge !== '') this.#inUse!.cut('timeout')
    })
  }

  /** The response is read no further: its connection is closed, and the request counts as complete. */
  endEarly(): void {
    this.#isEndedEarly = true
    queueMicrotask(() => {
      if (this.#isEndedEarly) this.#inUse!.cut('timeout')
    })
  }

  stopReading(): void {
    this.#inUse!.stopReading()
  }

  startReading(): void {
    this.#inUse!.startReading()
  }

  /** Whether anything of it was sent. */
  get wasSent(): boolean {
    return this.#isSent || !this.#isFirst
  }

  /** The reader of the responses to come; `null` if they are not read. */
  readInto(reader: ResponseSink | null): void {
    if (this.#glimpse === null) this.exchange.sink = reader
    else this.#glimpse.reader = reader
  }

  send(
    request: Prepared,
    tally: RequestTally,
    timeoutS: number,
    isElsewhere = false,
    mostRedirects = this.#around.plan.maxRedirects,
  ): void {
    this.#begin(tally, timeoutS)
    this.#mostRedirects = mostRedirects
    this.#go(request, isElsewhere)
  }

  /** Fails without a byte sent: the plan does not allow the request, and this is why. */
  refuse(request: Prepared, tally: RequestTally, timeoutS: number, why: string): void {
    this.#begin(tally, timeoutS)
    this.#over(new Refusal(why, this.#around.nowUs), request)
  }

  cut(): void {
    this.#inUse!.cut('unfinished')
  }

  /** Gives up its connections. */
  disconnect(): void {
    this.#connection?.close()
    this.#elsewhere?.close()
    this.#connection = this.#elsewhere = null
  }

  /** The connect time-out or the time-out of the whole request has passed. */
  expire(nowUs: number): void {
    const { phase, sentUs } = this.exchange
    const wholeUs = Math.max(sentUs, this.progressUs) + this.#timeoutS * 1e6
    const isConnecting = phase === 'dns' || phase === 'connect' || phase === 'tls'
    if (isConnecting || nowUs >= wholeUs) this.#inUse!.cut('timeout')
    else this.#owner.arm(wholeUs)
  }

  sent(): void {
    const { recorder, plan, turn } = this.#around
    turn.sent(this.exchange)
    const { sentUs, reused } = this.exchange
    this.#isSent = true
    if (this.#isFirst) this.#owner.callSent(sentUs)
    recorder.sent(this.#tally!, sentUs)
    const limitS = reused ? this.#timeoutS : Math.min(this.#timeoutS, plan.connectTimeoutS)
    this.#owner.arm(sentUs + limitS * 1e6)
  }

  connecting(nowUs: number): void {
    const { connectTimeoutS } = this.#around.plan
    this.#owner.arm(Math.min(this.exchange.sentUs + this.#timeoutS * 1e6, nowUs + connectTimeoutS * 1e6))
  }

  done(): void {
    const { exchange } = this
    const { redirects } = this.#around
    // What the transport refuses has been tried, and counts; what the end of the drain cut before it began has not.
    if (!this.#isSent && exchange.outcome !== 'unfinished') this.sent()
    this.#owner.disarm()
    if (this.#isEndedEarly) this.#endAsComplete(exchange)
    if (this.#tooLarge !== '') this.#failAsTooLarge(exchange)
    if (this.#identity !== null && this.#mustAnswer(this.#identity, exchange)) {
      this.#answer(exchange)
      return
    }
    const hop = redirects === null ? null : this.#nextHop(exchange, redirects)
    if (hop !== null) {
      this.#follows(exchange)
      this.#record(exchange)
      this.#hops++
      this.#serverAnswers = this.#proxyAnswers = 0
      this.#tally = hop.tally
      this.#go(hop.request, hop.isElsewhere)
      return
    }
    if (this.#isSent) {
      if (exchange.outcome === 'ok') this.#judge(exchange)
      else if (this.expectedFailures?.has(exchange.outcome) === true) exchange.outcome = 'ok'
      this.#record(exchange)
    }
    this.#owner.callEnded(this)
  }

  #endAsComplete(exchange: Exchange): void {
    this.#isEndedEarly = false
    if (exchange.outcome === 'unfinished' || exchange.status === 0) return
    exchange.outcome = 'ok'
    exchange.message = ''
  }

  #failAsTooLarge(exchange: Exchange): void {
    if (exchange.outcome !== 'unfinished') {
      exchange.outcome = 'body.too-large'
      exchange.message = this.#tooLarge
    }
    this.#tooLarge = ''
  }

  #begin(tally: RequestTally, timeoutS: number): void {
    const { observer } = this.#around
    if (observer !== null) this.#traceNext(observer)
    this.#tally = tally
    this.#timeoutS = timeoutS
    this.#hops = this.#serverAnswers = this.#proxyAnswers = 0
    this.dueUs = -1
    this.lateUs = 0
    this.followed = NOT_FOLLOWED
  }

  #go(request: Prepared, isElsewhere: boolean): void {
    const connection = isElsewhere
      ? (this.#elsewhere ??= this.#around.openConnection(this.#user, request))
      : (this.#connection ??= this.#around.openConnection(this.#user, request))
    this.#over(connection, request)
  }

  #over(connection: Connection, request: Prepared): void {
    this.#inUse = connection
    this.#isSent = false
    if (this.#identity !== null) this.#identify(this.#identity, request.plan)
    if (this.#trace !== null) this.#propagate(this.#trace, request)
    connection.send(this.exchange, request)
  }

  /** The trace of the call that begins, and nothing left of that of the last one. */
  #traceNext(observer: Observer): void {
    if (this.#trace !== null && this.#identity === null) this.exchange.added = NO_HEADERS
    this.#trace = observer.traceOf()
  }

  /** Sends the trace of the call along. */
  #propagate(trace: Trace, { plan }: Prepared): void {
    const observer = this.#around.observer!
    if (!this.#isFirst) observer.follow(trace)
    if (this.#identity === null) this.exchange.added = NO_HEADERS
    if (!observer.propagate(this.exchange, trace, plan)) this.#trace = null
  }

  /** The redirect that the response asks for and that may be followed. */
  #nextHop(exchange: Exchange, redirects: Redirects): Hop | null {
    const { request, status, location, outcome } = exchange
    if (outcome !== 'ok' || !redirects.asks(status, location, this.#hops, this.#mostRedirects)) return null
    const hop = redirects.follow(request!, status, location)
    if ('problem' in hop) {
      exchange.outcome = hop.outcome
      exchange.message = hop.problem
      return null
    }
    return this.#around.takeRequest() ? hop : null
  }

  /** Whether the request in flight is the first of the call. */
  get #isFirst(): boolean {
    return this.#hops + this.#serverAnswers + this.#proxyAnswers === 0
  }

  #identify({ cookies, credentials, headers }: Identity, request: RequestPlan): void {
    const { exchange } = this
    const cookie = cookies?.headerFor(request) ?? ''
    const isAsked = credentials.knows(request)
    const answers = isAsked ? credentials.headersFor(request) : NO_HEADERS
    exchange.wantsUserHeaders = cookies !== null || isAsked || this.#mostRedirects > 0
    exchange.added = cookie === '' ? answers : [['cookie', cookie], ...answers]
    if (headers !== null) exchange.added = [...headers.headersFor(request), ...exchange.added]
  }

  /** Takes the response's cookies and challenges; whether the request is to be sent once more, with an answer. */
  #mustAnswer({ cookies, credentials }: Identity, exchange: Exchange): boolean {
    const { userHeaders, outcome, status } = exchange
    const request = exchange.request!.plan
    this.#refusal = ''
    const setCookies = userHeaders.filter(([name]) => name === 'set-cookie').map(([, value]) => value)
    if (setCookies.length > 0) cookies?.keep(request, setCookies)
    if (outcome !== 'ok' || !credentials.knows(request)) return false
    const isProxy = status === 407
    const taken = credentials.take(exchange, isProxy ? this.#proxyAnswers : this.#serverAnswers)
    if (taken === null) return false
    this.#refusal = taken.problem ?? ''
    return taken.problem === null
  }

  /** Sends the request once more, with an answer to the challenge, which is a request too; unless the count of the plan is reached. */
  #answer(exchange: Exchange): void {
    const { recorder, takeRequest } = this.#around
    const request = exchange.request!
    const waitedUs = this.#record(exchange)
    recorder.challenged(exchange)
    if (!takeRequest()) {
      this.#owner.callEnded(this)
      return
    }
    // What was due is done with the answer: its latency contains this, and what the generator has added to it.
    if (this.dueUs >= 0 && this.#hops === 0) this.lateUs += waitedUs
    if (exchange.status === 407) this.#proxyAnswers++
    else this.#serverAnswers++
    this.#over(this.#inUse!, request)
  }

  /** Notes the redirect that is followed. */
  #follows({ request, status, location, userHeaders }: Exchange): void {
    const cookies = userHeaders.filter(([name]) => name === 'set-cookie').map(([, value]) => value)
    this.followed = [...this.followed, { url: request!.plan.url, status, location, cookies }]
  }

  #judge(exchange: Exchange): void {
    if (this.expectedFailures !== null) {
      exchange.outcome = 'check'
      exchange.message = `status ${exchange.status}, and a failure is expected`
    } else if (isExpected(exchange.request!.plan.expectStatus, exchange.status)) this.#owner.judge(exchange)
    else {
      exchange.outcome = 'status'
      exchange.message = `status ${exchange.status}${this.#refusal === '' ? '' : `: ${this.#refusal}`}`
    }
  }

  /** Returns how long the response can have waited for this thread. */
  #record(exchange: Exchange): number {
    const { recorder, turn, observer } = this.#around
    if (exchange.outcome !== 'ok') this.#failed(exchange)
    // A redirect is sent when the one before it is done, and its latency is service time.
    const isFromDue = this.dueUs >= 0 && this.#hops === 0
    const waitedUs = turn.waitedUs(exchange.doneUs) + exchange.ownUs
    this.#owner.recorded(waitedUs)
    const sinceUs = isFromDue ? this.dueUs : exchange.sentUs
    recorder.done(this.#tally!, exchange, {
      sinceUs,
      waitedUs,
      lagUs: isFromDue ? this.lateUs : 0,
    })
    if (observer !== null && (this.#trace !== null || observer.looksAtAll))
      observer.ended({
        exchange,
        tally: this.#tally!,
        scenario: this.#owner.scenario,
        user: this.#user,
        sinceUs,
        trace: this.#trace,
      })
    return waitedUs
  }

  #failed(exchange: Exchange): void {
    const { secrets, captures } = this.#around
    // Whoever wrote the message may have received a secret.
    if (exchange.message !== '')
      exchange.message = secrets.hideMessage(exchange.message, exchange.request!.plan, exchange.added)
    captures?.look(exchange, this.#user, this.#glimpse!, this.#trace?.traceId ?? null)
  }
}
