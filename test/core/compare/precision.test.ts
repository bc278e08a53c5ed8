/** The end of a run by its own precision: the rule, the interval, and when the watch ends it. */
import { describe, expect, test } from 'vitest'
import { intervalOf, precisionOf, studentT } from '../../../src/core/compare/precision.ts'
import { PrecisionWatch } from '../../../src/core/compare/precision-watch.ts'
import { RunSample, type SampleSecond } from '../../../src/core/compare/run-sample.ts'
import type { SettledSecond } from '../../../src/core/measure/timeline.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { parsePrecision, printPrecision } from '../../../src/core/threshold/precision-rule.ts'
import { levels, plainSecond, trueFigure } from '../../support/simulated-seconds.ts'

const rule = (text: string) => {
  const parsed = parsePrecision(text)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.value
}

function settled(second: number, row: SampleSecond, phase: SettledSecond['phase'] = 'load'): SettledSecond {
  return { second, phase, loadS: 1, row } as unknown as SettledSecond
}

describe('the rule', () => {
  test.each([
    ['p99 ± 5%', 'p99 ± 5%'],
    ['p99.9+-2.5 %', 'p99.9 ± 2.5%'],
    [' rps +/- 1%', 'rps ± 1%'],
    ['POST login: mean±10%', 'POST login: mean ± 10%'],
  ])('%s', (text, printed) => {
    expect(printPrecision(rule(text))).toBe(printed)
    expect(rule(printed)).toEqual(rule(text))
  })

  test.each([
    'p99',
    'p99 ± 5',
    'p99 < 5%',
    'max ± 5%',
    'failed ± 5%',
    'ttfb.p99 ± 5%',
    'p99 ± 0.5%',
    ': p99 ± 5%',
  ])('refuses %s', (text) => expect(parsePrecision(text)).toHaveProperty('problem'))
})

test("Student's t, as tables have it", () => {
  for (const [freedom, t] of [
    [2, 4.303],
    [5, 2.571],
    [10, 2.228],
    [30, 2.042],
  ] as const)
    expect(studentT(freedom) / t).toBeCloseTo(1, 1)
})

test('more of the same makes an interval narrower; less than three blocks make none', () => {
  const random = seededRandom(3)
  const next = levels(random, { rho: 0.5, sigma: 0.2 })
  const seconds = Array.from({ length: 800 }, () => plainSecond(next(), 100))
  expect(intervalOf(new RunSample(seconds.slice(0, 29)), 'mean', 1)).toBeNull()
  const widths = [50, 200, 800].map((n) =>
    precisionOf(intervalOf(new RunSample(seconds.slice(0, n)), 'mean', 1)!),
  )
  expect(widths).toEqual([...widths].sort((a, b) => b - a))
})

test('a run that ends by its own interval: that holds the true figure as often as it says', () => {
  const level = { rho: 0.5, sigma: 0.12 }
  const truth = trueFigure('mean', level, 100)
  const runs = 120
  let covered = 0
  for (let seed = 1; seed <= runs; seed++) {
    const watch = new PrecisionWatch({ until: [rule('mean ± 5%')], seed })
    const next = levels(seededRandom(seed, 7), level)
    for (let second = 0; !watch.isReached; second++) watch.settle(settled(second, plainSecond(next(), 100)))
    const [{ low, high, precision }] = watch.results() as [ReturnType<PrecisionWatch['results']>[number]]
    expect(precision).toBeLessThanOrEqual(0.05)
    if (low! <= truth && truth <= high!) covered++
  }
  // Of 120 intervals that hold in 95 %, at least 108 do in 99.5 of 100 cases.
  expect(covered).toBeGreaterThanOrEqual(108)
})

describe('the watch', () => {
  const still = plainSecond(0, 100)
  const run = (
    until: string[],
    rows: (second: number) => SampleSecond,
    phases: (second: number) => string = () => 'load',
  ) => {
    const watch = new PrecisionWatch({ until: until.map(rule), seed: 1 })
    for (let second = 0; second < 1000; second++) {
      if (watch.isReached) return { watch, second }
      watch.settle(settled(second, rows(second), phases(second) as SettledSecond['phase']))
    }
    return { watch, second: null }
  }

  test('even a run without any noise has 60 seconds and three looks', () => {
    const { watch, second } = run(['mean ± 5%'], () => still)
    expect(second).toBe(70)
    expect(watch.results()).toMatchObject([
      { expression: 'mean ± 5%', reached: true, actual: 20, seconds: 70, samples: 7000 },
    ])
  })

  test('all rules must be reached, and none without samples', () => {
    const next = levels(seededRandom(1), { rho: 0.5, sigma: 0.3 })
    const noisy = Array.from({ length: 1000 }, () => plainSecond(next(), 100))
    const rows = (second: number): SampleSecond => noisy[second]!
    expect(run(['mean ± 50%'], rows).second).toBe(70)
    expect(run(['mean ± 50%', 'rps ± 1%'], rows).second).toBeNull()
    expect(run(['p99.999 ± 50%'], () => plainSecond(0, 1)).second).toBeNull()
  })

  test('the warm-up is at most a third of the run', () => {
    const { second } = run(
      ['mean ± 5%'],
      () => still,
      (second) => (second < 60 ? 'warmup' : 'load'),
    )
    expect(second).toBeGreaterThanOrEqual(180)
  })

  test('a load that is changed begins anew', () => {
    const watch = new PrecisionWatch({ until: [rule('mean ± 5%')], seed: 1 })
    for (let second = 0; second < 65; second++) watch.settle(settled(second, still))
    watch.restart(70)
    for (let second = 65; second < 139; second++) watch.settle(settled(second, still))
    expect(watch.isReached).toBe(false)
    watch.settle(settled(139, still))
    expect(watch.isReached).toBe(true)
  })
})
