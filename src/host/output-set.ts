/** The outputs of a run: none of them stops another one, or the run. */
import type { Amendment } from '../core/plan/amendment.ts'
import type { Problem } from '../core/options/problem.ts'
import type { Outcome } from '../core/request/outcome.ts'
import type { Plan } from '../core/plan/plan.ts'
import type { Report } from '../core/report/report.ts'
import type { LogEntry } from '../core/measure/task-log.ts'
import { renderLogEntry } from '../output/text/log-text.ts'
import type { SecondRow } from '../core/measure/second.ts'
import type { RequestSpan } from '../core/measure/request-record.ts'
import type { RequestRows } from '../core/measure/request-rows.ts'
import type { SettledSecond, Timeline } from '../core/measure/timeline.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import type { LiveSecond, Output, RunStart } from '../output/output.ts'

/** An output, or `onSecond`, failed without a listener for it; the run itself went to its end. */
export class OutputError extends CorerushError {
  readonly report: Report
  constructor(message: string, report: Report, cause: unknown) {
    super('CORERUSH_OUTPUT', message, { exitCode: EXIT.unexpected, cause })
    this.report = report
  }
}

/** Hooks for a run and for an output that fails. */
export interface OutputHooks {
  /** Called with each second as it closes. */
  readonly onSecond?: ((second: SecondRow) => void) | undefined
  /**
   * Called with what tasks, `setup` and `teardown` of a scenario write to the console. By default it goes to standard
   * error, unless an output shows it.
   */
  readonly onLog?: ((entry: LogEntry) => void) | undefined
  /** Consumers of seconds and of the report. */
  readonly outputs?: readonly Output[] | undefined
  /** Called when an output, or `onSecond`, fails; the run goes on. By default an OutputError with the report is thrown when the run has ended. */
  readonly onOutputError?: ((output: string, error: unknown) => void) | undefined
}

/** Writes an entry of the log to standard error. */
export function toStderr(entry: LogEntry): void {
  for (const line of renderLogEntry(entry, { color: false, width: Infinity }))
    process.stderr.write(`${line}\n`)
}

/** What can be made of a run while it goes on, for who asks. */
export type RunSoFar = Pick<LiveSecond, 'judged' | 'report'>

/** What keeps outputs from being written; each with the output's name. */
export function outputProblems(outputs: readonly Output[]): Problem[] {
  const problems: Problem[] = []
  for (const output of outputs)
    try {
      output.check?.()
    } catch (error) {
      problems.push({ option: 'outputs', message: `${output.name}: ${messageOf(error)}` })
    }
  return problems
}

/** The names of the outputs that take records of requests. */
const recordingOutputs = (outputs: readonly Output[]): string[] =>
  outputs.filter((output) => output.recorded !== undefined).map(({ name }) => name)

/** What is wrong with recording requests: nobody takes the records, or none are made. */
export function recordingProblems(sampleRequests: number | null, outputs: readonly Output[]): Problem[] {
  const recording = recordingOutputs(outputs)
  if (sampleRequests !== null && recording.length === 0)
    return [{ option: 'sampleRequests', message: 'needs an output that takes records of requests' }]
  if (sampleRequests === null && recording.length > 0)
    return [{ option: 'outputs', message: `${recording.join(', ')} needs sampleRequests` }]
  return []
}

/** All outputs of a run as one: each failure is reported once, and no output stops another one or the run. */
export class Outputs {
  readonly #outputs: readonly Output[]
  readonly #hooks: OutputHooks
  /** `null` if outputs show the log. */
  readonly #onLog: ((entry: LogEntry) => void) | null
  readonly #failed = new Set<Output>()
  readonly #reported = new Set<Output>()
  readonly #unreported: { readonly message: string; readonly cause: unknown }[] = []

  constructor(hooks: OutputHooks) {
    const { onSecond, outputs = [] } = hooks
    this.#onLog = hooks.onLog ?? (outputs.some((output) => output.logged !== undefined) ? null : toStderr)
    // A callback that throws must not end the process from within a timer; it fails as an output does.
    const callback: Output[] =
      onSecond === undefined ? [] : [{ name: 'onSecond', second: ({ row }) => onSecond(row) }]
    this.#outputs = [...callback, ...outputs]
    this.#hooks = hooks
  }

  start(run: RunStart): void {
    void this.#each((output) => output.start?.(run))
  }

  amended(plan: Plan, amendment: Amendment): void {
    void this.#each((output) => output.amended?.(plan, amendment))
  }

  logged(entries: readonly LogEntry[]): void {
    if (this.#onLog !== null) for (const entry of entries) this.#onLog(entry)
    void this.#each((output) => output.logged?.(entries))
  }

  traced(spans: readonly RequestSpan[], lost: number): void {
    void this.#each((output) => output.traced?.(spans, lost))
  }

  /** Resolves to whether each output that takes records of requests has written these. */
  async recorded(rows: RequestRows): Promise<boolean> {
    const written = this.#outputs.map(async (output) => {
      try {
        await output.recorded?.(rows)
        return true
      } catch (error) {
        this.#tell(output, error)
        return false
      }
    })
    return (await Promise.all(written)).every(Boolean)
  }

  /** The names of the outputs that take records of requests. */
  get recording(): string[] {
    return recordingOutputs(this.#outputs)
  }

  /** Whether one of them takes spans of traced requests. */
  get wantsSpans(): boolean {
    return this.#outputs.some((output) => output.traced !== undefined)
  }

  seconds(rows: readonly SecondRow[], timeline: Timeline, views: RunSoFar): void {
    if (rows.length === 0 || this.#outputs.length === 0) return
    const sofar = { recent: timeline.recent(), ...countSoFar(timeline), ...views }
    for (const row of rows) void this.#each((output) => output.second?.({ row, ...sofar }))
  }

  settled(second: SettledSecond): void {
    void this.#each((output) => output.settled?.(second))
  }

  /** Waits for the last of every output; throws what failed during the run if no hook took it. */
  async finish(report: Report): Promise<void> {
    await this.#each((output) => output.finish?.(report))
    const [first] = this.#unreported
    if (first !== undefined) throw new OutputError(first.message, report, first.cause)
  }

  /** Resolves when what outputs promised is done, or was reported as failed. */
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
    if (this.#reported.has(output)) return
    this.#reported.add(output)
    if (this.#hooks.onOutputError !== undefined) this.#hooks.onOutputError(output.name, error)
    else this.#unreported.push({ message: `${output.name}: ${messageOf(error)}`, cause: error })
  }
}

function countSoFar(timeline: Timeline): Omit<LiveSecond, 'row' | 'recent' | keyof RunSoFar> {
  let finished = 0
  let failed = 0
  const outcomes = new Map<Outcome, number>()
  const names = new Map<string, { finished: number; failed: number }>()
  for (const [name, request] of timeline.total.requests) {
    const of = { finished: request.finished, failed: request.failed + request.unfinished }
    names.set(name, of)
    finished += of.finished
    failed += of.failed
    for (const [outcome, n] of request.outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + n)
  }
  let taskErrors = 0
  for (const { count } of timeline.total.taskErrors.values()) taskErrors += count
  const iterations = timeline.total.iterations.finished
  const { transactions } = timeline.total
  return { finished, failed, iterations, outcomes, names, taskErrors, transactions }
}
