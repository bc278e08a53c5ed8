/** What a program can hook into a run, and what it can do to one under way. */
import type { Comparands } from '../core/compare/run-comparison.ts'
import { amendedPlan, type Amendment } from '../core/plan/amendment.ts'
import { amendmentOf, type LoadChange } from '../core/plan/load-change.ts'
import type { Plan } from '../core/plan/plan.ts'
import { CorerushError } from '../errors.ts'
import type { OutputHooks } from './output-set.ts'

/** What a program can hook into a run. */
export interface RunHooks extends OutputHooks {
  /** Ends the load gracefully when it is aborted; the run still resolves to its full report. Aborting again changes nothing. */
  readonly signal?: AbortSignal | undefined
  /** Called when the run begins, with what can be done to it. If it throws, the run ends and rejects with that error. */
  readonly onStart?: ((control: RunControl) => void) | undefined
}

/** The hooks of a plan that is carried out, and what it is compared with if that is not in stored runs. */
export interface ConductHooks extends RunHooks {
  readonly comparands?: Comparands | undefined
}

/** A run under way. */
export interface RunControl {
  /**
   * Changes the load, from an instant a little ahead that is the same for all workers: `{ users: 200 }` in the closed
   * model, `{ ratePerS: 500 }` in the open one, `{ by: 1.1 }` for a tenth more of either, and with `overS` how many
   * seconds it takes to get there. It replaces what the plan had for later, and the new value holds to the end of the
   * load. `{ durationS: 600 }` sets the length of the load, `{ durationS: null }` lets it go on until it is stopped; its
   * level stays as planned, and holds after the last stage. With `notBeforeS`, a run time, it takes effect then if that is later. Resolves to the amendment, which is in the report's `amendments`. Rejects with a
   * CorerushError, and changes nothing, if the change makes no sense for the run (`CORERUSH_AMENDMENT`) or this host
   * cannot carry it (`CORERUSH_LIMIT`).
   */
  readonly amend: (change: LoadChange, notBeforeS?: number) => Promise<Amendment>
}

/** A run whose load can be amended. */
export interface Amendable {
  /** Returns the next run time, in seconds, that an order can name and still reach every worker before it. */
  nextInstantS(): number
  /**
   * Resolves to what the hosts may not have enough of for the plan with this amendment. Rejects with a CorerushError if one
   * of them cannot carry it.
   */
  check(amendment: Amendment, amended: Plan): Promise<readonly string[]>
  /** Returns when the load ends, if that is known; -Infinity if something has ended it already. */
  loadEndS(): number
  /** Carries out the amendment. `amended` is the plan with it, `warnings` what this host may not have enough of for that. */
  amend(amendment: Amendment, amended: Plan, warnings: readonly string[]): void
}

export class Control implements RunControl {
  readonly #run: Amendable
  /** As amended. */
  #plan: Plan

  constructor(plan: Plan, run: Amendable) {
    this.#plan = plan
    this.#run = run
  }

  readonly amend = async (change: LoadChange, notBeforeS = 0): Promise<Amendment> => {
    const first = this.#read(change, notBeforeS)
    const warnings = await this.#run.check(first, amendedPlan(this.#plan, [first]))
    // Looking up the target's addresses takes a while, so the instant is named only now.
    const amendment = this.#read(change, notBeforeS)
    this.#plan = amendedPlan(this.#plan, [amendment])
    this.#run.amend(amendment, this.#plan, warnings)
    return amendment
  }

  #read(change: LoadChange, notBeforeS: number): Amendment {
    // To the millisecond, as it is reported.
    const atS = Math.ceil(Math.max(notBeforeS, this.#run.nextInstantS()) * 1000) / 1000
    const read = amendmentOf(this.#plan, change, atS, this.#run.loadEndS())
    if ('value' in read) return read.value
    throw new CorerushError('CORERUSH_AMENDMENT', `the load cannot be amended: ${read.problem}`)
  }
}
