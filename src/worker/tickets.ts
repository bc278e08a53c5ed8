/**
 * Tickets are counters shared by all workers: exactly as many requests and iterations are started as were planned, and
 * no worker has a tail.
 */
import type { Assignment } from '../protocol.ts'

export interface Tickets {
  /** Takes the right to one more iteration and to its first request; false when the count of either is reached. */
  readonly takeIteration: () => boolean
  /** Takes the right to one more request of an iteration under way. */
  readonly takeRequest: () => boolean
}

/** `onLast` is called with the kind when its last ticket is taken. */
export function ticketsOf(
  { plan, tickets }: Pick<Assignment, 'plan' | 'tickets'>,
  onLast: (count: 'iterations' | 'requests') => void,
): Tickets {
  if (tickets === null) return { takeIteration: () => true, takeRequest: () => true }
  const taken = new Int32Array(tickets)
  const take = (count: 'iterations' | 'requests'): boolean => {
    const most = plan[count]
    if (most === null) return true
    const counter = count === 'iterations' ? 0 : 1
    if (Atomics.load(taken, counter) >= most) return false
    const mine = Atomics.add(taken, counter, 1)
    if (mine === most - 1) onLast(count)
    return mine < most
  }
  const takeRequest = (): boolean => take('requests')
  return { takeRequest, takeIteration: () => take('iterations') && takeRequest() }
}
