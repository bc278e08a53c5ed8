/**
 * A user without a script: at rest, or in flight with an iteration, which is one request and the redirects that it
 * leads to. What it does next is the schedule's to say.
 */
import type { RequestTally } from '../core/tally.ts'
import { Call, type CallOwner } from './call.ts'
import type { Exchange, Prepared } from './transport/transport.ts'
import { backoffAfter, type Surroundings, type User } from './user.ts'

/** The one request of the plan, made ready. */
export interface PlannedRequest {
  readonly request: Prepared
  readonly tally: RequestTally
}

export class RequestUser implements User, CallOwner {
  readonly id: number
  readonly #around: Surroundings
  readonly #planned: PlannedRequest
  readonly #call: Call
  #isFlying = false
  /** When its iteration is, or was last, due, and when it was free to start it. */
  #dueUs = 0
  #freeUs = 0
  #startedUs = -1
  #lagUs = 0
  /** How much earlier the user would have been free for its iteration, had this thread never kept it busy. */
  #keptUs = 0
  /** The same for the iteration that comes next, if that has waited for this user. */
  #keepsUs = 0
  #backoffUs = 0

  constructor(id: number, around: Surroundings, planned: PlannedRequest) {
    this.id = id
    this.#around = around
    this.#planned = planned
    this.#call = new Call(id, around, this, planned.request)
  }

  get isFlying(): boolean {
    return this.#isFlying
  }

  get dueUs(): number {
    return this.#dueUs
  }

  get keepsUs(): number {
    return this.#keepsUs
  }

  /** Its alarm rang: for the schedule while it is at rest, else its request has a deadline to meet. */
  wake(nowUs: number): void {
    if (this.#isFlying) this.#call.expire(nowUs)
    else this.#around.wake(this, nowUs)
  }

  iterate(dueUs: number, freeUs = dueUs): boolean {
    const { takeOff, plan } = this.#around
    if (!takeOff()) return false
    this.#dueUs = dueUs
    this.#freeUs = freeUs
    // An arrival that waited for a user waited for what the user's iterations before it owe to this thread, too.
    this.#keptUs = Math.min(Math.max(0, freeUs - dueUs), this.#keepsUs)
    this.#isFlying = true
    this.#call.send(this.#planned.request, this.#planned.tally, plan.timeoutS)
    return true
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
    this.#lagUs = Math.max(0, sentUs - Math.max(this.#dueUs, this.#freeUs))
    recorder.started(sentUs, this.#lagUs)
    if (plan.model === 'closed') return
    // What a user felt who wanted this when it was due; in the closed model latency is service time.
    this.#call.dueUs = this.#dueUs
    this.#call.lateUs = this.#lagUs + this.#keptUs
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

  recorded(waitedUs: number, hops: number): void {
    if (hops === 0) this.#keepsUs = this.#keptUs + this.#lagUs
    this.#keepsUs += waitedUs
  }

  callEnded({ exchange, wasSent }: Call): void {
    this.#isFlying = false
    if (!wasSent) this.#around.unstarted(this.#dueUs, exchange.doneUs, this.#keptUs)
    else if (exchange.outcome !== 'unfinished') this.#conclude(exchange, exchange.outcome)
    this.#around.landed()
  }

  /** Lets the schedule decide what comes next. */
  #conclude({ doneUs, canFollow }: Exchange, outcome: Exclude<Exchange['outcome'], 'unfinished'>): void {
    const { recorder, ended } = this.#around
    recorder.ended(doneUs, doneUs - this.#startedUs, outcome !== 'ok')
    this.#backoffUs = backoffAfter(outcome, this.#backoffUs)
    ended(this, { doneUs, canFollow, backoffUs: this.#backoffUs })
  }
}
