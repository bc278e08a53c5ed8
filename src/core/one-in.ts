/** Chooses one in N of a sequence. */
import type { Random } from './random.ts'

/**
 * One in `every` on average, at distances from 1 to 2 · every − 1, so that no rhythm of the sequence is met or missed.
 * Which ones follows from the random numbers.
 */
export class OneIn {
  readonly #every: number
  readonly #random: Random
  #left: number

  constructor(every: number, random: Random) {
    this.#every = every
    this.#random = random
    this.#left = this.#distance()
  }

  /** Whether the next one is chosen. */
  next(): boolean {
    if (--this.#left > 0) return false
    this.#left = this.#distance()
    return true
  }

  #distance(): number {
    return this.#every === 1 ? 1 : 1 + Math.floor(this.#random() * (2 * this.#every - 1))
  }
}
