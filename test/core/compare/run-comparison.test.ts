/** A run held against its baseline: what its report says, and what every output makes of it. */
import { describe, expect, test } from 'vitest'
import type { Options } from '../../../src/core/options/options.ts'
import type { Report, RunFacts } from '../../../src/core/report/report.ts'
import { foregone, type ComparedRun } from '../../../src/core/compare/run-comparison.ts'
import { renderAnnotations, renderStepSummary } from '../../../src/output/file/github.ts'
import { renderJunit } from '../../../src/output/file/junit.ts'
import { renderSummary } from '../../../src/output/text/summary.ts'
import { planOf, reportOf } from '../../support/reports.ts'

const SECONDS = 40
/** A run whose latencies are `factor` times 10 to 12 ms. */
function measured(factor: number, options: Options = {}, facts: Partial<RunFacts> = {}): Report {
  const a = Array.from({ length: 20 }, (_, i) => (10 + i / 10) * factor)
  const seconds = Array.from({ length: SECONDS }, (_, second) => ({ second, ok: { a } }))
  return reportOf(planOf({ duration: `${SECONDS}s`, workers: 1, ...options }), seconds, facts)
}

const base = measured(1)
/** That run against runs of the same plan. */
const against = (
  factor: number,
  options: Options = {},
  { baseline = [base], earlier = [] }: { baseline?: ComparedRun[]; earlier?: ComparedRun[] } = {},
  facts: Partial<RunFacts> = {},
): Report =>
  measured(
    factor,
    { baseline: 'base.json', ...options },
    { comparands: { baseline, earlier, isInterleaved: false, warnings: [] }, ...facts },
  )
const PLAIN = { color: false, width: 100 }

test('without a baseline nothing is compared', () => {
  expect(base.comparison).toBeNull()
  expect(renderSummary(base, PLAIN)).not.toContain('comparison')
  expect(renderJunit(base)).not.toContain('baseline')
})

describe('a run that is slower than its baseline', () => {
  const report = against(1.5)

  test('is a regression, and exit code 98', () => {
    expect(report.comparison).toMatchObject({ baseline: ['base.json'], refused: [] })
    expect(report.comparison!.result).toMatchObject({ answer: 'regressed', method: 'block bootstrap' })
    expect(report.exitCode).toBe(98)
  })

  test('is shown under the summary', () => {
    expect(renderSummary(report, PLAIN).split('\n').slice(-5, -1)).toMatchInlineSnapshot(`
      [
        "comparison · baseline base.json · 1 run against 1 run · block bootstrap",
        "rule                 baseline  current  change     90 % interval      p  answer",
        "p95 < baseline + 5%   11.8 ms  17.8 ms  +50.3%  +50.3% to +50.3%  0.001  regressed",
        "regressed: worse than the baseline by more than the rules allow",
      ]
    `)
  })

  test('is a failure in JUnit, and an error on GitHub', () => {
    expect(renderJunit(report)).toMatch(
      /<failure type="regression" message="regressed: 11\.8 ms → 17\.8 ms \(\+50\.3%\)"/,
    )
    expect(renderJunit(report)).toContain('tests="4" failures="1" errors="0"')
    expect(renderAnnotations(report)).toMatch(/^::error title=corerush%3A p95 < baseline \+ 5%25::regressed/)
    expect(renderStepSummary(report)).toMatch(/### corerush: ❌ .*, all thresholds passed, regressed/)
    expect(renderStepSummary(report)).toContain('| ❌ | p95 &#60; baseline &#43; 5&#37; | regressed')
  })
})

test('one that is as fast is none', () => {
  const report = against(1)
  expect([report.comparison!.result!.answer, report.exitCode]).toEqual(['no regression', 0])
  expect(renderJunit(report)).toContain('failures="0"')
  expect(renderAnnotations(report)).toBe('')
})

test('a comparison without an answer fails nothing, and is shown everywhere', () => {
  const report = against(1, { thresholds: 'p99.9 < baseline + 5%' })
  expect([report.comparison!.result!.answer, report.exitCode]).toEqual(["can't tell", 0])
  expect(renderSummary(report, PLAIN)).toMatch(
    /can't tell: these runs show neither a regression nor its absence/,
  )
  expect(renderJunit(report)).toMatch(/failures="0"[^]*<system-out>can&#39;t tell: /)
  expect(renderAnnotations(report)).toMatch(/^::warning .*can't tell/)
})

test('a rule of its own is judged by its own margin', () => {
  const exitCode = (margin: string) => against(1.5, { thresholds: `p95 < baseline + ${margin}` }).exitCode
  expect([exitCode('80%'), exitCode('20%')]).toEqual([0, 98])
})

test('runs before it count with it: enough of them are compared as wholes', () => {
  const slow = [1.5, 1.51].map((factor) => measured(factor))
  const fast = [1, 1.01, 1.02].map((factor) => measured(factor))
  const report = against(1.52, {}, { baseline: fast, earlier: slow })
  expect(report.comparison!.result).toMatchObject({
    method: 'permutation',
    runs: { baseline: 3, current: 3 },
    answer: 'regressed',
  })
})

test('what only the run could show forbids the comparison, and never alone: the exit code tells as well', () => {
  const cut = against(1.5, {}, {}, { stoppedBy: 'SIGTERM' })
  expect([cut.comparison!.result, cut.exitCode]).toEqual([null, 143])
  expect(renderSummary(cut, PLAIN)).toMatch(
    /not compared · baseline base.json\n- the current run did not carry out its plan: it was stopped by SIGTERM/,
  )
  expect(renderJunit(cut)).toContain('<skipped message="not compared: ')
  const lost = [{ worker: 0, second: 0, message: 'out of memory' }]
  const isVoid = against(1.5, {}, {}, { lostWorkers: lost })
  expect(isVoid.comparison!.refused[0]).toMatch(/^the current run is void/)
  expect(isVoid.exitCode).toBe(97)
  expect(against(1.5, { allow: 'void' }, {}, { lostWorkers: lost }).comparison!.result).not.toBeNull()
  // Of several runs of the baseline it is the baseline, too.
  const baseline = [base, measured(1, {}, { lostWorkers: lost })]
  expect(against(1, {}, { baseline }).comparison!.refused).toEqual([
    expect.stringMatching(/^the baseline is void: /),
  ])
})

test('what such runs can never show is known beforehand', () => {
  const foreseen = (baseline: number, current: number, metrics: number, seconds: number | null = 60) =>
    foregone({ runs: baseline, seconds: 60 }, { runs: current, seconds }, metrics, false)
  expect(foreseen(1, 1, 1)).toBeNull()
  expect(foreseen(1, 1, 1, null)).toBeNull()
  expect(foreseen(1, 1, 1, 20)).toMatch(/at least 30 measured seconds on each side, one has 20/)
  expect(foreseen(5, 1, 1)).toMatch(/too few runs to compare them as wholes/)
  expect(foreseen(3, 3, 1, 2)).toBeNull()
  expect(foreseen(3, 3, 2)).toMatch(/no regression can be shown: .*2 metrics need 0.025: it takes 4 on each/)
})
