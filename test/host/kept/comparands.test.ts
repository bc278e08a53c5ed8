/** Baselines that cannot be used are told before anything is sent. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Options } from '../../../src/core/options/options.ts'
import { readComparands } from '../../../src/host/kept/comparands.ts'
import { planOf, reportOf } from '../../support/reports.ts'

const folder = mkdtempSync(join(tmpdir(), 'corerush-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const report = reportOf(planOf(), [{ ok: { a: [5] } }])
const whole = JSON.stringify(report)
function file(name: string, content: string | object): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}
const open = (baseline: string, options: Options = {}) => {
  const plan = planOf({ baseline, ...options })
  return readComparands(plan, { plan, host: report.host, version: report.version })
}

test('a run of the same plan on the same host is taken, whatever its rules', () => {
  const { baseline, warnings } = open(file('whole.json', whole), { thresholds: 'p99 < 1s' })!
  expect(baseline).toEqual([report])
  expect(warnings).toEqual([
    'of the comparison with the baseline: no regression can be shown: it takes at least 30 measured seconds on each side, one has 1',
  ])
  const plan = planOf()
  expect(readComparands(plan, { plan, host: report.host, version: report.version })).toBeNull()
})

test.each<[string, () => string, RegExp, Options?]>([
  ['missing', () => join(folder, 'none.json'), /none\.json cannot be read: ENOENT/],
  ['a folder', () => (mkdirSync(join(folder, 'd.json')), join(folder, 'd.json')), /it is a folder$/],
  ['truncated', () => file('cut.json', whole.slice(0, -100)), /is not whole JSON: is it truncated/],
  ['no JSON', () => file('text.json', 'second,p95'), /is not whole JSON/],
  ['no report', () => file('list.json', '[]'), /is no report of corerush/],
  [
    'of another schema',
    () => file('2.json', { ...report, schema: 'corerush.report/2' }),
    /this corerush reads/,
  ],
  [
    'empty inside',
    () => file('e.json', { ...report, timeline: 5 }),
    /is no whole report: timeline: must be array/,
  ],
  ['of another plan', () => file('plan.json', whole), /the plans differ in stages/, { users: 20 }],
  [
    'of another host',
    () => file('host.json', { ...report, host: { ...report.host, cores: 64 } }),
    /the hosts differ in cores: 64 and 2/,
  ],
  ['of another version', () => file('v.json', { ...report, version: '9.0.0' }), /corerush 9\.0\.0 measured/],
  [
    'void',
    () => file('void.json', { ...report, verdict: { ...report.verdict, level: 'void' } }),
    /the baseline is void/,
  ],
  ['interrupted', () => file('cut2.json', { ...report, stoppedBy: 'SIGINT' }), /was stopped by SIGINT/],
  ['a name that keeps nothing', () => 'nothing-there', /no runs are kept under nothing-there/],
  ['too many', () => `${'a.json,'.repeat(10)}b.json`, /are 11 runs; at most 10 are compared/],
])('a baseline that is %s', (_, path, message, options) => {
  const words = path()
  expect(() => open(words, options)).toThrow(message)
  expect(() => open(words, options)).toThrow(expect.objectContaining({ exitCode: 2 }) as Error)
})

test('what differs and is allowed is a warning', () => {
  const path = file('other.json', { ...report, host: { ...report.host, cores: 64 } })
  expect(open(path, { allow: 'host' })!.warnings[0]).toBe(
    'compared with the baseline anyway: the hosts differ in cores: 64 and 2',
  )
})
