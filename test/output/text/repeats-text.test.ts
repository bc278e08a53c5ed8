/** Several runs in the summary. */
import { describe, expect, test } from 'vitest'
import type { RunFacts } from '../../../src/core/report/report.ts'
import { turnsOf } from '../../../src/core/compare/run-series.ts'
import { renderSeries, renderTurns } from '../../../src/output/text/repeats-text.ts'
import { planOf, reportOf } from '../../support/reports.ts'

const reportAt = (ms: number, facts: Partial<RunFacts> = {}, thresholds = 'failed < 1%') =>
  reportOf(
    planOf({ thresholds }),
    [0, 1].map((second) => ({ second, ok: { a: [ms, ms + 1] } })),
    facts,
  )
const render = (
  reports: ReturnType<typeof reportAt>[],
  turns = turnsOf(reports.length, false),
  width = 100,
) =>
  renderSeries(
    reports.map((report, i) => ({ turn: turns[i]!, report })),
    turns,
    { color: false, width },
  )

describe('repeated runs', () => {
  test('are a line each, and the figures over them', () => {
    const reports = [reportAt(10), reportAt(30), reportAt(20, {}, 'p50 < 15ms')]
    expect(render(reports)).toMatchInlineSnapshot(`
      "corerush 1.2.3 · GET http://127.0.0.1:8080/GetPrograms · 3 runs

      run     measurement  exit  requests  failed  req/s      p50      p95      p99
      run 1   sound           0         4      0%   2.00  10.0 ms  11.0 ms  11.0 ms
      run 2   sound           0         4      0%   2.00  30.0 ms  31.0 ms  31.0 ms
      run 3   sound          99         4      0%   2.00  20.0 ms  21.0 ms  21.0 ms
      min                                           2.00  10.0 ms  11.0 ms  11.0 ms
      median                                        2.00  20.0 ms  21.0 ms  21.0 ms
      max                                           2.00  30.0 ms  31.0 ms  31.0 ms

      - run 3: ✗ p50 < 15ms: 20.0 ms
      - run 3: the threshold "p50 < 15ms" rests on 4 samples; p50 says little with fewer than 20
      "
    `)
  })

  test('fit a narrow terminal', () => {
    for (const line of render([reportAt(10), reportAt(30)], turnsOf(2, false), 40).split('\n'))
      expect(line.length).toBeLessThanOrEqual(40)
  })

  test('that ended early say so, and how many were made', () => {
    const text = render([reportAt(10), reportAt(10, { stoppedBy: 'SIGINT' })], turnsOf(5, false))
    expect(text).toMatch(/^corerush 1\.2\.3 · GET .* · 2 of 5 runs$/m)
    expect(text).toMatch(/^- run 2: was stopped by SIGINT$/m)
  })
})

test('two targets have their own figures', () => {
  const text = render([reportAt(10), reportAt(20), reportAt(21), reportAt(11)], turnsOf(2, true))
  expect(text).toMatch(/^current 1 .*\nbaseline 1 .*\nbaseline 2 .*\ncurrent 2 /m)
  expect(text).toMatch(/^baseline, min .*20\.0 ms/m)
  expect(text).toMatch(/^current, max .*11\.0 ms/m)
})

test('the order is shown beforehand', () => {
  expect(renderTurns(turnsOf(1, false))).toBe('')
  expect(renderTurns(turnsOf(2, true))).toBe(
    '\n4 runs, one after the other: current 1, baseline 1, baseline 2, current 2\n',
  )
})
