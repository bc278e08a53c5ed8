/** The search for the highest load, on targets whose capacity is known. */
import { expect, test } from 'vitest'
import { boundsOf, classOf, type LoadTrials, type Proof } from '../../../src/core/find/bounds.ts'
import { Search, type GoalBounds, type SearchPlan } from '../../../src/core/find/search.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { cliff, flaky, limited, mm1, type SimulatedTarget } from '../../support/simulated-targets.ts'

const PLAN: SearchPlan = {
  least: 100,
  most: Infinity,
  isWhole: false,
  trialS: 5,
  forS: 60,
  tolerated: 0.2,
  precision: 0.02,
  goals: 1,
}
const TOO_MANY = 600

function searched(target: SimulatedTarget, seed: number, plan: Partial<SearchPlan> = {}) {
  const whole = { ...PLAN, ...plan }
  const search = new Search(whole)
  const random = seededRandom(seed)
  const loads: number[] = []
  for (let load = search.next(); load !== null && loads.length < TOO_MANY; load = search.next()) {
    loads.push(load)
    search.add(load, whole.trialS, [target.trial(load, whole.trialS, random)])
  }
  return { loads, bounds: search.bounds(0) }
}

const contains = ({ lower, upper }: GoalBounds, capacity: number): boolean =>
  lower !== null && lower <= capacity && (upper === null || upper > capacity)

test.each<[string, number, (random: () => number) => SimulatedTarget]>([
  ['a cliff', 1, (random) => cliff(500 + random() * 20_000)],
  ['a flaky one', 0.95, (random) => flaky(500 + random() * 20_000)],
  ['a queue', 0.95, (random) => mm1(20_000 + random() * 2000, 0.99, 0.005, PLAN.trialS, PLAN.tolerated)],
])('the interval holds the capacity of %s', (_, least, make) => {
  const SEEDS = 300
  let inside = 0
  const trials: number[] = []
  for (let seed = 0; seed < SEEDS; seed++) {
    const target = make(seededRandom(seed, 1))
    const { loads, bounds } = searched(target, seed)
    trials.push(loads.length)
    if (contains(bounds, target.capacity)) inside++
  }
  expect(inside / SEEDS).toBeGreaterThanOrEqual(least)
  // One long trial for each step of a bisection takes 12 to 15 of 60 s: 720 to 900 s.
  const median = trials.sort((a, b) => a - b)[SEEDS / 2]!
  expect(median * PLAN.trialS).toBeLessThanOrEqual(300)
})

test('the interval of a cliff is as narrow as was asked, in whole users too', () => {
  for (const capacity of [150, 1000, 12_345]) {
    const { bounds } = searched(cliff(capacity), 1)
    expect(bounds.isDone).toBe(true)
    expect(bounds.upper! / bounds.lower!).toBeLessThanOrEqual(1.0201)
  }
  const { bounds, loads } = searched(cliff(7), 1, { least: 1, isWhole: true })
  expect(bounds).toMatchObject({ lower: 7, upper: 8, upperClass: 'failed', isDone: true })
  expect(loads.every(Number.isInteger)).toBe(true)
})

test('a generator at its limit is no bound of the target', () => {
  const { bounds } = searched(limited(20_000, 3000), 1)
  expect(bounds.upperClass).toBe('unmeasurable')
  expect(bounds.lower).toBeLessThanOrEqual(3000)
  expect(bounds.lower! * 1.0201).toBeGreaterThan(3000)
})

test('a load that fails at the least is the answer, and one that holds at the most, too', () => {
  expect(searched(cliff(50), 1).bounds).toEqual({
    lower: null,
    upper: 100,
    upperClass: 'failed',
    isDone: true,
  })
  const top = searched(cliff(1e9), 1, { most: 1000 }).bounds
  expect(top).toEqual({ lower: 1000, upper: null, upperClass: null, isDone: true })
})

test('several goals are answered by one climb', () => {
  const search = new Search({ ...PLAN, goals: 2 })
  for (let load = search.next(); load !== null; load = search.next())
    search.add(load, 5, [load <= 2000 ? 'held' : 'failed', load <= 5000 ? 'held' : 'failed'])
  expect(contains(search.bounds(0), 2000)).toBe(true)
  expect(contains(search.bounds(1), 5000)).toBe(true)
})

const PROOF: Proof = { forS: 60, tolerated: 0.2, failChance: 0.02, holdChance: 0.2 }
const at = (held: number, failed: number, unmeasurable = 0): LoadTrials => ({
  load: 1,
  heldS: held * 5,
  failedS: failed * 5,
  held,
  failed,
  unmeasurable,
})

test.each<[string, LoadTrials]>([
  ['undecided', at(9, 0)],
  ['held', at(10, 0)],
  ['undecided', at(0, 2)],
  ['failed', at(0, 3)],
  // Three of twelve are more than a fifth, and no more than chance explains.
  ['undecided', at(9, 3)],
  ['open', at(18, 6)],
  ['undecided', at(5, 0, 1)],
  ['unmeasurable', at(0, 0, 2)],
])('trials prove a load %s', (expected, trials) => {
  expect(classOf(trials, PROOF)).toBe(expected)
})

test('what is held above a load that fails is no lower bound', () => {
  const loads = [at(10, 0), { ...at(0, 3), load: 2 }, { ...at(10, 0), load: 3 }]
  expect(boundsOf(loads, PROOF)).toEqual({ lower: 1, upper: 2, upperClass: 'failed' })
})
