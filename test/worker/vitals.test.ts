/** What a worker can say of itself, read from this platform. */
import { expect, test } from 'vitest'
import { vitalSigns } from '../../src/worker/vitals.ts'

test('totals grow while it is open, and stay what they are once it is closed', () => {
  const vitals = vitalSigns()
  const before = vitals.read()
  const untilMs = performance.now() + 20
  while (performance.now() < untilMs);
  const after = vitals.read()
  // Not available on some platforms, but then both times.
  if (before.onCoreMs === null) expect(after.onCoreMs).toBeNull()
  else expect(after.onCoreMs).toBeGreaterThan(before.onCoreMs)
  vitals.close()
  // The last turn of the loop is looked at after the run is over.
  const queuedUs = vitals.runQueueUs()
  const { onCoreMs } = vitals.read()
  expect(Math.round(queuedUs)).toBeGreaterThanOrEqual(Math.round((after.runQueueMs ?? 0) * 1000))
  expect(vitals.runQueueUs()).toBe(queuedUs)
  expect(vitals.read().onCoreMs).toBe(onCoreMs)
})
