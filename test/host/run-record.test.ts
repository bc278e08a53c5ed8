/** A run that goes on is judged every second, a long one more rarely; the end is judged anew in any case. */
import { expect, test } from 'vitest'
import { PLAIN_ROWS } from '../../src/core/measure/timeline.ts'
import type { PreparedRun } from '../../src/host/prepared-run.ts'
import { RunRecord } from '../../src/host/run-record.ts'
import { describeHost } from '../../src/host/machine/this-host.ts'
import { aPlan } from '../support/plan.ts'
import { snapshotOf } from '../support/reports.ts'

test('of a run beyond an hour, seconds are packed and the verdict is kept for some of them', () => {
  const plan = aPlan({ workers: 1, durationS: 2 * PLAIN_ROWS })
  const prepared = { plan, host: describeHost(), comparands: null, soundPerS: null, warnings: [] }
  const record = new RunRecord(prepared as unknown as PreparedRun, () => undefined)
  const verdicts = { early: new Set(), late: new Set() }
  const untilS = PLAIN_ROWS + 60
  for (let second = 0; second < untilS; second++) {
    record.timeline.add(snapshotOf({ second, ok: { a: [5, 20], b: [7] } }))
    record.timeline.close(second + 1)
    if (second < 12) verdicts.early.add(record.judgeSoFar().verdict)
    if (second >= untilS - 12) verdicts.late.add(record.judgeSoFar().verdict)
  }
  expect(verdicts.early.size).toBe(12)
  expect(verdicts.late.size).toBeLessThanOrEqual(5)
  const report = record.report(untilS)
  expect(verdicts.late).not.toContain(report.verdict)
  // A packed second says what one that is not says.
  const plain = { ...report.timeline[PLAIN_ROWS - 1]!, second: PLAIN_ROWS + 1 }
  expect({ ...report.timeline[PLAIN_ROWS + 1]! }).toEqual(plain)
})
