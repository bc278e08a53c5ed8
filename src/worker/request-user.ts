/**
 * A user without a script: at rest, or in flight with an iteration, which is one request and the redirects that it
 * leads to. What it does next is the schedule's to say.
 */
import type { Random } from '../core/random.ts'
import type { Wait } from '../core/wait.ts'
import { Call, type CallOwner } from './call.ts'
import { Lateness } from './lateness.ts'
import type { NextRequest, RequestSource } from './request-source.ts'
import type { Exchange, Prepared } from './transport/transport.ts'
import { backoffAfter, type Surroundings, type User } from './user.ts'

/** What such users of a worker share. */
export interface RequestParts {
  /** What their connections are made ready for. */
  readonly usual: Prepared
  /** What each of them sends every time; null where the source says what is next. */
  readonly planned: NextRequest | null
  readonly source: RequestSource | null
  readonly wait: Wait
}

export class RequestUser implements User, CallOwner {
  readonly id: number
  readonly #around: Surroundings
  readonly #parts: RequestParts
  /** Number of the user among all users, and its stream of chance, for its requests. */
  readonly #number: number
  readonly #random: Random | null
  readonly #call: Call
  readonly #lateness = new Lateness()
  #isFlying = false
  #startedUs = -1
  #backoffUs = 0

  constructor(id: number, number: number, around: Surroundings, parts: RequestParts) {
    this.id = id
    this.#number = number
    this.#around = around
    this.#parts = parts
    this.#random = parts.source === null ? null : parts.source.randomOf(number)
    this.#call = new Call(id, around, this, parts.usual)
  }

  get wait(): Wait {
    return this.#parts.wait
  }

  get isFlying(): boolean {
    return this.#isFlying
  }

  get dueUs(): number {
    return this.#lateness.dueUs
  }

  get keepsUs(): number {
    return this.#lateness.keepsUs
  }

  /** Its alarm rang: for the schedule while it is at rest, else its request has a deadline to meet. */
  wake(nowUs: number): void {
    if (this.#isFlying) this.#call.expire(nowUs)
    else this.#around.wake(this, nowUs)
  }

  iterate(dueUs: number, freeUs = dueUs): boolean {
    const { takeOff, plan } = this.#around
    if (!takeOff()) return false
    this.#lateness.due(dueUs, freeUs)
    this.#isFlying = true
    const { planned, source } = this.#parts
    const { request, tally, isElsewhere } = planned ?? source!.next(this.#number, this.#random!)
    this.#call.send(request, tally, plan.timeoutS, isElsewhere)
    return true
  }

  leave(): void {
    this.#around.left(this, false)
  }

  cut(): void {
    if (this.#isFlying) this.#call.cut()
  }

  disconnect(): void {
    this.#call.disconnect()
  }

  callSent(sentUs: number): void {
    const { recorder, plan } = this.#around
    this.#startedUs = sentUs
    recorder.started(sentUs, this.#lateness.started(sentUs))
    if (plan.model === 'closed') return
    // What a user felt who wanted this when it was due; in the closed model latency is service time.
    this.#call.dueUs = this.#lateness.dueUs
    this.#call.lateUs = this.#lateness.lateUs
  }

  arm(deadlineUs: number): void {
    this.#around.arm(this, deadlineUs)
  }

  disarm(): void {
    this.#around.disarm(this)
  }

  judge(): void {
    // The status says all that the plan asks for.
  }

  recorded(waitedUs: number): void {
    this.#lateness.waited(waitedUs)
  }

  callEnded({ exchange, wasSent }: Call): void {
    this.#isFlying = false
    if (!wasSent) this.#around.unstarted(this.dueUs, exchange.doneUs, this.#lateness.keptUs)
    else if (exchange.outcome !== 'unfinished') this.#conclude(exchange, exchange.outcome)
    this.#around.landed()
  }

  /** Lets the schedule decide what comes next. */
  #conclude({ doneUs, canFollow }: Exchange, outcome: Exclude<Exchange['outcome'], 'unfinished'>): void {
    const { recorder, ended } = this.#around
    this.#lateness.ended()
    recorder.ended(doneUs, doneUs - this.#startedUs, outcome !== 'ok')
    this.#backoffUs = backoffAfter(outcome, this.#backoffUs)
    ended(this, { doneUs, canFollow, backoffUs: this.#backoffUs })
  }
}
