import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  DEFAULT_EXPECTED,
  isExpected,
  parseStatuses,
  printStatuses,
} from '../../../src/core/request/status.ts'
import { valueOf } from '../../support/parsed.ts'

const ALL = Array.from({ length: 500 }, (_, i) => 100 + i)
const expected = (text: string): number[] => {
  const ranges = valueOf(parseStatuses(text))
  return ALL.filter((status) => isExpected(ranges, status))
}
const RULE = 'must list statuses such as 200, 2xx or 200-299, separated by commas'

test('codes, classes and ranges, in any mixture', () => {
  expect(expected('200')).toEqual([200])
  expect(expected('200, 204,404')).toEqual([200, 204, 404])
  expect(expected('2xx')).toEqual(ALL.filter((s) => s >= 200 && s < 300))
  expect(expected('4XX,503')).toEqual([...ALL.filter((s) => s >= 400 && s < 500), 503])
  expect(expected('200-203')).toEqual([200, 201, 202, 203])
  expect(expected('100-599')).toEqual(ALL)
})

test.each(['', ',', '200,', 'ok', '99', '600', '6xx', '0xx', '299-200', '200-600', '2x', '20'])(
  '%j is refused',
  (text) => expect(parseStatuses(text)).toEqual({ problem: RULE }),
)

test('success by default is every 2xx and 3xx, and nothing else', () => {
  expect(ALL.filter((s) => isExpected(DEFAULT_EXPECTED, s))).toEqual(ALL.filter((s) => s >= 200 && s < 400))
  expect(isExpected(DEFAULT_EXPECTED, 0)).toBe(false)
})

describe('printing', () => {
  test.each(['200', '2xx,404', '200-204', '200-399'])('%s stays as it is', (text) =>
    expect(printStatuses(valueOf(parseStatuses(text)))).toBe(text),
  )
  test('what is printed is read back as the same statuses', () => {
    const status = fc.integer({ min: 100, max: 599 })
    const range = fc.oneof(
      status.map((s) => ({ from: s, to: s })),
      fc.integer({ min: 1, max: 5 }).map((c) => ({ from: c * 100, to: c * 100 + 99 })),
      fc.tuple(status, status).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })),
    )
    fc.assert(
      fc.property(fc.array(range, { minLength: 1 }), (ranges) => {
        expect(valueOf(parseStatuses(printStatuses(ranges)))).toEqual(ranges)
      }),
    )
  })
})
