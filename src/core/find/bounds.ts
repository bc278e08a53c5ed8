/**
 * What the trials at one load prove about it, after Multiple Loss Ratio Search (IETF BMWG, draft-ietf-bmwg-mlrsearch,
 * "Load Classification Logic"): many short trials take the place of a long one, and a stated share of them may fail.
 *
 * Taken from it: the goal's duration sum and exceed ratio, the optimistic and the pessimistic reading of what has not been
 * measured yet, relevant bounds. Left out: the loss ratio, for which the user's thresholds stand, and trials of several
 * lengths within one goal, which count by their duration. Added: a load fails, or holds in spite of failures, only when
 * chance does not explain their number, and neighbouring loads that contradict each other are pooled for that, because
 * of many loads tried near the capacity some are lucky; and a load that no reasonable time decides stays open, inside the
 * interval.
 */

/** How one trial went for one goal. `unmeasurable`: the generator, not the target, decided its figures. */
export type TrialAnswer = 'held' | 'failed' | 'unmeasurable'

/** What trials say of a load. `undecided`: more are needed; `open`: more would not decide it. */
export type LoadClass = 'held' | 'failed' | 'unmeasurable' | 'undecided' | 'open'

/** How sure an answer must be. */
export interface Proof {
  /** How long a load must be held, in seconds over all its trials. */
  readonly forS: number
  /** The share of that time in which trials may fail, from 0 up to, and not including, 1. */
  readonly tolerated: number
  /** How likely chance may explain the many failures at a load that fails, or the few at one that holds; 1 asks for no such proof. */
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
export const FEWEST_UNMEASURABLE = 2
/** The multiple of the goal's time after which an undecided load is left. */
const LONGEST = 2
/** Sums of durations are not exact. */
const ROUNDING_S = 1e-9

/** How much longer than the goal's time a load without failures must hold where other loads held and failed by turns. */
const GRADUAL = 1.5

/**
 * Classifies a load by its own trials. `evidence` is the trials that chance is judged by: its own, or also those of the
 * loads that it was pooled with. `isGradual`: some load held and failed by turns, so that one may hold throughout by luck.
 */
export function classOf(
  at: LoadTrials,
  { forS, tolerated, failChance, holdChance }: Proof,
  evidence: Evidence = at,
  isGradual = false,
): LoadClass {
  const { heldS, failedS, held, failed, unmeasurable } = at
  if (unmeasurable >= FEWEST_UNMEASURABLE && unmeasurable >= held + failed) return 'unmeasurable'
  const wholeS = Math.max(heldS + failedS, forS)
  const toleratedS = tolerated * wholeS + ROUNDING_S
  const trials = evidence.held + evidence.failed
  // Pessimistic: all that is still to be measured fails, and even so enough holds.
  if (wholeS - heldS <= toleratedS) {
    const isProven =
      evidence.failed === 0
        ? heldS >= forS * (isGradual ? GRADUAL : 1) - ROUNDING_S
        : 1 - chanceOf(evidence.failed + 1, trials, tolerated) <= holdChance
    if (isProven || holdChance === 1) return 'held'
  }
  // Optimistic: all that is still to be measured holds, and even so too much has failed.
  if (failedS > toleratedS && chanceOf(evidence.failed, trials, tolerated) <= failChance) return 'failed'
  return heldS + failedS >= LONGEST * forS ? 'open' : 'undecided'
}

/** How many trials held and failed, at one load or at several that were pooled. */
export type Evidence = Pick<LoadTrials, 'held' | 'failed'>

/**
 * Classifies every load. The share of failing trials cannot fall while the load grows, so loads between which it does are
 * pooled (isotonic regression by pooling adjacent violators; Barlow et al., 1972): of many loads tried near the capacity,
 * one is always lucky.
 */
export function classesOf(loads: Iterable<LoadTrials>, proof: Proof): Map<number, LoadClass> {
  const sorted = [...loads].sort((a, b) => a.load - b.load)
  const isGradual = sorted.some(({ held, failed }) => held > 0 && failed > 0)
  const blocks: { held: number; failed: number; readonly of: LoadTrials[] }[] = []
  for (const at of sorted) {
    let block = { held: at.held, failed: at.failed, of: [at] }
    for (
      let before = blocks.at(-1);
      before !== undefined && violates(before, block);
      before = blocks.at(-1)
    ) {
      blocks.pop()
      block = {
        held: before.held + block.held,
        failed: before.failed + block.failed,
        of: [...before.of, ...block.of],
      }
    }
    blocks.push(block)
  }
  return new Map(
    blocks.flatMap((block) => block.of.map((at) => [at.load, classOf(at, proof, block, isGradual)] as const)),
  )
}

/** Whether a larger share failed at the smaller load. */
const violates = (lower: Evidence, upper: Evidence): boolean =>
  lower.failed * (upper.held + upper.failed) > upper.failed * (lower.held + lower.failed)

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

/** The bounds of the load that a target holds, proven by trials. */
export interface Bounds {
  /** The largest load that is held, below every load that is not; `null` if none has been proven. */
  readonly lower: number | null
  /** The smallest load that is not held, or that cannot be measured; `null` if none has been found. */
  readonly upper: number | null
  /** Why the upper bound is one. */
  readonly upperClass: 'failed' | 'unmeasurable' | null
}

/** The relevant bounds among all loads that were tried. `cap` is an upper bound known from elsewhere. */
export function boundsOf(classes: ReadonlyMap<number, LoadClass>, cap: UpperBound = NO_UPPER): Bounds {
  let { upper, upperClass } = cap
  for (const [load, found] of classes)
    if ((found === 'failed' || found === 'unmeasurable') && (upper === null || load < upper)) {
      upper = load
      upperClass = found
    }
  let lower: number | null = null
  for (const [load, found] of classes)
    if (found === 'held' && (upper === null || load < upper) && (lower === null || load > lower)) lower = load
  return { lower, upper, upperClass }
}

type UpperBound = Pick<Bounds, 'upper' | 'upperClass'>
const NO_UPPER: UpperBound = { upper: null, upperClass: null }
