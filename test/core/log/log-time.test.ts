import { expect, test } from 'vitest'
import { parseStampUs } from '../../../src/core/log/log-time.ts'
import { parseReplayFrom, printReplayFrom } from '../../../src/core/log/replay-from.ts'

const at = (iso: string, us = 0): number => Date.parse(iso) * 1000 + us

test.each<[string, number | null]>([
  ['10/Oct/2000:13:55:36 -0700', at('2000-10-10T20:55:36Z')],
  ['10/oct/2000:13:55:36.250 +0530', at('2000-10-10T08:25:36.250Z')],
  ['2026-11-30T12:00:00Z', at('2026-11-30T12:00:00Z')],
  ['2026-11-30 12:00:00,5', at('2026-11-30T12:00:00.500Z')],
  ['2018-07-02T22:22:48.364001Z', at('2018-07-02T22:22:48.364Z', 1)],
  ['2026-11-30T12:00:00+02:00', at('2026-11-30T10:00:00Z')],
  ['1700000000', 1_700_000_000e6],
  ['1700000000.123', 1_700_000_000_123e3],
  ['1700000000123', 1_700_000_000_123e3],
  ['1700000000123456', 1_700_000_000_123_456],
  ['1700000000123456789', 1_700_000_000_123_457],
  ['10/Foo/2000:13:55:36 -0700', null],
  ['2026-13-30T12:00:00Z', null],
  ['2026-11-30T25:00:00Z', null],
  ['12:00:00', null],
  ['7', null],
])('the instant of %s', (text, us) => {
  const read = parseStampUs(text)
  if (us === null) expect(read).toBeNull()
  else expect(read).toBeCloseTo(us, -1)
})

test.each([
  ['10m', '10m'],
  ['90', '1m30s'],
  ['2026-11-30T12:00:00Z', '2026-11-30T12:00:00Z'],
  ['30/Nov/2026:13:00:00 +0100', '2026-11-30T12:00:00Z'],
])('a replay from %s', (text, printed) => {
  const read = parseReplayFrom(text)
  expect('value' in read && printReplayFrom(read.value)).toBe(printed)
})
