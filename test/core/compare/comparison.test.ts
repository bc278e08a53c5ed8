/** Comparing runs: the rules, the tests behind them, and what is refused. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawBlocks } from '../../../src/core/compare/bootstrap.ts'
import { differencesAmong } from '../../../src/core/compare/run-comparison.ts'
import type { Plan } from '../../../src/core/plan/plan.ts'
import { differencesOf } from '../../../src/core/compare/comparable.ts'
import { cannotProve, compareRuns, type RunSeconds } from '../../../src/core/compare/comparison.ts'
import { holm, leastP, permutationP, runsToProve, signFlipP } from '../../../src/core/compare/permutation.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { defaultRules, parseRelative, printRelative } from '../../../src/core/threshold/relative-rule.ts'
import type { ScriptPlan } from '../../../src/core/scenario/script-plan.ts'
import type { Options } from '../../../src/core/options/options.ts'
import { measuredSeconds, RunSample } from '../../../src/core/compare/run-sample.ts'
import { planOf, reportOf } from '../../support/reports.ts'
import { SHARED_HOST, simulateRun } from '../../support/simulated-runs.ts'

describe('relative rules', () => {
  test('what is printed is read back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('p50', 'p95', 'p99.9', 'mean', 'rps'),
        fc.integer({ min: 1, max: 900 }),
        (metric, permille) => {
          const rule = { metric, margin: permille / 1000 }
          expect(parseRelative(printRelative(rule))).toEqual({ value: rule })
        },
      ),
    )
  })

  test.each([
    ['p95<baseline+10%', 'p95 < baseline + 10%'],
    ['rps > baseline - 2.5%', 'rps > baseline - 2.5%'],
    ['latency.p99_9 < baseline + 1%', 'p99.9 < baseline + 1%'],
  ])('%s is %s', (text, printed) => {
    const parsed = parseRelative(text)
    expect('value' in parsed && printRelative(parsed.value)).toBe(printed)
  })

  test.each([
    ['p95 < baseline', /must be a rule such as/],
    ['p95 > baseline - 10%', /"p95 < baseline \+ 10%"/],
    ['rps < baseline + 10%', /"rps > baseline - 10%"/],
    ['p95 < baseline + 10', /written with its %/],
    ['p95 < baseline + 0%', /from 0.1% to 90%/],
    ['p95 < baseline + 10% warn', /must be a rule such as/],
    ['failed < baseline + 10%', /must be about/],
    ['lag.p99 < baseline + 10%', /must be about/],
    ['p950 < baseline + 10%', /must be about/],
  ])('%s is refused', (text, problem) => {
    const parsed = parseRelative(text)
    expect('problem' in parsed && parsed.problem).toMatch(problem)
  })
})

describe('the baseline of a run', () => {
  test('is named, with its rules and what may differ', () => {
    const thresholds = ['p99 < 1s', 'mean < baseline + 7%']
    const plan = planOf({ baseline: 'a.json,main', allow: ['host,version'], thresholds })
    expect(plan.baseline).toEqual({
      runs: ['a.json', 'main'],
      rules: [{ metric: 'mean', margin: 0.07 }],
      allow: ['host', 'version'],
    })
    expect(plan.thresholds).toHaveLength(3)
    expect(planOf({ baseline: ['a.json'] }).baseline!.rules).toEqual(defaultRules(0.05))
    expect(planOf().baseline).toBeNull()
  })

  test.each<[Options, RegExp]>([
    [{ thresholds: 'p95 < baseline + 10%' }, /cannot be relative to a baseline, for there is none/],
    [{ allow: 'host' }, /is about a baseline, and there is none/],
    [{ baseline: ',' }, /must be a file or a name/],
    [{ baseline: 5 as never }, /must be text, got 5/],
    [{ baseline: 'a', allow: 'hosts' }, /did you mean host\?, got "hosts"/],
    [{ baseline: 'a', thresholds: 'p95 < baseline' }, /must be a rule such as .*, got "p95 < baseline"/],
    [
      { baseline: 'a', thresholds: ['p95 < baseline + 1%', 'p95 < baseline + 2%'] },
      /must be given once for each metric/,
    ],
  ])('%j is refused', (options, problem) => expect(() => planOf(options)).toThrow(problem))
})

describe('exact tests', () => {
  test('the labels of runs', () => {
    expect(permutationP([1, 2, 3], [4, 5, 6])).toBe(1 / 20)
    expect(permutationP([4, 5, 6], [1, 2, 3])).toBe(1)
    expect(permutationP([1, 1], [1, 1])).toBe(1)
    // {2,4} and {3,4} are as high as {2,4}: of six ways two.
    expect(permutationP([1, 3], [2, 4])).toBe(2 / 6)
  })

  test('the signs of pairs', () => {
    expect(signFlipP([1, 2, 3, 4, 5])).toBe(1 / 32)
    expect(signFlipP([-1, 2, 3, 4, 5])).toBe(2 / 32)
    expect(signFlipP([0, 0])).toBe(1)
  })

  test('no p is smaller than the number of runs allows', () => {
    const figures = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(figures, figures, (one, other) => {
        expect(permutationP(one, other)).toBeGreaterThanOrEqual(
          leastP(one.length, other.length, false) - 1e-12,
        )
        expect(signFlipP(one)).toBeGreaterThanOrEqual(leastP(one.length, one.length, true))
      }),
    )
  })

  test('Holm, by the example of four', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(6)))).toEqual([0.03, 0.06, 0.06, 0.02])
  })

  test('what n can prove', () => {
    expect(leastP(5, 5, false)).toBeCloseTo(1 / 252)
    expect([1, 2, 3].map((metrics) => runsToProve(metrics, 0.05, true))).toEqual([5, 6, 6])
    expect(runsToProve(1, 0.05, false)).toBe(3)
    expect(cannotProve({ baseline: 5, current: 5 }, 1, true)).toBeNull()
    expect(cannotProve({ baseline: 5, current: 5 }, 2, true)).toBe(
      'so few runs give p = 0.031 at best, and 2 metrics need 0.025: it takes 6 on each side',
    )
  })
})

test('a resample has as many seconds as the runs, in blocks that each lie within one of them', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(lengths, fc.integer(), (lengths, seed) => {
      let at = 0
      const runs = lengths.map((length) => ({ from: at, to: (at += length) }))
      const blocks = drawBlocks(runs, seededRandom(seed))
      expect(blocks.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(at)
      for (const { from, to } of blocks) {
        expect(from).toBeLessThan(to)
        expect(runs.some((run) => run.from <= from && to <= run.to)).toBe(true)
      }
    }),
  )
})

test('joined runs keep their borders', () => {
  const seconds = simulateRun({ ...SHARED_HOST, seconds: 3 }, 1, seededRandom(1))
  expect(new RunSample(seconds, [], seconds.slice(1)).runs).toEqual([
    { from: 0, to: 3 },
    { from: 3, to: 5 },
  ])
})

test('figures of a sample are those of the report, to two digits', () => {
  const seconds = [0, 1].map((second) => ({
    second,
    ok: { a: Array.from({ length: 200 }, (_, i) => 5 + i * (second + 1)) },
  }))
  const { timeline, total } = reportOf(planOf(), seconds)
  const sample = new RunSample(measuredSeconds(timeline))
  expect(sample.count).toBe(400)
  for (const [metric, figure] of [
    ['p50', total.latencyMs.p50!],
    ['p95', total.latencyMs.p95!],
    ['mean', total.latencyMs.mean!],
    ['rps', total.requestsPerS!],
  ] as const)
    expect(sample.figure(metric)! / figure).toBeCloseTo(1, 1.7)
  expect(new RunSample([]).figure('p95')).toBeNull()
})

describe('a comparison', () => {
  const runs = (n: number, factor: number, seed: number, how = SHARED_HOST): RunSeconds[] => {
    const random = seededRandom(seed)
    return Array.from({ length: n }, () => simulateRun(how, factor, random))
  }
  const compare = (before: RunSeconds[], after: RunSeconds[], rules = defaultRules(0.05), isPaired = false) =>
    compareRuns(before, after, rules, { isPaired, seed: 1 })

  test('of a run with itself finds no change', () => {
    const [run] = runs(1, 1, 1, { ...SHARED_HOST, perS: 100, secondSigma: 0.02 })
    const { method, answer, metrics } = compare([run!], [run!])
    expect([method, answer, metrics[0]!.change]).toEqual(['block bootstrap', 'no regression', 0])
    expect(metrics[0]!.interval!.low).toBeLessThan(0)
    expect(metrics[0]!.interval!.high).toBeGreaterThan(0)
  })

  test('is the same each time', () => {
    const [before, after] = [runs(1, 1, 1), runs(1, 1.06, 2)]
    expect(compare(before, after)).toEqual(compare(before, after))
  })

  test('of a steady target is not misled by the slots of its histograms', () => {
    const steady = { ...SHARED_HOST, sigma: 0, secondSigma: 0, runSigma: 0 }
    for (let us = 16; us < 33; us += 0.37)
      for (const [factor, never] of [
        [1.045, 'regressed'],
        [1.055, 'no regression'],
      ] as const) {
        const [before] = runs(1, us, 1, steady)
        const [after] = runs(1, us * factor, 1, steady)
        expect(compare([before!], [after!]).answer).not.toBe(never)
      }
  })

  test('of rates knows that fewer are worse', () => {
    const rules = [{ metric: 'rps', margin: 0.05 }]
    expect(compare(runs(5, 1, 1), runs(5, 1.3, 2), rules).answer).toBe('regressed')
    expect(compare(runs(5, 1.3, 1), runs(5, 1, 2), rules).answer).toBe('no regression')
  })

  test('takes whole runs where there are enough, else the seconds of all', () => {
    const methods = [
      [1, 1],
      [5, 1],
      [2, 2],
      [3, 3],
    ].map(([n, m]) => compare(runs(n!, 1, 1), runs(m!, 1, 2)).method)
    expect(methods).toEqual(['block bootstrap', 'block bootstrap', 'block bootstrap', 'permutation'])
    expect(compare(runs(5, 1, 1), runs(5, 1, 2), defaultRules(0.05), true).method).toBe('paired permutation')
  })

  test('says what would tell', () => {
    const advice = (
      before: RunSeconds[],
      after: RunSeconds[],
      rules = defaultRules(0.05),
      isPaired = false,
    ) => {
      const { answer, metrics } = compare(before, after, rules, isPaired)
      expect(answer).toBe("can't tell")
      return metrics[0]!.advice
    }
    const short = { ...SHARED_HOST, seconds: 20 }
    expect(advice(runs(1, 1, 1, short), runs(1, 2, 2, short))).toBe(
      'it takes at least 30 measured seconds, one has 20',
    )
    expect(advice(runs(1, 1, 1), runs(1, 2, 2), [{ metric: 'p99.9', margin: 0.05 }])).toBe(
      'p99.9 needs 10000 samples in each run, one has 1800',
    )
    expect(advice(runs(1, 1, 1), runs(1, 1.04, 2))).toMatch(/^about \d+ measured seconds in each would tell/)
    expect(advice([[]], [[]])).toBe('one of them measured nothing')
    const two = [...defaultRules(0.05), { metric: 'p50', margin: 0.05 }]
    expect(advice(runs(5, 1, 1), runs(5, 1.3, 2), two, true)).toMatch(/it takes 6 on each side$/)
  })
})

describe('what cannot be compared', () => {
  const seconds = [{ ok: { a: [5] } }, { second: 1, ok: { a: [5] } }]
  const report = reportOf(planOf(), seconds)
  const kinds = (other: Parameters<typeof differencesOf>[1], options = {}) =>
    differencesOf(report, other, options).map(({ kind, message }) => `${kind}: ${message}`)

  test('is nothing in a run of the same plan, whatever its rules and its version in the user agent', () => {
    expect(kinds(reportOf(planOf({ thresholds: 'p99 < 1s', seed: 7 }), seconds))).toEqual([])
  })

  test.each([
    ['another load', { users: 20 }, /^plan: the plans differ in stages: /],
    ['another path', { url: 'http://127.0.0.1:8080/other' }, /^plan: the plans differ in name: /],
    ['another body', { body: 'x', method: 'GET' }, /^plan: the plans differ in body: null and /],
    ['another transport', { transport: 'wire' as const }, /^plan: the plans differ in transport: /],
  ])('is %s', (_, options, message) => {
    expect(kinds(reportOf(planOf(options), seconds))[0]).toMatch(message)
  })

  test('is a scenario of another text or other tasks, wherever its file lies', () => {
    const tasks = [{ name: 'A', group: '', at: 0, weight: 1, tags: [] }]
    const one = {
      ...{ index: 0, name: null, weight: 1, users: null, wait: null },
      isSequence: false,
      tasks,
      groups: [],
      http: null,
      sets: [],
    }
    const scenarios = [{ ...one, keepsCookies: false, hasSetup: false, hasStart: false }]
    const file = { file: '/a/s.ts', sha256: 'aa', baseUrl: null, stages: null }
    const scenario = { ...file, scenarios, feeders: [], options: [], metrics: [] }
    const running = (different: Partial<ScriptPlan> | null) => {
      const plan = { ...report.plan, scenario: different === null ? null : { ...scenario, ...different } }
      return differencesOf({ ...report, plan: { ...report.plan, scenario } }, { ...report, plan })
    }
    expect(running({ file: '/elsewhere/s.ts' })).toEqual([])
    expect(running({ sha256: 'bb' }).map(({ message }) => message)).toEqual([
      'the plans differ in scenario.sha256: "aa" and "bb"',
    ])
    const rows = (path: string) => ({
      feeders: [{ path, format: 'csv', delimiter: ',', order: 'unique', end: 'stop' } as const],
    })
    const moved = { ...report.plan, scenario: { ...scenario, ...rows('/builds/1/users.csv') } }
    const here = (path: string) =>
      differencesOf(
        { ...report, plan: moved },
        { ...report, plan: { ...moved, scenario: { ...scenario, ...rows(path) } } },
      )
    expect(here('/builds/2/users.csv')).toEqual([])
    expect(here('/builds/1/others.csv')[0]!.message).toMatch(/differ in scenario\.feeders/)
    expect(running({ scenarios: [] })[0]!.message).toMatch(/differ in scenario\.scenarios/)
    expect(running(null)[0]!.message).toBe('the plans differ in scenario.sha256: "aa" and nothing')
  })

  test('is no crash where a report was written before there was data', () => {
    const before = JSON.parse(JSON.stringify({ ...report.plan, data: undefined })) as Plan
    expect(kinds({ ...report, plan: before })).toEqual([])
  })

  test('is a run of the baseline whose load was changed on the way, among the baseline too', () => {
    const amended = { ...report, amendments: [{ atS: 1, users: 20, overS: 0 }] }
    const among = differencesAmong([report, amended], [report]).map(({ message }) => message)
    expect(among).toEqual([
      expect.stringMatching(/^the load was amended while the runs went on: not at all and /),
    ])
  })

  test('is another origin, unless that is what is compared', () => {
    const other = reportOf(planOf({ url: 'http://127.0.0.1:9090/GetPrograms' }), seconds)
    expect(kinds(other)).toHaveLength(1)
    expect(kinds(other, { otherTarget: true })).toEqual([])
  })

  test('is another host, another version, a void run, one that was stopped', () => {
    const { host, verdict } = report
    expect(kinds({ ...report, host: { ...host, cores: 64 } })).toEqual([
      'host: the hosts differ in cores: 2 and 64',
    ])
    expect(kinds({ ...report, version: '0.9.0' })[0]).toMatch(/^plan: the plans differ in headers|^version: /)
    expect(kinds({ ...report, verdict: { ...verdict, level: 'void' } })).toEqual([
      'void: the current run is void: its report gives no reason',
    ])
    expect(kinds({ ...report, stoppedBy: 'SIGINT' })).toEqual([
      'plan: the current run did not carry out its plan: it was stopped by SIGINT',
    ])
  })
})
