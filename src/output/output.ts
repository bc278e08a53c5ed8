/**
 * The interface of every output: a consumer of closed seconds and of the final report. Rendering is pure and separate
 * from writing. A failing output is reported and never stops the run.
 */
import type { LogEntry } from '../core/measure/task-log.ts'
import type { AgentState } from '../core/measure/host-facts.ts'
import type { Amendment } from '../core/plan/amendment.ts'
import type { Metrics } from '../core/measure/metrics.ts'
import type { Outcome } from '../core/request/outcome.ts'
import type { Plan } from '../core/plan/plan.ts'
import type { Judgement } from '../core/report/judgement.ts'
import type { Report } from '../core/report/report.ts'
import type { SecondRow } from '../core/measure/second.ts'
import type { RequestSpan } from '../core/measure/request-record.ts'
import type { RequestRows } from '../core/measure/request-rows.ts'
import type { SettledSecond } from '../core/measure/timeline.ts'

/** The run at its start. */
export interface RunStart {
  readonly plan: Plan
  readonly version: string
  /** Wall time of the start instant, ISO 8601. */
  readonly startedAt: string
  readonly warnings: readonly string[]
  /** Seconds since the start instant, on the run's clock. */
  readonly elapsedS: () => number
  /** The agents that do the work, as they are when it is called; `null`, or absent, if this process does it. */
  readonly agentsNow?: (() => readonly AgentState[]) | null
}

/** A closed second, with totals of the run so far. */
export interface LiveSecond {
  readonly row: SecondRow
  /** Metrics of the last 10 closed seconds. */
  readonly recent: Metrics
  /** Requests of the run so far. */
  readonly finished: number
  readonly failed: number
  /** Iterations that ended. */
  readonly iterations: number
  readonly outcomes: ReadonlyMap<Outcome, number>
  /** Requests of the run so far, by name. */
  readonly names: ReadonlyMap<string, { readonly finished: number; readonly failed: number }>
  /** Transactions of the run so far, by name. */
  readonly transactions: ReadonlyMap<string, { readonly finished: number; readonly failed: number }>
  /** Evaluates the run so far: thresholds and verdict. Expensive: call at most once per second. */
  readonly judged: () => Judgement
  /** Builds the report as if the run ended with its closed seconds. More expensive than `judged`. */
  readonly report: () => Report
  /** Errors thrown by tasks so far. */
  readonly taskErrors: number
}

/**
 * An output that throws is reported as failed and not called again. `settled` and `finish` may return a promise; a
 * rejection is reported once, and the output is still called. The run waits for the promise of `finish`, so it must not
 * take long.
 */
export interface Output {
  /** The name in messages, such as `json=report.json`. */
  readonly name: string
  /** Throws if the output cannot be written; called before anything is sent. */
  check?(): void
  start?(run: RunStart): void
  /** Called when the load is amended; `plan` is the amended plan. */
  amended?(plan: Plan, amendment: Amendment): void
  second?(live: LiveSecond): void
  /** Called with what tasks, `setup` and `teardown` wrote to the console. */
  logged?(entries: readonly LogEntry[]): void
  /** Called with spans of traced requests as workers hand them over, and how many more there were that they did not keep. */
  traced?(spans: readonly RequestSpan[], lost: number): unknown
  /**
   * Called with records of requests, a batch at a time; they are valid until the promise settles. With `sampleRequests`
   * only, which needs an output that has this function. Workers that find no room while it waits drop records, which the report counts.
   */
  recorded?(rows: RequestRows): Promise<void>
  /** Called once per second of the run, in order, when the second is final; the last ones at the end of the run. */
  settled?(second: SettledSecond): unknown
  finish?(report: Report): unknown
}

/** A stream to write to, with its size if it is a terminal. */
export interface Screen {
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}
