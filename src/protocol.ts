/**
 * The messages between the main thread and a worker, and the clock that their instants are of. Nothing but types is
 * imported here, so that neither side can reach into the other.
 */
import type { Heap } from './core/measure/heap-watch.ts'
import type { LogFormat } from './core/log/log-line.ts'
import type { ReplayRows } from './core/log/replay-rows.ts'
import type { Amendment } from './core/plan/amendment.ts'
import type { Plan } from './core/plan/plan.ts'
import type { HandedRows } from './core/measure/request-rows.ts'
import type { Share } from './core/share.ts'
import type { Snapshot } from './core/measure/second.ts'
import type { LogEntry } from './core/measure/task-log.ts'
import type { Step } from './core/request/transcript.ts'

/** Reads the monotonic clock that all threads of the process share, in µs. */
export const monotonicUs = (): number => Number(process.hrtime.bigint() / 1000n)

/** How far ahead an order names its instant, in seconds: the time that a message has to reach every worker. */
export const LEAD_S = 0.02

/**
 * The cells of the shared counters, 32 bits each: how many iterations and requests have been taken, how many have been
 * granted to this process, and whether no more will be granted.
 */
export const TICKETS = {
  iterations: { taken: 0, granted: 2, isLast: 4 },
  requests: { taken: 1, granted: 3, isLast: 5 },
} as const
export const TICKET_CELLS = 6

/** What a worker is given when it is hired. */
export interface Assignment {
  readonly plan: Plan
  readonly share: Share
  /** Counters shared by all workers of this process, when the plan has a count; see `TICKETS`. */
  readonly tickets: SharedArrayBuffer | null
  /**
   * A double shared with the main thread: the instant of `monotonicUs` up to which the load may go on without a word of
   * who conducts the run on another host. `null` where the run is conducted in this process.
   */
  readonly lease: SharedArrayBuffer | null
  /** The rows of the scenario's feeders, in the order of the plan; or those of its data. */
  readonly feeders: readonly FeederRows[]
  /** What the setup of each scenario of the file returned, as JSON; `null` for nothing. */
  readonly data: readonly (string | null)[]
  /** The log that is replayed; `null` if there is none. */
  readonly replay: ReplayFile | null
  /** Memory for records of requests, which the main thread reads; `null` if none is recorded. See `core/measure/request-rows.ts`. */
  readonly rows: SharedArrayBuffer | null
  /** Whether spans of traced requests are handed over. */
  readonly makesSpans: boolean
  /** Whether every step of its users' tasks is reported. */
  readonly isWatched: boolean
}

/** The rows of a feeder, in memory that all threads share. */
export interface FeederRows {
  /** Names of the columns of a CSV file, whose rows are lists; `null` if a row is a value of its own. */
  readonly columns: readonly string[] | null
  /** The rows as JSON in UTF-8, one after the other, and as doubles where each ends. */
  readonly text: SharedArrayBuffer
  readonly ends: SharedArrayBuffer
}

/** A log that is replayed: its index, in memory that all threads share, and the file that has the lines. */
export interface ReplayFile {
  readonly path: string
  /** Its size and inode when it was read: lines may have been added since, but it must not be another file. */
  readonly bytes: number
  readonly inode: number
  readonly format: LogFormat
  readonly rows: ReplayRows
}

/** The longest line of a log that is replayed. */
export const LONGEST_LINE_BYTES = 65_536

export type ToWorker =
  /** Begin at this instant of `monotonicUs`. */
  | { readonly type: 'start'; readonly atUs: number }
  /**
   * End the load at this run time; null: when what is due has started, and what still finishes belongs to the load.
   * `gracefulStopS` replaces the plan's unless it is null.
   */
  | { readonly type: 'stop'; readonly loadEndS: number | null; readonly gracefulStopS: number | null }
  /** The clock of the run goes faster than this host's by this many millionths, from now on. */
  | { readonly type: 'slew'; readonly ppm: number }
  /** The load goes on differently from an instant on that is the same for all workers, and a little ahead. */
  | { readonly type: 'amend'; readonly amendment: Amendment }

export type FromWorker =
  | { readonly type: 'ready' }
  /** Something that the report warns of. */
  | { readonly type: 'warned'; readonly text: string }
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  /** Nothing was heard for the lease of who conducts the run, so that this worker has ended its load. */
  | { readonly type: 'leaseOver' }
  /** The last ticket of the count was taken by this worker. */
  | { readonly type: 'exhausted'; readonly count: 'requests' | 'iterations' }
  /** Nothing that this worker has under way will ever end, or it may, after all; see `worker/stuck.ts`. */
  | { readonly type: 'stuck'; readonly isStuck: boolean }
  /** The heap of this thread is near its limit. */
  | { readonly type: 'nearHeapLimit'; readonly heap: Heap }
  /** A task wants the load of the whole run to end. */
  | { readonly type: 'stopRun'; readonly reason: string | null }
  /**
   * All users of this worker have stopped by themselves, or its rows are taken: it will start
   * nothing more, unless an amendment comes after the number that it has seen.
   */
  | { readonly type: 'deserted'; readonly amendments: number }
  /** Records of requests are in the memory of the assignment. */
  | { readonly type: 'recorded'; readonly rows: HandedRows }
  /** What its tasks wrote to the console. */
  | { readonly type: 'logged'; readonly entries: readonly LogEntry[] }
  /** What a user does now, where that is watched. */
  | { readonly type: 'watched'; readonly step: Step }

/** What a worker returns when it is drained; its last second may have been a short one. */
export interface Drained {
  readonly last: Snapshot
  /** Run time at which its last request ended. */
  readonly lastDoneS: number
  /** Run time at which it was drained. */
  readonly endedS: number
  /** Host names that it looked up, with the addresses found. */
  readonly addresses: Readonly<Record<string, readonly string[]>>
}
