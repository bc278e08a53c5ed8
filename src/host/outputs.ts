/** The outputs of a run: none of them stops another one, or the run. */
import type { Problem } from '../core/options.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Report } from '../core/report.ts'
import type { SecondRow } from '../core/second.ts'
import type { SettledSecond, Timeline } from '../core/timeline.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import type { LiveSecond, Output, RunStart } from '../output/output.ts'

/** Who is told of a run, and of an output that fails. */
export interface OutputHooks {
  /** Called with each second as it closes. */
  readonly onSecond?: ((second: SecondRow) => void) | undefined
  /** Consumers of seconds and of the report. */
  readonly outputs?: readonly Output[] | undefined
  /** Called when an output, or `onSecond`, fails; the run goes on. By default the failure is thrown when the run has ended. */
  readonly onOutputError?: ((output: string, error: unknown) => void) | undefined
}

/** What keeps outputs from being written; each with the output's name. */
export function outputProblems(outputs: readonly Output[]): Problem[] {
  const problems: Problem[] = []
  for (const output of outputs)
    try {
      output.check?.()
    } catch (error) {
      problems.push({ option: 'out', message: `${output.name}: ${messageOf(error)}` })
    }
  return problems
}

/** All outputs of a run as one: each failure is told once, and no output stops another one or the run. */
export class Outputs {
  readonly #outputs: readonly Output[]
  readonly #hooks: OutputHooks
  readonly #failed = new Set<Output>()
  readonly #untold: CorerushError[] = []

  constructor(hooks: OutputHooks) {
    const { onSecond, outputs = [] } = hooks
    // A callback that throws must not end the process from within a timer; it fails as an output does.
    const callback: Output[] =
      onSecond === undefined ? [] : [{ name: 'onSecond', second: ({ row }) => onSecond(row) }]
    this.#outputs = [...callback, ...outputs]
    this.#hooks = hooks
  }

  start(run: RunStart): void {
    this.#each((output) => output.start?.(run))
  }

  seconds(rows: readonly SecondRow[], timeline: Timeline): void {
    if (rows.length === 0 || this.#outputs.length === 0) return
    const sofar = { recent: timeline.recent(), ...countSoFar(timeline) }
    for (const row of rows) this.#each((output) => output.second?.({ row, ...sofar }))
  }

  settled(second: SettledSecond): void {
    this.#each((output) => output.settled?.(second))
  }

  /** Throws what failed during the run, when nobody else was told. */
  finish(report: Report): void {
    this.#each((output) => output.finish?.(report))
    const [first] = this.#untold
    if (first !== undefined) throw first
  }

  #each(call: (output: Output) => void): void {
    for (const output of this.#outputs)
      try {
        if (!this.#failed.has(output)) call(output)
      } catch (error) {
        this.#failed.add(output)
        if (this.#hooks.onOutputError !== undefined) this.#hooks.onOutputError(output.name, error)
        else
          this.#untold.push(
            new CorerushError('CORERUSH_OUTPUT', `${output.name}: ${messageOf(error)}`, {
              exitCode: EXIT.unexpected,
              cause: error,
            }),
          )
      }
  }
}

function countSoFar(timeline: Timeline): Omit<LiveSecond, 'row' | 'recent'> {
  let finished = 0
  let failed = 0
  const outcomes = new Map<Outcome, number>()
  for (const request of timeline.total.requests.values()) {
    finished += request.finished
    failed += request.failed + request.unfinished
    for (const [outcome, n] of request.outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + n)
  }
  let taskErrors = 0
  for (const { count } of timeline.total.taskErrors.values()) taskErrors += count
  return { finished, failed, outcomes, taskErrors }
}
