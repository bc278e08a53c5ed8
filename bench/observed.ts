/** A run of corerush against the logging target: the report, and the target's log of the same seconds. */
import { monotonicUs } from '../dist/protocol.js'
import { run, type Options, type Output, type Report } from '../dist/index.js'
import type { LoggingTarget, TargetLog } from './processes.ts'

export interface Observed {
  readonly report: Report
  readonly log: TargetLog
  /** Whether the target received exactly as many requests as were sent, warm-up included. */
  readonly isCountExact: boolean
}

/**
 * Resets the target to this latency and runs. Like the report, the log excludes the warm-up: it contains responses from the
 * end of the warm-up on. `onStart` receives the start instant on the monotonic clock.
 */
export async function observe(
  target: LoggingTarget,
  latency: string,
  options: Omit<Options, 'url' | 'warmup'> & { readonly warmup?: number },
  onStart: (startUs: number) => void = () => undefined,
): Promise<Observed> {
  await target.reset(latency)
  let isMeasuring: Promise<unknown> = Promise.resolve()
  const watch: Output = {
    name: 'bench',
    start({ elapsedS }) {
      const startUs = monotonicUs() - elapsedS() * 1e6
      isMeasuring = target.measure(startUs + (options.warmup ?? 0) * 1e6, startUs)
      onStart(startUs)
    },
  }
  const report = await run({ ...options, url: `${target.url}/known` }, { outputs: [watch] })
  await isMeasuring
  const log = await target.log()
  const sent = report.timeline.reduce((sum, row) => sum + row.sent, 0)
  return { report, log, isCountExact: sent === log.received }
}

/** The level of the verdict and the codes of its reasons. */
export function describeVerdict({ verdict }: Report): string {
  return [verdict.level, ...verdict.reasons.map(({ code }) => code)].join(' ')
}

export function fixed(ms: number | null, digits = 2): string {
  return ms === null || !Number.isFinite(ms) ? '–' : ms.toFixed(digits)
}
