/** A user without a script: an iteration is one request and the redirects that it leads to. */
import { isConnectionFailure } from '../../core/request/outcome.ts'
import type { Random } from '../../core/random.ts'
import type { Wait } from '../../core/load/wait-time.ts'
import { BaseUser } from './base-user.ts'
import { Call, type CallOwner } from '../call/call.ts'
import type { Credentials } from '../call/credentials.ts'
import type { NextRequest, Source } from './request-source.ts'
import type { Prepared } from '../transport/transport.ts'
import type { Surroundings, UserOwner } from './user.ts'

/** What such users of a worker share. */
export interface RequestParts {
  /** What their connections are made ready for. */
  readonly usual: Prepared
  /** What each of them sends every time; `null` if the source says what is next. */
  readonly planned: NextRequest | null
  readonly source: Source | null
  readonly wait: Wait
  /** `null` if no credentials are planned. */
  readonly newCredentials: (() => Credentials) | null
}

export class RequestUser extends BaseUser implements CallOwner {
  readonly scenario = null
  readonly #parts: RequestParts
  /** Number of the user among all users, and its stream of chance, for its requests. */
  readonly #number: number
  readonly #random: Random | null
  readonly #call: Call

  constructor(id: number, number: number, owner: UserOwner, around: Surroundings, parts: RequestParts) {
    super(id, owner, around)
    this.#number = number
    this.#parts = parts
    this.#random = parts.source === null ? null : parts.source.randomOf(number)
    const credentials = parts.newCredentials?.() ?? null
    const identity = credentials && { headers: null, cookies: null, credentials }
    this.#call = new Call(id, around, this, parts.usual, identity)
  }

  get wait(): Wait {
    return this.#parts.wait
  }

  protected begin(): void {
    const { planned, source } = this.#parts
    const { request, tally, isElsewhere } = planned ?? source!.next(this.#number, this.#random!)
    this.#call.send(request, tally, this.around.plan.timeoutS, isElsewhere)
  }

  /** The deadline of its request has come. */
  protected fired(nowUs: number): void {
    this.#call.expire(nowUs)
  }

  retire(): void {
    this.owner.retired(this, false)
  }

  cut(): void {
    if (this.isBusy) this.#call.cut()
  }

  disconnect(): void {
    this.#call.disconnect()
  }

  callSent(sentUs: number): void {
    this.started(sentUs)
    this.countFromDue(this.#call, sentUs, sentUs)
  }

  arm(deadlineUs: number): void {
    this.around.timers.armUser(this, deadlineUs)
  }

  disarm(): void {
    this.around.timers.disarmUser(this)
  }

  judge(): void {
    // The status says all that the plan asks for.
  }

  recorded(waitedUs: number): void {
    this.lateness.waited(waitedUs)
  }

  callEnded({ exchange, wasSent }: Call): void {
    const { doneUs, outcome, canFollow } = exchange
    this.isBusy = false
    if (!wasSent) this.#unstarted(doneUs)
    else if (outcome === 'unfinished') this.around.recorder.cutOff(doneUs, false)
    else {
      this.ended(doneUs, outcome !== 'ok', null)
      this.next(doneUs, canFollow, isConnectionFailure(outcome))
    }
    this.around.underWay.end()
  }

  /** The end of the drain cut off its iteration before the request was sent. In the closed model it was not due before that. */
  #unstarted(nowUs: number): void {
    const { plan, recorder } = this.around
    if (plan.model === 'closed') return
    recorder.unstarted(recorder.requestTally(plan.request), this.dueUs, nowUs, this.lateness.keptUs)
  }
}
