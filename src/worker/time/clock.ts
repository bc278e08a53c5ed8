/** Time for the worker: run time in µs, and alarms. Tests bring a virtual one. */
import { performance } from 'node:perf_hooks'

export interface Clock {
  /** Run time in µs, counted from the start instant; negative before it. Monotonic. */
  readonly nowUs: () => number
  /**
   * An alarm that calls back each time it was set, never before the time it was set to. While it turns the loop to be
   * in time, it reports each turn.
   */
  alarm(callback: () => void, turned?: Turned): Alarm
}

/** The loop has turned; `hasPolled`: it has looked at the network since the last such call. */
export type Turned = (nowUs: number, hasPolled: boolean) => void

export interface Alarm {
  /** Calls back once at this run time, or in a later turn of the loop when that has passed; replaces what was set before. */
  set(atUs: number): void
  cancel(): void
}

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
  readonly #turningShare: number
  /** Run time at an instant of this clock, and how fast it goes on from there. */
  #zeroMs: number
  #zeroUs = 0
  #usPerMs = 1000

  /**
   * The clock of a run: its zero is now until `startAt` names another instant. Alarms turn the loop for at most
   * `turningShare` of all time in order to be in time.
   */
  constructor(turningShare = TURNING_SHARE.open) {
    this.#turningShare = turningShare
    this.#zeroMs = this.#now()
  }

  readonly nowUs = (): number => (this.#now() - this.#zeroMs) * this.#usPerMs + this.#zeroUs

  /** Sets its zero to an instant of the shared monotonic clock. */
  startAt(startUs: number): void {
    this.#zeroMs = startUs / 1000 - aheadMs(this.#now)
    this.#zeroUs = 0
  }

  /** Goes faster than the platform's clock by this many millionths from now on, without a step. */
  slew(ppm: number): void {
    const nowMs = this.#now()
    this.#zeroUs += (nowMs - this.#zeroMs) * this.#usPerMs
    this.#zeroMs = nowMs
    this.#usPerMs = 1000 + ppm / 1000
  }

  alarm(callback: () => void, turned: Turned = () => undefined): Alarm {
    return new PlatformAlarm(this.nowUs, callback, turned, this.#turningShare)
  }
}

/**
 * Timers of the platform count whole milliseconds, so that a loop which sleeps to the next one is half a millisecond late
 * on average. An alarm therefore takes the millisecond before, where it can, and spends the rest turning the loop, which
 * reads the network meanwhile: at most so long at a time, and at most this share of all time.
 */
const TURNING_MOST_US = 500
/**
 * In the closed model a late start is made up for by the next wait; in the open one it is latency. More than this gains
 * nothing in the closed one: see the bench of waits.
 */
export const TURNING_SHARE = { closed: 0.02, open: 0.1 }
/** The witness must cost little. */
export const WITNESS_TURNING_SHARE = { closed: 0, open: 0.02 }

class PlatformAlarm implements Alarm {
  readonly #nowUs: () => number
  readonly #callback: () => void
  readonly #turned: Turned
  readonly #share: number
  #atUs = 0
  #timeout: NodeJS.Timeout | null = null
  #immediate: NodeJS.Immediate | null = null
  /** How long it may turn the loop now, as of an instant. */
  #creditUs = 0
  #creditedUs = 0
  readonly #wake = (): void => {
    const isTurning = this.#immediate !== null
    this.#credit(isTurning ? this.#share - 1 : this.#share)
    this.#timeout = this.#immediate = null
    if (this.#creditedUs >= this.#atUs) this.#callback()
    else {
      this.#turned(this.#creditedUs, isTurning)
      this.#wait()
    }
  }

  constructor(nowUs: () => number, callback: () => void, turned: Turned, share: number) {
    this.#nowUs = nowUs
    this.#callback = callback
    this.#turned = turned
    this.#share = share
  }

  set(atUs: number): void {
    this.cancel()
    this.#atUs = atUs
    this.#credit(this.#share)
    this.#wait()
  }

  cancel(): void {
    if (this.#timeout !== null) clearTimeout(this.#timeout)
    if (this.#immediate !== null) clearImmediate(this.#immediate)
    this.#timeout = this.#immediate = null
  }

  #wait(): void {
    const leftUs = Math.max(0, this.#atUs - this.#creditedUs)
    const wholeMs = Math.floor(leftUs / 1000)
    const isTurning = leftUs - wholeMs * 1000 <= Math.max(0, this.#creditUs)
    if (isTurning && wholeMs === 0) this.#immediate = setImmediate(this.#wake)
    else this.#timeout = setTimeout(this.#wake, isTurning ? wholeMs : wholeMs + 1)
  }

  #credit(share: number): void {
    const nowUs = this.#nowUs()
    this.#creditUs = Math.min(TURNING_MOST_US, this.#creditUs + (nowUs - this.#creditedUs) * share)
    this.#creditedUs = nowUs
  }
}
