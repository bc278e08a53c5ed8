/** Buckets of monitoring systems, filled from HDR histograms: nothing is lost, and nothing is told more exactly than it was measured. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BOUNDS_S, Buckets } from '../../../src/core/export/buckets.ts'
import { Histogram, subtract } from '../../../src/core/measure/histogram.ts'

const us = fc.oneof(
  fc.integer({ min: 0, max: 5000 }),
  fc.integer({ min: 0, max: 3_600_000_000 }),
  fc.constantFrom(15_625, 125_000, 1_000_000, 4_000_000),
)
const many = fc.array(us, { minLength: 1, maxLength: 30 })

const FEW = { numRuns: 30 }

function packed(durationsUs: readonly number[]) {
  const histogram = new Histogram()
  for (const one of durationsUs) histogram.record(one)
  return histogram.pack()
}
function bucketsOf(...seconds: (readonly number[])[]): Buckets {
  const buckets = new Buckets()
  for (const second of seconds) buckets.add(packed(second))
  return buckets
}
const sumOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

test('count, sum, minimum and maximum are exact over all seconds', () =>
  fc.assert(
    fc.property(many, many, (a, b) => {
      const all = [...a, ...b]
      const buckets = bucketsOf(a, b)
      expect(buckets).toMatchObject({
        count: all.length,
        sumUs: sumOf(all),
        minUs: Math.min(...all),
        maxUs: Math.max(...all),
      })
    }),
    FEW,
  ))

test('each duration is in the exponential bucket of its value, or of at most 0.1 % more, and there are at most 160', () =>
  fc.assert(
    fc.property(many, (durationsUs) => {
      const { scale, zeroCount, offset, counts } = bucketsOf(durationsUs).exponential()
      expect(scale).toBeLessThanOrEqual(8)
      expect(counts.length).toBeLessThanOrEqual(160)
      expect(zeroCount + sumOf(counts)).toBe(durationsUs.length)
      const sorted = durationsUs.filter((one) => one > 0).sort((a, b) => a - b)
      const upToS = (i: number): number => 2 ** ((offset + i + 1) / 2 ** scale)
      let rank = 0
      for (const [i, n] of counts.entries())
        for (const one of sorted.slice(rank, (rank += n))) {
          expect(one / 1e6).toBeLessThanOrEqual(upToS(i) * (1 + 1e-12))
          expect((one / 1e6) * (1 + 1 / 1024)).toBeGreaterThan(upToS(i - 1) * (1 - 1e-12))
        }
    }),
    FEW,
  ))

test('bounds are in the lower bucket: 1 s is at most 2^0 s', () => {
  const { scale, offset, counts } = bucketsOf([1_000_000]).exponential()
  expect({ scale, offset, counts }).toEqual({ scale: 8, offset: -1, counts: [1] })
  expect(bucketsOf([0, 0]).exponential()).toEqual({ scale: 8, zeroCount: 2, offset: 0, counts: [] })
})

test('the scale never becomes finer as durations come, and what was counted stays', () => {
  const buckets = bucketsOf([20_000, 21_000])
  expect(buckets.exponential().scale).toBe(8)
  buckets.add(packed([100, 30_000_000]))
  const { scale, counts } = buckets.exponential()
  expect(scale).toBe(3)
  expect(sumOf(counts)).toBe(4)
})

test('classic buckets are cumulative, and count at most 0.1 % early', () =>
  fc.assert(
    fc.property(many, (durationsUs) => {
      const classic = bucketsOf(durationsUs).classic()
      expect(classic.map(({ boundS }) => boundS)).toEqual([...BOUNDS_S, Infinity])
      expect(classic.at(-1)!.count).toBe(durationsUs.length)
      for (const { boundS, count } of classic) {
        const within = (boundUs: number): number => durationsUs.filter((one) => one <= boundUs).length
        expect(count).toBeLessThanOrEqual(within(boundS * 1e6))
        expect(count).toBeGreaterThanOrEqual(within((boundS * 1e6) / (1 + 1 / 1024)))
      }
    }),
    FEW,
  ))

test('a histogram without a part of it: counts and sum are exact, extremes within a slot', () =>
  fc.assert(
    fc.property(many, many, (kept, part) => {
      const left = subtract(packed([...kept, ...part]), packed(part))!
      const wanted = packed(kept)!
      expect(left).toMatchObject({ count: wanted.count, sumUs: wanted.sumUs })
      expect([...left.used]).toEqual([...wanted.used])
      expect(left.minUs).toBeLessThanOrEqual(wanted.minUs)
      expect(left.maxUs).toBeGreaterThanOrEqual(wanted.maxUs)
      expect(left.maxUs).toBeLessThanOrEqual(wanted.maxUs * (1 + 1 / 1024) + 1)
      expect(subtract(packed(kept), packed(kept))).toBeNull()
    }),
    FEW,
  ))
