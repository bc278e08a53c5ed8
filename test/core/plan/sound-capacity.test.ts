/** What was measured of a host, and what it means for a plan. */
import { expect, test } from 'vitest'
import { costOfAuto, type Capacity, type TransportCapacity } from '../../../src/core/plan/sound-capacity.ts'
import { aPlan } from '../../support/plan.ts'

const measured = (oneWorkerFullPerS: number | null): TransportCapacity => ({
  ...{ oneWorkerPerS: 1, workers: 2, allWorkersPerS: 2 },
  ...(oneWorkerFullPerS === null ? {} : { oneWorkerFullPerS }),
})
const capacity = (undici: number | null, wire: number | null): Capacity => ({
  measuredAt: '2026-01-01T00:00:00Z',
  transports: { undici: measured(undici), wire: measured(wire) },
})

test('what auto would cost is the ratio of full speeds, where it takes another transport and both were measured', () => {
  const plan = aPlan({ transport: 'undici', undiciFor: null })
  const both = capacity(30_000, 60_000)
  expect(costOfAuto(both, plan)).toBe(0.5)
  expect(costOfAuto(null, plan)).toBeNull()
  expect(costOfAuto(capacity(30_000, null), plan)).toBeNull()
  // A target that limits both leaves nothing to say.
  expect(costOfAuto(capacity(60_000, 50_000), plan)).toBeNull()
  for (const other of [
    aPlan({ transport: 'wire' }),
    aPlan({ undiciFor: ['proxy'] }),
    aPlan({ proxy: { host: 'p', port: 1, authorization: null, digest: null } }),
  ])
    expect(costOfAuto(both, other)).toBeNull()
})
