import { describe, expect, test } from 'vitest'
import { Histogram } from '../../../src/core/measure/histogram.ts'

const HOUR_US = 3_600_000_000
const of = (...durationsUs: number[]): Histogram => {
  const histogram = new Histogram()
  for (const us of durationsUs) histogram.record(us)
  return histogram
}

describe('an empty histogram', () => {
  test('knows nothing, and says so', () => {
    const empty = new Histogram()
    expect([empty.count, empty.sumUs, empty.clamped]).toEqual([0, 0, 0])
    expect([empty.minUs, empty.maxUs, empty.meanUs, empty.quantileUs(0.5), empty.pack()]).toEqual([
      null,
      null,
      null,
      null,
      null,
    ])
    expect(empty.sparse()).toEqual({ upToUs: [], counts: [] })
  })

  test('a cleared one is empty, and as good as new', () => {
    const histogram = of(5, 2 * HOUR_US)
    histogram.clear()
    expect([histogram.count, histogram.sumUs, histogram.clamped, histogram.minUs]).toEqual([0, 0, 0, null])
    histogram.record(7)
    expect(histogram.pack()).toEqual(of(7).pack())
  })
})

describe('recording', () => {
  test.each([NaN, -1, -0.001, -Infinity])('%d is no duration', (us) => {
    const histogram = of(1)
    expect(() => histogram.record(us)).toThrow(RangeError)
    expect(histogram.pack()).toEqual(of(1).pack())
  })

  test('whole µs are kept: the sum, the mean and both ends are exact', () => {
    const histogram = of(0.4, 123_456.5, 2_999_999_999)
    expect(histogram.minUs).toBe(0)
    expect(histogram.maxUs).toBe(2_999_999_999)
    expect(histogram.sumUs).toBe(3_000_123_456)
    expect(histogram.meanUs).toBe(1_000_041_152)
  })

  test('above 1 h is kept as 1 h and counted', () => {
    const histogram = of(HOUR_US, HOUR_US + 1, Infinity, 10)
    expect([histogram.count, histogram.clamped, histogram.maxUs]).toEqual([4, 2, HOUR_US])
    expect(histogram.quantileUs(1)).toBe(HOUR_US)
  })
})

describe('quantiles', () => {
  test('up to 2047 µs they are exact', () => {
    const histogram = of(...Array.from({ length: 1000 }, (_, i) => i + 1))
    expect([0.001, 0.5, 0.9, 0.999, 1].map((q) => histogram.quantileUs(q))).toEqual([1, 500, 900, 999, 1000])
  })

  test('of a single value every quantile is that value, however wide its slot', () => {
    for (const us of [0, 1, 123_457, 2_147_483_648, HOUR_US])
      for (const q of [0, 0.5, 0.999, 1]) expect(of(us).quantileUs(q)).toBe(us)
  })
})

describe('sparse', () => {
  test('keeps what lies apart, joins what lies within 1 %', () => {
    expect(of(100, 100, 200_000, 200_100).sparse()).toEqual({ upToUs: [100, 200_703], counts: [2, 2] })
  })
})

test('64-bit counts go where 32 bits end', () => {
  const most = of(7).pack()!
  const packed = { ...most, used: new Uint32Array([7, 0xffff_ffff]), count: 0xffff_ffff }
  const wide = new Histogram({ wide: true }).add(packed).add(packed)
  expect(wide.count).toBe(2 * 0xffff_ffff)
  expect(wide.pack()!.used[1]).toBe(2 * 0xffff_ffff)
})
