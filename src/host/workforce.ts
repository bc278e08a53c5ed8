/**
 * The workforce: what does the work of a run. Worker threads of this process do (`crew.ts`), and so can threads of
 * several hosts, or loads on a virtual clock. A run is conducted the same way with each of them.
 */
import type { Heap } from '../core/measure/heap-watch.ts'
import type { Snapshot } from '../core/measure/second.ts'
import type { LogEntry } from '../core/measure/task-log.ts'
import type { Amendment } from '../core/plan/amendment.ts'
import type { Plan } from '../core/plan/plan.ts'
import type { Step } from '../core/request/transcript.ts'
import type { Drained, FeederRows, ReplayFile } from '../protocol.ts'

export interface Workforce {
  /** Resolves when every worker is ready to start; rejects if one cannot get ready. */
  readonly ready: Promise<void>
  /** Resolves when no worker is left at work. */
  readonly finished: Promise<void>
  /** Begins the run at this instant of the shared clock (`monotonicUs`), which lies `LEAD_S` ahead. */
  start(atUs: number): void
  /** Changes the load from the amendment's run time on; see `ToWorker`. */
  amend(amendment: Amendment): void
  /** Ends the load at this run time, or when the count of the plan is reached if `null`; see `ToWorker`. */
  stop(loadEndS: number | null, gracefulStopS?: number | null): void
  /** Ends all workers at once, and frees what they hold. */
  dismiss(): Promise<void>
}

/** Receives what a workforce reports: nothing before `Hire` returns, and nothing after `finished` resolves. */
export interface WorkforceEvents {
  /** A whole second of one worker. */
  snapshot(snapshot: Snapshot): void
  /** All tickets of the count are taken. */
  exhausted(count: 'requests' | 'iterations'): void
  /** A task asks for the end of the load; it may ask more than once. */
  stopRun(reason: string | null): void
  /** The heap of a worker is near its limit; it may report that more than once. */
  nearHeapLimit(worker: number, heap: Heap): void
  /** No user is left that will start anything again. */
  deserted(): void
  /** What tasks of a worker wrote to the console. */
  logged?(entries: readonly LogEntry[]): void
  /** What is under way in a run that only a count ends will never end; no user will start anything again. */
  stuck(): void
  /** A step of a user's task, if the workforce reports them. */
  watched?(step: Step): void
  /** A worker has drained. Comes once for each worker that was not lost, after its last snapshot. */
  ended(worker: number, drained: Drained): void
  /** A worker died. Comes once for it, after its last snapshot. */
  lost(worker: number, message: string): void
}

/**
 * Hires the workforce of a plan; `feeders` are the rows that the plan's feeders, or its data, have, `data` is what the
 * setup of each scenario returned, as JSON, and `replay` the log that is replayed.
 */
export type Hire = (
  plan: Plan,
  feeders: readonly FeederRows[],
  events: WorkforceEvents,
  data?: readonly (string | null)[],
  replay?: ReplayFile | null,
) => Workforce
