/** Records of runs and the reports of sound ones, in a folder of their own. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Options } from '../../../src/core/options/options.ts'
import type { Report } from '../../../src/core/report/report.ts'
import { readRuns } from '../../../src/host/kept/comparands.ts'
import { readCommit } from '../../../src/host/kept/commit.ts'
import {
  HISTORY_FOLDER,
  keepRecord,
  MOST_REPORTS,
  planName,
  readRecords,
} from '../../../src/host/kept/history-runs.ts'
import { inEmptyFolders, runAt } from '../../support/kept.ts'

inEmptyFolders()

const SHA = '0123456789abcdef0123456789abcdef01234567'
/** One that is sound, and ended well. */
const soundRunAt = (minute: number, options: Options = {}, different: Partial<Report> = {}): Report => {
  const report = runAt(minute, options)
  const verdict = { ...report.verdict, level: 'sound' as const }
  return { ...report, verdict, exitCode: 0, stoppedBy: 'duration', ...different }
}
const keep = (report: Report): string => keepRecord(report, { GITHUB_SHA: SHA })

test('records in the order of the runs, with the commit; whole reports of the newest sound ones only', () => {
  for (const minute of [3, 1, 2, 5, 4]) keep(soundRunAt(minute))
  keep(soundRunAt(6, {}, { exitCode: 99 }))
  expect(readRecords().map(({ startedAt, commit }) => [startedAt.slice(14, 16), commit?.id])).toEqual(
    ['01', '02', '03', '04', '05', '06'].map((minute) => [minute, SHA.slice(0, 12)]),
  )
  expect(readdirSync(join(HISTORY_FOLDER, 'sound'))).toHaveLength(MOST_REPORTS)
  const current = soundRunAt(9)
  const last = (before: string | null) => readRuns(['last-sound'], { run: current, before })[0]!.startedAt
  expect(last(null)).toContain(':05:')
  expect(last(soundRunAt(5).startedAt)).toContain(':04:')
})

test('the last sound run is one of the same plan, or none', () => {
  keep(soundRunAt(1, { users: 5 }))
  const last = (options: Options) => readRuns(['last-sound'], { run: soundRunAt(2, options), before: null })
  expect(last({ users: 5 })).toHaveLength(1)
  expect(() => last({ users: 6 })).toThrow('no sound run of this plan is kept in .corerush')
  // How a run is judged makes no other plan of it.
  expect(last({ users: 5, thresholds: 'p95 < 1s' })).toHaveLength(1)
  expect(planName(soundRunAt(1))).toBe(planName(soundRunAt(2)))
  // A later version knows more that can be on.
  const one = soundRunAt(1)
  const withMore = (more: object): Report => ({ ...one, plan: { ...one.plan, ...more } })
  expect(planName(withMore({ another: false, list: [], nothing: null }))).toBe(planName(one))
  expect(planName(withMore({ another: true }))).not.toBe(planName(one))
})

test('what lies there and is no record is named', () => {
  mkdirSync(HISTORY_FOLDER, { recursive: true })
  expect(readRecords()).toEqual([])
  writeFileSync(join(HISTORY_FOLDER, 'a.json'), '{"schema":"other"}')
  expect(readRecords).toThrow('a.json is not of the schema corerush/history/1')
  writeFileSync(join(HISTORY_FOLDER, 'a.json'), '{')
  expect(readRecords).toThrow('a.json cannot be read')
})

test('the commit: as the pipeline says, or as git says, or none', () => {
  expect(readCommit({ CI_COMMIT_SHA: SHA })).toEqual({ id: SHA.slice(0, 12), isDirty: null })
  expect(readCommit({ GIT_COMMIT: '; rm -rf /' })).toBeNull()
})
