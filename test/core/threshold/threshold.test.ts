import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { metricOf } from '../../../src/core/threshold/threshold-metric.ts'
import {
  OPERATORS,
  parseThreshold,
  printThreshold,
  withDefaults,
  type Threshold,
} from '../../../src/core/threshold/threshold.ts'
import { Tally } from '../../../src/core/measure/tally.ts'
import { valueOf } from '../../support/parsed.ts'

const printed = (text: string): string => printThreshold(valueOf(parseThreshold(text)))
const problem = (text: string): string => {
  const parsed = parseThreshold(text)
  return 'problem' in parsed ? parsed.problem : `no problem: ${printThreshold(parsed.value)}`
}

describe('what a user writes', () => {
  test.each([
    ['p99 < 300ms', 'p99 < 300ms'],
    ['  p99<300ms  ', 'p99 < 300ms'],
    ['max < 2s', 'max < 2s'],
    ['max < 2000ms', 'max < 2s'],
    ['mean<=1m30s', 'mean <= 1m30s'],
    ['p99_9 < 0.5ms', 'p99.9 < 0.5ms'],
    ['latency.p95 < 1.5s', 'p95 < 1.5s'],
    ['failed < 1%', 'failed < 1%'],
    ['failed < 0.07', 'failed < 7%'],
    ['failed == 0', 'failed == 0%'],
    ['failed.p95 < 1s', 'failed.p95 < 1s'],
    ['rps > 500', 'rps > 500'],
    ['rps >= 10k/s', 'rps >= 10000'],
    ['rps > 90/m', 'rps > 1.5'],
    ['dropped == 0', 'dropped == 0'],
    ['count > 2M', 'count > 2000000'],
    ['service.p95 < 20ms', 'service.p95 < 20ms'],
    ['lag.p99 < 5ms', 'lag.p99 < 5ms'],
    ['ttfb.p90 < 250us', 'ttfb.p90 < 0.25ms'],
    ['GetPrograms: p95 < 200ms', 'GetPrograms: p95 < 200ms'],
    ['GET /a:b: c: p95 < 200ms', 'GET /a:b: c: p95 < 200ms'],
    ['p99 < 300ms over 10s', 'p99 < 300ms over 10s'],
    ['p99 < 300ms over 1m during stage 2 warn', 'p99 < 300ms over 1m during stage 2 warn'],
    ['p99 < 1s error abort-on-fail', 'p99 < 1s abort-on-fail'],
    ['failed < 5% over 5s abort-on-fail after 30s', 'failed < 5% over 5s abort-on-fail after 30s'],
  ])('%s', (text, canonical) => {
    expect(printed(text)).toBe(canonical)
    expect(printed(canonical)).toBe(canonical)
  })

  test.each([
    ['', 'must be a threshold such as "p99 < 300ms", "failed < 1%" or "GetPrograms: p95 < 200ms over 10s"'],
    ['p99', 'must be a threshold such as'],
    ['p99 <', 'must be a threshold such as'],
    ['p99 = 1s', 'must be a threshold such as'],
    ['p99 << 1s', 'must give p99 a limit with its unit'],
    [': p99 < 1s', 'the name before the colon is empty'],
    ['p9x < 1s', 'did you mean p90?'],
    ['faild < 1%', 'did you mean failed?'],
    ['servce.p95 < 1s', 'did you mean service.p95?'],
    ['service < 1s', 'did you mean service.p95?'],
    ['med < 1s', 'did you mean p50?'],
    ['http_req_duration < 1s', 'did you mean p95?'],
    ['p(99.9) < 1s', 'did you mean p99.9?'],
    ['p100 < 1s', 'did you mean max?'],
    ['p0 < 1s', 'did you mean p50?'],
    ['toString < 1s', 'docs/FLAGS.md lists them'],
    ['toString.p95 < 1s', 'unknown metric'],
    // A bare number is milliseconds to a user of k6, and seconds everywhere else here.
    ['p99 < 300', 'must give p99 a limit with its unit, such as 300ms or 1.5s'],
    ['p99 < 1%', 'must give p99 a limit with its unit'],
    ['p99 < -1ms', 'must give p99 a limit with its unit'],
    ['p99 < 2h', 'must have a limit of at most 1h'],
    ['failed < 1', 'must give failed a share as its limit, such as 1% or 0.01'],
    ['failed < 101%', 'must give failed a share'],
    ['failed < -1%', 'must give failed a share'],
    ['failed < 1s', 'must give failed a share'],
    ['rps > 5ms', 'must give rps a rate as its limit'],
    ['rps > -5', 'must give rps a rate'],
    ['dropped < 1%', 'must give dropped a whole number as its limit'],
    ['count > 1.5', 'must give count a whole number'],
    ['A: lag.p99 < 1ms', 'cannot name a request: lag.p99 is known for all requests together only'],
    ['A: dropped == 0', 'cannot name a request'],
    ['p99 < 1s over', 'must have a window of whole seconds, from 1s to 5m'],
    ['p99 < 1s over 0s', 'must have a window of whole seconds'],
    ['p99 < 1s over 1500ms', 'must have a window of whole seconds'],
    ['p99 < 1s over 6m', 'must have a window of whole seconds'],
    ['p99 < 1s during stage 0', 'must have the number of a stage'],
    ['p99 < 1s during stage', 'must have the number of a stage'],
    ['p99 < 1s during 2', 'cannot have "during 2" there'],
    ['p99 < 1s warn over 5s', 'cannot have "over 5s" there; after the limit come, in this order'],
    ['p99 < 1s warn abort-on-fail', 'cannot both only warn and abort the run'],
    ['p99 < 1s abort-on-fail after soon', 'must have a delay of whole seconds'],
    ['p99 < 1s and more', 'cannot have "and more" there'],
  ])('%s: refused', (text, rule) => expect(problem(text)).toContain(rule))
})

