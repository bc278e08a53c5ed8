/** What a finished report says of a threshold is what the gate said that saw every latency, or it says nothing. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { passes } from '../../../src/core/judge/gate.ts'
import { reportFigure } from '../../../src/core/report/report-figure.ts'
import { isOfRow } from '../../../src/core/request/row.ts'
import { parseThreshold } from '../../../src/core/threshold/threshold.ts'
import { valueOf } from '../../support/parsed.ts'
import { planOf, reportOf, type Second } from '../../support/reports.ts'

const METRICS: readonly (readonly [string, readonly string[]])[] = [
  ...[
    'p50',
    'p75',
    'p90',
    'p95',
    'p99',
    'p99.9',
    'p42',
    'min',
    'mean',
    'max',
    'service.p95',
    'lag.p99',
    'failed.max',
  ].map((metric) => [metric, ['1ms', '4ms', '9.5ms', '20ms', '60ms']] as const),
  ['failed', ['0%', '10%', '50%']],
  ['retried', ['0%', '10%']],
  ['rps', ['0', '1', '2.5', '10']],
  ['iterations.failed', ['0%', '10%', '50%']],
  ['taskErrors', ['0', '1', '5']],
  ...['count', 'sent', 'succeeded', 'unfinished', 'due', 'dropped', 'started', 'unstarted'].map(
    (metric) => [metric, ['0', '1', '5', '20']] as const,
  ),
  ['iteration.p50', ['1s']],
  ['ttfb.max', ['1s']],
]
const BY_ALL_ONLY = /^(retried|taskErrors|iterations|lag|iteration|due|dropped|started|unstarted)/
const aRule = fc
  .record({
    metric: fc.constantFrom(...METRICS),
    limit: fc.nat(4),
    operator: fc.constantFrom('<', '<=', '>', '>=', '==', '!='),
    span: fc.constantFrom(
      '',
      ' over 1s',
      ' over 2s',
      ' over 3s',
      ' during stage 2',
      ' over 1s during stage 1',
    ),
    name: fc.constantFrom('', '', 'GET a:', 'POST a:', 'a:'),
  })
  .map(
    ({ metric: [metric, limits], limit, operator, span, name }) =>
      `${BY_ALL_ONLY.test(metric) ? '' : name}${metric} ${operator} ${limits[limit % limits.length]!}${span}`,
  )
const latencies = fc.array(
  fc.integer({ min: 500, max: 50_000 }).map((us) => us / 1000),
  { maxLength: 8 },
)
const aSecond = fc.record({ a: latencies, b: latencies, failures: fc.nat(3), unfinished: fc.constant(0) })
const aRun = fc.array(aSecond, { minLength: 4, maxLength: 4 }).map((seconds) =>
  seconds.map(({ a, b, failures }, second): Second => ({
    second,
    ok: { ...(a.length > 0 ? { 'GET a': a } : {}), ...(b.length > 0 ? { 'POST a': b } : {}) },
    failures: Array.from({ length: failures }, () => ['POST a', 'status', 'status 500', 1] as const),
  })),
)

test('the gate and the report agree', () => {
  const untold = new Set<string>()
  let told = 0
  fc.assert(
    fc.property(
      aRun,
      fc.uniqueArray(aRule, { minLength: 8, maxLength: 8 }),
      fc.nat(1),
      (run, rules, warmup) => {
        const options = {
          workers: 1,
          users: undefined,
          duration: undefined,
          stages: ['2s:10', '2s:10'],
          warmup,
          scenario: undefined,
        }
        const plan = planOf({ ...options })
        const thresholds = rules.map((rule) => valueOf(parseThreshold(rule)))
        const bare = reportOf({ ...plan, thresholds: [] }, run)
        const gated = reportOf({ ...plan, thresholds }, run).thresholds
        for (const [i, threshold] of thresholds.entries()) {
          const { name } = threshold
          if (name !== null && !Object.keys(bare.byName).some((row) => isOfRow(row, name))) continue
          const figure = reportFigure(bare, threshold)
          const gate = gated[i]!
          if ('problem' in figure) {
            // A percentile of two rows together is in no report.
            if (name !== 'a')
              untold.add(
                `${threshold.metric}${threshold.overS === null ? '' : ' over'}${threshold.stage === null ? '' : ' stage'}`,
              )
            continue
          }
          told++
          const said = [rules[i], passes(threshold, figure)]
          expect(said).toEqual([rules[i], gate.ok])
          if (gate.actual === null) continue
          // To the two digits of a second's histogram, where several are taken together.
          expect(Math.abs(figure.actual! - gate.actual)).toBeLessThanOrEqual(0.0011 + gate.actual / 100)
          // Of windows that are alike in two digits, another one may be the worst.
          if (threshold.overS !== null) continue
          if (figure.isCounted) expect([rules[i], figure.samples]).toEqual([rules[i], gate.samples])
          else expect(figure.samples).toBeLessThanOrEqual(Math.max(1, gate.samples))
        }
      },
    ),
    { numRuns: 70 },
  )
  expect(told).toBeGreaterThan(300)
  // What it has is told, and of seconds what they count.
  const isHeld = /^(p9[059]|p50|min|max|mean|(failed|rps|count|sent|succeeded|due|started|dropped).*)$/
  expect([...untold].filter((rule) => isHeld.test(rule) && !rule.startsWith('failed.'))).toEqual([])
})

test('what the run itself was judged by stands as it was judged', () => {
  const plan = planOf({ thresholds: ['p97 < 15ms'] })
  const report = reportOf(plan, [{ ok: { a: [10, 12] } }])
  const rule = (text: string) => reportFigure(report, valueOf(parseThreshold(text)))
  expect(rule('p97 < 15ms')).toMatchObject({ actual: 12, samples: 2 })
  expect(rule('p97 < 16ms')).toEqual({
    problem:
      'the report does not say p97; it has min, mean, max, p50, p75, p90, p95, p99, p99.9; give the rule to the run itself, among its thresholds',
  })
})

test('a request may have any name', () => {
  const report = reportOf(planOf(), [{ ok: JSON.parse('{"__proto__": [5]}') as Record<string, number[]> }])
  expect(Object.keys(report.byName)).toEqual(['__proto__'])
  expect(Object.keys(report.timeline[0]!.byName)).toEqual(['__proto__'])
})
