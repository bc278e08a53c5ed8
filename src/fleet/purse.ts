/** The agent's tickets: asked from the coordinator in blocks before its workers run out of them. */
import { isShort } from '../core/fleet/ticket-office.ts'
import { grant, takenOf } from '../host/ticket-counters.ts'
import { messageOf } from '../errors.ts'
import type { Bus } from './bus.ts'
import { decode, encode, isGivenUp, ticketGrant, type TicketQuestion } from './messages.ts'
import { UNTIL_HEARD_MS } from './teller.ts'
import type { Time } from './time.ts'

const REPEAT_MS = 300
/** How often the counters are looked at, and the span over which their rate is taken. */
const PERIOD_MS = 5
const RATE_SPAN_US = 200_000

export interface PurseParts {
  readonly bus: Bus
  readonly time: Time
  readonly subject: string
  readonly turn: number
  readonly of: TicketQuestion['of']
  readonly counters: SharedArrayBuffer
  readonly roundTripS: () => number
  readonly signal: AbortSignal
  readonly givenUp: () => void
  readonly log: (text: string) => void
  /** All tickets that this agent will ever have are taken. */
  readonly exhausted: () => void
}

export class Purse {
  readonly #parts: PurseParts
  #granted = { granted: 0, isLast: false }
  #asks = 0
  #isAsking = false
  #isOver = false
  /** How many had been taken at earlier instants, the oldest first. */
  #readings: { readonly atUs: number; readonly taken: number }[] = []
  #stop: () => void = () => undefined

  constructor(parts: PurseParts) {
    this.#parts = parts
  }

  /** Fetches the first block; then looks after the counters until `close`. */
  async open(): Promise<void> {
    await this.#ask()
    if (!this.#parts.signal.aborted) this.#stop = this.#parts.time.every(PERIOD_MS, () => this.#look())
  }

  close(): void {
    this.#isOver = true
    this.#stop()
  }

  #look(): void {
    const { counters, of, time, roundTripS, exhausted } = this.#parts
    const atUs = time.nowUs()
    const taken = takenOf(counters, of)
    this.#readings.push({ atUs, taken })
    while (this.#readings.length > 2 && this.#readings[1]!.atUs <= atUs - RATE_SPAN_US) this.#readings.shift()
    if (this.#granted.isLast) {
      if (taken < this.#granted.granted) return
      this.close()
      exhausted()
    } else if (
      !this.#isAsking &&
      isShort(this.#granted, taken, { perS: this.#perS, roundTripS: roundTripS() })
    )
      void this.#ask()
  }

  get #perS(): number {
    const [first] = this.#readings
    const last = this.#readings.at(-1)
    if (first === undefined || last === undefined || last.atUs === first.atUs) return 0
    return ((last.taken - first.taken) / (last.atUs - first.atUs)) * 1e6
  }

  async #ask(): Promise<void> {
    const { bus, subject, turn, of, counters, roundTripS, signal, givenUp, log } = this.#parts
    this.#isAsking = true
    const question: TicketQuestion = {
      ...{ turn, of, ask: ++this.#asks },
      perS: this.#perS,
      roundTripS: roundTripS(),
    }
    try {
      const how = { timeoutMs: UNTIL_HEARD_MS, repeatMs: REPEAT_MS, signal }
      const answer = await bus.ask(subject, encode(question), how)
      if (isGivenUp(answer)) givenUp()
      else if (!this.#isOver) {
        this.#granted = ticketGrant(decode(answer))
        grant(counters, of, this.#granted.granted, this.#granted.isLast)
      }
    } catch (error) {
      if (!signal.aborted) log(`no tickets could be fetched: ${messageOf(error)}`)
    }
    this.#isAsking = false
  }
}
