/** What a member of a run has under way by its own counts: requests in flight, arrivals that wait, open transactions. */
import type { IterationCounts, PackedTally } from './tally.ts'
import { packTally, Tally } from './tally.ts'

export class Account {
  /** Requests in flight by name. */
  readonly #inFlight = new Map<string, number>()
  /** Arrivals that were due and wait for a user. */
  #waiting = 0
  /** Iterations that started and have not ended. */
  #underWay = 0
  /** Transactions that started and have not ended, by name. */
  readonly #transactions = new Map<string, number>()

  /** Adds what the member has counted. */
  add({ requests, iterations, transactions }: PackedTally): void {
    for (const { name, sent, finished, unfinished } of requests)
      addTo(this.#inFlight, name, sent - finished - unfinished)
    this.#waiting += waitingOf(iterations)
    this.#underWay += underWayOf(iterations)
    for (const { name, started, finished, unended } of transactions)
      addTo(this.#transactions, name, started - finished - unended)
  }

  /**
   * Closes the account of a member that is gone, and returns what ends with it: requests in flight and iterations are
   * unfinished, transactions unended, and arrivals that waited unstarted.
   */
  close(): PackedTally {
    const tally = new Tally()
    for (const [name, n] of this.#inFlight) if (n > 0) tally.request(name).unfinished += n
    this.#inFlight.clear()
    tally.iterations.unstarted += this.#waiting
    this.#waiting = 0
    tally.iterations.unfinished += Math.max(0, this.#underWay)
    this.#underWay = 0
    for (const [name, n] of this.#transactions) if (n > 0) tally.transaction(name).unended += n
    this.#transactions.clear()
    return packTally(tally)
  }
}

function addTo(counts: Map<string, number>, name: string, n: number): void {
  counts.set(name, (counts.get(name) ?? 0) + n)
}

/** The change in the number of waiting arrivals over a span. */
export const waitingOf = ({ due, started, dropped, unstarted }: Readonly<IterationCounts>): number =>
  due - started - dropped - unstarted

/** The change in the number of iterations under way over a span. */
const underWayOf = ({ started, finished, unfinished, skipped }: Readonly<IterationCounts>): number =>
  started - finished - unfinished - skipped