test('parsing reads back what printing writes', () => {
  const ofUnit: Record<string, fc.Arbitrary<number>> = {
    ms: fc.integer({ min: 0, max: 3_600_000_000 }).map((us) => us / 1000),
    ratio: fc.integer({ min: 0, max: 10_000_000_000 }).map((x) => x / 1e10),
    perS: fc.integer({ min: 0, max: 1_000_000_000_000 }).map((x) => x / 1e6),
    count: fc.integer({ min: 0, max: 1_000_000_000 }),
  }
  const byName = [
    'p50',
    'p99.9',
    'p12.345',
    'min',
    'ttfb.p90',
    'failed.mean',
    'failed',
    'rps',
    'succeeded',
    'count',
    'iterations.failed',
    'taskErrors',
  ]
  const metrics = [...byName, 'lag.p99', 'iteration.max', 'retried', 'dropped', 'due', 'unstarted', 'started']
  const seconds = fc.integer({ min: 1, max: 300 })
  const thresholds: fc.Arbitrary<Threshold> = fc
    .record({ metric: fc.constantFrom(...metrics), isWarning: fc.boolean() })
    .chain(({ metric, isWarning }) =>
      fc.record({
        metric: fc.constant(metric),
        name: byName.includes(metric)
          ? fc.option(
              fc
                .string({ unit: 'binary', minLength: 1 })
                .map((s) => s.trim())
                .filter((s) => s !== ''),
            )
          : fc.constant(null),
        operator: fc.constantFrom(...OPERATORS),
        limit: ofUnit[metricOf(metric)!.unit]!,
        overS: fc.option(seconds),
        stage: fc.option(fc.integer({ min: 1, max: 999_999 })),
        level: fc.constant(isWarning ? ('warn' as const) : ('error' as const)),
        abortAfterS: isWarning ? fc.constant(null) : fc.option(fc.integer({ min: 0, max: 2_592_000 })),
      }),
    )
  fc.assert(
    fc.property(thresholds, (threshold) => {
      expect(valueOf(parseThreshold(printThreshold(threshold)))).toEqual(threshold)
    }),
    { numRuns: 1000 },
  )
})

