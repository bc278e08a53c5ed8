import fc from 'fast-check'
import { expect, test } from 'vitest'
import { portion, type Share } from '../../src/core/share.ts'

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
