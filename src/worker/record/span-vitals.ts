/** What a worker says of itself for one span of run time after the other, of a second as a rule. */
import type { WorkerVitals } from '../../core/measure/worker-vitals.ts'
import type { TurnCounts } from '../time/turn.ts'
import type { Readings, VitalSigns } from './vitals.ts'

const SHORTEST_SPAN_MS = 100

export class SpanVitals {
  readonly #worker: number
  readonly #signs: VitalSigns
  #readings: Readings
  #readAtUs = 0
  #last: WorkerVitals | null = null
  /** Tells what the turns of the loop since the last call were like. */
  takeTurns: () => TurnCounts = () => NO_TURNS

  constructor(worker: number, signs: VitalSigns) {
    this.#worker = worker
    this.#signs = signs
    this.#readings = signs.read()
  }

  /** The first span begins now. */
  begin(): void {
    this.#readings = this.#signs.read()
  }

  /** The known facts of the span that ends now; delays of the loop and of iterations are added by what counted them. */
  until(nowUs: number): WorkerVitals {
    const spanMs = (nowUs - this.#readAtUs) / 1000
    // The clocks of the platform are too coarse for a sliver at the end of a run: it is taken as the second before it.
    if (spanMs < SHORTEST_SPAN_MS && this.#last !== null) return this.#last
    const before = this.#readings
    const after = this.#signs.read()
    const seconds = Math.max(1, spanMs / 1000)
    const activeMs = after.activeMs - before.activeMs
    const loopMs = activeMs + (after.idleMs - before.idleMs)
    const since = (to: number | null, from: number | null): number | null =>
      to === null || from === null ? null : to - from
    const onCoreMs = since(after.onCoreMs, before.onCoreMs)
    const runQueueMs = since(after.runQueueMs, before.runQueueMs)
    const slices = since(after.slices, before.slices)
    const { turns, most, heldUs } = this.takeTurns()
    // Within what the loop took for work, it was on a core, or waited for one, or was away.
    const awayMs =
      onCoreMs === null || runQueueMs === null ? null : Math.max(0, activeMs - onCoreMs - runQueueMs)
    this.#readings = after
    this.#readAtUs = nowUs
    this.#last = {
      worker: this.#worker,
      utilization: round(loopMs > 0 ? activeMs / loopMs : 0),
      loopDelayMs: null,
      lagMs: null,
      repaidMs: null,
      waitedMs: null,
      waitSpreadMs: null,
      turns: Math.round(turns / seconds),
      mostPerTurn: most,
      gcMaxMs: round(after.gcMaxMs),
      gcMs: round((after.gcMs - before.gcMs) / seconds),
      cpu: onCoreMs === null ? null : round(Math.min(1, onCoreMs / Math.max(1, spanMs))),
      runQueueMs: runQueueMs === null ? null : round(runQueueMs / seconds),
      awayMs: awayMs === null ? null : round((awayMs + heldUs / 1000) / seconds),
      runQueueSlices: slices === null ? null : Math.round(slices / seconds),
      heapBytes: after.heapBytes,
    }
    return this.#last
  }
}

const NO_TURNS: TurnCounts = { turns: 0, most: 0, heldUs: 0 }

const round = (x: number): number => Math.round(x * 1000) / 1000
