/** The history of plans: twenty records of which one begins a regression. */
import { expect, test } from 'vitest'
import { historiesOf, recordOf, recordProblem, type HistoryRecord } from '../../../src/core/report/history.ts'
import { normal, seededRandom } from '../../../src/core/random.ts'
import { renderHistoryHtml } from '../../../src/output/file/history-html.ts'
import { renderHistory } from '../../../src/output/text/history-text.ts'
import { EVIL } from '../../support/page.ts'
import { planOf, reportOf } from '../../support/reports.ts'

const STYLE = { color: false, width: 120 }
const RECORD = recordOf(reportOf(planOf(), [{ ok: { 'GET /a': [5, 6, 7] } }]), 'aaaa', null)
const stamp = (day: number): string => new Date(Date.UTC(2026, 0, day, 6)).toISOString()

/** Runs day by day; from the run with this number on p95 and p99 are a quarter higher. */
function records(runs: number, slowFrom: number, plan = 'aaaa'): HistoryRecord[] {
  const random = seededRandom(4)
  const near = (value: number): number => value * (1 + 0.03 * normal(random))
  return Array.from({ length: runs }, (_, i) => ({
    ...RECORD,
    ...{ plan, startedAt: stamp(i + 1), commit: { id: `c${i + 1}`, isDirty: i === 3 } },
    ...{ requestsPerS: near(500), p50: near(10), verdict: 'sound' as const, exitCode: 0 },
    ...{ p95: near(i + 1 < slowFrom ? 20 : 25), p99: near(i + 1 < slowFrom ? 40 : 50) },
    boundMs: { p50: 0.1, p95: 0.2, p99: null },
  }))
}

test('the planted regression is marked at its run, in the figures that it is in', () => {
  const [history] = historiesOf(records(20, 15), 50)
  expect(history!.changes.map(({ figure, run }) => [figure, run])).toEqual([
    ['p95', 15],
    ['p99', 15],
  ])
  const text = renderHistory([history!], STYLE)
  expect(text).toMatch(
    /^changed from run 15, commit c15: p95 \d\d\.\d ms → 2\d\.\d ms \(\+2\d\.\d%\), p = 0\.00\d$/m,
  )
  expect(text.match(/p95 ▲, p99 ▲/g)).toHaveLength(1)
  expect(text).toMatch(/^req\/s +▇*[▁▂▃▄▅▆▇█]{20} /m)
  const html = renderHistoryHtml([history!])
  expect(html.match(/<line class="change"/g)).toHaveLength(2)
  expect(html.match(/<circle class="sound"/g)).toHaveLength(80)
  expect(html).toContain('<tr class="changed"><td>15</td>')
})

test('void and stopped runs are shown and do not count; other hosts and versions are noted', () => {
  const all = records(20, 99).map((record, i): HistoryRecord => {
    if (i > 14) return { ...record, verdict: 'void', p95: 900, p99: 900 }
    if (i === 7) return { ...record, stoppedBy: 'SIGINT', exitCode: 130, p95: 900 }
    return i === 10 ? { ...record, host: 'another', version: '9.9.9' } : record
  })
  const [history] = historiesOf(all, 50)
  expect(history).toMatchObject({ changes: [], tested: 14 })
  const text = renderHistory([history!], STYLE)
  expect(text).toMatch(/^ *11 .*another host, corerush 9\.9\.9$/m)
  expect(text).toMatch(/^ *8 .*exit code 130$/m)
  expect(text).toContain('no figure has changed')
})

test('plans are kept apart, the newest first; of each the newest runs', () => {
  const other = records(4, 99, 'bbbb').map((one) => ({
    ...one,
    startedAt: one.startedAt.replace('2026', '2027'),
  }))
  const histories = historiesOf([...records(20, 99), ...other], 3)
  expect(histories.map(({ plan, runs }) => [plan, runs.length, runs[0]!.startedAt])).toEqual([
    ['bbbb', 3, stamp(2).replace('2026', '2027')],
    ['aaaa', 3, stamp(18)],
  ])
  expect(renderHistory(histories, STYLE)).toContain('no change can be found among 3 runs')
})

test('a record is small and read again; what is none is refused with the field', () => {
  expect(JSON.stringify(RECORD).length).toBeLessThan(1000)
  expect(recordProblem(JSON.parse(JSON.stringify(RECORD)))).toBeNull()
  for (const [wrong, field] of [
    [null, 'no record'],
    [[], 'schema'],
    [{ ...RECORD, schema: 'corerush/history/2' }, 'schema'],
    [{ ...RECORD, p95: '5' }, 'p95'],
    [{ ...RECORD, verdict: 'good' }, 'verdict'],
    [{ ...RECORD, commit: 5 }, 'commit'],
    [{ ...RECORD, boundMs: { p50: 1 } }, 'boundMs'],
    [{ ...RECORD, subject: 7 }, 'subject'],
  ] as const)
    expect(recordProblem(wrong)).toContain(field)
})

test('texts of a record are text on the page and in the terminal', () => {
  const evil = {
    ...RECORD,
    subject: `${EVIL}\u001b[31m`,
    host: EVIL,
    version: EVIL,
    commit: { id: EVIL, isDirty: null },
  }
  const histories = historiesOf([evil, { ...evil, startedAt: stamp(2), host: 'x' }], 50)
  const html = renderHistoryHtml(histories)
  expect(html).not.toMatch(/<script|<img/)
  expect(renderHistory(histories, STYLE)).not.toContain('\u001b')
})
