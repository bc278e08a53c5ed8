/** Hands host seconds over to the coordinator: each part until it is acknowledged, a few at a time, the oldest first. */
import { halved, type HostSecond } from '../core/fleet/host-second.ts'
import { messageOf } from '../errors.ts'
import type { Bus } from './bus.ts'
import { isGivenUp, writeSecond, type SecondMessage } from './messages.ts'
import { UNTIL_HEARD_MS } from './teller.ts'

const MOST_IN_FLIGHT = 4
const REPEAT_MS = 1000
/** Larger parts are split by the names of their requests; a NATS server takes 1 MB by default. */
const MOST_PART_BYTES = 512 * 1024
/** So much is kept while nothing can be handed over; then the oldest goes, and is missing. */
const MOST_KEPT_BYTES = 64 * 1024 * 1024

interface Parcel {
  readonly second: number
  readonly isWhole: boolean
  readonly bytes: Uint8Array
  isUnderWay: boolean
}

export interface SecondsParts {
  readonly bus: Bus
  readonly subject: string
  readonly turn: number
  readonly clock: () => SecondMessage['clock']
  readonly signal: AbortSignal
  readonly givenUp: () => void
  readonly log: (text: string) => void
}

export class Seconds {
  readonly #parts: SecondsParts
  readonly #kept: Parcel[] = []
  readonly #numbers = new Map<number, number>()
  #bytes = 0
  #whenEmpty: (() => void)[] = []
  /** Parts that were given up, so that others could be kept. */
  missing = 0

  constructor(parts: SecondsParts) {
    this.#parts = parts
  }

  add(second: HostSecond): void {
    this.#keep(second)
    for (let i = 0; this.#bytes > MOST_KEPT_BYTES && i < this.#kept.length;) {
      const parcel = this.#kept[i]!
      if (parcel.isUnderWay) i++
      else {
        this.#remove(parcel)
        this.missing++
      }
    }
    this.#send()
  }

  /** Resolves when everything was acknowledged, or never will be. */
  handedOver(): Promise<void> {
    if (this.#kept.length === 0 || this.#parts.signal.aborted) return Promise.resolve()
    return new Promise((resolve) => this.#whenEmpty.push(resolve))
  }

  #keep(second: HostSecond): void {
    const { turn, clock } = this.#parts
    const part = this.#numbers.get(second.second) ?? 0
    const bytes = writeSecond({ turn, clock: clock(), second: { ...second, part } })
    const halves = bytes.length > MOST_PART_BYTES ? halved(second) : null
    if (halves !== null) {
      for (const half of halves) this.#keep(half)
      return
    }
    this.#numbers.set(second.second, part + 1)
    this.#kept.push({ second: second.second, isWhole: second.isWhole, bytes, isUnderWay: false })
    this.#bytes += bytes.length
  }

  #send(): void {
    const underWay = this.#kept.filter((parcel) => parcel.isUnderWay)
    for (const parcel of this.#kept) {
      if (underWay.length >= MOST_IN_FLIGHT) return
      if (parcel.isUnderWay) continue
      // What makes a second whole comes after the rest of it.
      const isEarly =
        parcel.isWhole && this.#kept.some((other) => other !== parcel && other.second === parcel.second)
      if (isEarly) continue
      parcel.isUnderWay = true
      underWay.push(parcel)
      void this.#ask(parcel)
    }
  }

  async #ask(parcel: Parcel): Promise<void> {
    const { bus, subject, signal, givenUp, log } = this.#parts
    try {
      const how = { timeoutMs: UNTIL_HEARD_MS, repeatMs: REPEAT_MS, signal }
      if (isGivenUp(await bus.ask(subject, parcel.bytes, how))) givenUp()
    } catch (error) {
      this.missing++
      if (!signal.aborted) log(`second ${parcel.second} could not be handed over: ${messageOf(error)}`)
    }
    this.#remove(parcel)
    if (!signal.aborted) this.#send()
    if (this.#kept.length === 0 || signal.aborted) for (const resolve of this.#whenEmpty.splice(0)) resolve()
  }

  #remove(parcel: Parcel): void {
    this.#kept.splice(this.#kept.indexOf(parcel), 1)
    this.#bytes -= parcel.bytes.length
  }
}
