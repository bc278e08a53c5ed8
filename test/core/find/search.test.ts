/** The search for the highest load, on targets whose capacity is known. */
import { expect, test } from 'vitest'
import {
  boundsOf,
  classOf,
  classesOf,
  type LoadClass,
  type LoadTrials,
  type Proof,
} from '../../../src/core/find/bounds.ts'
import { Search, type SearchPlan } from '../../../src/core/find/search.ts'
import { normal, seededRandom } from '../../../src/core/random.ts'
import {
  CLIFFS,
  cliff,
  exponential,
  queue,
  queueCapacity,
  SEARCH,
  searchOn,
  type Searched,
  type SimulatedTarget,
} from '../../support/simulated-targets.ts'

const searched = (target: SimulatedTarget, plan: Partial<SearchPlan> = {}): Searched =>
  searchOn(target, { ...SEARCH, ...plan })

/** The law of `bench/find.ts`, which makes 1,000 searches of each kind. */
const SEEDS = 60

test.each(CLIFFS)('the interval holds the capacity: $name', ({ make }) => {
  const all = Array.from({ length: SEEDS }, (_, seed) => searched(make(seededRandom(seed, 1))))
  expect(all.filter(({ isRight }) => isRight).length).toBeGreaterThanOrEqual(0.95 * SEEDS)
})

test('the interval holds the capacity of a queue, whose requests are all simulated', () => {
  const law = { servers: 1, perS: 100, service: exponential, limit: 20 }
  const truth = queueCapacity(law, SEARCH.trialS, 500)
  const right = Array.from(
    { length: 20 },
    (_, seed) => searched(queue(law, seededRandom(seed, 1), truth), { least: 10 }).isRight,
  )
  expect(right.filter(Boolean).length).toBeGreaterThanOrEqual(18)
})

test('a search takes less than half of the time of a bisection with one long trial at each load', () => {
  const times = CLIFFS.slice(0, 1).flatMap(({ make }) =>
    Array.from({ length: SEEDS }, (_, seed) => searched(make(seededRandom(seed, 1))).trialsS),
  )
  // 100/s doubled up to some thousands, then halved down to 2 %: 12 to 15 trials of 60 s.
  expect(times.sort((a, b) => a - b)[SEEDS / 2]).toBeLessThan((12 * SEARCH.forS) / 2)
})

test('the interval of a cliff is as narrow as was asked, in whole users too', () => {
  for (const capacity of [150, 1000, 12_345]) {
    const { bounds } = searched(cliff(capacity))
    expect(bounds.isDone).toBe(true)
    expect(bounds.upper! / bounds.lower!).toBeLessThanOrEqual(1.0201)
  }
  const { bounds, loads } = searched(cliff(7), { least: 1, isWhole: true })
  expect(bounds).toMatchObject({ lower: 7, upper: 8, upperClass: 'failed', isDone: true })
  expect(loads.every(Number.isInteger)).toBe(true)
})

test('a generator at its limit is no bound of the target', () => {
  const { bounds } = searched(cliff(20_000, undefined, { measurable: 3000 }))
  expect(bounds.upperClass).toBe('unmeasurable')
  expect(bounds.lower).toBeLessThanOrEqual(3000)
  expect(bounds.lower! * 1.0201).toBeGreaterThan(3000)
})

test('a load that fails at the least is the answer, and one that holds at the most, too', () => {
  expect(searched(cliff(50)).bounds).toEqual({
    lower: null,
    upper: 100,
    upperClass: 'failed',
    isDone: true,
  })
  const top = searched(cliff(1e9), { most: 1000 }).bounds
  expect(top).toEqual({ lower: 1000, upper: null, upperClass: null, isDone: true })
})

test('several goals are answered by one climb', () => {
  const search = new Search({ ...SEARCH, goals: 2, looser: [[1], []] })
  for (let load = search.next(); load !== null; load = search.next())
    search.add(load, 5, [load <= 2000 ? 'held' : 'failed', load <= 5000 ? 'held' : 'failed'])
  expect(search.bounds(0)).toMatchObject({ isDone: true, upperClass: 'failed' })
  expect(search.bounds(0).lower! <= 2000 && search.bounds(0).upper! > 2000).toBe(true)
  expect(search.bounds(1).lower! <= 5000 && search.bounds(1).upper! > 5000).toBe(true)
})

test('a stricter goal never has a bound above that of a looser one, at any time of a noisy search', () => {
  for (let seed = 0; seed < 10; seed++) {
    const random = seededRandom(seed)
    const search = new Search({ ...SEARCH, goals: 2, looser: [[1], []] })
    for (let load = search.next(), n = 0; load !== null && n < 150; load = search.next(), n++) {
      // How much of the limit the trial took: a gradual slope with much noise.
      const taken = load / 2000 + 0.15 * normal(random)
      search.add(load, 5, [taken <= 1 ? 'held' : 'failed', taken <= 1.03 ? 'held' : 'failed'])
      const [strict, loose] = [search.bounds(0), search.bounds(1)]
      expect(strict.lower ?? 0).toBeLessThanOrEqual(loose.lower ?? 0)
      expect(strict.upper ?? Infinity).toBeLessThanOrEqual(loose.upper ?? Infinity)
    }
  }
})

const PROOF: Proof = { forS: 60, tolerated: 0.2, failChance: 0.002, holdChance: 0.035 }
const at = (held: number, failed: number, unmeasurable = 0): LoadTrials => ({
  load: 1,
  heldS: held * 5,
  failedS: failed * 5,
  held,
  failed,
  unmeasurable,
})

test.each<[string, LoadTrials]>([
  ['undecided', at(11, 0)],
  ['held', at(12, 0)],
  ['undecided', at(0, 3)],
  ['failed', at(0, 4)],
  // One of fifteen is less than a fifth, and no less than chance explains.
  ['undecided', at(14, 1)],
  ['held', at(23, 1)],
  ['open', at(18, 6)],
  ['undecided', at(5, 0, 1)],
  ['unmeasurable', at(0, 0, 2)],
])('trials prove a load %s', (expected, trials) => {
  expect(classOf(trials, PROOF)).toBe(expected)
})

test('a load that was lucky beside a smaller one that fails more often is not proven to hold', () => {
  const classes = classesOf(
    [
      { ...at(18, 5), load: 1 },
      { ...at(23, 1), load: 2 },
    ],
    PROOF,
  )
  expect(classes.get(2)).toBe('open')
})

test('what is held above a load that fails is no lower bound', () => {
  const classes = new Map<number, LoadClass>([
    [1, 'held'],
    [2, 'failed'],
    [3, 'held'],
  ])
  expect(boundsOf(classes)).toEqual({ lower: 1, upper: 2, upperClass: 'failed' })
})
