import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rowNumber, type FeederPlan } from '../../src/core/scenario/row-source.ts'
import { seededRandom } from '../../src/core/random.ts'
import { sharesOf } from '../../src/core/share.ts'
import { shuffled } from '../../src/core/scenario/shuffle.ts'

type Kind = Pick<FeederPlan, 'order' | 'end'>
/** What every worker and the witness, if there is one, take, so many rows each. */
const taken = (
  kind: Kind,
  rows: number,
  workers: number,
  each: number,
  { seed = 1, witness = null }: { seed?: number; witness?: number | null } = {},
): (number | null)[] =>
  sharesOf({ workers, witness }).flatMap((share) => {
    const by = { seed, random: seededRandom(seed, share.index) }
    return Array.from({ length: each }, (_, i) => rowNumber(kind, rows, i, share, by))
  })
const sizes = [fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 9 })] as const
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const inOrder = (found: (number | null)[]): number[] =>
  found.filter((row) => row !== null).sort((a, b) => a - b)

test('a shuffled order has everything once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer(), (n, seed) => {
      expect(
        upTo(n)
          .map((i) => shuffled(i, n, seed))
          .sort((a, b) => a - b),
      ).toEqual(upTo(n))
    }),
  )
  expect(upTo(20).map((i) => shuffled(i, 20, 1))).not.toEqual(upTo(20))
  expect(upTo(20).map((i) => shuffled(i, 20, 1))).not.toEqual(upTo(20).map((i) => shuffled(i, 20, 2)))
  expect(shuffled(999_999, 1_000_000, 7)).toBeLessThan(1_000_000)
})

test('rows that do not begin again are taken once in the whole run, by whichever worker, in every order', () => {
  fc.assert(
    fc.property(...sizes, fc.constantFrom('unique', 'sequential', 'shuffle'), (rows, workers, order) => {
      for (const end of ['stop', 'error'] as const)
        for (const witness of [null, 2, 7])
          expect(inOrder(taken({ order, end }, rows, workers, rows + 1, { witness }))).toEqual(upTo(rows))
    }),
  )
})

test('rows that begin again are all taken equally often, though there be fewer than workers', () => {
  fc.assert(
    fc.property(...sizes, fc.constantFrom('sequential', 'shuffle'), (rows, workers, order) => {
      const found = inOrder(taken({ order, end: 'recycle' }, rows, workers, rows * 2))
      expect(found).toEqual(upTo(rows).flatMap((row) => new Array<number>(workers * 2).fill(row)))
    }),
  )
})

test('a worker takes its rows in their order, and those of chance are any', () => {
  expect(taken({ order: 'sequential', end: 'recycle' }, 3, 1, 5)).toEqual([0, 1, 2, 0, 1])
  expect(taken({ order: 'unique', end: 'stop' }, 5, 2, 4)).toEqual([0, 2, 4, null, 1, 3, null, null])
  expect(new Set(taken({ order: 'random', end: 'recycle' }, 5, 2, 100))).toEqual(new Set(upTo(5)))
})
