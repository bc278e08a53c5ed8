/** The exit code that a finished run means. */
import { EXIT } from '../errors.ts'
import type { ThresholdResult } from './threshold.ts'
import type { VerdictLevel } from './verdict.ts'

/** What ended the load. */
export type StoppedBy = 'duration' | 'requests' | 'iterations' | 'SIGINT' | 'SIGTERM' | 'abort' | 'workers'

/** Of all that applies the first: interrupted, void, thresholds. A void run judges nothing about the target. */
export function exitCodeOf(run: {
  readonly stoppedBy: StoppedBy
  readonly level: VerdictLevel
  readonly thresholds: readonly ThresholdResult[]
}): number {
  if (run.stoppedBy === 'SIGTERM') return EXIT.terminated
  if (run.stoppedBy === 'SIGINT' || run.stoppedBy === 'abort') return EXIT.interrupted
  if (run.level === 'void') return EXIT.void
  return run.thresholds.every(({ ok }) => ok) ? EXIT.ok : EXIT.thresholds
}
