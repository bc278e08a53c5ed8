/** Time for agents and coordinators. Tests bring a virtual one. */
import { monotonicUs } from '../protocol.ts'

export interface Time {
  /** The monotonic clock of this host, in µs. */
  readonly nowUs: () => number
  /** Calls back about every `periodMs`, until the returned function is called. */
  readonly every: (periodMs: number, callback: () => void) => () => void
  /** Resolves after this time. */
  readonly pause: (ms: number) => Promise<void>
}

export const THIS_TIME: Time = {
  nowUs: monotonicUs,
  every(periodMs, callback) {
    const timer = setInterval(callback, periodMs)
    return () => clearInterval(timer)
  },
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}
