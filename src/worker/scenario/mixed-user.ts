/**
 * A user where arrivals come by the clock and there are several scenarios: an arrival asks for an iteration of one of them,
 * by their weights, and the free user has to follow it. So each such user is a user of every scenario it was asked for,
 * each with a state, cookies and connections of its own, one at a time. When one of them stops, all do.
 */
import type { Random } from '../../core/random.ts'
import type { Wait } from '../../core/load/wait-time.ts'
import type { Lateness } from '../record/lateness.ts'
import type { Ended, User, UserOwner } from '../user/user.ts'
import type { ScenarioUser } from './script-user.ts'

export interface MixedParts {
  readonly id: number
  readonly owner: UserOwner
  /** Whichever scenario it follows, it is free for the next when it has done that. */
  readonly lateness: Lateness
  readonly random: Random
  /** The place of the scenario that an iteration follows. */
  readonly choose: (random: Random) => number
  /** Makes the user of the scenario at that place, for this owner. */
  readonly make: (place: number, owner: UserOwner) => ScenarioUser
}

export class MixedUser implements User, UserOwner {
  readonly id: number
  readonly #parts: MixedParts
  /** By the place of their scenario. */
  readonly #lives: (ScenarioUser | undefined)[] = []
  #current: ScenarioUser | null = null
  /** Lives that have still to end; null while none ends. */
  #ending: ScenarioUser[] | null = null
  #hasStopped = false

  constructor(parts: MixedParts) {
    this.id = parts.id
    this.#parts = parts
  }

  get wait(): Wait {
    return { kind: 'none' }
  }

  get isBusy(): boolean {
    return this.#current?.isBusy === true
  }

  get dueUs(): number {
    return this.#parts.lateness.dueUs
  }

  get lagUs(): number {
    return this.#parts.lateness.lagUs
  }

  get keepsUs(): number {
    return this.#parts.lateness.keepsUs
  }

  wake(nowUs: number): void {
    if (this.isBusy) this.#current!.wake(nowUs)
    else this.#parts.owner.woke(this, nowUs)
  }

  iterate(dueUs: number, freeUs = dueUs): boolean {
    const { choose, make, random } = this.#parts
    const place = choose(random)
    this.#current = this.#lives[place] ??= make(place, this)
    return this.#current.iterate(dueUs, freeUs)
  }

  retire(atUs: number): void {
    this.#ending = this.#begun()
    this.#endNext(atUs)
  }

  cut(): void {
    this.#current?.cut()
  }

  disconnect(): void {
    for (const life of this.#begun()) life.disconnect()
  }

  woke(_: User, nowUs: number): void {
    this.#parts.owner.woke(this, nowUs)
  }

  /** An iteration of one of its lives ended, and with that its own. */
  ended(_: User, ended: Ended): void {
    this.#parts.owner.ended(this, ended)
  }

  /** One of its lives is over; the others end as well. */
  retired(life: User, hasStopped: boolean): void {
    this.#hasStopped ||= hasStopped
    this.#ending ??= this.#begun().filter((one) => one !== life)
    this.#endNext(0)
  }

  #begun(): ScenarioUser[] {
    return this.#lives.filter((life) => life !== undefined)
  }

  /** One after the other, as they share an alarm. */
  #endNext(atUs: number): void {
    const next = this.#ending!.shift()
    if (next !== undefined) {
      this.#current = next
      next.retire(atUs)
      return
    }
    const hasStopped = this.#hasStopped
    this.#ending = null
    this.#hasStopped = false
    this.#parts.owner.retired(this, hasStopped)
  }
}
