/** What the live page is told of a run. */
import { expect, test } from 'vitest'
import type { Report } from '../../../src/core/report/report.ts'
import { logOf } from '../../../src/output/view/run-log.ts'
import { viewOf } from '../../../src/output/view/view.ts'
import { frameOf } from '../../../src/output/web/web-state.ts'
import { liveOf } from '../../support/live.ts'
import { EVIL, longReport } from '../../support/page.ts'
import { planOf, reportOf } from '../../support/reports.ts'

const RUN = { number: 3, version: '1.2.3', startedAt: '', plan: planOf(), warnings: [] }
const REPORT = longReport(['GET /a', '__proto__'], 12, { warmup: '2s', thresholds: ['p50 < 1ms'] })

test('when the run has ended, the page has all of the report but its plan, which it has already', () => {
  const { view, now, run } = frameOf(RUN, REPORT, null)
  expect([run, now]).toEqual([3, null])
  const whole = viewOf(REPORT)
  expect(view).toEqual({ ...whole, report: { ...whole.report, plan: null } })
})

test('while it goes on, the figures are those of the run so far, beside the last second', () => {
  const { view, now } = frameOf(RUN, REPORT, liveOf(REPORT))
  const row = REPORT.timeline.at(-1)!
  expect(view.report.total).toEqual(REPORT.total)
  expect(view.words.sentence).toMatch(/^so far: /)
  expect(now).toMatchObject({ second: 11, requestsPerS: row.requestsPerS, workers: row.workers, cores: null })
  expect(now!.recent).toBe(REPORT.total.latencyMs)
})

test('a frame of ten hours is a few times a frame of ten minutes', () => {
  const stretched = (seconds: number): Report => ({
    ...REPORT,
    timeline: Array.from({ length: seconds }, (_, second) => ({ ...REPORT.timeline[second % 12]!, second })),
  })
  const bytes = (seconds: number): number => {
    const report = stretched(seconds)
    return JSON.stringify(frameOf(RUN, report, liveOf(report))).length
  }
  const most = bytes(36_000)
  expect(most).toBeLessThan(3 * bytes(600))
  expect(most).toBeLessThan(200_000)
})

test('the log: what happened, in order', () => {
  const plan = planOf({ users: undefined, stages: ['2s:10', '6s:10'], duration: undefined })
  const report = reportOf(
    plan,
    [
      ...Array.from({ length: 8 }, (_, second) => ({ second, ok: { a: [5] } })),
      { worker: 1, second: 3, failures: [['a', 'connect.refused', EVIL, 4]] as const },
      { worker: 1, second: 5, taskErrors: [['buy', 'no stock', 2]] as const },
    ],
    { durationS: 8.25, warnings: ['early', 'late'], stoppedBy: 'SIGINT' },
  )
  const lines = logOf(report, ['early'], false)
  expect(lines.map(({ atS }) => atS)).toEqual(lines.map(({ atS }) => atS).sort((a, b) => a - b))
  const said = lines.map(({ atS, kind, text }) => `${Math.floor(atS)} ${kind} ${text}`)
  expect(said.slice(0, 3)).toEqual([
    '0 note the run started with 2 workers',
    '0 warning early',
    '0 note stage 1 of 2: 0 to 10 users in 2s',
  ])
  expect(said).toContain('2 note stage 2 of 2: 10 users in 6s')
  expect(said).toContain(`3 fault first connect.refused of a: ${EVIL} (4 in total)`)
  expect(said).toContain('5 fault first error of task buy: no stock (2 in total)')
  for (const { code, message, fromS, level } of report.verdict.reasons)
    expect(said).toContain(`${fromS} ${level === 'note' ? 'note' : 'warning'} ${code}: ${message}`)
  expect(said).toContain('8 warning late')
  expect(said.at(-1)).toBe(
    `8 note the run ended, stopped by SIGINT; measurement ${report.verdict.level}, exit code ${report.exitCode}`,
  )
  const amended = logOf({ ...report, amendments: [{ atS: 1.5, users: 3, overS: 0 }] }, [], false)
  const load = amended.map(({ text }) => text).filter((text) => /^stage|amended/.test(text))
  expect(load).toEqual(['stage 1 of 2: 0 to 10 users in 2s', 'the load was amended to 3 users at 1.5 s'])
  // A stage that has not come is not told of, nor is an end.
  const early = logOf({ ...report, timeline: report.timeline.slice(0, 1), loadS: 1 }, [], true)
  expect(early.map(({ text }) => text).join('\n')).not.toMatch(/stage 2|ended|^early$|^late$/m)
})

test('the log of tasks is among the events of the run, in its order', () => {
  const entry = { atS: 0.5, worker: 1, level: 'error', text: 'no stock' } as const
  const { log } = frameOf(RUN, REPORT, liveOf(REPORT), [entry, { ...entry, level: 'log' }])
  expect(log.filter(({ text }) => text === 'worker 1: no stock').map(({ atS, kind }) => [atS, kind])).toEqual(
    [
      [0.5, 'fault'],
      [0.5, 'log'],
    ],
  )
})
