/** When the arrivals of a worker are due, one after the other. */
import { amendedRate, type LevelAmendment } from '../../core/plan/amendment.ts'
import { arrivalAreas, instantOf, type RateStage } from '../../core/load/arrivals.ts'
import type { OpenPlan } from '../../core/plan/plan.ts'
import type { Share } from '../../core/share.ts'

export interface Arrivals {
  /** When the next arrival is due, in µs of run time; Infinity if none is. */
  readonly dueUs: number
  /** Goes on to the arrival after it. */
  advance(): void
  amend(amendment: LevelAmendment): void
  /** The next arrival is about to start. */
  starts(): void
  /** The next arrival waits for a user. */
  waits(): void
  /** The arrival that has waited longest is about to start. */
  waitedStarts(): void
}

/** Arrivals at a rate: any of them can start with any request. */
export class RateArrivals implements Arrivals {
  dueUs: number
  #stages: readonly RateStage[]
  readonly #nextArea: () => number
  /** The area under the rate at which the next arrival is due. */
  #area: number

  constructor({ stages, arrival, seed }: OpenPlan, share: Share) {
    this.#stages = stages
    this.#nextArea = arrivalAreas(arrival, share, seed)
    this.#area = this.#nextArea()
    this.dueUs = instantOf(stages, this.#area) * 1e6
  }

  advance(): void {
    this.#area = this.#nextArea()
    this.dueUs = instantOf(this.#stages, this.#area) * 1e6
  }

  amend(amendment: LevelAmendment): void {
    this.#stages = amendedRate(this.#stages, amendment)
    this.dueUs = instantOf(this.#stages, this.#area) * 1e6
  }

  starts(): void {
    // Nothing depends on which one it is.
  }

  waits(): void {
    // As for one that starts.
  }

  waitedStarts(): void {
    // As for one that starts.
  }
}
