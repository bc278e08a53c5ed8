/** What tasks threw is told by every output, and a run in which every iteration failed passes in none. */
import { expect, test } from 'vitest'
import { CSV_FILES, LocustCsv, type CsvFile } from '../../src/output/file/csv.ts'
import { renderStepSummary } from '../../src/output/file/github.ts'
import { renderJunit } from '../../src/output/file/junit.ts'
import { renderLive } from '../../src/output/live/live-frame.ts'
import type { Pieces } from '../../src/output/whole-file.ts'
import { renderProgress } from '../../src/output/live/progress.ts'
import { renderSummary } from '../../src/output/text/summary.ts'
import type { Plan } from '../../src/core/plan/plan.ts'
import { liveOf } from '../support/live.ts'
import { planOf, reportOf, textOf, timelineOf, type Second } from '../support/reports.ts'

const plan: Plan = {
  ...planOf({ workers: 1 }),
  scenario: {
    ...{ file: '/s.ts', sha256: '', baseUrl: null, stages: null },
    ...{ scenarios: [], feeders: [], options: [], metrics: [] },
  },
}
const SECONDS: Second[] = [
  { ok: { Login: [10, 20] }, taskErrors: [['Login', 'no <token>, alas', 3]] },
  { second: 1, ok: { Login: [10] }, taskErrors: [['onStart', 'no login', 1]] },
]
const report = reportOf(plan, SECONDS)
const well = { ...report, iterations: { ...report.iterations, finished: 9 } }

test('CSV: in the file of exceptions', () => {
  const files = {} as Record<CsvFile, string>
  const to = (file: CsvFile) => ({
    name: file,
    check: () => undefined,
    write: (text: string | Pieces) => void (files[file] = textOf(text)),
  })
  const csv = new LocustCsv('run', Object.fromEntries(CSV_FILES.map((file) => [file, to(file)])) as never)
  void csv.finish(report)
  expect(files.exceptions).toBe(
    'Count,Message,Traceback,Nodes\r\n3,"Login: no <token>, alas",,\r\n1,onStart: no login,,\r\n',
  )
})

test('JUnit: a case of their own, that fails when every iteration failed', () => {
  expect(report.exitCode).toBe(99)
  const failed = renderJunit(report)
  expect(failed).toContain('failures="1"')
  expect(failed).toContain(
    '<failure type="tasks" message="every iteration failed">Login: no &#60;token&#62;, alas (3)\nonStart: no login (1)</failure>',
  )
  expect(renderJunit(well)).toContain('failures="0"')
  expect(renderJunit(well)).toContain('<system-out>Login: no &#60;token&#62;, alas (3)\nonStart')
  expect(renderJunit({ ...report, plan: planOf() })).not.toContain('tasks:')
})

test('the job summary: a table, and in its heading when every iteration failed', () => {
  const summary = renderStepSummary(report)
  expect(summary).toMatch(/^### corerush: ❌ measurement \w+, every iteration failed\n/)
  expect(summary).toContain('| Login | 3 | no &#60;token&#62;&#44; alas |\n| onStart | 1 | no login |\n')
  expect(renderStepSummary(well)).toContain(', all thresholds passed\n')
})

test('the live view and the progress line: how many', () => {
  const run = { plan, version: '1', startedAt: '', warnings: [], elapsedS: () => 2 }
  const latest = { ...liveOf(report), recent: timelineOf(plan, SECONDS).timeline.recent() }
  const state = { run, elapsedS: 2, latest }
  expect(renderLive(state, { color: false, width: 80 })).toContain('failed none   task errors 4')
  expect(renderProgress(state)).toContain('  failed 0  task errors 4  ')
  expect(renderProgress({ ...state, latest: { ...latest, taskErrors: 0 } })).not.toContain('task')
})

test('the summary: iterations of each scenario, where there are several', () => {
  const byScenario = {
    browse: { finished: 1234, failed: 0, unfinished: 1, stuck: 0 },
    buy: { finished: 5, failed: 2, unfinished: 3, stuck: 3 },
  }
  const several = { ...report, iterations: { ...report.iterations, skipped: 4, byScenario } }
  const style = { color: false, width: 200 }
  expect(renderSummary(several, style)).toContain(
    '\ntasks     browse 1,234, 1 cut off by the end of the drain · buy 5, 2 failed, 3 never ended · 4 stopped in onStart\n',
  )
  expect(renderSummary(report, style)).toContain('\ntasks     4 finished, 4 failed\n')
  expect(renderSummary({ ...report, plan: planOf() }, style)).not.toContain('\ntasks ')
})

test('the summary: what ended the load, and the table', () => {
  const text = renderSummary({ ...report, stoppedBy: 'users' }, { color: false, width: 100 })
  expect(text).toContain('all users stopped')
  expect(text).toMatch(/Login +3 +no <token>, alas/)
})
