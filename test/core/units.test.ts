import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  parseDurationRangeS,
  parseDurationS,
  parseNumber,
  printDurationS,
  showBytes,
  showClock,
  showCount,
  showMs,
  showPercent,
  parseRatePerS,
  showRate,
} from '../../src/core/units.ts'
import { valueOf } from '../support/parsed.ts'

const DURATION_RULE = 'must be a duration such as 500ms, 30s, 2m or 1h30m (a bare number is seconds)'

describe('durations', () => {
  test.each([
    ['500ms', 0.5],
    ['300ms', 0.3],
    ['1500us', 0.0015],
    ['7µs', 0.000007],
    ['30s', 30],
    ['0.9s', 0.9],
    ['2m', 120],
    ['1h30m', 5400],
    ['1d', 86_400],
    ['1m500ms', 60.5],
    ['30', 30],
    ['.5', 0.5],
    [' 1.5 ', 1.5],
    ['0', 0],
    [2.5, 2.5],
  ])('%j is %d s', (text, seconds) => expect(parseDurationS(text)).toEqual({ value: seconds }))

  test.each(['', '5 parsecs', '-1s', '1s-', 's', '1e3', '1 s', '1h 30m', '.5s', 'NaN', '٣s'])(
    '%j is none',
    (text) => expect(parseDurationS(text)).toEqual({ problem: DURATION_RULE }),
  )
  test.each([-1, NaN, Infinity])('the number %d is none', (n) =>
    expect(parseDurationS(n)).toEqual({ problem: DURATION_RULE }),
  )

  test('what is printed is read back as the same duration, to the µs and up to 10 days', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 864_000_000_000 }), (us) => {
        expect(valueOf(parseDurationS(printDurationS(us / 1e6)))).toBe(us / 1e6)
      }),
    )
  })

  test('whole seconds too, up to years', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), (seconds) => {
        expect(valueOf(parseDurationS(printDurationS(seconds)))).toBe(seconds)
      }),
    )
  })

  test.each([
    [0, '0s'],
    [0.000007, '7us'],
    [0.05, '50ms'],
    [0.9, '0.9s'],
    [30, '30s'],
    [60, '1m'],
    [5400, '1h30m'],
    [90_061, '25h1m1s'],
    [61.5, '61.5s'],
  ])('%d s is printed as %s', (seconds, text) => expect(printDurationS(seconds)).toBe(text))
})

describe('ranges of durations', () => {
  test('two ends, the smaller first', () => {
    expect(parseDurationRangeS('0.9s-1.1s')).toEqual({ value: [0.9, 1.1] })
    expect(parseDurationRangeS('500ms-500ms')).toEqual({ value: [0.5, 0.5] })
    expect(parseDurationRangeS('2s-1s')).toEqual({
      problem: 'must be a range from a smaller to a larger duration',
    })
  })
  test.each([
    ['1s', 'must be a range such as 0.9s-1.1s'],
    ['1s-2s-3s', 'must be a range such as 0.9s-1.1s'],
    ['1s-', DURATION_RULE],
    ['-1s', DURATION_RULE],
    ['1s-2 parsecs', DURATION_RULE],
  ])('%j: %s', (text, problem) => expect(parseDurationRangeS(text)).toEqual({ problem }))
})

describe('counts', () => {
  test.each([
    ['550', 550],
    ['10k', 10_000],
    ['10K', 10_000],
    ['2M', 2_000_000],
    ['2.5M', 2_500_000],
    ['1.1k', 1100],
    ['1G', 1e9],
    ['.5', 0.5],
    ['+3', 3],
    ['-1', -1],
    [7, 7],
  ])('%j is %d', (text, n) => expect(parseNumber(text)).toEqual({ value: n }))

  test.each(['', 'abc', '1 k', '10kk', '1e3', '0x10', '1,000', 'Infinity', '--1'])('%j is none', (text) =>
    expect(parseNumber(text)).toEqual({ problem: 'must be a number such as 550, 10k or 2M' }),
  )
  test.each([NaN, Infinity, -Infinity])('nor is %d', (n) =>
    expect(parseNumber(n)).toEqual({ problem: 'must be a finite number' }),
  )

  test('a suffix is exactly its factor, whatever floats make of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999_999 }), (thousandths) => {
        const text = `${Math.floor(thousandths / 1000)}.${String(thousandths % 1000).padStart(3, '0')}`
        expect(valueOf(parseNumber(`${text}k`))).toBe(thousandths)
        expect(valueOf(parseNumber(`${text}M`))).toBe(thousandths * 1000)
      }),
    )
  })
})

