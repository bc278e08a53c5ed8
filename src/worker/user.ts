/**
 * A virtual user: its own connection and, at any moment, at rest or in flight with an iteration: a request, and the
 * redirects that it leads to. What it does next is the schedule's to say.
 */
import { isConnectionFailure } from '../core/outcome.ts'
import type { Plan } from '../core/plan.ts'
import { isExpected } from '../core/status.ts'
import type { RequestTally } from '../core/tally.ts'
import type { Recorder } from './recorder.ts'
import type { Hop, Redirects } from './redirects.ts'
import { Exchange, type Connection, type ExchangeListener, type Prepared } from './transport/transport.ts'
import type { Turn } from './turn.ts'

/** How an iteration ended, as far as it matters for the next one. */
export interface Ended {
  readonly doneUs: number
  /** The next iteration may start from within the end of this one. */
  readonly canFollow: boolean
  /** How long the user backs off before it tries the target again, in µs; 0 unless its connection failed. */
  readonly backoffUs: number
}

/** What the users of a worker share, and what a user may ask of the load it is part of. */
export interface Surroundings {
  readonly plan: Plan
  readonly request: Prepared
  readonly tally: RequestTally
  readonly recorder: Recorder
  readonly turn: Turn
  /** Of the user with this place in its worker, made ready for this request. */
  readonly openConnection: (user: number, request: Prepared) => Connection
  /** Null when redirects are not followed. */
  readonly redirects: Redirects | null
  /** Asks to send one more request within an iteration; false when the count of the plan is reached. */
  readonly takeRequest: () => boolean
  /** Asks to start an iteration; false when the load has ended. */
  readonly takeOff: () => boolean
  /** An iteration that took off has ended; the last thing that is done about it. */
  readonly landed: () => void
  /** The end of the drain cut off an iteration before its first request was sent. */
  readonly unstarted: (dueUs: number, doneUs: number, keptUs: number) => void
  /** Calls `wake` at this run time; a user has one alarm, and arming it again moves it. */
  readonly arm: (user: User, dueUs: number) => void
  readonly disarm: (user: User) => void
  /** The user's alarm rang while it was at rest. */
  readonly wake: (user: User, nowUs: number) => void
  /** The user's iteration ended. Not called for one that the end of the drain cut off. */
  readonly ended: (user: User, ended: Ended) => void
}

const BACKOFF_FIRST_US = 100_000
const BACKOFF_MOST_US = 1_000_000

export class User implements ExchangeListener {
  /** The user's place in its worker: the number of its alarm. */
  readonly id: number
  readonly #around: Surroundings
  readonly #exchange: Exchange
  #isFlying = false
  #connection: Connection | null
  /** The connection for redirects to another origin, and the one that the request in flight went over. */
  #elsewhere: Connection | null = null
  #inUse: Connection | null = null
  /** Redirects followed in this iteration. */
  #hops = 0
  /** When its iteration is, or was last, due, and when it was free to start it. */
  #dueUs = 0
  #freeUs = 0
  #startedUs = -1
  /** The network work of the request in flight has begun. */
  #isSent = false
  #lagUs = 0
  /** How much earlier the user would have been free for its iteration, had this thread never kept it busy. */
  #keptUs = 0
  /** The same for the iteration that comes next, if that has waited for this user. */
  #keepsUs = 0
  #backoffUs = 0

  constructor(id: number, around: Surroundings) {
    this.id = id
    this.#around = around
    this.#exchange = new Exchange(this)
    this.#connection = around.openConnection(id, around.request)
  }

  get isFlying(): boolean {
    return this.#isFlying
  }

  /** When its iteration is, or was last, due, in µs of run time. */
  get dueUs(): number {
    return this.#dueUs
  }

  /** How much earlier it would be free, had this thread never kept it busy. */
  get keepsUs(): number {
    return this.#keepsUs
  }

