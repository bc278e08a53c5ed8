import { expect, test } from 'vitest'
import { exitCodeOf, type StoppedBy } from '../../../src/core/judge/exit.ts'
import type { ThresholdResult } from '../../../src/core/judge/gate.ts'
import type { VerdictLevel } from '../../../src/core/judge/verdict.ts'

const threshold = (ok: boolean): ThresholdResult => ({
  expression: 'failed < 1%',
  level: 'error',
  ok,
  actual: 0,
  limit: 0.01,
  unit: 'ratio',
  samples: 1,
})

test.each<[StoppedBy, VerdictLevel, boolean[], number]>([
  ['duration', 'sound', [true, true], 0],
  ['requests', 'suspect', [true, true], 0],
  ['duration', 'sound', [], 0],
  ['duration', 'sound', [true, false], 99],
  ['duration', 'suspect', [false, true], 99],
  // A void run judges nothing about the target.
  ['duration', 'void', [true], 97],
  ['duration', 'void', [false], 97],
  ['workers', 'void', [false], 97],
  ['threshold', 'sound', [false], 99],
  ['threshold', 'void', [false], 97],
  // Who interrupts a run knows that it is not whole.
  ['SIGINT', 'sound', [true], 130],
  ['SIGINT', 'void', [false], 130],
  ['abort', 'void', [false], 130],
  ['SIGTERM', 'sound', [true], 143],
  ['SIGTERM', 'void', [false], 143],
  ['SIGHUP', 'void', [false], 129],
])('ended by %s, %s, thresholds %j: exit code %d', (stoppedBy, level, oks, code) =>
  expect(exitCodeOf({ stoppedBy, level, thresholds: oks.map(threshold), failedThroughout: false })).toBe(
    code,
  ),
)

test('a regression is 98, after all that says more', () => {
  const run = { stoppedBy: 'duration', level: 'sound', failedThroughout: false, isRegressed: true } as const
  expect(exitCodeOf({ ...run, thresholds: [threshold(true)] })).toBe(98)
  expect(exitCodeOf({ ...run, thresholds: [threshold(false)] })).toBe(99)
  expect(exitCodeOf({ ...run, level: 'void', thresholds: [] })).toBe(97)
  expect(exitCodeOf({ ...run, stoppedBy: 'SIGINT', thresholds: [] })).toBe(130)
})

test('a run that could not be held against its baseline is no pass', () => {
  const run = {
    stoppedBy: 'scenario',
    level: 'sound',
    failedThroughout: false,
    thresholds: [],
    isRefused: true,
  } as const
  expect(exitCodeOf(run)).toBe(99)
  expect(exitCodeOf({ ...run, level: 'void' })).toBe(97)
})

test('a threshold that only warns fails nothing', () => {
  const thresholds = [threshold(true), { ...threshold(false), level: 'warn' as const }]
  expect(exitCodeOf({ stoppedBy: 'duration', level: 'sound', thresholds, failedThroughout: false })).toBe(0)
})

test('users whose tasks all end in errors are a failed run, whatever the thresholds say', () => {
  const run = { level: 'sound', thresholds: [], failedThroughout: true } as const
  expect(exitCodeOf({ ...run, stoppedBy: 'duration' })).toBe(99)
  expect(exitCodeOf({ ...run, stoppedBy: 'SIGINT' })).toBe(130)
  expect(exitCodeOf({ ...run, stoppedBy: 'duration', level: 'void' })).toBe(97)
})
