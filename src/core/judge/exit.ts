/** The exit code that a finished run means. */
import { EXIT } from '../../errors.ts'
import type { IterationCounts } from '../measure/tally.ts'
import type { ThresholdResult } from './gate.ts'
import type { VerdictLevel } from './verdict.ts'

/** What ended the load. */
export type StoppedBy =
  | 'duration'
  | 'requests'
  | 'iterations'
  /** All precisions of the plan were reached. */
  | 'until'
  | 'threshold'
  | 'SIGINT'
  | 'SIGTERM'
  | 'SIGHUP'
  | 'abort'
  | 'workers'
  /** An agent was lost, or did not carry out a change of the load. */
  | 'agents'
  /** The heap of the main thread, or of a worker, was near its limit. */
  | 'memory'
  /** In a run without a duration, what was under way waited for ever. */
  | 'stuck'
  | 'scenario'
  | 'users'
  /** Each row of the data was sent. */
  | 'data'

/**
 * States what failed in every iteration, of the run or of a scenario, because tasks threw. Whatever their requests did,
 * users have not done what the plan says.
 */
export function failedThroughout({
  taskErrors,
  iterations,
}: {
  readonly taskErrors: readonly { readonly task: string }[]
  readonly iterations: Ends & { readonly byScenario: Readonly<Record<string, Ends>> }
}): string[] {
  if (taskErrors.length === 0) return []
  if (haveAllFailed(iterations)) return ['every iteration failed']
  return Object.entries(iterations.byScenario)
    .filter(
      ([name, ends]) => haveAllFailed(ends) && taskErrors.some(({ task }) => task.startsWith(`${name}: `)),
    )
    .map(([name]) => `every iteration of ${name} failed`)
}

type Ends = Pick<IterationCounts, 'finished' | 'failed' | 'stuck'>

/** Whether none ended well, of those that ended or never will. */
const haveAllFailed = ({ finished, failed, stuck }: Ends): boolean => failed >= finished && failed + stuck > 0

/** Whether the load ended as its plan says. */
export const isCarriedOut = (stoppedBy: StoppedBy): boolean =>
  ['duration', 'requests', 'iterations', 'until', 'users', 'data'].includes(stoppedBy)

/** Exit codes by precedence: the first that applies, as `exitCodeOf` has it. */
const PRECEDENCE: readonly number[] = [
  EXIT.terminated,
  EXIT.hungUp,
  EXIT.interrupted,
  EXIT.void,
  EXIT.thresholds,
  EXIT.regression,
  EXIT.unexpected,
]

/** The exit code of several runs. */
export const worstExit = (codes: readonly number[]): number =>
  PRECEDENCE.find((code) => codes.includes(code)) ?? EXIT.ok

/**
 * Returns the first that applies: interrupted, void, thresholds, a regression, a teardown that failed. A void run judges nothing about the target, and a
 * threshold that only warns fails nothing.
 */
export function exitCodeOf(run: {
  readonly stoppedBy: StoppedBy
  readonly level: VerdictLevel
  readonly thresholds: readonly ThresholdResult[]
  /** See `failedThroughout`. */
  readonly failedThroughout: boolean
  /** Against its baseline. */
  readonly isRegressed?: boolean
  /** Whether each teardown of the scenario did its work. */
  readonly isTornDown?: boolean
  /** Whether it has a baseline and could not be compared with it: that is no pass. */
  readonly isRefused?: boolean
}): number {
  if (run.stoppedBy === 'SIGTERM') return EXIT.terminated
  if (run.stoppedBy === 'SIGHUP') return EXIT.hungUp
  if (run.stoppedBy === 'SIGINT' || run.stoppedBy === 'abort') return EXIT.interrupted
  if (run.level === 'void' || run.stoppedBy === 'memory' || run.stoppedBy === 'stuck') return EXIT.void
  if (run.failedThroughout || run.isRefused === true) return EXIT.thresholds
  if (!run.thresholds.every(({ ok, level }) => ok || level === 'warn')) return EXIT.thresholds
  if (run.isRegressed === true) return EXIT.regression
  return run.isTornDown === false ? EXIT.unexpected : EXIT.ok
}
