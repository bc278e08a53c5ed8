/** Plain progress lines for an output that is not a terminal: one every few seconds, or only the warnings. */
import { plannedUsers, type Plan } from '../../core/plan/plan.ts'
import type { LogEntry } from '../../core/measure/task-log.ts'
import { workerLabel } from '../../core/measure/worker-label.ts'
import type { WorkerVitals } from '../../core/measure/worker-vitals.ts'
import { printDurationS, showClock, showMs, showPercent, showRate } from '../../core/units.ts'
import type { LiveState } from './live-frame.ts'
import type { Stoppable } from './live-view.ts'
import type { LiveSecond, Output, RunStart, Screen } from '../output.ts'
import { renderLogEntry } from '../text/log-text.ts'
import { renderLine } from '../text/paint.ts'

/** One progress line. */
export function renderProgress({
  run,
  elapsedS,
  latest,
}: Pick<LiveState, 'run' | 'elapsedS' | 'latest'>): string {
  if (latest === null) return `corerush ${showClock(elapsedS)}`
  const { row, recent, failed, finished } = latest
  const busiest = row.workers.reduce<WorkerVitals | null>(
    (most, one) => (most === null || one.utilization > most.utilization ? one : most),
    null,
  )
  const agents = run.agentsNow?.() ?? null
  const troubled = (agents ?? []).filter(({ state }) => state === 'silent' || state === 'lost')
  return [
    `corerush ${showClock(row.second + 1)}`,
    run.plan.model === 'closed'
      ? `users ${row.users}/${plannedUsers(run.plan)}`
      : `due/s ${row.due}  users ${row.users}${row.queued > 0 ? `  waiting ${row.queued}` : ''}${row.dropped > 0 ? `  dropped ${row.dropped}` : ''}`,
    `requests ${finished}`,
    `req/s ${showRate(row.requestsPerS ?? row.finished)}`,
    `p50 ${showMs(recent.latencyMs.p50)}`,
    `p95 ${showMs(recent.latencyMs.p95)}`,
    `p99 ${showMs(recent.latencyMs.p99)}`,
    `failed ${failed}`,
    ...(latest.taskErrors > 0 ? [`task errors ${latest.taskErrors}`] : []),
    `busiest worker ${showPercent(busiest?.utilization ?? 0)}${agents === null || busiest === null ? '' : ` (${workerLabel(busiest.worker, agents)})`}`,
    ...troubled.map(({ name, state, heardS }) => `agent ${name} ${state}, heard ${heardS.toFixed(1)} s ago`),
  ].join('  ')
}

const LINE_EVERY_S = 5

/** Prints a progress line every five seconds. */
export class ProgressLines implements Output, Stoppable {
  readonly name = 'progress'
  readonly #stream: Screen
  #run: RunStart | null = null

  constructor(stream: Screen) {
    this.#stream = stream
  }

  start(run: RunStart): void {
    this.#run = run
    for (const warning of run.warnings)
      this.#stream.write(renderLine([`warning: ${warning}`], { color: false, width: Infinity }) + '\n')
  }

  amended(plan: Plan): void {
    this.#run = { ...this.#run!, plan }
  }

  logged(entries: readonly LogEntry[]): void {
    writeLog(entries, this.#stream)
  }

  second(live: LiveSecond): void {
    if ((live.row.second + 1) % LINE_EVERY_S !== 0) return
    const run = this.#run!
    this.#stream.write(`${renderProgress({ run, elapsedS: live.row.second + 1, latest: live })}\n`)
  }

  stopping(signal: string | null): void {
    const { gracefulStopS = 0, sigtermStopS = 0 } = this.#run?.plan ?? {}
    const graceS = signal === 'SIGTERM' ? sigtermStopS : gracefulStopS
    const wait =
      graceS > 0 ? `waiting up to ${printDurationS(graceS)} for requests in flight` : 'the load ends'
    this.#stream.write(`corerush is stopping: ${wait}; a second signal quits at once, without a report\n`)
  }
}

function writeLog(entries: readonly LogEntry[], stream: Screen): void {
  for (const entry of entries)
    for (const line of renderLogEntry(entry, { color: false, width: Infinity })) stream.write(`${line}\n`)
}

/** Prints only the warnings before the run, and the log of tasks. */
export class WarningLines implements Output {
  readonly name = 'warnings'
  readonly #stream: Screen

  constructor(stream: Screen) {
    this.#stream = stream
  }

  start({ warnings }: RunStart): void {
    for (const warning of warnings)
      this.#stream.write(renderLine([`warning: ${warning}`], { color: false, width: Infinity }) + '\n')
  }

  logged(entries: readonly LogEntry[]): void {
    writeLog(entries, this.#stream)
  }
}