describe('figures for people', () => {
  test.each([
    [null, '–'],
    [0, '0 µs'],
    [0.001, '1.00 µs'],
    [0.0213, '21.3 µs'],
    [0.85, '850 µs'],
    [0.9994, '999 µs'],
    [0.9995, '1.00 ms'],
    [9.994, '9.99 ms'],
    [9.995, '10.0 ms'],
    [21.3, '21.3 ms'],
    [99.94, '99.9 ms'],
    [99.95, '100 ms'],
    [999.4, '999 ms'],
    [999.5, '1.00 s'],
    [1250, '1.25 s'],
    [59_990, '60.0 s'],
    [99_949, '99.9 s'],
    [99_950, '100 s'],
    [3_600_000, '3600 s'],
  ])('%d ms reads %s', (ms, text) => expect(showMs(ms)).toBe(text))

  test.each([
    [null, '–'],
    [0, '0%'],
    [0.00001, '<0.01%'],
    [0.0001, '0.01%'],
    [0.00123, '0.12%'],
    [0.01, '1%'],
    [0.1234, '12.3%'],
    [0.5, '50%'],
    [0.9912, '99.12%'],
    [0.99995, '>99.99%'],
    [1, '100%'],
    [1.2, '120%'],
  ])('a ratio of %d reads %s', (ratio, text) => expect(showPercent(ratio)).toBe(text))

  test('only nothing reads 0%, and only everything 100%', () => {
    const ratio = fc.oneof(
      fc.double({ min: 0, max: 1, noNaN: true, minExcluded: true, maxExcluded: true }),
      fc.integer({ min: 1, max: 1_000_000 }).map((n) => 1 / (n + 1)),
      fc.integer({ min: 1, max: 1_000_000 }).map((n) => n / (n + 1)),
    )
    fc.assert(
      fc.property(ratio, (r) => {
        expect(['0%', '100%', '-0%']).not.toContain(showPercent(r))
      }),
    )
  })

  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [12_345, '12,345'],
    [1_234_567, '1,234,567'],
    [999.6, '1,000'],
  ])('%d is the count %s', (n, text) => expect(showCount(n)).toBe(text))

  test.each([
    [null, '–'],
    [0, '0.00'],
    [1 / 86_400, '0.000012'],
    [1 / 60, '0.017'],
    [5.394, '5.39'],
    [53.94, '53.9'],
    [539.4, '539'],
    [53_940, '53,940'],
  ])('%d per second reads %s', (perS, text) => expect(showRate(perS)).toBe(text))

  test.each([
    [0, '0 B'],
    [812, '812 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1449, '1.4 kB'],
    [99_949, '99.9 kB'],
    [99_950, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [23e6, '23.0 MB'],
    [4e12, '4.0 TB'],
    [4e15, '4000 TB'],
  ])('%d bytes read %s', (bytes, text) => expect(showBytes(bytes)).toBe(text))

  test.each([
    [-1, '0:00'],
    [7.9, '0:07'],
    [62, '1:02'],
    [3723, '1:02:03'],
  ])('%d s on the clock is %s', (seconds, text) => expect(showClock(seconds)).toBe(text))
})

test.each([
  ['1000', 1000],
  ['1k/s', 1000],
  ['90/m', 1.5],
  ['1/h', 1 / 3600],
  ['1/d', 1 / 86_400],
])('the rate %s', (text, value) => {
  expect(parseRatePerS(text)).toEqual({ value })
})
