import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fixedUsers, mixOf, type Mixed } from '../../src/core/scenario/mix.ts'

const counts = (mix: Uint16Array, of: number): number[] => {
  const found = new Array<number>(of).fill(0)
  for (const place of mix) found[place]!++
  return found
}
const weighted = (weights: readonly number[]): Mixed[] => weights.map((weight) => ({ weight, users: null }))

test('however many users there are, each scenario has its exact share of them, rounded up or down', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0.01, max: 9, noNaN: true })), {
        minLength: 1,
        maxLength: 8,
      }),
      fc.integer({ min: 0, max: 400 }),
      (weights, users) => {
        const sum = weights.reduce((a, b) => a + b, 0)
        const mix = mixOf(weighted(weights), users)
        for (let n = 0; n <= users; n++)
          for (const [i, count] of counts(mix.subarray(0, n), weights.length).entries())
            expect(Math.abs(count - (n * weights[i]!) / sum)).toBeLessThan(1)
      },
    ),
    { numRuns: 60 },
  )
})

test('more users change nothing for those there are', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }), (weights) => {
      expect(mixOf(weighted(weights), 40)).toEqual(mixOf(weighted(weights), 100).slice(0, 40))
    }),
  )
})

test('scenarios that say how many users they have get exactly those, first; the rest is shared by weight', () => {
  const scenarios: Mixed[] = [
    { weight: 3, users: null },
    { weight: 1, users: 2 },
    { weight: 1, users: null },
    { weight: 1, users: 4 },
  ]
  expect(fixedUsers(scenarios)).toBe(6)
  const mix = mixOf(scenarios, 14)
  expect([...mix.slice(0, 6)].sort()).toEqual([1, 1, 3, 3, 3, 3])
  // Two thirds of the fixed ones are of the second of them, while they start as well.
  expect(counts(mix.slice(0, 3), 4)).toEqual([0, 1, 0, 2])
  expect(counts(mix.slice(6), 4)).toEqual([6, 0, 2, 0])
  expect(counts(mixOf(scenarios, 4), 4)[0]).toBe(0)
})

test('a worker has users of every scenario, though its users are every second one', () => {
  const mine = mixOf(weighted([1, 1]), 1000).filter((_, k) => k % 2 === 0)
  expect(counts(mine, 2)[0]! / mine.length).toBeCloseTo(0.5, 1)
})
