/** Change points: what is planted is found where it is, and chance is seldom taken for a change. */
import { expect, test } from 'vitest'
import { changePoints } from '../../../src/core/compare/change-points.ts'
import { normal, seededRandom } from '../../../src/core/random.ts'

/** Values around these means, with this spread. */
function around(means: readonly number[], spread: number, seed: number): number[] {
  const random = seededRandom(seed)
  return means.map((mean) => mean * (1 + spread * normal(random)))
}
const steps = (...parts: readonly (readonly [runs: number, mean: number])[]): number[] =>
  parts.flatMap(([runs, mean]) => Array<number>(runs).fill(mean))

test('a step is found at its first run, with the means around it', () => {
  const found = changePoints(around(steps([14, 20], [6, 23]), 0.02, 7))
  expect(found).toHaveLength(1)
  expect(found[0]).toMatchObject({ at: 14 })
  expect(found[0]!.p).toBeLessThanOrEqual(0.01)
  expect(found[0]!.before).toBeCloseTo(20, 0)
  expect(found[0]!.after).toBeCloseTo(23, 0)
})

test('two steps, one of them back, are two changes', () => {
  const found = changePoints(around(steps([12, 20], [10, 26], [12, 20]), 0.03, 3))
  expect(found.map(({ at }) => at)).toEqual([12, 22])
})

test('one outlier is no change, nor is a constant, nor what is too short', () => {
  const outlier = around(steps([20, 20]), 0.02, 5)
  outlier[9] = 200
  expect(changePoints(outlier)).toEqual([])
  expect(changePoints(Array<number>(30).fill(5))).toEqual([])
  expect(changePoints([1, 1, 1, 9, 9])).toEqual([])
  expect(changePoints([])).toEqual([])
})

test('where nothing has changed, about one series in a hundred is divided', () => {
  let divided = 0
  for (let seed = 0; seed < 150; seed++)
    if (changePoints(around(steps([12, 20]), 0.1, seed)).length > 0) divided++
  expect(divided).toBeLessThanOrEqual(6)
})

test('the same runs are marked alike each time', () => {
  const values = around(steps([10, 20], [10, 24]), 0.05, 11)
  expect(changePoints(values)).toEqual(changePoints(values))
})
