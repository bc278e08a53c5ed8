/** A run held against its thresholds: the seconds are made by hand, the merging and the judging is that of real runs. */
import { describe, expect, test } from 'vitest'
import type { Options } from '../../../src/core/options/options.ts'
import { Gate, type ThresholdResult } from '../../../src/core/judge/gate.ts'
import { Timeline } from '../../../src/core/measure/timeline.ts'
import { planOf, reportOf, snapshotOf, type Second } from '../../support/reports.ts'

const NAME = 'GET /GetPrograms'
const times = (n: number, ms: number): number[] => Array.from({ length: n }, () => ms)
/** One worker's seconds: of each the latencies of its successes, in ms. */
const seconds = (...latencies: readonly (readonly number[])[]): Second[] =>
  latencies.map((ok, second) => ({ second, ok: { [NAME]: ok } }))
const judged = (
  thresholds: readonly string[],
  run: readonly Second[],
  options: Options = {},
): ThresholdResult[] => {
  const duration =
    options.stages === undefined ? { duration: `${run.length}s` } : { users: undefined, duration: undefined }
  const plan = planOf({ workers: 1, ...duration, ...options, thresholds })
  return reportOf(plan, run).thresholds.slice(-thresholds.length)
}
const one = (threshold: string, run: readonly Second[], options?: Options) =>
  judged([threshold], run, options)[0]!

describe('over the whole run', () => {
  const run: Second[] = [
    { ok: { [NAME]: [...times(80, 10), ...times(19, 50)] }, failures: [[NAME, 'status', 'status 500', 1]] },
  ]
  test.each([
    ['p50 < 20ms', true, 10.007, 99],
    ['p95 < 20ms', false, 50, 99],
    ['max <= 50ms', true, 50, 99],
    ['max < 50ms', false, 50, 99],
    ['min == 10ms', true, 10, 99],
    ['min != 10ms', false, 10, 99],
    ['failed < 1%', false, 0.01, 100],
    ['failed <= 1%', true, 0.01, 100],
    ['failed.max < 5ms', true, 4, 1],
    ['rps >= 100', true, 100, 100],
    ['rps > 100', false, 100, 100],
    ['succeeded == 99', true, 99, 100],
    ['count > 99', true, 100, 100],
    ['due == 100', true, 100, 100],
    ['dropped == 0', true, 0, 100],
    [`${NAME}: p50 < 20ms`, true, 10.007, 99],
    // No data never passes, whichever side the limit is on.
    ['tls.p99 < 1s', false, null, 0],
    ['tls.p99 > 0ms', false, null, 0],
    ['iteration.max < 1s', false, null, 0],
  ])('%s: %s', (threshold, ok, actual, samples) =>
    expect(one(threshold, run)).toMatchObject({ expression: threshold, ok, actual, samples, level: 'error' }),
  )

  test('what a threshold reads is what the report says', () => {
    const plan = planOf({
      thresholds: ['p99.9 < 1s', 'p95 < 1s', 'mean < 1s', 'lag.p99 < 1s', 'rps > 0', 'failed >= 0%'],
    })
    const report = reportOf(plan, [{ ok: { [NAME]: [1.2345, 3, 8, 21.7] } }, { worker: 1 }])
    const { latencyMs, lagMs, requestsPerS, failedRatio } = report.total
    expect(report.thresholds.slice(-6).map(({ actual }) => actual)).toEqual([
      latencyMs.p99_9,
      latencyMs.p95,
      latencyMs.mean,
      lagMs.p99,
      requestsPerS,
      failedRatio,
    ])
  })

  test('a 0 of nothing that fails is shown; in a window it is the worst', () => {
    const [succeeded, rps] = judged(['succeeded > 0', 'rps > 5'], [{}])
    expect(succeeded).toMatchObject({ ok: false, actual: 0, samples: 0 })
    expect(rps).toMatchObject({ ok: false, actual: 0, samples: 0 })
    const stalled = seconds(times(10, 10), [], times(10, 10))
    expect(one('rps > 5 over 1s', stalled)).toMatchObject({ ok: false, actual: 0 })
    expect(one('rps > 5', stalled)).toMatchObject({ ok: true })
  })

  test('without a single request nothing passes', () => {
    const all = [
      'p99 < 1s',
      'failed < 100%',
      'rps < 1',
      'count == 0',
      'dropped == 0',
      'unfinished == 0',
      'lag.p99 < 1s',
    ]
    for (const result of judged(all, [{}]))
      expect(result).toMatchObject({ ok: false, actual: null, samples: 0 })
  })

  test('the warm-up is not judged', () => {
    const run = seconds(times(10, 900), times(10, 10), times(10, 10))
    expect(one('max < 100ms', run, { warmup: '1s' })).toMatchObject({ ok: true, samples: 20 })
    expect(one('max < 100ms over 2s', run, { warmup: '1s' })).toMatchObject({ ok: true, samples: 20 })
    expect(one('max < 100ms', run)).toMatchObject({ ok: false, samples: 30 })
  })
})

