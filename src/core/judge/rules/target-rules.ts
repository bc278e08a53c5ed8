/** The target, by what it reports about its own limits. */
import { largest } from '../../extremes.ts'
import type { Evidence, Reason } from './evidence.ts'
import type { SecondRow } from '../../measure/second.ts'
import { targetBusy } from '../../measure/node-exporter.ts'
import { showPercent } from '../../units.ts'
import { HOT_CORE, MANY_SECONDS, TARGET_BUSY } from './limits.ts'
import { extent, inSeconds, loadSeconds } from './load-seconds.ts'

export function busyTarget(evidence: Evidence): Reason[] {
  const load = loadSeconds(evidence)
  const rows = load.filter(({ target }) => (targetBusy(target) ?? 0) > TARGET_BUSY)
  if (rows.length <= load.length * MANY_SECONDS) return peggedCore(load)
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

/** A server that works on one core has reached its end when that one is full, however many are idle. */
function peggedCore(load: readonly SecondRow[]): Reason[] {
  const seconds = new Map<number, SecondRow[]>()
  for (const row of load)
    for (const { core, busy } of row.target?.cores ?? [])
      if (busy > HOT_CORE) {
        const rows = seconds.get(core)
        if (rows === undefined) seconds.set(core, [row])
        else rows.push(row)
      }
  const [core, rows] = [...seconds].reduce<[number, SecondRow[]]>(
    (a, b) => (b[1].length > a[1].length ? b : a),
    [-1, []],
  )
  if (rows.length <= load.length * MANY_SECONDS) return []
  return [
    {
      code: 'target.busy',
      level: 'note',
      message: `core ${core} of the target was above ${showPercent(HOT_CORE)} busy ${inSeconds(rows, load)}, while others were not`,
      advice:
        'a server that works on one core only cannot do more; look there for what keeps it from the others',
      ...extent(rows),
    },
  ]
}
