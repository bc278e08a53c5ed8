/**
 * Tickets are counters shared by all workers of a process: exactly as many requests and iterations are started as were
 * planned, and no worker has a tail. Over several hosts each process is granted tickets block by block.
 */
import { TICKETS, type Assignment } from '../../protocol.ts'

/** A ticket is taken; there is none yet; or the count is reached and there will be none any more. */
export type Ticket = 'taken' | 'later' | 'none'

export interface Tickets {
  /** Takes the right to one more iteration and to its first request. */
  readonly takeIteration: () => Ticket
  /** Takes the right to one more request of an iteration under way; `false` if the count is reached. */
  readonly takeRequest: () => boolean
}

type Count = 'iterations' | 'requests'

/** `onLast` is called with the kind when its last ticket is taken. */
export function ticketsOf(
  { plan, tickets }: Pick<Assignment, 'plan' | 'tickets'>,
  onLast: (count: Count) => void,
): Tickets {
  if (tickets === null) return { takeIteration: () => 'taken', takeRequest: () => true }
  const cells = new Int32Array(tickets)
  const take = (count: Count): Ticket => {
    if (plan[count] === null) return 'taken'
    const { taken, granted, isLast } = TICKETS[count]
    for (;;) {
      const before = Atomics.load(cells, taken)
      // Read before what was granted: no grant comes after the last one.
      const isAll = Atomics.load(cells, isLast) === 1
      const most = Atomics.load(cells, granted)
      if (before >= most) return isAll ? 'none' : 'later'
      if (Atomics.compareExchange(cells, taken, before, before + 1) !== before) continue
      if (isAll && before === most - 1) onLast(count)
      return 'taken'
    }
  }
  const takeIteration = (): Ticket => {
    const iteration = take('iterations')
    if (iteration !== 'taken') return iteration
    const request = take('requests')
    // The iteration has not begun.
    if (request === 'later' && plan.iterations !== null) Atomics.sub(cells, TICKETS.iterations.taken, 1)
    return request
  }
  return { takeIteration, takeRequest: () => take('requests') === 'taken' }
}
