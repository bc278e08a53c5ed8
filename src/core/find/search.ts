/**
 * The search for the highest load that a target holds: trial results in, the next load or the answer out. Pure, so that
 * it can be tried on thousands of simulated targets.
 *
 * The search narrows in steps. Each step asks for more proof and for a smaller interval than the one before it: the first goes by
 * single trials and finds where to look, the last is what the user asked for. A load that a step finds undecided is tried
 * again before another is begun, so that trials add up.
 */
import {
  boundsOf,
  classesOf,
  FEWEST_UNMEASURABLE,
  type Bounds,
  type LoadClass,
  type LoadTrials,
  type Proof,
  type TrialAnswer,
} from './bounds.ts'

/** What is searched, in users or in iterations per second. */
export interface SearchPlan {
  /** The smallest load that is tried. */
  readonly least: number
  /** The largest load that is tried; `Infinity` if only the target or the generator ends the climb. */
  readonly most: number
  /** Whether loads are whole numbers, as users are. */
  readonly isWhole: boolean
  readonly trialS: number
  /** How long a load must be held, in seconds over all its trials, and the share of that time that may fail. */
  readonly forS: number
  readonly tolerated: number
  /** The width of the interval at which the search ends, as a share of its lower bound. */
  readonly precision: number
  readonly goals: number
  /** By goal, the goals that hold whenever it does: those with the same thresholds and higher limits. */
  readonly looser: readonly (readonly number[])[]
}

/** Where the search stands for one goal. */
export interface GoalBounds extends Bounds {
  readonly isDone: boolean
}

interface Step {
  readonly proof: Proof
  readonly precision: number
}

/** How much wider, and how much less proven, the steps before the last one are. */
const STEPS = [
  { precision: 16, share: 0 },
  { precision: 4, share: 0.25 },
  { precision: 1, share: 1 },
] as const
/**
 * How likely chance may explain an answer: in the last step, and in those before it, which only show where to look. Several
 * loads are looked at, each after every trial, so that a single answer must be surer than the whole one: with these, at
 * least 95 % of intervals hold the capacity of every kind of target in `bench/find.ts`.
 */
const CHANCES = { failChance: 0.002, holdChance: 0.035 }
const EARLY_CHANCES = { failChance: 0.1, holdChance: 1 }
/** How steeply the first climb goes. */
const CLIMB = 2

export class Search {
  readonly #plan: SearchPlan
  readonly #steps: readonly Step[]
  /** By goal, then by load. */
  readonly #trials: Map<number, LoadTrials>[]
  /** By goal, then by step; empty again after each trial. */
  readonly #classes: Map<Step, ReadonlyMap<number, LoadClass>>[]

