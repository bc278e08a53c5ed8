/** The witness in a report: apart from all requests, and part of them. */
import { expect, test } from 'vitest'
import { reportFigure } from '../../../src/core/report/report-figure.ts'
import { parseThreshold } from '../../../src/core/threshold/threshold.ts'
import { renderSummary } from '../../../src/output/text/summary.ts'
import { sentenceOf } from '../../../src/output/text/verdict-text.ts'
import { viewOf } from '../../../src/output/view/view.ts'
import { planOf, reportOf, type Second } from '../../support/reports.ts'

const SECONDS = 12
const plan = {
  ...planOf({ workers: 1, duration: `${SECONDS}s`, warmup: '2s', thresholds: ['witness.p90 < 26ms'] }),
  witness: 53,
}
const many = (n: number, ms: number): number[] => Array.from({ length: n }, () => ms)
/** The worker measured 100 ms, the witness 20 and 25 ms; both 500 ms in the warm-up. */
const seconds = Array.from({ length: SECONDS }, (_, second): Second[] => [
  { second, worker: 0, ok: { 'GET /': many(200, second < 2 ? 500 : 100) } },
  { second, worker: 1, ok: { 'GET /': second < 2 ? many(50, 500) : [...many(40, 20), ...many(10, 25)] } },
]).flat()

test('its requests are part of all, and their percentiles stand beside, without the warm-up', () => {
  const report = reportOf(plan, seconds)
  expect(report.total.finished).toBe(2500)
  expect(report.witness).toMatchObject({ requests: 500, agrees: false })
  const { latencyMs, errorBoundMs, intervalMs } = report.witness!
  expect([latencyMs.p50, latencyMs.p75, latencyMs.p90].map((ms) => Math.round(ms!))).toEqual([20, 20, 25])
  expect(errorBoundMs.p50).toBeCloseTo(0.2, 1)
  expect(intervalMs.p50![0]).toBeCloseTo(19.8, 1)
  expect(intervalMs.p50![1]).toBeCloseTo(20, 1)
  // 500 samples do not bound a p99.9 from above.
  expect(intervalMs.p99_9).toBeNull()
  expect(report.timeline[0]!.witness).toMatchObject({ finished: 50 })
  expect(report.timeline[3]!.witness!.latencyMs.max).toBeCloseTo(25, 1)
  // 80 ms apart, with bounds of 0.2 ms: one of them is wrong, and the run says so.
  expect(report.verdict.reasons.map(({ code }) => code)).toContain('bound.broken')
  expect(sentenceOf(report)).toMatch(/does not hold/)
})

test('thresholds, the summary and the pages have it', () => {
  const report = reportOf(plan, seconds)
  expect(report.thresholds.at(-1)).toMatchObject({ expression: 'witness.p90 < 26ms', ok: true, samples: 500 })
  const rule = parseThreshold('witness.p95 < 30ms')
  if ('problem' in rule) throw new Error(rule.problem)
  expect(reportFigure(report, rule.value)).toMatchObject({ actual: report.witness!.latencyMs.p95 })
  expect(renderSummary(report, { color: false, width: 100 })).toContain(
    'witness   p50 20.0 ms ≤ 208 µs · p90 25.0 ms ≤ ',
  )
  expect(renderSummary(report, { color: false, width: 100 })).toMatch(/worker 0 25% .* · witness 25%/)
  expect(viewOf(report).total.lines['witnessP95']!.low[3]).toBeCloseTo(25, 1)
})

test('a run without one has none', () => {
  const report = reportOf({ ...plan, witness: null, workers: 2, thresholds: [] }, seconds)
  expect(report.witness).toBeNull()
  expect(report.timeline[3]).not.toHaveProperty('witness')
  expect(renderSummary(report, { color: false, width: 100 })).not.toContain('witness')
  expect(viewOf(report).total.lines).not.toHaveProperty('witnessP95')
})
