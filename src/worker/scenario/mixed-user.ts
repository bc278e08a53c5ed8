/**
 * A user where arrivals come by the clock and there are several scenarios: an arrival asks for an iteration of one of them,
 * by their weights, and whoever is free has to follow it. So each such user is a user of every scenario it was asked for,
 * each with a state, cookies and connections of its own, one at a time. When one of them stops, all do.
 */
import type { Random } from '../../core/random.ts'
import type { Wait } from '../../core/load/wait-time.ts'
import type { Lateness } from '../lateness.ts'
import type { Surroundings, User } from '../user.ts'
import type { ScenarioUser } from './script-user.ts'

export interface MixedParts {
  readonly id: number
  readonly around: Surroundings
  /** Whichever scenario it follows, it is free for the next when it has done that. */
  readonly lateness: Lateness
  readonly random: Random
  /** The place of the scenario that an iteration follows. */
  readonly choose: (random: Random) => number
  /** This user, as one of the scenario at that place. */
  readonly make: (place: number, around: Surroundings) => ScenarioUser
}

export class MixedUser implements User {
  readonly id: number
  readonly #parts: MixedParts
  readonly #around: Surroundings
  /** By the place of their scenario. */
  readonly #lives: (ScenarioUser | undefined)[] = []
  #current: ScenarioUser | null = null
  /** Lives that have still to end; null while none ends. */
  #ending: ScenarioUser[] | null = null
  #hasStopped = false

  constructor(parts: MixedParts) {
    const { id, around } = parts
    this.id = id
    this.#parts = parts
    this.#around = {
      ...around,
      ended: (_, ended) => around.ended(this, ended),
      left: (life, hasStopped) => {
        this.#hasStopped ||= hasStopped
        this.#ending ??= this.#begun().filter((one) => one !== life)
        this.#endNext(0)
      },
    }
  }

  get wait(): Wait {
    return { kind: 'none' }
  }

  get isFlying(): boolean {
    return this.#current?.isFlying === true
  }

  get dueUs(): number {
    return this.#parts.lateness.dueUs
  }

  get keepsUs(): number {
    return this.#parts.lateness.keepsUs
  }

  wake(nowUs: number): void {
    if (this.isFlying) this.#current!.wake(nowUs)
    else this.#parts.around.wake(this, nowUs)
  }

  iterate(dueUs: number, freeUs = dueUs): boolean {
    const { choose, make, random } = this.#parts
    const place = choose(random)
    this.#current = this.#lives[place] ??= make(place, this.#around)
    return this.#current.iterate(dueUs, freeUs)
  }

  leave(atUs: number): void {
    this.#ending = this.#begun()
    this.#endNext(atUs)
  }

  cut(): void {
    this.#current?.cut()
  }

  disconnect(): void {
    for (const life of this.#begun()) life.disconnect()
  }

  #begun(): ScenarioUser[] {
    return this.#lives.filter((life) => life !== undefined)
  }

  /** One after the other, as they share an alarm. */
  #endNext(atUs: number): void {
    const next = this.#ending!.shift()
    if (next !== undefined) {
      this.#current = next
      next.leave(atUs)
      return
    }
    const hasStopped = this.#hasStopped
    this.#ending = null
    this.#hasStopped = false
    this.#parts.around.left(this, hasStopped)
  }
}
