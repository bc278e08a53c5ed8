/** Runs kept under a name, in a folder of their own. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { saveBaseline } from '../../../src/cli/save-baseline.ts'
import type { Report } from '../../../src/core/report/report.ts'
import { readComparands, readRuns } from '../../../src/host/kept/comparands.ts'
import { isKeptName, keepingProblem, keepRuns, placeOf } from '../../../src/host/kept/kept-runs.ts'
import { inEmptyFolders, runAt } from '../../support/kept.ts'
import { planOf } from '../../support/reports.ts'

inEmptyFolders()

const minutes = (): number[] => readRuns(['main']).map(({ startedAt }) => Number(startedAt.slice(14, 16)))
const said: string[] = []
const save = (...reports: Report[]): string[] => {
  said.length = 0
  expect(saveBaseline('main', reports, 0, (text) => said.push(text))).toBe(true)
  return said
}

test('the newest five stay, and are the baseline of that name', () => {
  for (let minute = 1; minute <= 7; minute++)
    expect(save(runAt(minute))).toEqual([
      `kept under main, in .corerush/baselines/main: ${Math.min(minute, 5)} run${minute === 1 ? '' : 's'}`,
    ])
  expect(minutes()).toEqual([3, 4, 5, 6, 7])
  expect(() => readRuns(['mian'])).toThrow(
    'no runs are kept under mian, in .corerush/baselines/mian; did you mean main?',
  )
  expect(readdirSync(placeOf('main')).filter((file) => !file.endsWith('.json'))).toEqual([])
  const plan = planOf({ baseline: 'main' })
  const { host, version } = runAt(1)
  expect(readComparands(plan, { plan, host, version })!.baseline).toHaveLength(5)
  expect(
    keepRuns(
      'main',
      [8, 9, 10, 11, 12, 13].map((minute) => runAt(minute)),
    ).runs,
  ).toBe(5)
  expect(minutes()).toEqual([9, 10, 11, 12, 13])
})

test('what cannot be compared with the new ones goes, and what cannot be read', () => {
  save(runAt(1))
  writeFileSync(join(placeOf('main'), 'a.json'), '{"schema":')
  expect(save(runAt(2, { users: 20 })).slice(1)).toEqual([
    expect.stringMatching(/^no longer kept under main: the plans differ in stages: /),
    expect.stringMatching(/^no longer kept under main: .*a\.json is not whole JSON/),
  ])
  expect(minutes()).toEqual([2])
})

describe('a run that went wrong', () => {
  const verdict = { ...runAt(1).verdict, level: 'void' as const }
  test.each<[Partial<Report>, string]>([
    [{ exitCode: 97, verdict }, 'it is void'],
    [{ exitCode: 130, stoppedBy: 'SIGINT' }, 'it was stopped by SIGINT'],
    [{ exitCode: 99 }, 'it failed, with exit code 99'],
    [{ exitCode: 98 }, 'it failed, with exit code 98'],
  ])('is not kept, and neither are those beside it: %j', (different, why) => {
    expect(save(runAt(1, {}, different))).toEqual([`nothing was kept under main: ${why}`])
    expect(save(runAt(1), runAt(2, {}, different))).toEqual([
      `nothing was kept under main: of several runs, ${why}`,
    ])
    expect(existsSync('.corerush')).toBe(false)
  })
})

test('what is a name and what is a file', () => {
  for (const name of ['main', 'v1.2', 'a_b-c', '7']) expect(isKeptName(name)).toBe(true)
  for (const file of ['main.json', './main', 'a/b', '..', '.x', 'a b', '', '-', 'a\\b', 'x'.repeat(101)])
    expect(isKeptName(file)).toBe(false)
})

test('a folder that cannot be written is reported before the run, and after it nothing fails silently', () => {
  expect(keepingProblem('main')).toBeNull()
  expect(keepingProblem('../main')).toMatch(/must be a name of letters.*got "\.\.\/main"/)
  writeFileSync('.corerush', '')
  expect(keepingProblem('main')).toBe('needs the folder .corerush/baselines/main, and .corerush is a file')
  rmSync('.corerush')
  mkdirSync('.corerush')
  writeFileSync('.corerush/baselines', '')
  const told: string[] = []
  expect(saveBaseline('main', [runAt(1)], 0, (text) => told.push(text))).toBe(false)
  expect(told[0]).toMatch(/^nothing could be kept under main: E/)
})

test('a run that its scenario stopped is not kept, and costs none that are', () => {
  save(runAt(1))
  expect(save(runAt(2, {}, { stoppedBy: 'scenario', exitCode: 0 }))[0]).toContain('stopped by scenario')
  expect(minutes()).toEqual([1])
})

test('a run whose load was changed on the way is not kept', () => {
  save(runAt(1))
  const amended = runAt(2, {}, { amendments: [{ atS: 1, users: 20, overS: 0 }] })
  expect(save(amended)[0]).toContain('its load was changed while it went on')
  expect(minutes()).toEqual([1])
})
