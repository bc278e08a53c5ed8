/** What a run exports: at the end it is what the report says, and on the way there nothing goes down. */
import { expect, test } from 'vitest'
import type { Buckets } from '../../../src/core/export/buckets.ts'
import { CustomSeries } from '../../../src/core/export/custom-series.ts'
import { RequestTally } from '../../../src/core/measure/request-tally.ts'
import { mergeRequests, noIterations, Tally, type IterationCounts } from '../../../src/core/measure/tally.ts'
import type { Series } from '../../../src/core/export/exported-series.ts'
import { Telemetry } from '../../../src/core/export/telemetry.ts'
import type { Options } from '../../../src/core/options/options.ts'
import { Timeline } from '../../../src/core/measure/timeline.ts'
import { anOpenPlan, aPlan } from '../../support/plan.ts'
import { planOf, reportOf, type Second } from '../../support/reports.ts'
import { Simulation } from '../../support/simulation.ts'
import type { Answer, Sent } from '../../support/virtual.ts'

const SECONDS: Second[] = [
  {
    ok: { 'GET A': [5, 20, 30], 'POST A': [700] },
    failures: [
      ['GET A', 'status', 'status 503', 1],
      ['GET A', 'headers.reset', 'reset', 1],
    ],
  },
  { worker: 1, ok: { 'GET A': [6] }, utilization: 0.75 },
  {
    second: 1,
    ok: { 'GET A': [7, 8] },
    failures: [['POST A', 'connect.refused', 'refused', 1]],
    unfinished: 3,
  },
  {
    second: 1,
    worker: 1,
    ok: { 'GET A': [9] },
    users: 4,
    taskErrors: [
      ['Pay', 'no stock', 2],
      ['onStart', 'no login', 1],
    ],
  },
]

function telemetryOf(seconds: readonly Second[], options: Options = {}) {
  const plan = planOf(options)
  const telemetry = new Telemetry(plan)
  const steps: Series[][] = []
  const report = reportOf(plan, seconds, {}, (second) => {
    telemetry.settle(second)
    steps.push(telemetry.series())
  })
  telemetry.finish(report)
  return { report, steps, telemetry, series: telemetry.series() }
}

const points = (series: readonly Series[], name: string) =>
  (series.find((one) => one.name === name)?.points ?? []).map(({ attributes, value }) => ({
    attributes,
    value,
  }))
const totalOf = (series: readonly Series[], name: string): number =>
  points(series, name).reduce((sum, { value }) => sum + (typeof value === 'number' ? value : value.count), 0)

test('at the end the sums are those of the report, to the request', () => {
  const { report, series } = telemetryOf(SECONDS)
  const { total, iterations, outcomes } = report
  expect(totalOf(series, 'http.client.request.duration')).toBe(total.finished)
  expect(totalOf(series, 'corerush.requests.finished')).toBe(total.finished)
  expect(totalOf(series, 'corerush.requests.sent')).toBe(total.sent)
  expect(totalOf(series, 'corerush.requests.unfinished')).toBe(total.unfinished)
  expect(totalOf(series, 'corerush.body.received')).toBe(total.bytesIn)
  expect(totalOf(series, 'corerush.body.sent')).toBe(total.bytesOut)
  expect(points(series, 'corerush.task.errors')).toEqual(
    report.taskErrors.map(({ task, message, count }) => ({
      attributes: { 'corerush.task': task, 'corerush.message': message },
      value: count,
    })),
  )
  for (const key of Object.keys(noIterations()) as (keyof IterationCounts)[])
    expect(totalOf(series, `corerush.iterations.${key}`)).toBe(iterations[key])
  const byOutcome: Record<string, number> = {}
  for (const { attributes, value } of points(series, 'corerush.requests.finished'))
    byOutcome[attributes['corerush.outcome']!] =
      (byOutcome[attributes['corerush.outcome']!] ?? 0) + (value as number)
  expect(byOutcome).toEqual(outcomes)
  for (const { attributes, value } of points(series, 'corerush.request.latency')) {
    const { latencyMs } =
      report.byName[`${attributes['http.request.method']} ${attributes['corerush.request.name']}`]!
    const buckets = value as Buckets
    expect([buckets.minUs! / 1000, buckets.maxUs! / 1000]).toEqual([latencyMs.min, latencyMs.max])
  }
})

