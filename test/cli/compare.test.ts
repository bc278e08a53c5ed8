/** `corerush compare` as a pipeline sees it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { planOf, reportOf } from '../support/reports.ts'
import { runCli, withFolder } from '../support/cli.ts'

const SECONDS = 40
const base = (() => {
  const latencies = Array.from({ length: 20 }, (_, i) => 10 + i / 10)
  const seconds = Array.from({ length: SECONDS }, (_, second) => ({ second, ok: { a: latencies } }))
  const report = reportOf(planOf({ duration: `${SECONDS}s` }), seconds)
  return { ...report, verdict: { ...report.verdict, level: 'sound' as const } }
})()
const slower = {
  ...base,
  timeline: base.timeline.map((row) => ({
    ...row,
    histogram: { ...row.histogram, upToUs: row.histogram.upToUs.map((us) => us * 1.5) },
  })),
}

test('the three answers, their exit codes, and what is refused', () =>
  withFolder(async (folder) => {
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const whole = JSON.stringify(base)
    const a = file('a.json', whole)
    const b = file('b.json', JSON.stringify({ ...base, startedAt: '2026-01-02T04:00:00.000Z' }))
    const slow = file('slow.json', JSON.stringify(slower))
    const cut = file('cut.json', whole.slice(0, 1000))
    const other = file('other.json', JSON.stringify({ ...base, schema: 'corerush.report/9' }))
    const isVoid = file('void.json', JSON.stringify({ ...base, verdict: { ...base.verdict, level: 'void' } }))
    const evil = file(
      'evil.json',
      JSON.stringify({ ...base, host: { ...base.host, node: '\u001b]0;x\u0007v1' } }),
    )
    const compare = (...words: string[]) => runCli(['compare', ...words])

    const same = await compare(a, b)
    expect([same.code, same.stderr]).toEqual([0, ''])
    expect(same.stdout).toContain('no regression: every change is within the limits of the rules')
    const page = join(folder, 'compare.html')
    const rule = ['--threshold', 'p95 < baseline + 10%']
    const regressed = await compare(a, slow, '--json', ...rule, '--out', `html=${page}`)
    expect(regressed.code).toBe(98)
    expect(readFileSync(page, 'utf8')).toContain('"answer":"regressed"')
    expect(JSON.parse(regressed.stdout)).toMatchObject({ answer: 'regressed', method: 'block bootstrap' })
    expect((await compare(a, slow, '--no-fail')).code).toBe(0)
    const five = [a, a, a, a, a].join(',')
    const pairs = await compare(five, [slow, slow, slow, slow, slow].join(','), '--paired')
    expect(pairs.code).toBe(98)
    expect(pairs.stdout).toContain('5 runs against 5 runs · paired permutation')

    const refusals: [string[], RegExp][] = [
      [[a, cut], /cut\.json is not whole JSON: is it truncated/],
      [[a, other], /is of the schema "corerush\.report\/9"; this corerush reads corerush\.report\/1/],
      [[a, isVoid], /cannot be compared: the current run is void.*\n.*--allow void/],
      [[a, join(folder, 'none.json')], /none\.json cannot be read/],
      [[a], /takes BASELINE and CURRENT/],
      [[a, b, '--margin', '5', '--allow', 'hosts'], /--margin must tolerate.*\n.*did you mean host\?/],
      [[five, five, '--out', `html=${page}`], /--out html shows one run of each side, got 5 and 5/],
      [
        [a, b, '--threshold', 'p95 < 5ms', '--out', 'json=x'],
        /--threshold must be relative here[^]*--out must be html=PATH here/,
      ],
      [[five, slow, '--paired'], /--paired takes as many runs on each side, got 5 and 1/],
    ]
    // What a file says cannot steer the terminal.
    const steered = await Promise.all([compare(a, evil), compare(a, evil, '--allow', 'host')])
    expect(steered.map(({ code }) => code)).toEqual([2, 0])
    for (const { stderr } of steered) expect(stderr).toMatch(/hosts differ in node: [^\u001b\u0007]*\n/)

    const refused = await Promise.all(refusals.map(([words]) => compare(...words)))
    for (const [i, { code, stderr }] of refused.entries()) {
      expect(stderr).toMatch(refusals[i]![1])
      expect(code).toBe(2)
    }
    expect((await compare(a, isVoid, '--allow', 'void')).stderr).toContain('warning: compared anyway')
  }))
