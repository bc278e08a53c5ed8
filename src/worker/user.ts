/** What a virtual user is to the schedule and to the load, whatever it does; its connections are its own. */
import type { Wait } from '../core/load/wait-time.ts'
import type { CallSurroundings } from './call.ts'

/** How an iteration ended, as far as it matters for the next one. */
export interface Ended {
  readonly doneUs: number
  /** The next iteration may start from within the end of this one. */
  readonly canFollow: boolean
  /** How long the user backs off before it tries the target again, in µs; 0 unless its connection failed. */
  readonly backoffUs: number
}

export interface User {
  /** The user's place in its worker: the number of its alarm. */
  readonly id: number
  readonly isFlying: boolean
  /** What it makes between two iterations, in the closed model. */
  readonly wait: Wait
  /** When its iteration is, or was last, due, in µs of run time. */
  readonly dueUs: number
  /** How much earlier it would be free, had this thread never kept it busy. */
  readonly keepsUs: number
  /** Its alarm rang. */
  wake(nowUs: number): void
  /** Starts an iteration that was due at `dueUs` and could start from `freeUs` on; false when none may start any more. */
  iterate(dueUs: number, freeUs?: number): boolean
  /** Its life is over: what it does last begins at this run time, and `left` is called when that is done. */
  leave(atUs: number): void
  /** The drain is over. */
  cut(): void
  /** Gives up its connections. */
  disconnect(): void
}

/** What the users of a worker share, and what a user may ask of the load it is part of. */
export interface Surroundings extends CallSurroundings {
  /** Asks to start an iteration; false when the load has ended. */
  readonly takeOff: () => boolean
  /** The last that a user does has begun, which may be after the load has ended. */
  readonly departs: () => void
  /** What took off or departed has ended; the last thing that is done about it. */
  readonly landed: () => void
  /** The end of the drain cut off an iteration before its first request was sent. */
  readonly unstarted: (dueUs: number, doneUs: number, keptUs: number) => void
  /** Calls `wake` at this run time; a user has one alarm, and arming it again moves it. */
  readonly arm: (user: User, dueUs: number) => void
  readonly disarm: (user: User) => void
  /** The user's alarm rang while it was at rest. */
  readonly wake: (user: User, nowUs: number) => void
  /** The user's iteration ended. Not called for one that the end of the drain cut off. */
  readonly ended: (user: User, ended: Ended) => void
  /** The user's life is over; whether by its own doing. */
  readonly left: (user: User, hasStopped: boolean) => void
}

const BACKOFF_FIRST_US = 100_000
const BACKOFF_MOST_US = 1_000_000

/** How long a user backs off after an iteration whose connection failed or not, when it backed off so long the last time. */
export const backoffAfter = (isRefused: boolean, lastUs: number): number =>
  isRefused ? Math.min(BACKOFF_MOST_US, lastUs * 2 || BACKOFF_FIRST_US) : 0