test('failed requests stand apart, GET and POST of one name too; the server goes with them', () => {
  const { series } = telemetryOf(SECONDS)
  const row = (method: string) => ({
    'server.address': '127.0.0.1',
    'server.port': 8080,
    'http.request.method': method,
    'corerush.request.name': 'A',
  })
  expect(
    points(series, 'http.client.request.duration').map(({ attributes, value }) => [
      attributes,
      (value as Buckets).count,
    ]),
  ).toEqual([
    [row('GET'), 7],
    [{ ...row('GET'), 'error.type': '_OTHER' }, 2],
    [row('POST'), 1],
    [{ ...row('POST'), 'error.type': '_OTHER' }, 1],
  ])
})

test('gauges are of the last second, or of the last ten; the verdict is there at the end', () => {
  const { series, steps, report } = telemetryOf(SECONDS)
  expect(points(series, 'corerush.users')).toEqual([{ attributes: {}, value: 9 }])
  expect(points(series, 'corerush.worker.utilization')).toEqual([
    { attributes: { 'corerush.worker': 0 }, value: 0.25 },
    { attributes: { 'corerush.worker': 1 }, value: 0.5 },
  ])
  expect(points(series, 'corerush.iteration.lag')).toEqual([
    { attributes: { quantile: '0.5' }, value: 0.0003 },
    { attributes: { quantile: '0.99' }, value: 0.0003 },
    { attributes: { quantile: '1' }, value: 0.0003 },
  ])
  expect(points(steps.at(-1)!, 'corerush.verdict')).toEqual([])
  expect(points(series, 'corerush.verdict').filter(({ value }) => value === 1)).toEqual([
    { attributes: { 'corerush.verdict.level': report.verdict.level }, value: 1 },
  ])
})

test('what is counted up never goes down, and the warm-up is not in it', () => {
  const { steps, report, telemetry } = telemetryOf(
    [...SECONDS, { second: 2, ok: { 'GET A': [1, 2] } }, { second: 3, ok: { 'POST A': [3] } }],
    { duration: '3500ms', warmup: '1s' },
  )
  expect(steps).toHaveLength(4)
  expect(totalOf(steps[0]!, 'corerush.iterations.due')).toBe(0)
  expect(points(steps[0]!, 'corerush.users')).toEqual([{ attributes: {}, value: 10 }])
  for (const [i, step] of steps.entries())
    for (const { name, kind } of step)
      if (kind !== 'gauge' && i > 0)
        expect(totalOf(step, name), name).toBeGreaterThanOrEqual(totalOf(steps[i - 1]!, name))
  expect(totalOf(steps.at(-1)!, 'corerush.requests.finished')).toBe(report.total.finished)
  expect(telemetry.endS).toBe(3.5)
})

test('rows beyond 500 go together; a method that the conventions do not know keeps its rows apart', () => {
  const plan = planOf()
  const telemetry = new Telemetry(plan)
  const tally = new Tally()
  for (let i = 0; i < 600; i++) tally.request(`${i % 2 === 0 ? 'PURGE' : 'LINK'} name ${i - (i % 2)}`).sent++
  reportOf(plan, [{}], {}, (second) => telemetry.settle({ ...second, tally }))
  const sent = points(telemetry.series(), 'corerush.requests.sent')
  expect(sent).toHaveLength(501)
  expect(new Set(sent.map(({ attributes }) => JSON.stringify(attributes))).size).toBe(501)
  expect(sent[0]!.attributes).toEqual({
    'http.request.method': '_OTHER',
    'http.request.method_original': 'PURGE',
    'corerush.request.name': 'name 0',
  })
  expect(sent.at(-1)).toEqual({
    attributes: { 'http.request.method': '_OTHER', 'corerush.request.name': '(other requests)' },
    value: 100,
  })
})

