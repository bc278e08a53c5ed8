/** Workers that never return are found by silence and by the end of the drain, in ticks. */
import { expect, test } from 'vitest'
import { Overdue } from '../../src/host/overdue.ts'
import { aPlan } from '../support/plan.ts'

/** The second of the run in which a worker is ended, and why; `reports` says whether it reports in a second. */
function endOf(
  plan: { durationS: number | null; gracefulStopS?: number },
  reports: (second: number) => boolean,
  { isReady = true, stopAt = null as number | null, extendAt = null as number | null } = {},
): [second: number, reason: string] | null {
  const overdue = new Overdue(aPlan({ gracefulStopS: 5, ...plan }))
  const reasons: string[] = []
  const worker = { end: (reason: string) => reasons.push(reason) }
  overdue.watch([worker])
  overdue.close()
  if (isReady) overdue.started()
  for (let second = 1; second <= 400; second++) {
    if (reports(second)) overdue.heard(worker)
    if (second === stopAt) overdue.stopped(second)
    if (second === extendAt) overdue.extended(200)
    overdue.tick()
    if (reasons.length > 0) return [second, reasons[0]!]
  }
  return null
}
const never = (): boolean => false
const always = (): boolean => true

test.each([
  ['silent from the start', { durationS: 20 }, never, {}, 35],
  ['silent after a while', { durationS: 20 }, (s: number) => s < 24, {}, 35],
  ['silent only now', { durationS: 20 }, (s: number) => s < 33, {}, 41],
  ['reporting for ever', { durationS: 20 }, always, {}, 85],
  ['silent after an early stop', { durationS: 300 }, never, { stopAt: 10 }, 25],
  ['silent, and extended', { durationS: 20 }, never, { extendAt: 10 }, 215],
  ['silent in a run that a count ends', { durationS: null }, (s: number) => s < 100, {}, 158],
  ['at work in a run that a count ends', { durationS: null }, always, {}, null],
  ['never ready', { durationS: 20 }, never, { isReady: false }, 120],
] as const)('%s', (_, plan, reports, how, second) => {
  expect(endOf(plan, reports, how)?.[0] ?? null).toBe(second)
})

test('says why', () => {
  expect(endOf({ durationS: 20 }, never)?.[1]).toBe(
    'it had not ended 10 s after the drain: code of the scenario never returns',
  )
})
