/**
 * A user without a script: at rest, or in flight with an iteration, which is one request and the redirects that it
 * leads to. What it does next is the schedule's to say.
 */
import type { RequestTally } from '../core/tally.ts'
import type { Wait } from '../core/wait.ts'
import { Call, type CallOwner } from './call.ts'
import { Lateness } from './lateness.ts'
import type { Exchange, Prepared } from './transport/transport.ts'
import { backoffAfter, type Surroundings, type User } from './user.ts'

/** The one request of the plan, made ready. */
export interface PlannedRequest {
  readonly request: Prepared
  readonly tally: RequestTally
  readonly wait: Wait
}

export class RequestUser implements User, CallOwner {
  readonly id: number
  readonly #around: Surroundings
  readonly #planned: PlannedRequest
  readonly #call: Call
  readonly #lateness = new Lateness()
  #isFlying = false
  #startedUs = -1
  #backoffUs = 0

  constructor(id: number, around: Surroundings, planned: PlannedRequest) {
    this.id = id
    this.#around = around
    this.#planned = planned
    this.#call = new Call(id, around, this, planned.request)
  }

  get wait(): Wait {
    return this.#planned.wait
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
    this.#call.send(this.#planned.request, this.#planned.tally, plan.timeoutS)
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