/** A target that is quick, slow, unwilling, resetting and silent in turn. */
const moody = ({ turn }: Sent): Answer =>
  (
    [
      { afterUs: 3000 },
      { afterUs: 90_000 },
      { afterUs: 5000, status: 503 },
      { afterUs: 7000, outcome: 'body.reset' },
      { afterUs: Infinity },
    ] as const
  )[turn % 5]!

test.each([
  ['closed', aPlan({ durationS: 2, timeoutS: 0.2, gracefulStopS: 0.05 })],
  // Some arrivals wait for a user, and some never find one: they are no requests.
  ['open', anOpenPlan({ durationS: 2, timeoutS: 0.2, gracefulStopS: 0.05, maxUsers: 5 })],
])('%s model: the durations are the service times of the requests that ended', async (_, plan) => {
  const simulation = await new Simulation(plan, moody).to(10)
  const telemetry = new Telemetry(plan)
  const timeline = new Timeline(1, 2, 0, (second) => telemetry.settle(second))
  for (const snapshot of simulation.snapshots) timeline.add(snapshot)
  timeline.done(0)
  timeline.finish()

  const { total } = simulation
  const request = mergeRequests(total, new RequestTally(true))
  expect(request.outcomes.get('headers.timeout')).toBeGreaterThan(0)
  expect(request.unfinished).toBeGreaterThan(0)
  expect(plan.model === 'closed' || total.iterations.unstarted > 0).toBe(true)
  const ended = simulation.sent.filter(({ outcome }) => outcome !== null && outcome !== 'unfinished')
  const isOk = ({ outcome, turn }: Sent): boolean => outcome === 'ok' && turn % 5 !== 2
  const serviceUs = (of: readonly Sent[]): number =>
    of.reduce((sum, { atUs, doneUs }) => sum + doneUs! - atUs, 0)
  const series = telemetry.series()
  const told = points(series, 'http.client.request.duration').map(({ attributes, value }) => ({
    failed: 'error.type' in attributes,
    count: (value as Buckets).count,
    sumUs: (value as Buckets).sumUs,
  }))
  const [ok, failed] = [ended.filter(isOk), ended.filter((one) => !isOk(one))]
  expect(told).toEqual([
    { failed: false, count: ok.length, sumUs: serviceUs(ok) },
    { failed: true, count: failed.length, sumUs: serviceUs(failed) },
  ])
  expect([ok.length, failed.length]).toEqual([request.succeeded, request.failed])
  expect(totalOf(series, 'corerush.request.latency')).toBe(request.peek('latency')!.count)
})

test("metrics of the scenario's own: counted up without the warm-up, trends of the last seconds", () => {
  const second = (sold: number, basket: readonly number[]): Tally => {
    const tally = new Tally()
    tally.count('sold', sold)
    for (const value of basket) tally.trend('basket').record(value * 1000)
    return tally
  }
  const custom = new CustomSeries(2)
  expect(custom.series()).toEqual([])
  custom.add(second(100, [1000]), true)
  custom.add(second(2, [10, 20]), false)
  custom.add(second(3, [30]), false)
  const series = custom.series()
  expect(points(series, 'corerush.custom.counter')).toEqual([
    { attributes: { 'corerush.metric.name': 'sold' }, value: 5 },
  ])
  expect(points(series, 'corerush.custom.values')).toEqual([
    { attributes: { 'corerush.metric.name': 'basket' }, value: 3 },
  ])
  const trend = points(series, 'corerush.custom.trend').map(({ attributes: { quantile }, value }) => [
    quantile,
    value,
  ])
  expect(trend.map(([quantile]) => quantile)).toEqual(['0.5', '0.95', '0.99', '1'])
  expect(trend.at(-1)![1]).toBeCloseTo(30, 0)
})
