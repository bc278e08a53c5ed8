/**
 * Finds out that a run that only a count ends will never end: tasks are under way, and for a long time none has started or
 * ended, and none waits for anything that the generator knows, such as a response or `think()`.
 */
import type { Plan } from '../core/plan/plan.ts'
import type { Timers } from './user/timers.ts'
import type { UnderWay } from './user/under-way.ts'

/** How long that must last, in s. */
export const STUCK_AFTER_S = 120

export interface StuckParts {
  readonly plan: Plan
  readonly timers: Timers
  readonly underWay: UnderWay
  /** Is told that the worker is stuck, or is so no longer. */
  readonly report: (isStuck: boolean) => void
}

export class Stuck {
  readonly #parts: StuckParts
  /** For this many seconds nothing has happened. */
  #stillS = 0
  #changes = 0

  constructor(parts: StuckParts) {
    this.#parts = parts
  }

  /** Looks once a second; `users` is how many there are. */
  look(users: number): void {
    const wasStuck = this.#stillS >= STUCK_AFTER_S
    this.#stillS = this.#isStill(users) ? this.#stillS + 1 : 0
    const isStuck = this.#stillS >= STUCK_AFTER_S
    if (isStuck !== wasStuck) this.#parts.report(isStuck)
  }

  #isStill(users: number): boolean {
    const { plan, timers, underWay } = this.#parts
    const { changes, isEmpty, isClosed } = underWay
    const hasChanged = changes !== this.#changes
    this.#changes = changes
    // With a duration the run ends, and in the drain what is stuck is cut off.
    if (plan.durationS !== null || isClosed || isEmpty || hasChanged) return false
    // Arrivals come for ever where no user is free for them; in the closed model each user has its own alarm.
    return !timers.isUserArmed(users)
  }
}
