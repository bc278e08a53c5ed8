/** An agent that a coordinator has claimed: what it is ordered, and when it was heard last. */
import type { ClockState } from '../core/fleet/clock-sync.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import type { HiredAgent } from '../host/workforce.ts'
import type { Bus } from './bus.ts'
import { answerShape, decode, encode, type Answer, type Card, type Ordered } from './messages.ts'
import { UNTIL_HEARD_MS } from './teller.ts'
import type { Time } from './time.ts'

const REPEAT_MS = 200
/** An agent that was silent for so long is asked whether it is there. */
const HAIL_AFTER_US = 1e6
const HAIL_MS = 1000
/** When nobody has listened to what it is asked for so long, while the server does, it is gone. */
const UNHEARD_US = 2.8e6
/** An agent ends its load when the lease is over; it is given up a little later. */
const AFTER_LEASE_US = 1e6

export interface HiredParts {
  readonly bus: Bus
  readonly time: Time
  readonly run: string
  readonly subject: string
  readonly leaseS: number
}

export class Hired {
  readonly card: Card
  readonly facts: HiredAgent
  readonly index: number
  /** Why it is lost; `null` if it is not. */
  lostFor: string | null = null
  clock: ClockState | null = null
  readonly #parts: HiredParts
  readonly #abort = new AbortController()
  #orders = 0
  #last: Promise<unknown> = Promise.resolve()
  #heardUs: number
  /** Since when nobody listens to what it is asked; `null` if that is not so. */
  #unheardUs: number | null = null
  #isHailing = false
  /** Why it does not belong to this run any more; `null` as long as it does. */
  #left: string | null = null

  constructor(card: Card, index: number, base: number, parts: HiredParts) {
    const { name, labels, host, workers, soundPerS } = card
    this.card = card
    this.index = index
    this.facts = { name, labels, host, workers: [base, base + workers - 1], soundPerS }
    this.#parts = parts
    this.#heardUs = parts.time.nowUs()
  }

  get name(): string {
    return this.card.name
  }

  get base(): number {
    return this.facts.workers[0]
  }

  /** It was heard: by a ping, a second, whatever it told, or an answer. */
  heard(): void {
    this.#heardUs = this.#parts.time.nowUs()
    this.#unheardUs = null
  }

  /** For how long it has been silent, in seconds. */
  get silentS(): number {
    return (this.#parts.time.nowUs() - this.#heardUs) / 1e6
  }

  /** It is lost for good. */
  lose(why: string): void {
    this.lostFor ??= why
    this.#abort.abort()
  }

  /** Orders something after all that was ordered before; resolves to the answer, rejects if there is none in time. */
  order(ordered: Ordered, timeoutMs = UNTIL_HEARD_MS): Promise<Answer> {
    const answer = this.#last.then(() => this.#ask(ordered, timeoutMs))
    this.#last = answer.catch(() => undefined)
    return answer
  }

  /** Looks whether it is still there; returns why it is not. */
  look(): string | null {
    const { bus, time, leaseS } = this.#parts
    const nowUs = time.nowUs()
    const silentUs = nowUs - this.#heardUs
    if (this.#left !== null) return `it ${this.#left}`
    if (silentUs > leaseS * 1e6 + AFTER_LEASE_US)
      return `nothing was heard of it for ${Math.floor(silentUs / 1e6)} s`
    // While the server is away, nobody listens to anything.
    if (!bus.isConnected) this.#unheardUs = null
    if (this.#unheardUs !== null && nowUs - this.#unheardUs > UNHEARD_US)
      return 'its process has ended, or has lost its connection'
    if (silentUs > HAIL_AFTER_US && !this.#isHailing) void this.#hail()
    return null
  }

  async #hail(): Promise<void> {
    this.#isHailing = true
    const answer = await this.#ask({ type: 'check' }, HAIL_MS).catch(() => null)
    // It is there, and does not belong to this run any more.
    if (answer?.refused !== undefined) this.#left = answer.refused
    this.#isHailing = false
  }

  async #ask(ordered: Ordered, timeoutMs: number): Promise<Answer> {
    const { bus, subject, run, time } = this.#parts
    const signal = this.#abort.signal
    if (signal.aborted)
      throw new CorerushError('CORERUSH_FLEET', `agent ${this.name} is lost: ${this.lostFor}`, {
        exitCode: EXIT.unexpected,
      })
    const bytes = encode({ ...ordered, n: ++this.#orders, run })
    const answer = await bus.ask(subject, bytes, {
      timeoutMs,
      repeatMs: REPEAT_MS,
      signal,
      onNoResponders: () => (this.#unheardUs ??= time.nowUs()),
    })
    this.heard()
    return answerShape(decode(answer))
  }
}

/** What went wrong with an order. */
export const orderFault = (agent: Hired, error: unknown): string =>
  agent.lostFor ??
  (error instanceof Error && error.name === 'TimeoutError' ? 'it does not answer' : messageOf(error))
