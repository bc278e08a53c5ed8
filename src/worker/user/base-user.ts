/** What all users have in common: an iteration starts and ends, and its lateness is accounted for. */
import type { Wait } from '../../core/load/wait-time.ts'
import type { Call } from '../call/call.ts'
import { Lateness } from '../record/lateness.ts'
import { backoffAfter, type Surroundings, type User, type UserOwner } from './user.ts'

export abstract class BaseUser implements User {
  readonly id: number
  isBusy = false
  protected readonly owner: UserOwner
  protected readonly around: Surroundings
  protected readonly lateness: Lateness
  #startedUs = -1
  #backoffUs = 0

  constructor(id: number, owner: UserOwner, around: Surroundings, lateness = new Lateness()) {
    this.id = id
    this.owner = owner
    this.around = around
    this.lateness = lateness
  }

  abstract get wait(): Wait
  abstract retire(atUs: number): void
  abstract cut(): void
  abstract disconnect(): void
  /** Begins what an iteration does. */
  protected abstract begin(): void
  /** Whether its timer fired while it was busy. */
  protected abstract fired(nowUs: number): void

  get dueUs(): number {
    return this.lateness.dueUs
  }

  get lagUs(): number {
    return this.lateness.lagUs
  }

  get keepsUs(): number {
    return this.lateness.keepsUs
  }

  wake(nowUs: number): void {
    if (this.isBusy) this.fired(nowUs)
    else this.owner.woke(this, nowUs)
  }

  iterate(dueUs: number, freeUs = dueUs): boolean {
    if (!this.around.underWay.start()) return false
    this.lateness.due(dueUs, freeUs)
    this.isBusy = true
    this.begin()
    return true
  }

  /** The iteration started. */
  protected started(nowUs: number): void {
    this.#startedUs = nowUs
    this.around.recorder.started(nowUs, this.lateness.started(nowUs))
  }

  /**
   * Lets the iteration's first call, made at `calledUs` and sent at `sentUs`, count its latency as a user felt it who
   * wanted it when it was due: the iteration was due as long before its start as the call was before it was made. In the
   * closed model latency is service time.
   */
  protected countFromDue(call: Call, calledUs: number, sentUs: number): void {
    if (this.around.plan.model === 'closed') return
    call.dueUs = calledUs - (this.#startedUs - this.lateness.dueUs)
    call.lateUs = this.lateness.lateUs + (sentUs - calledUs)
  }

  /** The iteration ended, which lasted from `fromUs`; the scenario is `null` unless it has a name. */
  protected ended(
    doneUs: number,
    hasFailed: boolean,
    scenario: string | null,
    fromUs = this.#startedUs,
  ): void {
    this.lateness.ended()
    this.around.recorder.ended(doneUs, doneUs - fromUs, hasFailed, scenario)
  }

  /** The iteration ended before its task began, and did not fail. */
  protected skipped(doneUs: number): void {
    this.lateness.ended()
    this.around.recorder.skipped(doneUs)
  }

  /** Lets the owner decide what comes next. `isRefused`: a connection failed, and the user backs off. */
  protected next(doneUs: number, canFollow: boolean, isRefused: boolean): void {
    this.#backoffUs = backoffAfter(isRefused, this.#backoffUs)
    this.owner.ended(this, { doneUs, canFollow, backoffUs: this.#backoffUs })
  }
}
