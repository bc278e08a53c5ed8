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

/** `uniform`: evenly spaced. `poisson`: independent arrivals, as from many users who do not know of each other. */
export type Arrival = 'uniform' | 'poisson'

/** What becomes of an arrival that finds no free user: it waits and its latency counts, or it is dropped and counted. */
export type OnFull = 'queue' | 'drop'

const area = ({ fromPerS, toPerS, durationS }: RateStage): number => ((fromPerS + toPerS) / 2) * durationS

/** The planned arrival rate at an instant; after the last stage its end value holds. */
export function rateAt(stages: readonly RateStage[], atS: number): number {
  let t = 0
  let last = 0
  for (const { fromPerS, toPerS, durationS } of stages) {
    if (atS < t + durationS) return fromPerS + ((toPerS - fromPerS) * (atS - t)) / durationS
    t += durationS
    last = toPerS
  }
  return last
}

/** The highest arrival rate the plan ever asks for. */
export const peakRate = (stages: readonly RateStage[]): number =>
  stages.reduce((peak, { fromPerS, toPerS }) => Math.max(peak, fromPerS, toPerS), 0)

/** How many arrivals the rate adds up to by an instant: the area under the line, not rounded. */
export function arrivalsBy(stages: readonly RateStage[], atS: number): number {
  let t = 0
  let sum = 0
  for (const stage of stages) {
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
  if (arrival === 'uniform') return () => globalIndex(i++, share)
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
