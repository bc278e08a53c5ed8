/**
 * When the iterations of the open model are due: a rate over run time, as a list of stages, turned into due times.
 * Everything is computed from the arrival's number; nothing is accumulated, so no rounding can make the rate drift.
 */
import { seededRandom } from '../random.ts'
import { globalIndex, type Share } from '../share.ts'

/** A span over which the arrival rate goes linearly from one value to the next; equal values hold, 0 s jumps. */
export interface RateStage {
  readonly fromPerS: number
  readonly toPerS: number
  readonly durationS: number
}

/**
 * `uniform`: evenly spaced. `poisson`: independent arrivals, as from many users who do not know of each other. `replay`: at
 * the instants of a log, whose counts per second the stages have.
 */
export type Arrival = 'uniform' | 'poisson' | 'replay'

/** What becomes of an arrival that finds no free user: it waits and its latency counts, or it is dropped and counted. */
export type OnFull = 'queue' | 'drop'

const area = ({ fromPerS, toPerS, durationS }: RateStage): number => ((fromPerS + toPerS) / 2) * durationS

/** Longer lists of stages are searched, not walked: the replay of a log has one for each second. */
const WALKED = 64

/** When each stage begins, and the arrivals before it. */
interface Starts {
  readonly s: Float64Array
  readonly sums: Float64Array
}

const startsOf = new WeakMap<readonly RateStage[], Starts>()

/** Where a walk to this instant begins: a stage that begins before it, its begin and the arrivals before that. */
function walkFrom(stages: readonly RateStage[], atS: number): { i: number; t: number; sum: number } {
  if (stages.length <= WALKED) return { i: 0, t: 0, sum: 0 }
  let starts = startsOf.get(stages)
  if (starts === undefined) {
    starts = { s: new Float64Array(stages.length), sums: new Float64Array(stages.length) }
    for (let i = 1; i < stages.length; i++) {
      starts.s[i] = starts.s[i - 1]! + stages[i - 1]!.durationS
      starts.sums[i] = starts.sums[i - 1]! + area(stages[i - 1]!)
    }
    startsOf.set(stages, starts)
  }
  let low = 0
  let high = stages.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (starts.s[middle]! <= atS) low = middle
    else high = middle - 1
  }
  return { i: low, t: starts.s[low]!, sum: starts.sums[low]! }
}

/** The planned arrival rate at an instant; after the last stage its end value holds. */
export function rateAt(stages: readonly RateStage[], atS: number): number {
  let { i, t } = walkFrom(stages, atS)
  for (; i < stages.length; i++) {
    const { fromPerS, toPerS, durationS } = stages[i]!
    if (atS < t + durationS) return fromPerS + ((toPerS - fromPerS) * (atS - t)) / durationS
    t += durationS
  }
  return stages.at(-1)?.toPerS ?? 0
}

/** The highest arrival rate the plan ever asks for. */
export const peakRate = (stages: readonly RateStage[]): number =>
  stages.reduce((peak, { fromPerS, toPerS }) => Math.max(peak, fromPerS, toPerS), 0)

/** How many arrivals the rate adds up to by an instant: the area under the line, not rounded. */
export function arrivalsBy(stages: readonly RateStage[], atS: number): number {
  let { i, t, sum } = walkFrom(stages, atS)
  for (; i < stages.length; i++) {
    const stage = stages[i]!
    if (atS < t + stage.durationS)
      return sum + area({ ...stage, toPerS: rateAt(stages, atS), durationS: atS - t })
    sum += area(stage)
    t += stage.durationS
  }
  const last = stages.at(-1)?.toPerS ?? 0
  return last > 0 ? sum + last * (atS - t) : sum
}

/**
 * The instant at which the area under the rate reaches `x`: for arrival n of the uniform model, x = n. Infinity when
 * it never does.
 *
 * Within a stage that begins at rate r0 with slope s, the area after t seconds is r0·t + s·t²/2, and the root in the
 * form t = 2x / (r0 + √(r0² + 2·s·x)) needs no special case for s = 0 and loses no digits.
 */
export function instantOf(stages: readonly RateStage[], x: number): number {
  let t = 0
  let left = x
  for (const stage of stages) {
    const inStage = area(stage)
    // An area that is a whole number may come out a hair above it; its last arrival belongs to what follows anyway.
    if (left < inStage - HAIR - HAIR_RATIO * x) {
      if (left <= 0) return t
      const { fromPerS, toPerS, durationS } = stage
      const slope = (toPerS - fromPerS) / durationS
      return t + (2 * left) / (fromPerS + Math.sqrt(Math.max(0, fromPerS * fromPerS + 2 * slope * left)))
    }
    left -= inStage
    t += stage.durationS
  }
  const last = stages.at(-1)?.toPerS ?? 0
  return last > 0 ? t + Math.max(0, left) / last : Infinity
}

/** What rounding may add to an area: in arrivals, and for each arrival up to there. */
const HAIR = 1e-9
const HAIR_RATIO = 1e-14

/**
 * The areas under the rate at which a share's arrivals are due, in their order; `instantOf` says when that is. Uniform
 * arrival k is due when the area reaches k. Poisson arrivals are those of a unit-rate process carried over to that area
 * (time rescaling): every worker walks the same seeded stream and keeps its stripe. None of this depends on the rate, so
 * whatever becomes of that, no arrival is lost and none comes twice.
 */
export function arrivalAreas(arrival: Arrival, share: Share, seed: number): () => number {
  let i = 0
  if (arrival !== 'poisson') return () => globalIndex(i++, share)
  const random = seededRandom(seed, ARRIVAL_STREAM)
  let reached = 0
  let walked = 0
  return () => {
    const own = globalIndex(i++, share)
    for (; walked <= own; walked++) reached += -Math.log(1 - random())
    return reached
  }
}

/** A stream of random numbers that no user has. */
const ARRIVAL_STREAM = 0x7fff_fffe
