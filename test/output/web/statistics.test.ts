/** The statistics since a reset are those of a run that has only the seconds after it. */
import { expect, test } from 'vitest'
import { Statistics } from '../../../src/output/web/statistics.ts'
import { planOf, reportOf, type Second } from '../../support/reports.ts'

const PLAN = planOf({ workers: 1, duration: '4s' })
const SECONDS: Second[] = [
  { second: 0, ok: { 'GET /a': [900] }, failures: [['GET /a', 'status', 'status 503', 5]] },
  { second: 1, ok: { 'GET /a': [800], 'GET /old': [1] } },
  { second: 2, ok: { 'GET /a': [5, 7] }, failures: [['GET /a', 'status', 'status 503', 1]] },
  { second: 3, ok: { 'GET /a': [6], 'POST /b': [20] } },
]

test('counts, rates and percentiles', () => {
  const statistics = new Statistics(2)
  reportOf(PLAN, SECONDS, {}, (second) => statistics.settled(second))
  const { atS, total, byName } = statistics.since
  expect([atS, Object.keys(byName)]).toEqual([2, ['GET /a', 'POST /b']])
  const after = reportOf(
    { ...PLAN, durationS: 2 },
    SECONDS.slice(2).map((one, second) => ({ ...one, second })),
  )
  for (const [row, metrics] of Object.entries(byName)) expect(after.byName[row]).toMatchObject(metrics)
  // The lag is the generator's, and not shown here.
  expect(total).toEqual({ ...after.total, lagMs: total.lagMs })
  expect(total).toMatchObject({ finished: 5, failed: 1, requestsPerS: 2.5, latencyMs: { max: 20 } })
})
