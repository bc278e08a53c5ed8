import { describe, expect, test } from 'vitest'
import { deriveMetrics, type Metrics } from '../../src/core/metrics.ts'
import { RequestTally } from '../../src/core/tally.ts'
import { DEFAULT_THRESHOLDS, evaluateThreshold, printThreshold } from '../../src/core/threshold.ts'

function metrics(counts: { succeeded?: number; failed?: number; unfinished?: number }): Metrics {
  const request = new RequestTally(false)
  Object.assign(request, counts)
  request.finished = request.succeeded + request.failed
  return deriveMetrics(request, { loadS: 1, carriedIn: 0 })
}
const verdicts = (counts: Parameters<typeof metrics>[0]): Record<string, boolean> =>
  Object.fromEntries(
    DEFAULT_THRESHOLDS.map((threshold) => {
      const { expression, ok } = evaluateThreshold(threshold, metrics(counts))
      return [expression, ok]
    }),
  )

describe('two rules hold for every run', () => {
  test.each([
    ['all good', { succeeded: 100 }, true, true],
    ['just below 1 % failed', { succeeded: 992, failed: 8 }, true, true],
    ['exactly 1 % failed', { succeeded: 99, failed: 1 }, true, false],
    ['unfinished counts as failed', { succeeded: 90, unfinished: 10 }, true, false],
    ['all failed', { failed: 5 }, false, false],
    ['no data never passes', {}, false, false],
  ])('%s', (_, counts, succeeded, failed) =>
    expect(verdicts(counts)).toEqual({ 'succeeded > 0': succeeded, 'failed < 1%': failed }),
  )
})

test('a result says what was measured, and on how many requests', () => {
  const [, failed] = DEFAULT_THRESHOLDS
  expect(evaluateThreshold(failed!, metrics({ succeeded: 6, failed: 1, unfinished: 1 }))).toEqual({
    expression: 'failed < 1%',
    level: 'error',
    ok: false,
    actual: 0.25,
    limit: 0.01,
    samples: 8,
  })
  expect(evaluateThreshold(failed!, metrics({}))).toMatchObject({ actual: null, samples: 0 })
})

test('an expression reads as a user would write it', () => {
  expect(DEFAULT_THRESHOLDS.map(printThreshold)).toEqual(['succeeded > 0', 'failed < 1%'])
})
