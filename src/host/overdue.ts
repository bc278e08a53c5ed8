/**
 * Finds workers whose code never returns, such as a task that loops forever. Time is counted in ticks of the main thread,
 * so that a process that was suspended does not count against them.
 */
import type { Plan } from '../core/plan/plan.ts'

/** How long a worker may take to get ready. */
const READY_S = 120
/** How long after the end of the drain a silent worker is waited for, and any worker at most. */
const SILENT_AFTER_DRAIN_S = 10
const AFTER_DRAIN_S = 60
/** How long a worker may be silent in a run that only a count ends. */
const SILENT_S = 60

/** A worker that is watched. */
export interface Watched {
  /** Ends its thread; the reason is reported as the error that it died of. */
  end(reason: string): void
}

export class Overdue {
  readonly #gracefulStopS: number
  readonly #silentS = new Map<Watched, number>()
  #drainedS: number
  /** Run time in ticks; `null` before the start. */
  #runS: number | null = null
  #waitedS = 0
  #timer: NodeJS.Timeout | null = null

  constructor({ durationS, gracefulStopS }: Plan) {
    this.#gracefulStopS = gracefulStopS
    this.#drainedS = this.#drainedAfter(durationS)
  }

  /** Begins to count. The timer keeps no process alive. */
  watch(workers: readonly Watched[]): void {
    for (const worker of workers) this.#silentS.set(worker, 0)
    this.#timer = setInterval(() => this.tick(), 1000)
    this.#timer.unref()
  }

  started(): void {
    this.#runS = 0
  }

  /** The load has this length instead; `null` for none. */
  extended(durationS: number | null): void {
    this.#drainedS = this.#drainedAfter(durationS)
  }

  /** The load ends at this instant of run time; the drain is that of the plan where `null`. */
  stopped(loadEndS: number, gracefulStopS: number | null = null): void {
    this.#drainedS = Math.min(this.#drainedS, loadEndS + (gracefulStopS ?? this.#gracefulStopS))
  }

  /** The worker has reported something. */
  heard(worker: Watched): void {
    if (this.#silentS.has(worker)) this.#silentS.set(worker, 0)
  }

  /** The worker has ended. */
  gone(worker: Watched): void {
    this.#silentS.delete(worker)
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
  }

  /** A second has gone by. */
  tick(): void {
    if (this.#runS === null) this.#waitedS++
    else this.#runS++
    for (const [worker, silentS] of this.#silentS) {
      this.#silentS.set(worker, silentS + 1)
      const reason = this.#reasonFor(silentS + 1)
      if (reason === null) continue
      this.gone(worker)
      worker.end(reason)
    }
  }

  #drainedAfter(durationS: number | null): number {
    return durationS === null ? Infinity : durationS + this.#gracefulStopS
  }

  #reasonFor(silentS: number): string | null {
    if (this.#runS === null) return this.#waitedS >= READY_S ? `it was not ready within ${READY_S} s` : null
    const overS = this.#runS - this.#drainedS
    const isOver =
      overS >= AFTER_DRAIN_S || (overS >= SILENT_AFTER_DRAIN_S && silentS >= SILENT_AFTER_DRAIN_S)
    if (isOver)
      return `it had not ended ${Math.floor(overS)} s after the drain: code of the scenario never returns`
    if (this.#drainedS < Infinity || silentS < SILENT_S) return null
    return `it reported nothing for ${SILENT_S} s: code of the scenario never returns`
  }
}
