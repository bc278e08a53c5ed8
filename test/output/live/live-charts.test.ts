import { expect, test } from 'vitest'
import { CHART_S, coreBars, percentileCharts } from '../../../src/output/live/live-charts.ts'
import { widthOf } from '../../../src/output/text/paint.ts'
import { planOf, reportOf } from '../../support/reports.ts'

const row = reportOf(planOf(), [{ ok: { GetPrograms: [20] } }]).timeline[0]!
const second = (ms: number | null) => ({
  ...row,
  latencyMs: {
    ...row.latencyMs,
    p50: ms,
    p95: ms === null ? null : 2 * ms,
    p99: ms === null ? null : 3 * ms,
  },
})
const style = (width: number) => ({ color: false, width })

test('each percentile is charted to its own highest second; one without samples is a gap', () => {
  expect(percentileCharts([10, null, 40, 80].map(second), style(80))).toEqual([
    'p50 ▂ ▅█ to 80.0 ms',
    'p95 ▂ ▅█ to 160 ms',
    'p99 ▂ ▅█ to 240 ms',
  ])
})

test('a single second has no course', () => {
  expect(percentileCharts([second(10)], style(80))).toEqual([])
})

test('only the last minute is charted, and the scale is that of what is seen', () => {
  const lines = percentileCharts([900, ...Array<number>(CHART_S).fill(10)].map(second), style(200))
  expect(lines[0]).toBe(`p50 ${'█'.repeat(CHART_S)} to 10.0 ms`)
})

const cores = (busy: readonly number[]) =>
  busy.map((busy, core) => ({ core, busy, iowait: null, steal: null }))

test('a core is charted against a whole core, not against the busiest one', () => {
  expect(coreBars([], cores([0, 0.25, 0.5]), style(40))).toEqual(['cores ▁▃▅ busiest 50%'])
  expect(coreBars([], cores([1, 0]), style(40))).toEqual(['cores █▁ busiest 100%'])
  expect(coreBars([], cores([]), style(80))).toEqual([])
  expect(coreBars([], null, style(80))).toEqual([])
})

test.for([1, 10, 20, 40, 80])('no chart is wider than %i columns', (width) => {
  const minute = Array<number>(CHART_S).fill(1234.5).map(second)
  const lines = [
    ...percentileCharts(minute, style(width)),
    ...coreBars(row.workers, cores(Array<number>(128).fill(1)), style(width)),
    ...coreBars(row.workers, cores([0.2, 1, 0.8]), style(width)),
  ]
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width)
})
