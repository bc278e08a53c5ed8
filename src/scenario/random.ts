/** Chance in a scenario: a user's own seeded stream, and what can be drawn from it. */
import type { Random } from '../core/random.ts'
import { described } from './value.ts'

/** A user's own stream of numbers in [0, 1), the same in every run with the same `--seed`. */
export interface RandomStream {
  (): number
  /** One of the values, each as likely as the others. */
  pick<T>(values: readonly T[]): T
  /** A whole number from `from` to `to`, both included. */
  int(from: number, to: number): number
  /** `count` different values, in random order. */
  sample<T>(values: readonly T[], count: number): T[]
}

/** Adds the ways to draw to a stream of numbers. */
export const randomStream = (random: Random): RandomStream =>
  Object.assign(() => random(), {
    pick: <T>(values: readonly T[]): T => {
      listOf('pick', values)
      if (values.length === 0) throw new RangeError('random.pick needs a list with at least one value')
      return values[Math.floor(random() * values.length)]!
    },
    int: (from: number, to: number): number => {
      if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from > to)
        throw new RangeError(
          `random.int needs two whole numbers, the lower one first, got ${described(from)} and ${described(to)}`,
        )
      return from + Math.floor(random() * (to - from + 1))
    },
    sample: <T>(values: readonly T[], count: number): T[] => {
      listOf('sample', values)
      if (!Number.isInteger(count) || count < 0 || count > values.length)
        throw new RangeError(
          `random.sample needs a count from 0 to the ${values.length} values, got ${described(count)}`,
        )
      // The first steps of a Fisher-Yates shuffle.
      const left = [...values]
      for (let at = 0; at < count; at++) {
        const from = at + Math.floor(random() * (left.length - at))
        ;[left[at], left[from]] = [left[from]!, left[at]!]
      }
      return left.slice(0, count)
    },
  })

function listOf(what: string, values: unknown): void {
  if (!Array.isArray(values)) throw new TypeError(`random.${what} needs a list, got ${described(values)}`)
}
