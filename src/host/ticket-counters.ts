/** The counters that the workers of this process take tickets from; see `TICKETS`. */
import type { Plan } from '../core/plan/plan.ts'
import { TICKET_CELLS, TICKETS } from '../protocol.ts'

const COUNTS = ['iterations', 'requests'] as const

/** Returns counters of which everything is granted; `null` if the plan counts nothing. */
export function ownCounters(plan: Pick<Plan, 'iterations' | 'requests'>): SharedArrayBuffer | null {
  if (plan.requests === null && plan.iterations === null) return null
  const counters = noneGranted()
  const cells = new Int32Array(counters)
  for (const count of COUNTS) {
    cells[TICKETS[count].granted] = plan[count] ?? 0
    cells[TICKETS[count].isLast] = 1
  }
  return counters
}

/** Returns counters of which nothing is granted yet. */
export const noneGranted = (): SharedArrayBuffer =>
  new SharedArrayBuffer(TICKET_CELLS * Int32Array.BYTES_PER_ELEMENT)

/** Grants tickets of a count, this many in all; `isLast`: there will be no more. */
export function grant(
  counters: SharedArrayBuffer,
  count: (typeof COUNTS)[number],
  granted: number,
  isLast: boolean,
): void {
  const cells = new Int32Array(counters)
  // What is granted first, as workers read it last.
  Atomics.store(cells, TICKETS[count].granted, granted)
  if (isLast) Atomics.store(cells, TICKETS[count].isLast, 1)
}

/** How many tickets of a count have been taken. */
export const takenOf = (counters: SharedArrayBuffer, count: (typeof COUNTS)[number]): number =>
  Atomics.load(new Int32Array(counters), TICKETS[count].taken)
