/** What a program can do to a run under way, besides ending it. */
import { amendedPlan, type Amendment } from '../core/plan/amendment.ts'
import { amendmentOf, type LoadChange } from '../core/plan/load-change.ts'
import type { Plan } from '../core/plan/plan.ts'
import { CorerushError } from '../errors.ts'
import { checkPorts } from './machine/ports.ts'
import { checkLimits } from './preflight.ts'

/** A run under way. */
export interface RunControl {
  /**
   * Changes the load, from an instant a little ahead that is the same for all workers: `{ users: 200 }` in the closed
   * model, `{ ratePerS: 500 }` in the open one, `{ by: 1.1 }` for a tenth more of either, and with `overS` how many seconds it takes to get there. What the plan
   * had for later is replaced, and the new value holds to the end of the load, which stays where it was. Resolves to
   * the amendment, which is in the report's `amendments`. Rejects with a CorerushError, and changes nothing, when the
   * change makes no sense for the run (`CORERUSH_AMENDMENT`) or this host cannot carry it (`CORERUSH_LIMIT`).
   */
  readonly amend: (change: LoadChange) => Promise<Amendment>
}

/** What is needed to carry out amendments. */
export interface RunUnderWay {
  /** The next instant, in seconds of run time, that an order can name and still reach every worker before it. */
  readonly nextInstantS: () => number
  /** When the load ends, as far as that is known; before the run began when something has ended it already. */
  readonly loadEndS: () => number
  /** The workers get to know of it, and everybody else; `plan` is as amended. */
  readonly carryOut: (amendment: Amendment, plan: Plan) => void
}

export class Control implements RunControl {
  readonly #run: RunUnderWay
  /** As amended. */
  #plan: Plan
  /** What this host may not have enough of for the load as amended. */
  readonly warnings: string[] = []

  constructor(plan: Plan, run: RunUnderWay) {
    this.#plan = plan
    this.#run = run
  }

  readonly amend = async (change: LoadChange): Promise<Amendment> => {
    const tried = amendedPlan(this.#plan, [this.#read(change)])
    const warnings = [checkLimits(tried), await checkPorts(tried)].filter((warning) => warning !== null)
    // Looking up the target's addresses takes a while, so the instant is named only now.
    const amendment = this.#read(change)
    this.#plan = amendedPlan(this.#plan, [amendment])
    this.warnings.push(...warnings)
    this.#run.carryOut(amendment, this.#plan)
    return amendment
  }

  #read(change: LoadChange): Amendment {
    const { nextInstantS, loadEndS } = this.#run
    // To the millisecond, as it is reported.
    const atS = Math.ceil(nextInstantS() * 1000) / 1000
    const read = amendmentOf(this.#plan, change, atS, loadEndS())
    if ('value' in read) return read.value
    throw new CorerushError('CORERUSH_AMENDMENT', `the load cannot be amended: ${read.problem}`)
  }
}
