import { expect, test } from 'vitest'
import { plannedWait, predictedWait } from '../../../src/core/plan/predicted-wait.ts'
import type { Capacity } from '../../../src/core/plan/sound-capacity.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { aPlan, anOpenPlan } from '../../support/plan.ts'

/** The waits of arrivals at one server, by Lindley's recursion, with exponential gaps and service times. */
function simulatedWaits(perS: number, fullPerS: number): number[] {
  const random = seededRandom(5)
  const exponential = (ratePerS: number): number => (-Math.log(1 - random()) / ratePerS) * 1000
  let wait = 0
  return Array.from({ length: 400_000 }, () => {
    const before = wait
    wait = Math.max(0, wait + exponential(fullPerS) - exponential(perS))
    return before
  })
}

test.each([0.05, 0.3, 0.5])('the waits of a simulated queue that is %d busy', (utilization) => {
  const waits = simulatedWaits(utilization * 10_000, 10_000).sort((a, b) => a - b)
  const { meanMs, p99Ms } = predictedWait(utilization * 10_000, 10_000)!
  expect(meanMs / (waits.reduce((a, b) => a + b, 0) / waits.length)).toBeCloseTo(1, 1)
  expect(p99Ms / waits[Math.floor(0.99 * waits.length)]!).toBeCloseTo(1, 1)
})

test('a worker that is beyond its end has no wait to predict, an idle one has none at p99', () => {
  expect(predictedWait(100, 100)).toBeNull()
  expect(predictedWait(1, 1000)).toMatchObject({ p99Ms: 0 })
})

test('nothing is made up where the host, or the pace, is not known', () => {
  const figures = { oneWorkerPerS: 5000, workers: 2, allWorkersPerS: 8000 }
  const full = { oneWorkerFullPerS: 10_000, allWorkersFullPerS: 16_000 }
  const capacity = (more: object): Capacity => ({
    measuredAt: '2026-01-01',
    transports: { undici: { ...figures, ...more } },
  })
  const stages = [{ fromPerS: 3000, toPerS: 3000, durationS: 10 }]
  expect(plannedWait(capacity(full), anOpenPlan({ stages }))?.utilization).toBeCloseTo(0.3)
  expect(plannedWait(capacity(full), anOpenPlan({ stages, workers: 2 }))?.utilization).toBeCloseTo(0.1875)
  expect(plannedWait(capacity(full), anOpenPlan({ stages, workers: 3 }))).toBeNull()
  expect(plannedWait(capacity(full), aPlan())).toBeNull()
  expect(plannedWait(capacity({}), anOpenPlan({ stages }))).toBeNull()
  expect(plannedWait(null, anOpenPlan({ stages }))).toBeNull()
})
