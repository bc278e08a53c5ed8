/** `--repeat` and `--against`: what they make of the command line, and the built command from run to run. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report } from '../../dist/index.js'
import { parseArgv } from '../../src/cli/args.ts'
import { provability, otherPlanOf, readNumbered, readRepeats, withAgainst } from '../../src/cli/repeats.ts'
import type { Problem } from '../../src/core/options/problem.ts'
import { differencesOf } from '../../src/core/compare/comparable.ts'
import { turnsOf } from '../../src/core/compare/run-series.ts'
import { OptionsError } from '../../src/core/options/options-error.ts'
import { planSeries } from '../../src/host/repeated-runs.ts'
import { runCli, startCli, until, withFolder } from '../support/cli.ts'
import { startFaults, type Faults } from '../support/faults.ts'
import { planOf, reportOf } from '../support/reports.ts'

/** What is wrong with the words. */
function problemsOf(...words: string[]): string[] {
  const problems: Problem[] = []
  const repeats = readRepeats(parseArgv(words), problems)
  if (problems.length === 0) otherPlanOf(planOf(), repeats, problems)
  return problems.map(({ option, message }) => `${option} ${message}`)
}

describe('the words', () => {
  test.each([
    [['--repeat', '0'], 'repeat must be a whole number from 1 to 10, got "0"'],
    [['--repeat', '11'], 'repeat must be a whole number from 1 to 10, got "11"'],
    [['--repeat', '1.5'], 'repeat must be a whole number from 1 to 10, got "1.5"'],
    [['--repeat', 'many'], 'repeat must be a whole number from 1 to 10, got "many"'],
    [['--against', 'here'], 'against must be an origin such as http://127.0.0.1:8080'],
    [['--against', 'http://h/path'], 'against must be an origin such as http://127.0.0.1:8080'],
    [['--against', 'http://me:secret@h'], 'against must be an origin such as http://127.0.0.1:8080'],
    [['--against', 'ftp://h'], 'against must be an origin such as http://127.0.0.1:8080'],
    [['--against', 'https://h'], 'against must be http:// as --url is, got "https://h"'],
    [['--against', 'http://h', '--baseline', 'b'], 'against is what is compared with, and so is --baseline'],
    [['--against', 'http://h', '--unix-socket', 's'], 'against does not go with --unix-socket'],
  ])('%j', (words, problem) => {
    const [found, ...more] = problemsOf(...words)
    expect(found).toContain(problem)
    expect(found).not.toContain('secret')
    expect(more).toEqual([])
  })

  test('a target that --connect-to leads to the same server is no other', () => {
    const connectTo = ['::127.0.0.1:9000']
    const problems: Problem[] = []
    const repeats = readRepeats(parseArgv(['--against', 'http://other.test']), problems)
    otherPlanOf(planOf({ connectTo }), repeats, problems)
    expect(problems).toMatchObject([{ option: 'against' }])
    expect(problems[0]!.message).toContain('--connect-to leads both to one')
  })

  test('the other target gets the same plan', () => {
    const url = 'http://127.0.0.1:8080/a?b=c'
    const repeats = readRepeats(parseArgv(['--against', 'http://other.test:81/']), [])
    const plan = planOf(withAgainst({ url, targetMetrics: 'http://127.0.0.1:9100/' }, repeats))
    const other = otherPlanOf(plan, repeats, [])!
    expect(other.request.url).toBe('http://other.test:81/a?b=c')
    expect(other.targetMetrics).toBeNull()
    expect(plan.baseline).toMatchObject({ runs: ['http://other.test:81'], rules: [{ metric: 'p95' }] })
    const report = reportOf(planOf(), [{ ok: { a: [5] } }])
    const among = differencesOf({ ...report, plan: other }, { ...report, plan }, { otherTarget: true })
    expect(among).toEqual([])
  })

  test('the other target must be allowed, too', () => {
    const repeats = readRepeats(parseArgv(['--against', 'http://127.0.0.1:8081']), [])
    const problems: Problem[] = []
    otherPlanOf(planOf({ allowHosts: '127.0.0.1:8080' }), repeats, problems)
    expect(problems).toEqual([
      {
        option: 'against',
        message: expect.stringMatching(/^goes to 127\.0\.0\.1:8081, which is not allowed; /) as string,
      },
    ])
    otherPlanOf(planOf({ allowHosts: '127.0.0.1' }), repeats, problems)
    expect(problems).toHaveLength(1)
  })

  test('without a word there are as many runs as can prove the rules, and what they prove is said', () => {
    const thresholds = ['p50', 'p95', 'mean'].map((metric) => `${metric} < baseline + 5%`)
    const plan = planOf({ baseline: 'http://other.test', thresholds })
    expect(planSeries(planOf(), null, null).turns).toHaveLength(1)
    expect(planSeries(plan, plan, null).turns).toHaveLength(12)
    expect(provability(planSeries(plan, plan, 5))).toEqual([
      '5 runs on each side can prove a regression of 1 metric at p ≤ 0.05; 3 metrics need 6 on each side',
      expect.stringMatching(/^warning: of the comparison of the targets: no regression can be shown/),
    ])
    expect(provability(planSeries(planOf(), null, 5))).toEqual([])
  })

  test('each run has files of its own', () =>
    withFolder((folder) => {
      const named = (turns = turnsOf(2, true), ...paths: string[]) => {
        const out = paths.flatMap((path) => ['-o', path.replace('=', `=${folder}/`)])
        const outputsOf = readNumbered(parseArgv(out), turns)
        return turns.map((turn) => outputsOf(turn).map(({ name }) => name.replace(`${folder}/`, '')))
      }
      expect(named(turnsOf(2, true), 'json=a.b.json', 'csv=run', 'github=g.md')).toEqual([
        ['json=a.b-1.json', `csv=${folder}/run-1`, 'github=g.md'].map((name) =>
          name.replace(`${folder}/`, ''),
        ),
        ['json=a.b-baseline-1.json', 'csv=run-baseline-1', 'github=g.md'],
        ['json=a.b-baseline-2.json', 'csv=run-baseline-2', 'github=g.md'],
        ['json=a.b-2.json', 'csv=run-2', 'github=g.md'],
      ])
      // A collector keeps its address.
      const turns = turnsOf(2, false)
      const outputsOf = readNumbered(parseArgv(['-o', 'otlp=http://collector.test:4318']), turns)
      const names = turns.flatMap((turn) => outputsOf(turn).map(({ name }) => name))
      expect(new Set(names)).toEqual(new Set(['otlp=http://collector.test:4318/v1/metrics']))
      mkdirSync(join(folder, 'taken-2.json'))
      expect(() => named(turnsOf(2, false), 'json=taken.json')).toThrow(/taken-2\.json: is a directory/)
      expect(() => readNumbered(parseArgv(['-o', 'json=-']), turnsOf(2, false))).toThrow(OptionsError)
    }))
})

