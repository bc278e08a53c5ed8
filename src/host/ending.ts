/** How the load of a run ended: by what, and when. The first cause stays the cause. */
import type { StoppedBy } from '../core/judge/exit.ts'
import type { Timeline } from '../core/measure/timeline.ts'
import type { Drained } from '../protocol.ts'

export class Ending {
  readonly #timeline: Timeline
  #cause: StoppedBy | null = null
  #lastDoneS = 0
  #endedS = 0

  /** The timeline learns when the load ends. */
  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  /** What ended the load; `null` while nothing but the plan's duration does. */
  get cause(): StoppedBy | null {
    return this.#cause
  }

  /** All tickets of the count are taken; the load ends with the last request that finishes. */
  exhausted(count: 'requests' | 'iterations'): void {
    this.#cause ??= count
  }

  /** An order ends the load at this run time. One that comes in the drain, or after another, changes nothing. */
  stop(cause: StoppedBy, atS: number): void {
    const { loadEndS } = this.#timeline
    this.#cause ??= atS < loadEndS ? cause : 'duration'
    if (atS < loadEndS) this.#timeline.endLoad(atS)
  }

  /** A member has drained. */
  drained({ lastDoneS, endedS }: Omit<Drained, 'last'>): void {
    this.#lastDoneS = Math.max(this.#lastDoneS, lastDoneS)
    this.#endedS = Math.max(this.#endedS, endedS)
  }

  /** Every member has drained or died, and at least one has drained. Returns the duration of the run. */
  concludeDrained(): number {
    const { loadEndS } = this.#timeline
    const isCounted = this.#cause === 'requests' || this.#cause === 'iterations'
    if (isCounted || loadEndS > this.#endedS) this.#timeline.endLoad(Math.min(loadEndS, this.#lastDoneS))
    return this.#endedS
  }

  /** Every member has died, the last one at this run time. Returns the duration of the run. */
  concludeLost(atS: number): number {
    const durationS = Math.max(0, atS)
    this.#cause ??= 'workers'
    this.#timeline.endLoad(Math.min(this.#timeline.loadEndS, durationS))
    return durationS
  }
}
