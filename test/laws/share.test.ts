import fc from 'fast-check'
import { expect, test } from 'vitest'
import { globalIndex, portion, sharesOf, weightOf, type Share } from '../../src/core/share.ts'

const shares = (of: number): Share[] => Array.from({ length: of }, (_, index) => ({ index, of }))

test('portions sum to the whole, differ by at most one and never shrink', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), fc.integer({ min: 1, max: 256 }), (n, of) => {
      const portions = shares(of).map((share) => portion(n, share))
      expect(portions.reduce((a, b) => a + b)).toBe(n)
      expect(Math.max(...portions) - Math.min(...portions)).toBeLessThanOrEqual(1)
      expect(shares(of).every((share, i) => portion(n + 1, share) >= portions[i]!)).toBe(true)
    }),
  )
})

test('with a witness the stripes are still the whole, each thing belongs to one thread, and the weights say how much', () => {
  const sizes = fc.record({
    workers: fc.integer({ min: 1, max: 16 }),
    witness: fc.integer({ min: 2, max: 60 }),
  })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500 }), sizes, (n, threads) => {
      const all = sharesOf(threads)
      const portions = all.map((share) => portion(n, share))
      const owned = all.flatMap((share, at) =>
        Array.from({ length: portions[at]! }, (_, i) => globalIndex(i, share)),
      )
      expect(owned.sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, k) => k))
      // One thing more never takes one from anybody, and the next thing of each lies beyond the whole.
      for (const [at, share] of all.entries()) {
        expect(portion(n + 1, share)).toBeGreaterThanOrEqual(portions[at]!)
        expect(globalIndex(portions[at]!, share)).toBeGreaterThanOrEqual(n)
        expect(Math.abs(portions[at]! - n * weightOf(share))).toBeLessThan(1 + 1e-9)
      }
      const workers = portions.slice(0, -1)
      expect(Math.max(...workers) - Math.min(...workers)).toBeLessThanOrEqual(1)
      expect(all.reduce((sum, share) => sum + weightOf(share), 0)).toBeCloseTo(1, 12)
    }),
  )
})
