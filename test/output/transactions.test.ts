/** Transactions in every output of a run. */
import { expect, test } from 'vitest'
import { Telemetry } from '../../src/core/export/telemetry.ts'
import { reportFigure } from '../../src/core/report/report-figure.ts'
import { parseThreshold, printThreshold } from '../../src/core/threshold/threshold.ts'
import { LocustCsv } from '../../src/output/file/csv.ts'
import { renderStepSummary } from '../../src/output/file/github.ts'
import { renderNdjson } from '../../src/output/file/ndjson.ts'
import { renderLive } from '../../src/output/live/live-frame.ts'
import { renderSummary } from '../../src/output/text/summary.ts'
import { liveOf, startOf } from '../support/live.ts'
import { planOf, reportOf, timelineOf } from '../support/reports.ts'

const seconds = [
  { second: 0, ok: { '/a': [10, 20] }, transactions: { checkout: [100, 200, -300], 'log|in': [5] } },
  { second: 1, ok: { '/a': [10] }, transactions: { checkout: [400] } },
]
const rules = [
  'checkout: transaction.p95 < 500ms',
  'checkout: transactions.failed < 10%',
  'checkout: transactions.count == 4',
  'transactions.count > 4 over 1s',
  'other: transaction.max < 1s',
]
const plan = {
  ...planOf(),
  thresholds: rules.map((rule) => {
    const parsed = parseThreshold(rule)
    if ('problem' in parsed) throw new Error(parsed.problem)
    expect(printThreshold(parsed.value)).toBe(rule)
    return parsed.value
  }),
}
const text = { color: false, width: 120 }

test('stand in the report, for the whole run and in each second', () => {
  const report = reportOf(plan, seconds)
  expect(report.transactions).toMatchObject({
    checkout: { started: 4, finished: 4, failed: 1, unended: 0, failedRatio: 0.25, perS: 2 },
    'log|in': { finished: 1, durationMs: { p50: 5 } },
  })
  expect(report.transactions['checkout']!.durationMs.max).toBeCloseTo(400, 0)
  expect(report.transactions['checkout']!.failedMs.max).toBeCloseTo(300, 0)
  expect(report.timeline.map(({ transactions }) => Object.keys(transactions ?? {}))).toEqual([
    ['checkout', 'log|in'],
    ['checkout'],
  ])
})

test('are held against thresholds by their name, in the run and in its report', () => {
  const report = reportOf(plan, seconds)
  const results = report.thresholds.map(({ expression, ok, actual }) => [expression, ok, actual])
  expect(results).toEqual([
    [rules[0], true, expect.closeTo(400, 0)],
    [rules[1], false, 0.25],
    [rules[2], true, 4],
    [rules[3], false, 1],
    [rules[4], false, null],
  ])
  for (const [i, threshold] of plan.thresholds.entries())
    expect(reportFigure({ ...report, thresholds: [] }, threshold)).toMatchObject({
      actual: results[i]![2],
    })
})

test('have rows in the summary, the live view, Markdown, NDJSON and CSV', () => {
  const texts: Record<string, string> = {}
  const destination = (name: string) => ({
    name,
    check: () => undefined,
    write: (text: string) => void (texts[name] = text),
  })
  const csv = new LocustCsv('x', {
    stats: destination('stats'),
    stats_history: destination('history'),
    failures: destination('failures'),
    exceptions: destination('exceptions'),
  })
  const report = reportOf(plan, seconds, {}, (second) => csv.settled(second))
  void csv.finish(report)
  expect(renderSummary(report, text)).toMatch(
    /transaction +finished +failed.*\ncheckout +4 +25%.*\nlog\|in +1/,
  )
  expect(renderSummary(reportOf(planOf(), [{}]), text)).not.toContain('transaction')
  const live = renderLive({ run: startOf(report), elapsedS: 2, latest: liveOf(report) }, text)
  expect(live.join('\n')).toMatch(/transaction +finished.*\ncheckout +4 .* 1$/m)
  expect(renderStepSummary(report)).toContain('| checkout | 4 | 25% | 0 |')
  expect(renderStepSummary(report)).toContain('| log&#124;in |')
  expect([...renderNdjson(report)].join('')).toContain('"transactions":{"checkout":{"started":4')
  expect(texts['stats']).toMatch(/^TRANSACTION,checkout,4,1,200/m)
  expect(texts['stats']).toMatch(/^,Aggregated,3,0,/m)
})

test('are exported, the failed ones apart', () => {
  const telemetry = new Telemetry(plan)
  timelineOf(plan, seconds, [], (second) => telemetry.settle(second))
  const series = telemetry.series()
  const points = (name: string) =>
    series
      .find((one) => one.name === name)!
      .points.map(({ attributes, value }) => [
        Object.values(attributes).join(),
        typeof value === 'number' ? value : value.count,
      ])
  expect(points('corerush.transaction.duration')).toEqual([
    ['checkout', 3],
    ['checkout,_OTHER', 1],
    ['log|in', 1],
  ])
  expect(points('corerush.transactions.unended')).toEqual([
    ['checkout', 0],
    ['log|in', 0],
  ])
})
