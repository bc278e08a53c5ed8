/**
 * What the trials at one load prove about it, after Multiple Loss Ratio Search (IETF BMWG, draft-ietf-bmwg-mlrsearch,
 * "Load Classification Logic"): many short trials take the place of a long one, and a stated share of them may fail.
 *
 * Taken from it: the goal's duration sum and exceed ratio, the optimistic and the pessimistic reading of what has not been
 * measured yet, relevant bounds. Left out: the loss ratio, for which the user's thresholds stand, and trials of several
 * lengths within one goal, which count by their duration. Added: a load fails only when more trials fail than chance
 * explains, or a target that fails one trial in ten by itself would lose a fifth of the loads that it holds; and a load
 * that no reasonable time decides stays undecided, inside the interval.
 */

/** How one trial went for one goal. `unmeasurable`: the generator, not the target, decided its figures. */
export type TrialAnswer = 'held' | 'failed' | 'unmeasurable'

/** What trials say of a load. `undecided`: more are needed; `open`: more would not tell. */
export type LoadClass = 'held' | 'failed' | 'unmeasurable' | 'undecided' | 'open'

/** How sure an answer must be. */
export interface Proof {
  /** How long a load must be held, in seconds over all its trials. */
  readonly forS: number
  /** The share of that time in which trials may fail, from 0 up to, and not including, 1. */
  readonly tolerated: number
  /** How likely chance may explain the failures at a load that fails, and how few they are at one that holds; 1 asks for no such proof. */
  readonly failChance: number
  readonly holdChance: number
}

/** The trials at one load, added up. */
export interface LoadTrials {
  readonly load: number
  readonly heldS: number
  readonly failedS: number
  readonly held: number
  readonly failed: number
  readonly unmeasurable: number
}

/** One unmeasurable trial may be a disturbance of this host; two, if they are not the minority, are its limit. */
const FEWEST_UNMEASURABLE = 2
/** The multiple of the goal's time after which an undecided load is left. */
const LONGEST = 2
/** Sums of durations are not exact. */
const ROUNDING_S = 1e-9

export function classOf(at: LoadTrials, { forS, tolerated, failChance, holdChance }: Proof): LoadClass {
  const { heldS, failedS, held, failed, unmeasurable } = at
  const measured = held + failed
  if (unmeasurable >= FEWEST_UNMEASURABLE && unmeasurable >= measured) return 'unmeasurable'
  const wholeS = Math.max(heldS + failedS, forS)
  const toleratedS = tolerated * wholeS + ROUNDING_S
  // Pessimistic: all that is still to be measured fails, and even so enough holds; and where some failed, not by luck.
  const isLucky = failed > 0 && 1 - chanceOf(failed + 1, measured, tolerated) > holdChance
  if (wholeS - heldS <= toleratedS && !isLucky) return 'held'
  // Optimistic: all that is still to be measured holds, and even so too much has failed.
  if (failedS > toleratedS && chanceOf(failed, measured, tolerated) <= failChance) return 'failed'
  return heldS + failedS >= LONGEST * forS ? 'open' : 'undecided'
}

/** The chance that at least `failed` of `n` trials fail if each does with probability `p`: the tail of a binomial. */
function chanceOf(failed: number, n: number, p: number): number {
  let term = (1 - p) ** n
  let below = 0
  for (let k = 0; k < failed; k++) {
    below += term
    term *= ((n - k) / (k + 1)) * (p / (1 - p))
  }
  return Math.max(0, 1 - below)
}

/** The bounds of the load that a target holds, as far as trials have proven them. */
export interface Bounds {
  /** The largest load that is held, below every load that is not; `null` if none has been proven. */
  readonly lower: number | null
  /** The smallest load that is not held, or that cannot be measured; `null` if none has been found. */
  readonly upper: number | null
  /** Why the upper bound is one. */
  readonly upperClass: 'failed' | 'unmeasurable' | null
}

/** The relevant bounds among all loads that were tried. */
export function boundsOf(loads: Iterable<LoadTrials>, proof: Proof): Bounds {
  let upper: number | null = null
  let upperClass: Bounds['upperClass'] = null
  const held: number[] = []
  for (const at of loads) {
    const found = classOf(at, proof)
    if (found === 'held') held.push(at.load)
    if ((found === 'failed' || found === 'unmeasurable') && (upper === null || at.load < upper)) {
      upper = at.load
      upperClass = found
    }
  }
  const lower = held
    .filter((load) => upper === null || load < upper)
    .reduce((a, b) => Math.max(a, b), -Infinity)
  return { lower: lower === -Infinity ? null : lower, upper, upperClass }
}
