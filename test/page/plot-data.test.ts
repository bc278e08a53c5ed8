/** The figures behind the page's plots and tables, without a browser. */
import { describe, expect, test } from 'vitest'
import { PERCENTILES, type LatencySummary } from '../../src/core/measure/metrics.ts'
import { percentilePoints, share } from '../../src/page/charts/percentiles.ts'
import { binTotals } from '../../src/page/charts/heat-map.ts'
import { axisMs, axisRate } from '../../src/page/charts/plot.ts'
import { bucketAt, instants, points, rangeAt, spanOf } from '../../src/page/charts/time-chart.ts'
import { sortRows } from '../../src/page/parts/sortable-table.ts'

/** Each reported percentile is its rank in ms; those beyond p95 have too few samples. */
const LATENCY = {
  ...{ min: 1, mean: 5, max: 99, reliableTo: 'p95' },
  ...Object.fromEntries(PERCENTILES.map(([name, q]) => [name, q * 100])),
} as unknown as LatencySummary

describe('the percentile plot', () => {
  test('has the curve and the reported percentiles in one order, none beyond the last request', () => {
    const curve = [1, 2, 50].map((over) => ({ over, ms: over }))
    const all = percentilePoints(LATENCY, curve)
    expect(all.map(({ over }) => over)).toEqual([...all.map(({ over }) => over)].sort((a, b) => a - b))
    expect(all.filter(({ curveMs }) => curveMs !== null).map(({ over }) => over)).toEqual([1, 2, 50])
    const reported = all.filter(({ reportedMs }) => reportedMs !== null)
    expect(reported.map(({ reportedMs, isWeak }) => [reportedMs, isWeak])).toEqual([
      [50, false],
      [75, false],
      [90, false],
      [95, false],
    ])
  })

  test('without a curve has all that was reported, and says which are weak', () => {
    const all = percentilePoints({ ...LATENCY, p50: null }, [])
    expect(all.map(({ reportedMs, isWeak }) => [reportedMs, isWeak]).slice(-3)).toEqual([
      [95, false],
      [99, true],
      [99.9, true],
    ])
    expect(all.some(({ reportedMs }) => reportedMs === 50)).toBe(false)
  })

  test.each([
    [1, '0%'],
    [2, '50%'],
    [10, '90%'],
    [20, '95%'],
    [1000, '99.9%'],
    [1 / (1 - 0.99995), '99.995%'],
    [1e6, '99.9999%'],
  ])('1 in %d is %s', (over, text) => {
    expect(share(over)).toBe(text)
  })
})

test('axes have the digits that tell their ticks apart', () => {
  expect([0, 0.25, 0.9999, 1, 20, 999, 1500].map(axisMs)).toEqual([
    '0 ms',
    '250 µs',
    '1000 µs',
    '1 ms',
    '20 ms',
    '999 ms',
    '1.5 s',
  ])
  expect([0, 0.25, 9.96, 10, 12_345].map(axisRate)).toEqual(['0', '0.25', '10', '10', '12,345'])
})

test('the bins of a heat map are summed over its columns, in order, without empty ones', () => {
  const columns = [
    { first: 3, counts: [1, 0, 2] },
    { first: 1, counts: [4, 0, 5] },
  ]
  expect(binTotals({ columns } as never)).toEqual([
    [1, 4],
    [3, 6],
    [5, 2],
  ])
})

describe('a chart over time', () => {
  test('has a point for the lowest and the highest of each bucket', () => {
    const extremes = { low: [1, 5, null], high: [3, 5, null] } as never
    const drawn = points(extremes)
    expect(drawn).toHaveLength(instants(3, 2).length)
    expect(new Set(drawn.filter((value) => value !== null))).toEqual(new Set([1, 3, 5]))
    // Nothing is drawn at or below zero on a logarithmic axis.
    expect(points({ low: [0], high: [2] }, true)).not.toContain(0)
  })

  test('reads at the cursor the span and the range of its bucket', () => {
    const at = instants(4, 10)
    for (const [index, instant] of at.entries()) {
      const bucket = bucketAt(index, 10)
      expect(instant).toBeGreaterThanOrEqual(bucket * 10)
      expect(instant).toBeLessThanOrEqual(bucket * 10 + 10)
    }
    expect(spanOf(0, 10, 40)).not.toBe(spanOf(1, 10, 40))
    const extremes = { low: [1, 5, null], high: [3, 5, null] } as never
    const show = (value: number): string => `${value} u`
    expect([0, 1, 2].map((bucket) => rangeAt(extremes, bucket, show))).toEqual([
      expect.stringMatching(/1 u.*3 u/),
      '5 u',
      expect.not.stringMatching(/\d/),
    ])
  })
})

test('a table is sorted by numbers, or by words with numbers in them, and what is missing is last both ways', () => {
  const rows = ['GET /10', 'GET /9', 'get /1'].map((name, i) => ({ name, n: [3, null, 20][i]! }))
  const by = (direction: 'ascending' | 'descending') => ({
    name: sortRows(rows, ({ name }) => name, direction).map(({ name }) => name),
    n: sortRows(rows, ({ n }) => n, direction).map(({ n }) => n),
  })
  expect(by('ascending')).toEqual({ name: ['get /1', 'GET /9', 'GET /10'], n: [3, 20, null] })
  expect(by('descending')).toEqual({ name: ['GET /10', 'GET /9', 'get /1'], n: [20, 3, null] })
})
