/**
 * The counts of a run (`--requests`, `--iterations`) over several hosts. The office gives each agent blocks of tickets,
 * which its workers take from; never more than the count in all. What an agent that died had been given is not given to
 * others, because it may have been sent.
 */

/** What an agent asks. Numbers count up from 1 for each agent; a repeated number gets the same answer. */
export interface TicketAsk {
  readonly ask: number
  /** How fast the agent takes tickets now; 0 if it does not know yet. */
  readonly perS: number
  /** How long its questions take until they are answered, in seconds. */
  readonly roundTripS: number
}

export interface TicketGrant {
  /** All that the agent has been given so far, this block included. */
  readonly granted: number
  /** Whether there is no further block for it. */
  readonly isLast: boolean
}

/** A block lasts no longer than this at the agent's rate, so that none sits on many while others have run out. */
const LONGEST_BLOCK_S = 2
/** A block that is taken before the next can arrive is too small. */
const ROUND_TRIPS = 3
/** Each block leaves this many for everybody. */
const SHARES = 4
/** An agent asks when what it has left lasts less than two round trips and this. */
const AHEAD_S = 0.02

/** What an agent has been given, and was answered to each number. */
interface Account {
  granted: number
  readonly answers: Map<number, TicketGrant>
}

export class TicketOffice {
  #left: number
  readonly #weights: ReadonlyMap<string, number>
  readonly #parts: ReadonlyMap<string, number> | null
  readonly #accounts = new Map<string, Account>()

  /**
   * `weights` are how much each agent can take beside the others; one with 0 is given none. `isAtOnce`: each gets its part
   * of the count with its first ask, where tickets are needed in the middle of an iteration, which cannot wait for a block.
   */
  constructor(count: number, weights: ReadonlyMap<string, number>, isAtOnce = false) {
    this.#left = count
    this.#weights = weights
    this.#parts = isAtOnce ? partsOf(count, weights) : null
  }

  /** How many have not been given out. */
  get left(): number {
    return this.#left
  }

  /** How many an agent has been given. */
  grantedTo(agent: string): number {
    return this.#accounts.get(agent)?.granted ?? 0
  }

  /** Answers an ask, each number once. */
  answer(agent: string, { ask, perS, roundTripS }: TicketAsk): TicketGrant {
    const account = this.#accounts.get(agent) ?? { granted: 0, answers: new Map<number, TicketGrant>() }
    this.#accounts.set(agent, account)
    const known = account.answers.get(ask)
    if (known !== undefined) return known
    const isOne = (this.#weights.get(agent) ?? 0) > 0
    const part = isOne ? this.#parts?.get(agent) : 0
    const block = part === undefined ? this.#block(finite(perS), finite(roundTripS)) : part - account.granted
    this.#left -= block
    account.granted += block
    const grant = { granted: account.granted, isLast: this.#left === 0 || part !== undefined }
    account.answers.set(ask, grant)
    return grant
  }

  /** A fair part of what is left; enough for the way, and no more than 2 s of work, where those are known. */
  #block(perS: number, roundTripS: number): number {
    const agents = [...this.#weights.values()].filter((weight) => weight > 0).length
    const fair = Math.ceil(this.#left / (SHARES * agents))
    const least = Math.ceil(ROUND_TRIPS * roundTripS * perS)
    const most = perS > 0 ? Math.ceil(LONGEST_BLOCK_S * perS) : fair
    return Math.min(this.#left, Math.max(1, Math.min(Math.max(fair, least), Math.max(least, most))))
  }
}

/** The count in whole parts, as near to the weights as they can be. */
function partsOf(count: number, weights: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const all = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  let before = 0
  return new Map(
    [...weights].map(([agent, weight]) => {
      const from = Math.round((count * before) / all)
      before += weight
      return [agent, Math.round((count * before) / all) - from] as const
    }),
  )
}

/** What is asked comes from another host. */
const finite = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0)

/** Whether an agent should ask for its next block, by what it has been given, taken, and how fast it goes. */
export const isShort = (
  { granted, isLast }: TicketGrant,
  taken: number,
  { perS, roundTripS }: Pick<TicketAsk, 'perS' | 'roundTripS'>,
): boolean => !isLast && granted - taken <= Math.ceil((2 * roundTripS + AHEAD_S) * perS)