  constructor(plan: SearchPlan) {
    this.#plan = plan
    this.#steps = STEPS.map(({ precision, share }) => ({
      precision: plan.precision * precision,
      proof: {
        tolerated: plan.tolerated,
        forS: Math.max(plan.trialS, plan.forS * share),
        ...(share === 1 ? CHANCES : EARLY_CHANCES),
      },
    }))
    this.#trials = Array.from({ length: plan.goals }, () => new Map<number, LoadTrials>())
    this.#classes = Array.from({ length: plan.goals }, () => new Map<Step, ReadonlyMap<number, LoadClass>>())
  }

  /** Adds the trial at a load: its duration, and one answer for each goal. */
  add(load: number, durationS: number, answers: readonly TrialAnswer[]): void {
    answers.forEach((answer, goal) => {
      this.#classes[goal]!.clear()
      const loads = this.#trials[goal]!
      const at = loads.get(load) ?? { load, ...NO_TRIALS }
      loads.set(load, {
        load,
        heldS: at.heldS + (answer === 'held' ? durationS : 0),
        failedS: at.failedS + (answer === 'failed' ? durationS : 0),
        held: at.held + (answer === 'held' ? 1 : 0),
        failed: at.failed + (answer === 'failed' ? 1 : 0),
        unmeasurable: at.unmeasurable + (answer === 'unmeasurable' ? 1 : 0),
      })
    })
  }

  /** Notes that this host cannot carry a load: it is not measurable, without a trial. */
  refuse(load: number): void {
    const answers = Array.from({ length: this.#plan.goals }, (): TrialAnswer => 'unmeasurable')
    for (let i = 0; i < FEWEST_UNMEASURABLE; i++) this.add(load, 0, answers)
  }

  /** The load of the next trial; `null` when every goal has its answer. */
  next(): number | null {
    for (let step = 0; step < this.#steps.length; step++)
      for (let goal = 0; goal < this.#plan.goals; goal++) {
        const load = this.#nextOf(goal, step)
        if (load !== null) return load
      }
    return null
  }

  /** The bounds that are proven for a goal, as the user asked for them to be. */
  bounds(goal: number): GoalBounds {
    const last = this.#steps.length - 1
    return { ...this.#boundsOf(goal, last), isDone: this.#nextOf(goal, last) === null }
  }

  /** The next load that a step needs for a goal; `null` if the step has narrowed the interval enough. */
  #nextOf(goal: number, step: number): number | null {
    const { least, most } = this.#plan
    const loads = this.#trials[goal]!
    const { lower, upper } = this.#boundsOf(goal, step)
    // A load that stays open is inside the interval: what can still be narrowed are its two sides.
    const open = this.#with('open', goal, step).filter(
      ({ load }) => load > (lower ?? 0) && load < (upper ?? Infinity),
    )
    const top = Math.min(upper ?? Infinity, ...open.map(({ load }) => load))
    const bottom = Math.max(lower ?? 0, ...open.map(({ load }) => load))
    const undecided = this.#with('undecided', goal, step)
    // What the step before this one took for a bound is where proof is worth the time.
    const before = step === 0 ? null : this.#boundsOf(goal, step - 1)
    const isBegun = (load: number | null | undefined): load is number =>
      undecided.some((at) => at.load === load)
    if (lower === null) {
      if (top > least) {
        if (!isBegun(before?.lower) || before.lower >= top) return this.#below(top, goal, step, undecided)
        // To fail takes fewer trials than to hold: first the load that would have to fail if this one is the answer.
        const above = this.#rounded(before.lower * (1 + this.#steps[step]!.precision), before.lower)
        return above < top && above <= most && (isBegun(above) || !loads.has(above)) ? above : before.lower
      }
    } else if (top < Infinity && !this.#isNarrow(lower, top, step)) {
      if (isBegun(before?.lower) && before.lower > lower && before.lower < top) return before.lower
      return this.#between(lower, top, step, undecided)
    }
    if (upper === null) {
      if (bottom === 0 || bottom >= most) return null
      return isBegun(before?.upper) && before.upper > bottom
        ? before.upper
        : this.#above(bottom, goal, step, undecided)
    }
    return bottom === 0 || this.#isNarrow(bottom, upper, step)
      ? null
      : this.#between(bottom, upper, step, undecided)
  }

  #isNarrow(lower: number, upper: number, step: number): boolean {
    const { isWhole } = this.#plan
    return upper <= lower * (1 + this.#steps[step]!.precision + ROUNDING) || (isWhole && upper - lower <= 1)
  }

  #with(wanted: LoadClass, goal: number, step: number): LoadTrials[] {
    const classes = this.#classesOf(goal, step)
    return [...this.#trials[goal]!.values()].filter(({ load }) => classes.get(load) === wanted)
  }

  #classesOf(goal: number, step: number): ReadonlyMap<number, LoadClass> {
    const key = this.#steps[step]!
    const known = this.#classes[goal]!.get(key)
    if (known !== undefined) return known
    const classes = classesOf(this.#trials[goal]!.values(), key.proof)
    this.#classes[goal]!.set(key, classes)
    return classes
  }

  /** The bounds of a goal: a looser goal's upper bound is one for it, too, and so is a stricter goal's lower bound. */
  #boundsOf(goal: number, step: number): Bounds {
    const { looser } = this.#plan
    let bounds = boundsOf(this.#classesOf(goal, step))
    for (const other of looser[goal]!) {
      const { upper, upperClass } = boundsOf(this.#classesOf(other, step))
      if (upperClass === 'failed' && upper !== null && upper < (bounds.upper ?? Infinity))
        bounds = boundsOf(this.#classesOf(goal, step), { upper, upperClass })
    }
    for (let other = 0; other < looser.length; other++) {
      if (other === goal || !looser[other]!.includes(goal)) continue
      const { lower } = boundsOf(this.#classesOf(other, step))
      if (lower !== null && lower > (bounds.lower ?? 0) && lower < (bounds.upper ?? Infinity))
        bounds = { ...bounds, lower }
    }
    return bounds
  }

  /** Nothing is known to fail above the lower bound: up, twice as much each time at first, by growing strides later. */
  #above(lower: number, goal: number, step: number, undecided: readonly LoadTrials[]): number {
    const { most } = this.#plan
    const width = step === 0 ? CLIMB : 1 + this.#steps[step]!.precision * this.#strides(goal, lower, step)
    const load = Math.min(most, this.#rounded(lower * width, lower))
    const begun = undecided.map((at) => at.load).filter((other) => other > lower && other <= load)
    return begun.length > 0 ? Math.min(...begun) : load
  }

  /** Nothing is known to hold below the upper bound: down, or where the climb begins. */
  #below(upper: number, goal: number, step: number, undecided: readonly LoadTrials[]): number {
    const { least, isWhole } = this.#plan
    if (upper === Infinity) return least
    const width = 1 + this.#steps[step]!.precision * this.#strides(goal, upper, step)
    const lowest = isWhole ? upper - 1 : upper
    const load = Math.max(least, Math.min(lowest, this.#rounded(upper / width, 0)))
    const begun = undecided.map((at) => at.load).filter((other) => other >= load && other < upper)
    return begun.length > 0 ? Math.max(...begun) : load
  }

  /** One stride, then two, then four: as many as loads within reach were decided the same way in this step. */
  #strides(goal: number, from: number, step: number): number {
    const { precision } = this.#steps[step]!
    const reach = 1 + precision * 64
    let near = 0
    for (const { load } of this.#trials[goal]!.values())
      if (load > from / reach && load < from * reach && load !== from) near++
    return 2 ** Math.min(6, Math.max(0, near - 1))
  }

  /**
   * A load between the bounds that trials have begun on; else the middle of the interval, by ratio. An interval of less
   * than twice the width is cut so that its upper part is as wide as it may be: narrower would claim more than was asked.
   */
  #between(lower: number, upper: number, step: number, undecided: readonly LoadTrials[]): number {
    const begun = undecided.filter(({ load }) => load > lower && load < upper)
    if (begun.length > 0) return begun.reduce((best, at) => (trialsOf(at) > trialsOf(best) ? at : best)).load
    const width = 1 + this.#steps[step]!.precision
    return this.#rounded(upper < lower * width ** 2 ? upper / width : Math.sqrt(lower * upper), lower)
  }

  /** A load as it can be asked for, above `least`. */
  #rounded(load: number, least: number): number {
    if (this.#plan.isWhole) return Math.max(Math.floor(least) + 1, Math.round(load))
    // Six digits: more cannot be distinguished, and they print.
    return Number(load.toPrecision(6))
  }
}

/** Loads are rounded. */
const ROUNDING = 1e-5

const trialsOf = ({ held, failed, unmeasurable }: LoadTrials): number => held + failed + unmeasurable

const NO_TRIALS = { heldS: 0, failedS: 0, held: 0, failed: 0, unmeasurable: 0 }
