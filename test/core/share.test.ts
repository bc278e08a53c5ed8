import { describe, expect, test } from 'vitest'
import { globalIndex, portion, type Share } from '../../src/core/share.ts'

const shares = (of: number): Share[] => Array.from({ length: of }, (_, index) => ({ index, of }))

describe('portions of up to 60 things over up to 12 workers', () => {
  for (let of = 1; of <= 12; of++)
    test(`${of} workers`, () => {
      let before = shares(of).map(() => 0)
      for (let n = 0; n <= 60; n++) {
        const portions = shares(of).map((share) => portion(n, share))
        expect(portions.reduce((a, b) => a + b)).toBe(n)
        expect(Math.max(...portions) - Math.min(...portions)).toBeLessThanOrEqual(1)
        // One thing more never takes one from anybody.
        expect(portions.every((p, i) => p >= before[i]!)).toBe(true)
        // Every thing has one owner: the stripes are disjoint and leave no gap.
        const owned = shares(of).flatMap((share, i) =>
          Array.from({ length: portions[i]! }, (_, k) => globalIndex(k, share)),
        )
        expect(owned.sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, k) => k))
        before = portions
      }
    })
})

test('the whole is a share too', () => {
  const whole: Share = { index: 0, of: 1 }
  expect(portion(550, whole)).toBe(550)
  expect(globalIndex(7, whole)).toBe(7)
})

test('thing k belongs to worker k mod of', () => {
  for (const share of shares(4))
    for (let i = 0; i < 5; i++) expect(globalIndex(i, share) % 4).toBe(share.index)
})
