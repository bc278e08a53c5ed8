/**
 * What every output is: a consumer of closed seconds and of the final report. Rendering is pure and apart from
 * writing. A failing output is reported and never stops the run.
 */
import type { Amendment } from '../core/plan/amendment.ts'
import type { Metrics } from '../core/measure/metrics.ts'
import type { Outcome } from '../core/request/outcome.ts'
import type { Plan } from '../core/plan/plan.ts'
import type { Judgement, Report } from '../core/report/report.ts'
import type { SecondRow } from '../core/measure/second.ts'
import type { SettledSecond } from '../core/measure/timeline.ts'

/** The run as it begins. */
export interface RunStart {
  readonly plan: Plan
  readonly version: string
  /** Wall time of the start instant, ISO 8601. */
  readonly startedAt: string
  readonly warnings: readonly string[]
  /** Seconds since the start instant, by the run's clock. */
  readonly elapsedS: () => number
}

/** A closed second and what goes with it in a live view. */
export interface LiveSecond {
  readonly row: SecondRow
  /** The last 10 closed seconds. */
  readonly recent: Metrics
  /** Of the whole run so far. */
  readonly finished: number
  readonly failed: number
  /** Iterations that ended. */
  readonly iterations: number
  readonly outcomes: ReadonlyMap<Outcome, number>
  /** Requests of each name so far. */
  readonly names: ReadonlyMap<string, { readonly finished: number; readonly failed: number }>
  /** What the run would be judged by what is there. It takes a while: to be asked once for a second, by who shows it. */
  readonly judged: () => Judgement
  /** The report as it would be if the run ended with its closed seconds. It takes longer still. */
  readonly report: () => Report
  /** What tasks threw, of the whole run so far. */
  readonly taskErrors: number
}

/**
 * An output that throws is told of as failed and not called again. `settled` and `finish` may return a promise: one that
 * rejects is told of in the same way, once, but the output goes on being called. What `finish` promises is waited for,
 * so it must not take long.
 */
export interface Output {
  /** How the output is called in a message about it, such as `json=report.json`. */
  readonly name: string
  /** Throws when it will not be able to write, before anything is sent. */
  check?(): void
  start?(run: RunStart): void
  /** The load is being changed; the plan as it is from now on. */
  amended?(plan: Plan, amendment: Amendment): void
  second?(live: LiveSecond): void
  /** Each second once, in order, when nothing can correct it any more; the last ones at the end of the run. */
  settled?(second: SettledSecond): unknown
  finish?(report: Report): unknown
}

/** What an output may write to: a stream, with its size where it is a terminal. */
export interface Screen {
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}