describe('over windows: every full one must hold, and the worst is reported', () => {
  const run = seconds(times(100, 10), times(10, 80), times(10, 80), times(100, 10))
  test.each([
    ['p75 < 50ms', true, 10.007, 220],
    ['p75 < 50ms over 2s', false, 80, 20],
    ['p50 < 50ms over 2s', false, 80, 20],
    ['p50 < 50ms over 3s', true, 10.007, 120],
    ['rps > 20 over 2s', false, 10, 20],
    ['rps > 20 over 4s', true, 55, 220],
    ['rps < 100 over 1s', false, 100, 100],
    [`${NAME}: p50 < 50ms over 2s`, false, 80, 20],
  ])('%s: %s', (threshold, ok, actual, samples) =>
    expect(one(threshold, run)).toMatchObject({ ok, actual, samples }),
  )

  test('a window in which nothing ended has no data, and that is the worst', () => {
    const run = seconds(times(10, 10), [], [], times(10, 900))
    expect(one('p99 < 100ms over 2s', run)).toMatchObject({ ok: false, actual: null, samples: 0 })
  })

  test('percentiles of a window are those of its requests, not of its seconds', () => {
    // 1 of 101 is slow: the mean of both seconds' p99 would be far above.
    const run = seconds(times(100, 10), [500])
    expect(one('p95 < 20ms over 2s', run)).toMatchObject({ ok: true, actual: 10.007 })
  })

  test('a worker that reports late is waited for', () => {
    const plan = planOf({ duration: '3s', thresholds: ['max < 50ms over 2s abort-on-fail'] })
    const gate = new Gate(plan)
    const timeline = new Timeline(2, 3, 0, (second) => gate.settle(second))
    for (let second = 0; second < 3; second++) timeline.add(snapshotOf({ second, ok: { [NAME]: [10] } }))
    timeline.add(snapshotOf({ worker: 1, second: 0, ok: { [NAME]: [10] } }))
    // The second worker is blocked: seconds are closed without it, and not judged.
    expect(timeline.close(5).filter(({ complete }) => !complete)).toHaveLength(2)
    expect(gate.trip).toBeNull()
    timeline.add(snapshotOf({ worker: 1, second: 1, ok: { [NAME]: [400] } }))
    timeline.close(5)
    expect(gate.trip).toMatchObject({ actual: 400, atS: 2 })
  })
})

describe('during a stage', () => {
  const run = seconds(times(10, 10), times(10, 10), times(10, 70), times(10, 70), times(10, 10))
  const stages = ['2s:5', '2s:10', '1s:0']
  test.each([
    ['max < 50ms during stage 1', true, 10, 20],
    ['max < 50ms during stage 2', false, 70, 20],
    ['max < 50ms during stage 3', true, 10, 10],
    ['rps == 10 during stage 2', true, 10, 20],
    ['max < 50ms over 2s during stage 1', true, 10, 20],
    ['min < 50ms over 2s during stage 2', false, 70, 20],
  ])('%s: %s', (threshold, ok, actual, samples) =>
    expect(one(threshold, run, { stages })).toMatchObject({ ok, actual, samples }),
  )
  test('only seconds that lie in it wholly', () => {
    const stages = ['1500ms:5', '2s:10', '1500ms:0']
    expect(one('max < 50ms during stage 2', run, { stages })).toMatchObject({ actual: 70, samples: 10 })
  })
})

describe('abort-on-fail', () => {
  const tripOf = (threshold: string, run: readonly Second[], options: Options = {}) => {
    const plan = planOf({ workers: 1, duration: `${run.length}s`, ...options, thresholds: [threshold] })
    const gate = new Gate(plan)
    const timeline = new Timeline(1, run.length, plan.warmupS, (second) => gate.settle(second))
    for (const second of run) timeline.add(snapshotOf(second))
    timeline.close(run.length)
    return gate.trip === null ? null : [gate.trip.atS, gate.trip.actual]
  }
  const run = seconds(times(10, 10), times(10, 80), times(10, 80), times(10, 10))
  test.each<[string, Options, unknown]>([
    ['max < 50ms abort-on-fail', {}, [2, 80]],
    ['max < 50ms abort-on-fail after 3s', {}, [3, 80]],
    ['max < 50ms', {}, null],
    ['max < 90ms abort-on-fail', {}, null],
    ['mean < 50ms abort-on-fail', {}, [3, 56.667]],
    ['p50 < 50ms over 2s abort-on-fail', {}, [3, 80]],
    // The warm-up counts neither as data nor as delay.
    ['max < 50ms abort-on-fail', { warmup: '3s' }, null],
    ['max < 50ms abort-on-fail after 2s', { warmup: '1s' }, [3, 80]],
    // No data is no failure yet: at the end it is.
    ['tls.max < 1s abort-on-fail', {}, null],
  ])('%s %j', (threshold, options, trip) => {
    expect(tripOf(threshold, run, options)).toEqual(trip)
  })

  test('what stopped the run stays failed, whatever came after it', () => {
    const thresholds = ['max < 50ms', 'mean < 50ms abort-on-fail']
    const plan = planOf({ workers: 1, duration: '3s', thresholds })
    const run = seconds(times(10, 80), times(1000, 1), [])
    const stopped = reportOf(plan, run, { stoppedBy: 'threshold' })
    expect(stopped.thresholds.at(-1)).toMatchObject({ ok: false, actual: 80, samples: 10 })
    expect(stopped.warnings).toContain('stopped after 1 s: the threshold "mean < 50ms abort-on-fail" failed')
    const whole = reportOf(plan, run)
    expect(whole.thresholds.at(-1)).toMatchObject({ ok: true })
    expect(whole.warnings.join()).not.toContain('stopped')
  })
})

test('a percentile on too few samples is judged, and warned about', () => {
  const plan = planOf({ workers: 1, thresholds: ['p99 < 1s', 'p50 < 1s', 'p99.9 < 1s warn'] })
  expect(reportOf(plan, [{ ok: { [NAME]: times(100, 10) } }]).warnings).toEqual([
    'the threshold "p99 < 1s" rests on 100 samples; p99 says little with fewer than 1000',
    'the threshold "p99.9 < 1s warn" rests on 100 samples; p99.9 says little with fewer than 10000',
  ])
})
