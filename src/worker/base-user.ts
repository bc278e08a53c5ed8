/** What all users have in common: at rest, or in flight with an iteration, whose lateness and end they tell. */
import type { Wait } from '../core/load/wait-time.ts'
import { Lateness } from './lateness.ts'
import { backoffAfter, type Surroundings, type User } from './user.ts'

export abstract class BaseUser implements User {
  readonly id: number
  isFlying = false
  protected readonly around: Surroundings
  protected readonly lateness: Lateness
  protected startedUs = -1
  #backoffUs = 0

  constructor(id: number, around: Surroundings, lateness = new Lateness()) {
    this.id = id
    this.around = around
    this.lateness = lateness
  }

  abstract get wait(): Wait
  abstract leave(atUs: number): void
  abstract cut(): void
  abstract disconnect(): void
  /** Begins what an iteration does. */
  protected abstract begin(): void
  /** Its alarm rang in flight. */
  protected abstract rang(nowUs: number): void

  get dueUs(): number {
    return this.lateness.dueUs
  }

  get keepsUs(): number {
    return this.lateness.keepsUs
  }

  wake(nowUs: number): void {
    if (this.isFlying) this.rang(nowUs)
    else this.around.wake(this, nowUs)
  }

  iterate(dueUs: number, freeUs = dueUs): boolean {
    if (!this.around.takeOff()) return false
    this.lateness.due(dueUs, freeUs)
    this.isFlying = true
    this.begin()
    return true
  }

  /** The iteration started. */
  protected started(nowUs: number): void {
    this.startedUs = nowUs
    this.around.recorder.started(nowUs, this.lateness.started(nowUs))
  }

  /** The iteration ended, which lasted from `fromUs`; the scenario is `null` unless it has a name. */
  protected ended(
    doneUs: number,
    hasFailed: boolean,
    scenario: string | null,
    fromUs = this.startedUs,
  ): void {
    this.lateness.ended()
    this.around.recorder.ended(doneUs, doneUs - fromUs, hasFailed, scenario)
  }

  /** The iteration ended before its task began, and did not fail. */
  protected skipped(doneUs: number): void {
    this.lateness.ended()
    this.around.recorder.skipped(doneUs)
  }

  /** Lets the schedule decide what comes next. `isRefused`: a connection failed, and the user backs off. */
  protected next(doneUs: number, canFollow: boolean, isRefused: boolean): void {
    this.#backoffUs = backoffAfter(isRefused, this.#backoffUs)
    this.around.ended(this, { doneUs, canFollow, backoffUs: this.#backoffUs })
  }
}
