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
  readonly #told = new Set<Output>()
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
    void this.#each((output) => output.start?.(run))
  }

  seconds(rows: readonly SecondRow[], timeline: Timeline): void {
    if (rows.length === 0 || this.#outputs.length === 0) return
    const sofar = { recent: timeline.recent(), ...countSoFar(timeline) }
    for (const row of rows) void this.#each((output) => output.second?.({ row, ...sofar }))
  }

  settled(second: SettledSecond): void {
    void this.#each((output) => output.settled?.(second))
  }

  /** Waits for the last of every output; throws what failed during the run, when nobody else was told. */
  async finish(report: Report): Promise<void> {
    await this.#each((output) => output.finish?.(report))
    const [first] = this.#untold
    if (first !== undefined) throw first
  }

  /** Resolves when what outputs promised is done, or was told of as failed. */
  #each(call: (output: Output) => unknown): Promise<unknown> {
    const left: Promise<unknown>[] = []
    for (const output of this.#outputs)
      try {
        const later = this.#failed.has(output) ? undefined : call(output)
        if (later instanceof Promise) left.push(later.catch((error: unknown) => this.#tell(output, error)))
      } catch (error) {
        this.#failed.add(output)
        this.#tell(output, error)
      }
    return Promise.all(left)
  }

  #tell(output: Output, error: unknown): void {
    if (this.#told.has(output)) return
    this.#told.add(output)
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

function countSoFar(timeline: Timeline): Pick<LiveSecond, 'finished' | 'failed' | 'outcomes'> {
  let finished = 0
  let failed = 0
  const outcomes = new Map<Outcome, number>()
  for (const request of timeline.total.requests.values()) {
    finished += request.finished
    failed += request.failed + request.unfinished
    for (const [outcome, n] of request.outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + n)
  }
  return { finished, failed, outcomes }
}
