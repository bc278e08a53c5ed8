/** A worker's vital signs, read from this platform. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { vitalSigns } from '../../../src/worker/record/vitals.ts'
import { aPlan } from '../../support/plan.ts'

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

test('with no descriptor left they are read, and the warm-up ends, without a fault', () => {
  const script = fileURLToPath(new URL('../../support/workers/no-descriptor.mjs', import.meta.url))
  const command = `ulimit -n 256 && exec '${process.execPath}' '${script}' '${JSON.stringify(aPlan())}'`
  expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe('full, 8 times warm')
})
