/** A virtual user as the schedule and the load see it, whatever it does; its connections are its own. */
import type { Wait } from '../../core/load/wait-time.ts'
import type { CallSurroundings } from '../call/call.ts'
import type { Timers } from './timers.ts'
import type { UnderWay } from './under-way.ts'

/** How an iteration ended: what matters for the next one. */
export interface Ended {
  readonly doneUs: number
  /** Whether the next iteration may start from within the end of this one. */
  readonly canFollow: boolean
  /** How long the user backs off before it tries the target again, in µs; 0 unless its connection failed. */
  readonly backoffUs: number
}

export interface User {
  /** The user's place in its worker, which is the number of its timer. */
  readonly id: number
  /** Whether it has something under way: an iteration, or the last that it does. */
  readonly isBusy: boolean
  /** The wait between two iterations, in the closed model. */
  readonly wait: Wait
  /** When its iteration is, or was last, due, in µs of run time. */
  readonly dueUs: number
  /** How late its iteration started, or the last one did, through the generator. */
  readonly lagUs: number
  /** How much earlier it would be free, had this thread never kept it busy. */
  readonly keepsUs: number
  /** Wakes it: its timer fired. */
  wake(nowUs: number): void
  /** Starts an iteration that was due at `dueUs` and could start from `freeUs` on; `false` if none may start any more. */
  iterate(dueUs: number, freeUs?: number): boolean
  /** Retires the user at this run time; its owner is notified when its last work is done. */
  retire(atUs: number): void
  /** Cuts off what it has under way: the drain is over. */
  cut(): void
  /** Gives up its connections. */
  disconnect(): void
}

/** Decides what a user does next: the schedule. */
export interface UserOwner {
  /** The user's timer fired while it had nothing under way. */
  woke(user: User, nowUs: number): void
  /** The user's iteration ended. Not called for one that the end of the drain cut off. */
  ended(user: User, ended: Ended): void
  /** The user's life is over; `hasStopped` if it ended that itself. */
  retired(user: User, hasStopped: boolean): void
}

/** What the users of a worker share. */
export interface Surroundings extends CallSurroundings {
  readonly timers: Timers
  readonly underWay: UnderWay
}

const BACKOFF_FIRST_US = 100_000
const BACKOFF_MOST_US = 1_000_000

/** Returns how long a user backs off after an iteration whose connection failed or not; `lastUs` is how long it did before. */
export const backoffAfter = (isRefused: boolean, lastUs: number): number =>
  isRefused ? Math.min(BACKOFF_MOST_US, lastUs * 2 || BACKOFF_FIRST_US) : 0
