import fc from 'fast-check'
import { build } from 'hdr-histogram-js'
import { describe, expect, test } from 'vitest'
import { Histogram } from '../../src/core/measure/histogram.ts'
import { PERCENTILES } from '../../src/core/measure/metrics.ts'

const HOUR_US = 3_600_000_000
/** Durations as they come: most of them small, some up to 1 h, evenly over the orders of magnitude. */
const durationUs = fc.oneof(
  fc.integer({ min: 0, max: 3000 }),
  fc.double({ min: 0, max: Math.log(HOUR_US), noNaN: true }).map((x) => Math.floor(Math.exp(x))),
  fc.integer({ min: 0, max: HOUR_US }),
)
const durations = fc.array(durationUs, { minLength: 1, maxLength: 300 })
const quantile = fc.oneof(
  fc.constantFrom(...PERCENTILES.map(([, q]) => q), 0, 1),
  fc.double({ min: 0, max: 1, noNaN: true }),
)

const record = (durationsUs: readonly number[], wide = false): Histogram => {
  const histogram = new Histogram({ wide })
  for (const us of durationsUs) histogram.record(us)
  return histogram
}
/** Slots as one text: thousands of them are compared much faster so. */
const packed = (histogram: Histogram): unknown => {
  const plain = histogram.pack()
  return plain && { ...plain, used: plain.used.join() }
}
const everything = (histogram: Histogram): unknown => ({
  packed: packed(histogram),
  quantiles: PERCENTILES.map(([, q]) => histogram.quantileUs(q)),
  mean: histogram.meanUs,
  sparse: histogram.sparse(),
})

test('a quantile is the sorted value of that rank, to three significant digits, and never outside what was recorded', () => {
  fc.assert(
    fc.property(durations, quantile, (values, q) => {
      const sorted = [...values].sort((a, b) => a - b)
      const rank = Math.max(1, Math.ceil(q * sorted.length - 1e-9))
      const exact = sorted[rank - 1]!
      const got = record(values).quantileUs(q)!
      expect(got).toBeGreaterThanOrEqual(exact)
      expect(got - exact).toBeLessThanOrEqual(exact / 1000)
      expect(got).toBeLessThanOrEqual(sorted.at(-1)!)
      expect(got).toBeGreaterThanOrEqual(sorted[0]!)
    }),
    { numRuns: 300 },
  )
})

test('every duration is recorded in the slot that the library has for it', () => {
  const theirs = build({
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HOUR_US,
    numberOfSignificantValueDigits: 3,
  }) as unknown as { countsArrayIndex(value: number): number }
  const edge = fc.integer({ min: 0, max: 31 }).map((power) => 2 ** power)
  fc.assert(
    fc.property(
      fc.oneof(
        durationUs,
        edge,
        edge.map((us) => us - 1),
      ),
      (us) => {
        expect(record([us]).pack()!.used[0]).toBe(theirs.countsArrayIndex(us))
      },
    ),
    { numRuns: 500 },
  )
})

test('quantiles rise with q, up to the maximum', () => {
  fc.assert(
    fc.property(durations, quantile, quantile, (values, a, b) => {
      const histogram = record(values)
      expect(histogram.quantileUs(Math.min(a, b))!).toBeLessThanOrEqual(histogram.quantileUs(Math.max(a, b))!)
      expect(histogram.quantileUs(1)).toBe(histogram.maxUs)
    }),
  )
})

describe('merging', () => {
  test('the merge of any parts is the whole, exactly', () => {
    const beyond = fc.array(fc.oneof(durationUs, fc.integer({ min: HOUR_US, max: 2 * HOUR_US })), {
      maxLength: 100,
    })
    fc.assert(
      fc.property(fc.array(beyond, { minLength: 1, maxLength: 5 }), fc.boolean(), (parts, wide) => {
        const merged = new Histogram({ wide })
        for (const part of parts) merged.add(record(part).pack())
        expect(everything(merged)).toEqual(everything(record(parts.flat(), wide)))
      }),
    )
  })

  test('what is packed and added to nothing is the same again, and nothing added changes nothing', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const histogram = record(values)
        expect(everything(new Histogram().add(histogram.pack()))).toEqual(everything(histogram))
        expect(everything(record(values).add(null).add(new Histogram().pack()))).toEqual(
          everything(histogram),
        )
      }),
    )
  })

  test('a packed histogram is a copy: recording goes on without it', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const histogram = record(values)
        const copy = histogram.pack()!
        const before = copy.used.join()
        for (const us of values) histogram.record(us)
        expect(copy.used.join()).toBe(before)
        expect(copy.count).toBe(values.length)
      }),
    )
  })

  test('and can be recorded into afterwards as if it had seen all', () => {
    fc.assert(
      fc.property(durations, durations, (earlier, later) => {
        const histogram = new Histogram().add(record(earlier).pack())
        for (const us of later) histogram.record(us)
        expect(everything(histogram)).toEqual(everything(record([...earlier, ...later])))
      }),
    )
  })
})

test('counts of 32 and of 64 bits tell the same', () => {
  fc.assert(
    fc.property(durations, (values) => {
      const wide = record(values, true)
      const narrow = record(values)
      expect(PERCENTILES.map(([, q]) => wide.quantileUs(q))).toEqual(
        PERCENTILES.map(([, q]) => narrow.quantileUs(q)),
      )
      expect(wide.pack()!.used.join()).toBe(narrow.pack()!.used.join())
    }),
  )
})

test('sparse keeps every count, in order, each within 1 % of its value', () => {
  fc.assert(
    fc.property(durations, (values) => {
      const { upToUs, counts } = record(values).sparse()
      expect(counts.reduce((a, b) => a + b)).toBe(values.length)
      expect([...new Set(upToUs)].sort((a, b) => a - b)).toEqual(upToUs)
      const sorted = [...values].sort((a, b) => a - b)
      let i = 0
      for (const [slot, edgeUs] of upToUs.entries())
        for (let n = counts[slot]!; n > 0; n--) {
          const us = sorted[i++]!
          expect(edgeUs).toBeGreaterThanOrEqual(us)
          expect(edgeUs - us).toBeLessThanOrEqual(us / 100)
        }
    }),
  )
})
