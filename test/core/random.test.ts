import { describe, expect, test } from 'vitest'
import { normal, seededRandom, type Random } from '../../src/core/random.ts'

const take = (random: Random, n: number): number[] => Array.from({ length: n }, random)

describe('a seeded stream', () => {
  test('is the same for the same seed and stream', () => {
    expect(take(seededRandom(1, 5), 1000)).toEqual(take(seededRandom(1, 5), 1000))
  })

  test('differs between streams and between seeds, from the first number on', () => {
    const firsts = new Set<number>()
    for (let seed = 0; seed < 50; seed++)
      for (let stream = 0; stream < 50; stream++) firsts.add(seededRandom(seed, stream)())
    // 2,500 of 2^32 possible numbers: one chance meeting would already be rare.
    expect(firsts.size).toBeGreaterThanOrEqual(2499)
  })

  test('lies in [0, 1)', () => {
    expect(take(seededRandom(3), 100_000).every((x) => x >= 0 && x < 1)).toBe(true)
  })

  test.each([0, 1, 2, 0xffff_ffff])('is roughly even with seed %d', (seed) => {
    const tenths = new Array<number>(10).fill(0)
    for (const x of take(seededRandom(seed), 100_000)) tenths[Math.floor(x * 10)]!++
    // The standard deviation of each is 95.
    for (const n of tenths) expect(Math.abs(n - 10_000)).toBeLessThan(500)
  })

  test('is even across streams as well: users that start together do not wait together', () => {
    const tenths = new Array<number>(10).fill(0)
    for (let stream = 0; stream < 100_000; stream++) tenths[Math.floor(seededRandom(1, stream)() * 10)]!++
    for (const n of tenths) expect(Math.abs(n - 10_000)).toBeLessThan(500)
  })

  test('neighbouring streams are not correlated', () => {
    const n = 20_000
    for (const [a, b] of [
      [seededRandom(1, 0), seededRandom(1, 1)],
      [seededRandom(1, 0), seededRandom(2, 0)],
    ] as const) {
      let sum = 0
      for (let i = 0; i < n; i++) sum += (a() - 0.5) * (b() - 0.5)
      // Correlation; its standard deviation is 1 / √n, about 0.007.
      expect(Math.abs((sum / n) * 12)).toBeLessThan(0.035)
    }
  })
})

test('a normal number has mean 0 and variance 1, and is always finite', () => {
  const random = seededRandom(9)
  const numbers = Array.from({ length: 100_000 }, () => normal(random))
  const mean = numbers.reduce((a, b) => a + b) / numbers.length
  const variance = numbers.reduce((a, b) => a + (b - mean) ** 2, 0) / numbers.length
  expect(Math.abs(mean)).toBeLessThan(0.02)
  expect(Math.abs(variance - 1)).toBeLessThan(0.03)
  expect(Number.isFinite(normal(() => 0))).toBe(true)
})
