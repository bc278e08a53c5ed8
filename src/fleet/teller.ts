/** What an agent tells the coordinator of a run: one after the other, each until it is heard. */
import { messageOf } from '../errors.ts'
import type { Bus } from './bus.ts'
import { encode, isGivenUp, type Tale } from './messages.ts'

/** Longer than any run: what ends the telling is the end of the claim. */
export const UNTIL_HEARD_MS = 86_400_000
const REPEAT_MS = 500

export interface TellerParts {
  readonly bus: Bus
  readonly subject: string
  readonly turn: number
  readonly signal: AbortSignal
  readonly givenUp: () => void
  readonly log: (text: string) => void
}

export class Teller {
  readonly #parts: TellerParts
  #n = 0
  #last: Promise<void> = Promise.resolve()

  constructor(parts: TellerParts) {
    this.#parts = parts
  }

  /** Tells it after all that was told before; resolves when it was heard, or never will be. */
  tell(tale: Tale): Promise<void> {
    const { turn } = this.#parts
    const bytes = encode({ ...tale, turn, n: ++this.#n })
    this.#last = this.#last.then(() => this.#ask(bytes))
    return this.#last
  }

  async #ask(bytes: Uint8Array): Promise<void> {
    const { bus, subject, signal, givenUp, log } = this.#parts
    if (signal.aborted) return
    try {
      const answer = await bus.ask(subject, bytes, { timeoutMs: UNTIL_HEARD_MS, repeatMs: REPEAT_MS, signal })
      if (isGivenUp(answer)) givenUp()
    } catch (error) {
      if (!isOver(signal)) log(`the coordinator could not be told: ${messageOf(error)}`)
    }
  }
}

/** Whether the claim has ended, so that it is no fault that nobody hears. */
const isOver = ({ aborted }: AbortSignal): boolean => aborted
