/** The target, as far as it says of itself what limits it. */
import { largest } from '../extremes.ts'
import type { Evidence, Reason } from '../evidence.ts'
import { targetBusy } from '../node-exporter.ts'
import { showPercent } from '../units.ts'
import { MANY_SECONDS, TARGET_BUSY } from './limits.ts'
import { extent, inSeconds, loadSeconds } from './load-seconds.ts'

export function busyTarget(evidence: Evidence): Reason[] {
  const load = loadSeconds(evidence)
  const rows = load.filter(({ target }) => (targetBusy(target) ?? 0) > TARGET_BUSY)
  if (rows.length <= load.length * MANY_SECONDS) return []
  const most = largest(rows.map(({ target }) => targetBusy(target) ?? 0))
  return [
    {
      code: 'target.busy',
      level: 'note',
      message: `the cores of the target were above ${showPercent(TARGET_BUSY)} busy ${inSeconds(rows, load)}, at ${showPercent(most)} in the worst of them`,
      advice: 'this is what the target can do; look there for what its time goes into',
      ...extent(rows),
    },
  ]
}
