/**
 * The agent's side of the one clock: round trips to the coordinator, four in a row, of which the fastest counts. Each
 * that is answered is also a word of the coordinator, by which the lease is renewed.
 */
import { bestOf, SteeredClock, type ClockState, type RoundTrip } from '../core/fleet/clock-sync.ts'
import { messageOf } from '../errors.ts'
import type { Bus } from './bus.ts'
import { isGivenUp, packInstants, unpackInstants } from './messages.ts'
import type { Time } from './time.ts'

const TRIPS = 4
/** How often a ping is repeated, and when it is given up for the next one. */
const REPEAT_MS = 1000
const TIMEOUT_MS = 2500
/** Samples before a run, the pause between them, and how long they may take altogether on a long way. */
const FIRST_SAMPLES = 24
const FIRST_PAUSE_MS = 20
const FIRST_MS = 2000
const LEAST_SAMPLES = 4
const PERIOD_MS = 1000
/** Of this many samples one steers the clock. */
const STEER_EVERY = 2

export interface ClockParts {
  readonly bus: Bus
  readonly time: Time
  readonly subject: string
  /** The coordinator has answered what was asked at this instant of the host's clock. */
  readonly heard: (askedUs: number) => void
  /** The coordinator has given this agent up. */
  readonly givenUp: () => void
  /** The clock of the run goes faster than the host's by this many millionths from now on. */
  readonly steered: (ppm: number) => void
  readonly signal: AbortSignal
}

export class FleetClock {
  readonly #parts: ClockParts
  readonly #clock = new SteeredClock()
  #samples = 0
  /** Whether a run is measured by it, so that it must not step. */
  #isInUse = false

  constructor(parts: ClockParts) {
    this.#parts = parts
  }

  /** Takes samples until the end of the claim. */
  async run(): Promise<void> {
    const { time, signal } = this.#parts
    while (!signal.aborted) {
      const isAnswered = await this.#sample()
      if (isAnswered && this.#isInUse && ++this.#samples % STEER_EVERY === 0)
        this.#parts.steered(this.#clock.steer(time.nowUs()))
      await time.pause(PERIOD_MS)
    }
  }

  /** Finds the offset as well as it can be found before a run, and sets the clock to it. */
  async settle(): Promise<void> {
    const { time, signal } = this.#parts
    this.#isInUse = false
    const untilUs = time.nowUs() + FIRST_MS * 1000
    for (let i = 0; i < FIRST_SAMPLES && !signal.aborted; i++) {
      if (i >= LEAST_SAMPLES && time.nowUs() > untilUs) break
      await this.#sample()
      await time.pause(FIRST_PAUSE_MS)
    }
    this.#clock.settle(time.nowUs())
    this.#isInUse = true
  }

  /** The instant of the coordinator's clock now. */
  coordinatorUs(): number {
    return this.#clock.coordinatorUs(this.#parts.time.nowUs())
  }

  /** The instant of this host's clock at one of the coordinator's. */
  hostUs(coordinatorUs: number): number {
    return this.#clock.agentUs(coordinatorUs)
  }

  /** How well it follows; `null` before the first sample. */
  state(): ClockState | null {
    return this.#clock.state(this.#parts.time.nowUs())
  }

  /** How long a question takes until it is answered, at most, in seconds. */
  get roundTripS(): number {
    return ((this.state()?.boundMs ?? 0) * 2) / 1000
  }

  /** Returns whether the coordinator has answered. */
  async #sample(): Promise<boolean> {
    const trips: RoundTrip[] = []
    for (let i = 0; i < TRIPS; i++) {
      const trip = await this.#ping()
      if (trip === null) break
      trips.push(trip)
    }
    const sample = bestOf(trips)
    if (sample !== null) this.#clock.add(sample)
    return sample !== null
  }

  async #ping(): Promise<RoundTrip | null> {
    const { bus, time, subject, signal, heard, givenUp } = this.#parts
    const t1Us = time.nowUs()
    try {
      const how = { timeoutMs: TIMEOUT_MS, repeatMs: REPEAT_MS, signal }
      const answer = await bus.ask(subject, packInstants(t1Us), how)
      const t4Us = time.nowUs()
      if (isGivenUp(answer)) {
        givenUp()
        return null
      }
      const [t2Us, t3Us] = unpackInstants(answer, 2)
      heard(t1Us)
      return { t1Us, t2Us: t2Us!, t3Us: t3Us!, t4Us }
    } catch (error) {
      // Without an answer the lease runs out; that is all there is to it.
      this.lastFault = messageOf(error)
      return null
    }
  }

  /** Why the last ping that was not answered was not. */
  lastFault: string | null = null
}