  /** Its alarm rang: for the schedule while it is at rest, else its request has a deadline to meet. */
  wake(nowUs: number): void {
    if (this.#isFlying) this.#expire(nowUs)
    else this.#around.wake(this, nowUs)
  }

  /** Starts an iteration that was due at `dueUs` and could start from `freeUs` on; false when none may start any more. */
  iterate(dueUs: number, freeUs = dueUs): boolean {
    const around = this.#around
    if (!around.takeOff()) return false
    this.#dueUs = dueUs
    this.#freeUs = freeUs
    // An arrival that waited for a user waited for what the user's iterations before it owe to this thread, too.
    this.#keptUs = Math.min(Math.max(0, freeUs - dueUs), this.#keepsUs)
    this.#isFlying = true
    this.#hops = 0
    this.#send((this.#connection ??= around.openConnection(this.id, around.request)), around.request)
    return true
  }

  /** The drain is over. */
  cut(): void {
    if (this.#isFlying) this.#inUse!.cut('unfinished')
  }

  /** Gives up its connections; for a user that the plan no longer wants. */
  disconnect(): void {
    this.#connection?.close()
    this.#elsewhere?.close()
    this.#connection = this.#elsewhere = null
  }

  sent(): void {
    const { recorder, tally, plan, turn } = this.#around
    turn.sent(this.#exchange)
    const { sentUs, reused } = this.#exchange
    this.#isSent = true
    if (this.#hops === 0) {
      this.#startedUs = sentUs
      this.#lagUs = Math.max(0, sentUs - Math.max(this.#dueUs, this.#freeUs))
      recorder.started(sentUs, this.#lagUs)
    }
    recorder.sent(tally, sentUs)
    const limitS = reused ? plan.timeoutS : Math.min(plan.timeoutS, plan.connectTimeoutS)
    this.#around.arm(this, sentUs + limitS * 1e6)
  }

  done(): void {
    const exchange = this.#exchange
    const { redirects } = this.#around
    // What the transport refuses has been tried, and counts; what the end of the drain cut before it began has not.
    if (!this.#isSent && exchange.outcome !== 'unfinished') this.sent()
    this.#around.disarm(this)
    const hop = redirects === null ? null : this.#nextHop(exchange, redirects)
    if (hop !== null) {
      this.#record(exchange)
      this.#follow(hop)
      return
    }
    this.#isFlying = false
    if (this.#isSent) this.#conclude(exchange)
    else if (this.#hops === 0) this.#around.unstarted(this.#dueUs, exchange.doneUs, this.#keptUs)
    this.#around.landed()
  }

  /** The redirect that the response asks for and that may be followed. */
  #nextHop(exchange: Exchange, redirects: Redirects): Hop | null {
    const { request, status, location, outcome } = exchange
    if (outcome !== 'ok' || !redirects.asks(status, location, this.#hops)) return null
    const hop = redirects.follow(request!, status, location)
    if ('problem' in hop) {
      exchange.outcome = 'status'
      exchange.message = hop.problem
      return null
    }
    return this.#around.takeRequest() ? hop : null
  }

  #follow({ request, isElsewhere }: Hop): void {
    this.#hops++
    const connection = isElsewhere
      ? (this.#elsewhere ??= this.#around.openConnection(this.id, request))
      : (this.#connection ??= this.#around.openConnection(this.id, request))
    this.#send(connection, request)
  }

  #send(connection: Connection, request: Prepared): void {
    this.#inUse = connection
    this.#isSent = false
    connection.send(this.#exchange, request)
  }

  /** Judges and records how the iteration ended and lets the schedule decide what comes next. */
  #conclude(exchange: Exchange): void {
    const { plan, recorder, ended } = this.#around
    const { doneUs } = exchange
    if (exchange.outcome === 'ok' && !isExpected(plan.request.expectStatus, exchange.status)) {
      exchange.outcome = 'status'
      exchange.message = `status ${exchange.status}`
    }
    this.#record(exchange)
    const { outcome } = exchange
    if (outcome === 'unfinished') return
    recorder.ended(doneUs, doneUs - this.#startedUs, outcome !== 'ok')
    this.#backoffUs = isConnectionFailure(outcome)
      ? Math.min(BACKOFF_MOST_US, this.#backoffUs * 2 || BACKOFF_FIRST_US)
      : 0
    ended(this, { doneUs, canFollow: exchange.canFollow, backoffUs: this.#backoffUs })
  }

  #record(exchange: Exchange): void {
    const { plan, recorder, tally, turn } = this.#around
    // Of an iteration's first request in the open model: what a user felt who wanted this when it was due. A redirect is
    // sent when the one before it is done, and its latency is service time, as all are in the closed model.
    const isFromDue = plan.model === 'open' && this.#hops === 0
    const waitedUs = turn.waitedUs(exchange.doneUs) + exchange.ownUs
    if (this.#hops === 0) this.#keepsUs = this.#keptUs + this.#lagUs
    this.#keepsUs += waitedUs
    recorder.done(tally, exchange, {
      sinceUs: isFromDue ? this.#dueUs : exchange.sentUs,
      waitedUs,
      // A late start is part of the latency only where that counts from when the iteration was due.
      lagUs: isFromDue ? this.#lagUs + this.#keptUs : 0,
    })
  }

  /** The connect time-out or the time-out of the whole request has passed. */
  #expire(nowUs: number): void {
    const { phase, sentUs } = this.#exchange
    const wholeUs = sentUs + this.#around.plan.timeoutS * 1e6
    const isConnecting = phase === 'dns' || phase === 'connect' || phase === 'tls'
    if (isConnecting || nowUs >= wholeUs) this.#inUse!.cut('timeout')
    else this.#around.arm(this, wholeUs)
  }
}
