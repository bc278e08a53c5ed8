/**
 * Which of several scenarios a user follows: a pure function of its number, so that every worker agrees without a word.
 * Scenarios that say how many users they have come first, as those users start first and stop last; the others share the
 * rest by their weights. However many users there are, each scenario has its exact share of them, rounded up or down.
 * That is fair scheduling of one processor, and earliest deadline first (S. Baruah and others, "Proportionate progress: a
 * notion of fairness in resource allocation", Algorithmica 15, 1996).
 */
import { seededRandom } from '../random.ts'
import type { ScenarioPlan } from './script-plan.ts'

/** Sums of shares come out this much off by rounding. */
const HAIR = 1e-9

/** What the choice rests on. */
export type Mixed = Pick<ScenarioPlan, 'weight' | 'users'>

/** Users of the scenarios that say how many they have. */
export const fixedUsers = (scenarios: readonly Mixed[]): number =>
  scenarios.reduce((sum, { users }) => sum + (users ?? 0), 0)

/** The place of each user's scenario among these, for this many users. */
export function mixOf(scenarios: readonly Mixed[], users: number): Uint16Array {
  const mix = new Uint16Array(users)
  const fixed = Math.min(users, fixedUsers(scenarios))
  const places = [...scenarios.keys()]
  assign(
    mix.subarray(0, fixed),
    places.filter((i) => scenarios[i]!.users !== null),
    (i) => scenarios[i]!.users!,
  )
  assign(
    mix.subarray(fixed),
    places.filter((i) => scenarios[i]!.users === null),
    (i) => scenarios[i]!.weight,
  )
  return mix
}

/**
 * Deals out the places one by one. The j-th user of a scenario has a span of numbers to fall into, which ends before one
 * more would be missing; of those whose span has begun, the one goes whose span ends first.
 */
function assign(mix: Uint16Array, places: readonly number[], weightOf: (place: number) => number): void {
  if (places.length < 2) {
    mix.fill(places[0] ?? 0)
    return
  }
  const random = seededRandom(0, 0)
  const sum = places.reduce((total, place) => total + weightOf(place), 0)
  const everyNth = places.map((place) => sum / weightOf(place))
  const dealt = places.map(() => 0)
  for (let n = 1; n <= mix.length; n++) {
    let next = -1
    let soonest = Infinity
    let equals = 1
    for (const [i, nth] of everyNth.entries()) {
      if (n <= dealt[i]! * nth + HAIR) continue
      const last = Math.ceil((dealt[i]! + 1) * nth - HAIR)
      equals = last === soonest ? equals + 1 : 1
      // By chance among equals: an order that repeats would give each worker scenarios of its own.
      if (last > soonest || (last === soonest && random() * equals >= 1)) continue
      next = i
      soonest = last
    }
    dealt[next]!++
    mix[n - 1] = places[next]!
  }
}