test('whatever is given, parsing answers', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseThreshold(text)))
})

describe('the rules of every run', () => {
  const rules = (...own: string[]): string[] =>
    withDefaults(
      own.map((text) => valueOf(parseThreshold(text))),
      false,
    ).map(printThreshold)
  test.each([
    [[], ['succeeded > 0', 'failed < 1%']],
    [['p99 < 1s'], ['succeeded > 0', 'failed < 1%', 'p99 < 1s']],
    [['failed < 5%'], ['succeeded > 0', 'failed < 5%']],
    [['failed < 5% warn'], ['succeeded > 0', 'failed < 5% warn']],
    // Of a part of the run, it replaces nothing.
    [['A: failed < 5%'], ['succeeded > 0', 'failed < 1%', 'A: failed < 5%']],
    [['failed < 5% over 3s'], ['succeeded > 0', 'failed < 1%', 'failed < 5% over 3s']],
    [['failed < 5% during stage 1'], ['succeeded > 0', 'failed < 1%', 'failed < 5% during stage 1']],
    [['failed.p95 < 1s'], ['succeeded > 0', 'failed < 1%', 'failed.p95 < 1s']],
    [['succeeded > 0'], ['failed < 1%', 'succeeded > 0']],
    [['succeeded > 10'], ['succeeded > 0', 'failed < 1%', 'succeeded > 10']],
  ])('%j', (own, all) => expect(rules(...own)).toEqual(all))
})

describe('the rules of a run with a scenario', () => {
  test.each([
    [[], ['succeeded > 0', 'failed < 1%', 'iterations.failed < 1%']],
    [['failed < 5%'], ['succeeded > 0', 'iterations.failed < 1%', 'failed < 5%']],
    [['iterations.failed < 5%'], ['succeeded > 0', 'failed < 1%', 'iterations.failed < 5%']],
    [
      ['buy: iterations.failed < 5%', 'taskErrors < 3'],
      [
        'succeeded > 0',
        'failed < 1%',
        'iterations.failed < 1%',
        'buy: iterations.failed < 5%',
        'taskErrors < 3',
      ],
    ],
  ])('%j', (own, all) => {
    const rules = own.map((text) => valueOf(parseThreshold(text)))
    expect(withDefaults(rules, true).map(printThreshold)).toEqual(all)
  })
})

describe('iterations and task errors', () => {
  const tally = new Tally()
  Object.assign(tally.iterations, { started: 20, finished: 8, failed: 3, unfinished: 12, stuck: 2 })
  Object.assign(tally.scenario('buy'), { finished: 4, failed: 3 })
  for (const [task, message, count] of [
    ['Pay', 'no: stock', 2],
    ['Pay', 'no card', 1],
    ['onStart', 'no login', 4],
  ] as const)
    tally.taskError({ task, message, place: null, count, firstS: 0, lastS: 0 })

  test.each([
    ['iterations.failed < 1%', 0.25, 20],
    ['buy: iterations.failed < 1%', 0.75, 4],
    ['sell: iterations.failed < 1%', null, 0],
    ['taskErrors < 1', 7, 20],
    ['Pay: taskErrors < 1', 3, 20],
    ['Pay: no: stock: taskErrors < 1', 2, 20],
    ['Browse: taskErrors < 1', 0, 20],
  ])('%s', (text, actual, samples) => {
    const { metric, name } = valueOf(parseThreshold(text))
    const measured = { name, tally, request: tally.request('x'), witness: null, loadS: 1 }
    expect(metricOf(metric)!.measure(measured)).toEqual({ actual, samples })
  })

  test('a rejection that nobody awaited fails an iteration that ended well, and the share stays one', () => {
    const { measure } = metricOf('iterations.failed')!
    const more = new Tally()
    Object.assign(more.iterations, { finished: 2, failed: 3 })
    expect(
      measure({ name: null, tally: more, request: more.request('x'), witness: null, loadS: 1 }),
    ).toMatchObject({
      actual: 1,
    })
  })
})
