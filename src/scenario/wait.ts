/** The four waits, for those who write scenarios. */
import type { Duration } from '../core/units.ts'
import { parseWait, type Wait } from '../core/load/wait-time.ts'

/** A pause of any length between the two, each as likely as the others. */
export const between = (shortest: Duration, longest: Duration): Wait => read(`${shortest}-${longest}`)

/** A pause that is always the same. */
export const constant = (pause: Duration): Wait => read(String(pause))

/** A task begins at most once in this time, however long it takes. */
export const pacing = (every: Duration): Wait => read(`pacing:${every}`)

/** The highest number of tasks that begin per second and user. */
export const throughput = (perS: number): Wait => read(`throughput:${perS}`)

function read(text: string): Wait {
  const wait = parseWait(text)
  if ('problem' in wait) throw new TypeError(`a wait ${wait.problem}, got "${text}"`)
  return wait.value
}
