import { expect, test } from 'vitest'
import { LevelWatch, truncation } from '../../../src/core/measure/level-watch.ts'
import { normal, seededRandom } from '../../../src/core/random.ts'
import type { SettledSecond } from '../../../src/core/measure/timeline.ts'

/** The second after which the level holds; `null` if it never does within 200 s. */
function warmupOf(levelMs: (second: number) => number, seed: number, fromS = 0): number | null {
  const random = seededRandom(seed)
  const watch = new LevelWatch(fromS)
  for (let second = 0; second < 200; second++) {
    const mean = levelMs(second) * Math.exp(0.03 * normal(random))
    const row = { latencyMs: { mean }, finished: Math.round(1000 + 30 * normal(random)) }
    watch.settle({ second, loadS: 1, row } as unknown as SettledSecond)
    if (watch.holds) return second + 1
  }
  return null
}

const seeds = Array.from({ length: 40 }, (_, i) => i + 1)
const sorted = (values: (number | null)[]): number[] => values.map((v) => v ?? 999).sort((a, b) => a - b)

test('a level that holds from the start costs seconds, not minutes', () => {
  const found = sorted(seeds.map((seed) => warmupOf(() => 20, seed)))
  expect(found[20]).toBeLessThanOrEqual(16)
})

test('a level that falls from twice its height is waited for', () => {
  const slow = (second: number): number => 20 * (1 + Math.exp(-second / 8))
  const found = sorted(seeds.map((seed) => warmupOf(slow, seed)))
  // After 24 s a twentieth of it is left.
  expect(found[2]).toBeGreaterThanOrEqual(24)
  expect(found[38]).toBeLessThanOrEqual(100)
})

test('seconds of a ramp are passed over, and what does not vary needs no cut', () => {
  expect(warmupOf((second) => (second < 10 ? 5 : 20), 1, 10)).toBeGreaterThanOrEqual(20)
  expect(truncation([7, 7, 7, 7, 7, 7])).toBe(0)
  expect(truncation([9, 8, 7, 6, 5, 4])).toBeNull()
  expect(truncation([])).toBeNull()
})
