/** The live view of a search: what a frame says, and that it fits its window. */
import { expect, test } from 'vitest'
import { renderFindLive, type FindState } from '../../../src/output/live/find-view.ts'
import type { Trial } from '../../../src/core/find/trial.ts'

const PLAIN = { color: false, width: 79 }

const trial = (number: number, load: number, p99: number, answer: 'held' | 'failed'): Trial =>
  ({
    number,
    kind: 'search',
    load,
    requestsPerS: load,
    failedRatio: 0,
    latencyMs: { p50: 1, p99 },
    answers: [{ answer, reason: '' }],
  }) as unknown as Trial

const STATE: FindState = {
  unit: 'ratePerS',
  elapsedS: 62,
  step: 'searching',
  latest: null,
  trials: Array.from({ length: 20 }, (_, at) =>
    trial(at + 1, 100 * (at + 1), 2 + at, at < 12 ? 'held' : 'failed'),
  ),
  answers: [
    {
      goal: 'p99 < 300ms',
      lower: { ratePerS: 1200 },
      upper: { ratePerS: 1300 },
      conditionalPerS: 1190,
      limitedBy: 'target',
      reason: 'p99 < 300ms: 310 ms',
      targetBusy: null,
      isDone: false,
    },
  ],
  isStopping: false,
}

test('a frame names the bounds, and its chart has the loads around them', () => {
  const text = renderFindLive(STATE, PLAIN, 14).join('\n')
  expect(text).toContain('1:02  searching')
  expect(text).toContain('p99 < 300ms  1,200/s held · 1,300/s not')
  expect(text).toMatch(/1,200\/s +1\/1 +13\.0 ms +lower/)
  expect(text).toMatch(/1,300\/s +0\/1 +14\.0 ms +upper/)
  expect(text).not.toMatch(/^ *100\/s/m)
})

test.each([1, 3, 6, 14, 40])('a frame fits a window of %i rows, and is never wider', (rows) => {
  const lines = renderFindLive(STATE, PLAIN, rows)
  expect(lines.length).toBeLessThanOrEqual(rows)
  expect(lines.every((line) => line.length <= PLAIN.width)).toBe(true)
})
