/**
 * A user without a script: at rest, or in flight with an iteration, which is one request and the redirects that it
 * leads to. What it does next is the schedule's to say.
 */
import { isConnectionFailure } from '../core/outcome.ts'
import type { RequestTally } from '../core/request-tally.ts'
import type { Wait } from '../core/wait.ts'
import { BaseUser } from './base-user.ts'
import { Call, type CallOwner } from './call.ts'
import type { Prepared } from './transport/transport.ts'
import type { Surroundings } from './user.ts'

/** The one request of the plan, made ready. */
export interface PlannedRequest {
  readonly request: Prepared
  readonly tally: RequestTally
  readonly wait: Wait
}

export class RequestUser extends BaseUser implements CallOwner {
  readonly #planned: PlannedRequest
  readonly #call: Call

  constructor(id: number, around: Surroundings, planned: PlannedRequest) {
    super(id, around)
    this.#planned = planned
    this.#call = new Call(id, around, this, planned.request)
  }

  get wait(): Wait {
    return this.#planned.wait
  }

  protected begin(): void {
    this.#call.send(this.#planned.request, this.#planned.tally, this.around.plan.timeoutS)
  }

  /** Its request has a deadline to meet. */
  protected rang(nowUs: number): void {
    this.#call.expire(nowUs)
  }

  leave(): void {
    this.around.left(this, false)
  }

  cut(): void {
    if (this.isFlying) this.#call.cut()
  }

  disconnect(): void {
    this.#call.disconnect()
  }

  callSent(sentUs: number): void {
    this.started(sentUs)
    if (this.around.plan.model === 'closed') return
    // What a user felt who wanted this when it was due; in the closed model latency is service time.
    this.#call.dueUs = this.lateness.dueUs
    this.#call.lateUs = this.lateness.lateUs
  }

  arm(deadlineUs: number): void {
    this.around.arm(this, deadlineUs)
  }

  disarm(): void {
    this.around.disarm(this)
  }

  judge(): void {
    // The status says all that the plan asks for.
  }

  recorded(waitedUs: number): void {
    this.lateness.waited(waitedUs)
  }

  callEnded({ exchange, wasSent }: Call): void {
    const { doneUs, outcome, canFollow } = exchange
    this.isFlying = false
    if (!wasSent) this.around.unstarted(this.dueUs, doneUs, this.lateness.keptUs)
    else if (outcome !== 'unfinished') {
      this.ended(doneUs, outcome !== 'ok', null)
      this.next(doneUs, canFollow, isConnectionFailure(outcome))
    }
    this.around.landed()
  }
}