describe.concurrent('the built command', () => {
  let server: Faults
  beforeAll(async () => {
    server = await startFaults('ok')
  })
  afterAll(() => server.stop())

  test('three runs against three that were stored: compared as wholes, a regression, and not kept', () =>
    withFolder(async (folder) => {
      const report = reportOf(planOf(), [{ ok: { a: Array<number>(300).fill(1) } }])
      // Of 1 ms a hundredth, faster than any real server.
      const fast = {
        ...report,
        timeline: report.timeline.map((row) => ({
          ...row,
          histogram: { ...row.histogram, upToUs: row.histogram.upToUs.map((us) => us / 100) },
        })),
      }
      for (const n of [1, 2, 3]) writeFileSync(join(folder, `fast-${n}.json`), JSON.stringify(fast))
      const baseline = ['--baseline', 'fast-1.json,fast-2.json', '--baseline', 'fast-3.json']
      const words = ['-n', '300', '-u', '5', '-w', '1', '--repeat', '3', '--save-baseline', 'main', '-q']
      const outs = ['-o', 'json=run.json', '-o', 'junit=run.xml', '--allow', 'plan,host,version,void']
      const finished = await runCli([...words, ...baseline, ...outs, '--url', server.url], { cwd: folder })
      const reports = [1, 2, 3].map(
        (n) => JSON.parse(readFileSync(join(folder, `run-${n}.json`), 'utf8')) as Report,
      )
      expect(reports.map(({ total }) => total.sent)).toEqual([300, 300, 300])
      expect(server.requests()).toBeGreaterThanOrEqual(900)
      expect(reports.map(({ comparison }) => comparison === null)).toEqual([true, true, false])
      expect(reports[2]!.comparison).toMatchObject({
        baseline: ['fast-1.json', 'fast-2.json', 'fast-3.json'],
        result: { method: 'permutation', answer: 'regressed', runs: { baseline: 3, current: 3 } },
      })
      expect(finished.code).toBe(98)
      expect(finished.stderr).toMatch(/3 runs on each side can prove a regression of 1 metric at p ≤ 0\.05/)
      expect(finished.stderr).toMatch(
        /nothing was kept under main: of several runs, it failed, with exit code 98/,
      )
      expect(finished.stdout).toMatch(/ · 3 runs\n[^]*^run 3 .*98 [^]*^median [^]*regressed: worse than/m)
      expect(readFileSync(join(folder, 'run-3.xml'), 'utf8')).toContain('<failure type="regression"')
      expect(existsSync(join(folder, 'run.json'))).toBe(false)
    }))

  test('Ctrl-C ends all of the runs', () =>
    withFolder(async (folder) => {
      const words = ['-n', '1', '-w', '1', '--repeat', '10', '-o', 'json=run.json', '--url', server.url]
      const running = startCli(words, { cwd: folder })
      await until(() => existsSync(join(folder, 'run-1.json')))
      running.kill('SIGINT')
      const { code, stdout } = await running.finished
      expect(code).toBe(130)
      expect(stdout).toMatch(/ · \d of 10 runs\n/)
    }))

  test('a baseline that cannot be used: exit 2, and nothing was sent', async () => {
    const silent = await startFaults('silent')
    const { code, stderr } = await runCli(['--baseline', 'nothing-kept', '--url', silent.url])
    expect([code, silent.accepted()]).toEqual([2, 0])
    expect(stderr).toMatch(/no runs are kept under nothing-kept.*\n.*--save-baseline nothing-kept/)
    await silent.stop()
  })
})
