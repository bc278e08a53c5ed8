/** Time for the worker: run time in µs, and one way to be called later. Tests bring a virtual one. */
import { performance } from 'node:perf_hooks'

export interface Clock {
  /** Run time in µs, counted from the start instant; negative before it. Monotonic. */
  readonly nowUs: () => number
  /** Calls back once, at least `delayMs` milliseconds from now (whole milliseconds, as the platform's timers are). */
  after(delayMs: number, callback: () => void): Alarm
}

export interface Alarm {
  cancel(): void
}

/** The monotonic clock in µs that all threads of the process share. */
export const monotonicUs = (): number => Number(process.hrtime.bigint() / 1000n)

/**
 * How far the shared clock is ahead of this thread's, in ms. Read several times: of the pairs, the one between whose
 * readings the least time passed is the truest, as the thread can lose its core in between.
 */
function aheadMs(now: () => number): number {
  let ahead = 0
  let tightest = Infinity
  for (let i = 0; i < 5; i++) {
    const before = now()
    const shared = Number(process.hrtime.bigint()) / 1e6
    const after = now()
    if (after - before >= tightest) continue
    tightest = after - before
    ahead = shared - (before + after) / 2
  }
  return ahead
}

/** Run time by the platform's clock. It can be handed out before its zero is known. */
export class RunClock implements Clock {
  // performance.now is the cheapest clock to read, but its zero differs from thread to thread on some platforms.
  readonly #now = performance.now.bind(performance)
  #zeroMs: number

  /** Its zero is now until `startAt` names another instant. */
  constructor() {
    this.#zeroMs = this.#now()
  }

  readonly nowUs = (): number => (this.#now() - this.#zeroMs) * 1000

  /** Sets its zero to an instant of the shared monotonic clock. */
  startAt(startUs: number): void {
    this.#zeroMs = startUs / 1000 - aheadMs(this.#now)
  }

  after(delayMs: number, callback: () => void): Alarm {
    const timer = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(timer) }
  }
}
