/** The matcher, as it is exported: `expect(report).toMeet('p99 < 300ms')`. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import '../dist/vitest.js'
import { planRun, type Options } from '../dist/index.js'
import type { Plan } from '../src/core/plan/plan.ts'
import { planOf, reportOf, type Second } from './support/reports.ts'

const NAME = 'GET /GetPrograms'
const times = (n: number, ms: number): number[] => Array.from({ length: n }, () => ms)
const SECONDS: Second[] = [
  { second: 0, ok: { [NAME]: times(99, 10), other: [5] } },
  { second: 1, ok: { [NAME]: times(99, 50) }, failures: [[NAME, 'status', 'status 500', 1]] },
]
const report = reportOf(planOf({ workers: 1 }), SECONDS)
/** What the matcher says; empty when it is content. */
function said(expectation: () => void): string {
  try {
    expectation()
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
const meets = (threshold: string, of: unknown = report): string => said(() => expect(of).toMeet(threshold))
const misses = (threshold: string, of: unknown = report): string =>
  said(() => expect(of).not.toMeet(threshold))

test.each([
  'p99 < 60ms',
  'p50 < 20ms',
  'failed <= 0.5%',
  'rps >= 100',
  'other: max < 6ms',
  'failed > 0.9% over 1s',
  'p95 < 11ms during stage 1',
  'max < 51ms over 2s',
  'lag.max < 1ms',
])('a report meets %s', (threshold) => {
  const staged = threshold.includes('stage')
    ? reportOf(
        planOf({ users: undefined, duration: undefined, workers: 1, stages: ['1s:10', '1s:10'] }),
        SECONDS,
      )
    : report
  // In a window it is the worst one that counts.
  if (threshold.startsWith('failed > 0.9%')) expect(staged).not.toMeet(threshold)
  else expect(staged).toMeet(threshold)
})

test('it says what was measured, the limit and on how much it rests', () => {
  expect(meets('p99 < 20ms')).toBe('expected p99 < 20ms: measured 50.0 ms, limit 20.0 ms, on 199 samples')
  expect(misses('p99 < 60ms')).toBe(
    'expected not p99 < 60ms: measured 50.0 ms, limit 60.0 ms, on 199 samples',
  )
  expect(meets('failed == 0%')).toBe('expected failed == 0%: measured 0.5%, limit 0%, on 200 samples')
  expect(misses('p99 < 20ms')).toBe('')
})

describe('it is not content, either way', () => {
  test('with a report that is void', () => {
    const lost = reportOf(planOf({ workers: 1 }), SECONDS, {
      lostWorkers: [{ worker: 0, second: 1, message: 'out of memory' }],
    })
    const why =
      'the report is void and says nothing about the target: worker 0 died in second 2 (out of memory)'
    expect(meets('p99 < 1s', lost)).toContain(`expected p99 < 1s: ${why}`)
    expect(misses('p99 < 1ms', lost)).toContain(`expected not p99 < 1ms: ${why}`)
  })

  test('where there was nothing to measure', () => {
    expect(meets('tls.p99 < 1s')).toBe('expected tls.p99 < 1s: there was nothing to measure')
    expect(misses('tls.p99 < 1s')).toBe('expected not tls.p99 < 1s: there was nothing to measure')
  })

  test.each([
    ['p99 < 300', 'toMeet must give p99 a limit with its unit, such as 300ms or 1.5s, got "p99 < 300"'],
    ['http_req_duration < 1s', 'toMeet unknown metric; did you mean p95?, got "http_req_duration < 1s"'],
    ['GET /GetProgram: p99 < 1s', `toMeet must name a request of the report; did you mean "${NAME}"?`],
    ['p95 < baseline + 10%', 'toMeet cannot be relative to a baseline: see corerush compare'],
    ['p99 < 1s warn', 'toMeet can neither warn nor abort: the run is over'],
    ['p99 < 1s abort-on-fail', 'toMeet can neither warn nor abort: the run is over'],
    ['p97 < 1s', 'toMeet: the report does not say p97; it has min, mean, max, p50'],
    [`${NAME}: p99 < 1s over 2s`, 'toMeet: the report does not say p99 of several seconds together'],
  ])('with %s', (threshold, why) => {
    expect(meets(threshold)).toContain(why)
    expect(misses(threshold)).toContain(why)
  })

  test('with what is no report', () => {
    for (const other of [null, 5, {}, report.total])
      expect(meets('p99 < 1s', other)).toContain('toMeet is for a report of corerush')
  })
})

test('the example in the documentation runs', async () => {
  const readme = readFileSync(new URL('../docs/LIBRARY.md', import.meta.url), 'utf8')
  const [, imports, code] =
    /```ts\n(import \{ run \} from 'corerush'\nimport 'corerush\/vitest'\nimport .*)\n\n([^`]*)```/.exec(
      readme,
    )!
  expect(imports).toContain("import { expect, test } from 'vitest'")
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- it is the README's code
  const example = new Function('run', 'expect', 'test', code!) as (...words: unknown[]) => void
  let body = (): Promise<void> => Promise.reject(new Error('the example has no test'))
  const planned: Plan[] = []
  const runs = (plan: Plan, seconds: Second[]) => (options: Options) => {
    planned.push(planRun(options))
    return Promise.resolve(reportOf(plan, seconds))
  }
  const takes = (_: string, __: object, its: () => Promise<void>): void => void (body = its)
  example(runs(planOf({ workers: 1 }), [{ ok: { [NAME]: times(50, 20) } }]), expect, takes)
  await body()
  expect(planned).toMatchObject([{ request: { name: NAME }, durationS: 10 }])
  example(runs(planOf({ workers: 1 }), SECONDS), expect, takes)
  await expect(body()).rejects.toThrow('expected failed < 0.1%: measured 0.5%')
})
