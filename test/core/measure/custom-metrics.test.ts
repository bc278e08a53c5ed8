/** Metrics of a scenario's own: made, counted, judged, shown. */
import { expect, test } from 'vitest'
import { customReport, type CustomMetricPlan } from '../../../src/core/measure/custom-metrics.ts'
import type { Options } from '../../../src/core/options/options.ts'
import { resolveOptions } from '../../../src/core/resolve/resolve.ts'
import { mergeTally, packTally, Tally } from '../../../src/core/measure/tally.ts'
import { metricOf } from '../../../src/core/threshold/threshold-metric.ts'
import { parseThreshold, printThreshold } from '../../../src/core/threshold/threshold.ts'
import { deriveSecond, mergeNames } from '../../../src/core/measure/second.ts'
import { customLines } from '../../../src/output/text/custom-lines.ts'
import { renderStepSummary } from '../../../src/output/file/github.ts'
import { Metrics } from '../../../src/scenario/metric.ts'
import { planOf } from '../../../src/scenario/definition.ts'
import { reportOf, planOf as planOfRun } from '../../support/reports.ts'

const METRICS: CustomMetricPlan[] = [
  { name: 'sold', kind: 'counter' },
  { name: 'basket', kind: 'trend' },
  { name: 'never', kind: 'trend' },
]
const tallied = (): Tally => {
  const parts = [new Tally(), new Tally()]
  parts[0]!.count('sold', 2)
  parts[1]!.count('sold', 0.5)
  // Values are kept in thousandths.
  parts[0]!.trend('basket').record(1500)
  parts[1]!.trend('basket').record(12_000)
  const total = new Tally({ wide: true })
  for (const part of parts) mergeTally(total, packTally(part))
  total.iterations.started = 7
  return total
}

test('what the report says: sums, and distributions in their own unit, also of what was never added to', () => {
  expect(customReport(METRICS, tallied())).toMatchObject({
    sold: { kind: 'counter', sum: 2.5 },
    basket: { kind: 'trend', count: 2, min: 1.5, mean: 6.75, max: 12 },
    never: { kind: 'trend', count: 0, min: null, p99: null },
  })
})

test('a tally that was cleared has none of it', () => {
  const tally = tallied()
  tally.clear()
  expect(packTally(tally)).toMatchObject({ counters: [], trends: [] })
})

test.each([
  ['custom.sold > 1.5', 2.5, 7],
  ['custom.other == 0', 0, 7],
  ['custom.basket.max <= 12', 12, 2],
  ['custom.basket.p50 < 2 over 10s warn', 1.5, 2],
  ['custom.never.p95 < 1', null, 0],
])('the threshold %s is measured', (text, actual, samples) => {
  const parsed = parseThreshold(text)
  if ('problem' in parsed) throw new Error(parsed.problem)
  expect(printThreshold(parsed.value)).toBe(text)
  const tally = tallied()
  const measured = { name: null, tally, request: tally.request('x'), witness: null, loadS: 1 }
  expect(metricOf(parsed.value.metric)!.measure(measured)).toEqual({ actual, samples })
})

test.each([
  ['custom.sold > 1ms', 'thresholds must give custom.sold a number as its limit, such as 0.5 or 10k'],
  ['custom.solt > 1', 'thresholds unknown metric of the scenario; did you mean custom.sold?'],
  ['custom.sold.p95 > 1', 'thresholds must be custom.sold, which is a counter'],
  ['custom.basket > 1', 'thresholds must have a figure of custom.basket, such as custom.basket.p95'],
  [
    'T: custom.sold > 1',
    'thresholds cannot name a request: custom.sold is known for all requests together only',
  ],
  ['custom.sold > 1', null],
])('of a plan: %s', (threshold, problem) => {
  const { plan } = planOf('/s.ts', [{ tasks: { T: () => undefined } }], [], METRICS)
  const options: Options = { url: 'http://a.test', thresholds: [threshold] }
  const result = resolveOptions(options, { cores: 1, descriptors: 100 }, { ...plan!, sha256: '' })
  const found = 'problems' in result ? result.problems.map((one) => `${one.option} ${one.message}`) : []
  expect(found).toEqual(problem === null ? [] : [`${problem}, got "${threshold}"`])
})

test('metrics are made when the file is loaded, and added to by tasks', () => {
  const metrics = new Metrics()
  const sold = metrics.counter('sold')
  const basket = metrics.trend('basket')
  metrics.counter('sold')
  expect(metrics.plans).toEqual(METRICS.slice(0, 2))
  expect(() => metrics.trend('sold')).toThrow('sold is a counter already')
  expect(() => metrics.counter('a.b')).toThrow('a counter needs a name of letters, digits and _, got "a.b"')
  expect(() => sold.add()).toThrow('only tasks can add to sold')
  const added: unknown[] = []
  metrics.record = (...one) => added.push(one)
  sold.add()
  basket.add(0.5)
  expect(added).toEqual([
    ['counter', 'sold', 1],
    ['trend', 'basket', 0.5],
  ])
  for (const value of [-1, NaN, 3_600_001, Infinity]) expect(() => basket.add(value)).toThrow(RangeError)
  for (const value of ['3', '', true, null, undefined, 3n, [3], new Date(5), Object(3), () => 3])
    for (const metric of [sold, basket])
      expect(() => metric.add(value as number)).toThrow(/takes numbers from 0 to 3600000, got /)
  expect(() => sold.add('3' as never)).toThrow('sold takes numbers from 0 to 3600000, got "3", a string')
  expect(added).toHaveLength(2)
  expect(() => metrics.counter('late')).toThrow('a counter is made when the file is loaded, not by a task')
})

test('a second of the report has those that something was added to in it, others have none', () => {
  const second = (tally: Tally) => {
    const none = { parts: [], agents: [], witness: null, host: null, target: null }
    return deriveSecond({
      ...{ ...none, second: 0, isWarmup: false, isComplete: true, loadS: 1, tally },
      merged: mergeNames([packTally(tally)]),
    })
  }
  expect(second(tallied()).custom).toMatchObject({ sold: { sum: 2.5 }, basket: { count: 2, max: 12 } })
  expect(second(new Tally())).not.toHaveProperty('custom')
})

test('a job summary has a table of them', () => {
  const report = { ...reportOf(planOfRun(), []), custom: customReport(METRICS.slice(0, 2), tallied()) }
  expect(renderStepSummary(report)).toContain(
    [
      '| custom | |',
      '|---|---|',
      '| `sold` | 2.5 |',
      '| `basket` | 2 values · min 1.5 · mean 6.75 · p50 1.5 · p95 12 · p99 12 · max 12 |',
      '',
    ].join('\n'),
  )
})

test('in the summary each has a line', () => {
  const report = { ...reportOf(planOfRun(), []), custom: customReport(METRICS, tallied()) }
  expect(`\n${customLines(report, { color: false, width: 100 }).join('\n')}\n`).toMatchInlineSnapshot(`
    "
    custom    sold 2.5
              basket 2 values · min 1.5 · mean 6.75 · p50 1.5 · p95 12 · p99 12 · max 12
              never 0 values · min – · mean – · p50 – · p95 – · p99 – · max –
    "
  `)
})
