/**
 * Targets with a known capacity that answer a trial at a load by a law, for searches that can be tried by the thousand.
 *
 * The capacity is the goal's own: the highest load at which at most the tolerated share of trials fails. It is exact for a
 * cliff, follows from the normal distribution for a noisy one, and is measured on long runs of a queue. A target whose
 * capacity changes has a range of them: those since a given time, such as the first trial at one of the bounds found.
 */
import type { TrialAnswer } from '../../src/core/find/bounds.ts'
import { Search, type GoalBounds, type SearchPlan } from '../../src/core/find/search.ts'
import { normal, seededRandom, type Random } from '../../src/core/random.ts'

/** A search with the defaults of the command. */
export const SEARCH: SearchPlan = {
  least: 100,
  most: Infinity,
  isWhole: false,
  trialS: 5,
  forS: 60,
  tolerated: 0.2,
  precision: 0.02,
  goals: 1,
  looser: [[]],
}

export interface SimulatedTarget {
  /** Answers a trial that begins at the target's time of now, which goes on by its duration. */
  trial(load: number, durationS: number): TrialAnswer
  /** Rests at a low load after a trial that was not held; returns how long that took, in seconds. */
  rest(): number
  /** The capacities that it has had since a time, in seconds of its own. */
  capacity(sinceS: number): CapacityRange
  readonly nowS: number
}

export interface CapacityRange {
  readonly low: number
  readonly high: number
}

const held = (isHeld: boolean): TrialAnswer => (isHeld ? 'held' : 'failed')

/** A target whose capacity is a function of time and of what it has been through. */
interface CliffWays {
  /** The capacity at a time, as a share of the nominal one. @default 1 */
  readonly at?: (nowS: number) => number
  /** The share of trials that fail whatever the load. @default 0 */
  readonly flaky?: number
  /** The standard deviation of a trial's capacity, as a share. @default 0 */
  readonly noise?: number
  /** What is left of the capacity after a trial that was not held; until it has rested, or for good. @default 1 */
  readonly afterOverload?: number
  readonly recovers?: boolean
  /** How the capacity of a trial is judged: the standard normal quantile of the share of trials that may fail. @default that of a search */
  readonly quantile?: number
  /** Above this load the generator decides the figures. @default Infinity */
  readonly measurable?: number
}

/** How long a rest takes. */
const REST_S = 2
/** The share of trials that may fail: that of the search's plan. */
export const TOLERATED = 0.2
/** The standard normal quantile of the tolerated share. */
const Z_TOLERATED = -0.841621

/** Everything holds up to the capacity, nothing above it, but for what `ways` changes. */
export function cliff(nominal: number, random: Random = () => 0.5, ways: CliffWays = {}): SimulatedTarget {
  const { at = () => 1, flaky = 0, noise = 0, afterOverload = 1, recovers = true } = ways
  const { measurable = Infinity, quantile = Z_TOLERATED } = ways
  let nowS = 0
  let left = 1
  const capacities = (): number[] => past.map(({ capacity }) => capacity)
  const past: { readonly atS: number; readonly capacity: number }[] = []
  return {
    get nowS() {
      return nowS
    },
    trial(load, durationS) {
      const capacity = nominal * left * at(nowS)
      past.push({ atS: nowS, capacity: capacity * (1 + quantile * noise) })
      nowS += durationS
      if (load > measurable) return 'unmeasurable'
      const isHeld = load <= capacity * (1 + (noise > 0 ? noise * normal(random) : 0))
      if (!isHeld && afterOverload < 1) left = afterOverload
      return held(isHeld && (flaky === 0 || random() >= flaky))
    },
    rest() {
      nowS += REST_S
      if (recovers) left = 1
      return REST_S
    },
    capacity(sinceS) {
      const since = past.filter(({ atS }) => atS >= sinceS).map(({ capacity }) => capacity)
      const all = since.length > 0 ? since : capacities()
      // What an overload has left for good is the capacity from then on; a range would hide it.
      const range = afterOverload < 1 ? [recovers ? nominal : nominal * left] : all
      return { low: Math.min(...range), high: Math.max(...range) }
    },
  }
}

/** A queue with some servers: arrivals by a Poisson process, service times of any distribution with mean 1. */
export interface QueueLaw {
  readonly servers: number
  /** Requests per second that all servers together can serve. */
  readonly perS: number
  readonly service: (random: Random) => number
  /** The limit of the sojourn time's 99th percentile, in mean service times. */
  readonly limit: number
}

export const exponential = (random: Random): number => -Math.log(1 - random())
export const constant = (): number => 1
/** Lognormal with σ = 1. */
export const lognormal = (random: Random): number => Math.exp(normal(random) - 0.5)
/** One request in ten takes ten times as long as the others. */
export const twoKinds = (random: Random): number => (random() < 0.1 ? 10 : 1) / 1.9

const Q = 0.99

/** First come, first served; every single request is simulated. `truth` is its measured capacity. */
export function queue(law: QueueLaw, random: Random, truth: number): SimulatedTarget {
  const meanS = law.servers / law.perS
  const limitS = law.limit * meanS
  const freeAtS = new Float64Array(law.servers)
  let nowS = 0
  return {
    get nowS() {
      return nowS
    },
    trial(load, durationS) {
      const endS = nowS + durationS
      let n = 0
      let late = 0
      for (let t = nowS + exponential(random) / load; t < endS; t += exponential(random) / load) {
        let first = 0
        for (let s = 1; s < freeAtS.length; s++) if (freeAtS[s]! < freeAtS[first]!) first = s
        const doneS = Math.max(t, freeAtS[first]!) + meanS * law.service(random)
        freeAtS[first] = doneS
        n++
        if (doneS - t > limitS) late++
      }
      nowS = endS
      return held(late <= (1 - Q) * n)
    },
    rest() {
      nowS += REST_S
      freeAtS.fill(0)
      return REST_S
    },
    capacity: () => ({ low: truth, high: truth }),
  }
}

/**
 * Measures the capacity of a queue by bisection: the load at which a given share of the trials fails, in runs with the same
 * seed. Trials follow each other as they do in a search, so that a full queue is handed on.
 */
export function queueCapacity(law: QueueLaw, trialS: number, trials: number, share = TOLERATED): number {
  let [low, high] = [law.perS / 100, law.perS]
  while (high / low > 1.001) {
    const load = (low + high) / 2
    const target = queue(law, seededRandom(1, 7), 0)
    let failed = 0
    for (let i = 0; i < trials; i++) if (target.trial(load, trialS) === 'failed') failed++
    if (failed <= share * trials) low = load
    else high = load
  }
  return (low + high) / 2
}

/** A kind of target; each seed gives another one of it. */
export interface SimulatedKind {
  readonly name: string
  /** Makes one; `quantile` is of the share of trials that may fail, where trials vary. */
  readonly make: (random: Random, quantile?: number) => SimulatedTarget
}

const somewhere = (random: Random): number => 500 + random() * 20_000
const ofCliff = (name: string, ways: (random: Random) => CliffWays): SimulatedKind => ({
  name,
  make: (random, quantile = Z_TOLERATED) => cliff(somewhere(random), random, { ...ways(random), quantile }),
})

/** Kinds whose capacity is known exactly. */
export const CLIFFS: readonly SimulatedKind[] = [
  ofCliff('cliff', () => ({})),
  ofCliff('flaky: 1 trial in 10 fails at any load', () => ({ flaky: 0.1 })),
  ofCliff('noisy: a trial’s capacity varies by 2 %', () => ({ noise: 0.02 })),
  ofCliff('drifting: 3 % less in 10 min', () => ({ at: (nowS) => 1 - (0.03 * nowS) / 600 })),
  ofCliff('drifting: ±2 % within 5 min', (random) => {
    const phase = random()
    return { at: (nowS) => 1 + 0.02 * Math.sin(2 * Math.PI * (nowS / 300 + phase)) }
  }),
  ofCliff('hysteresis: 30 % less until it has rested', () => ({ afterOverload: 0.7 })),
  ofCliff('hysteresis: 30 % less for good', () => ({ afterOverload: 0.7, recovers: false })),
  ofCliff('warming up: half of it at first', () => ({ at: (nowS) => 1 - 0.5 * Math.exp(-nowS / 20) })),
]

/** Queues, whose capacity is measured. */
export const QUEUES: Readonly<Record<string, QueueLaw>> = {
  'M/M/1': { servers: 1, perS: 400, service: exponential, limit: 20 },
  'M/M/8': { servers: 8, perS: 400, service: exponential, limit: 8 },
  'M/D/1': { servers: 1, perS: 400, service: constant, limit: 10 },
  'M/G/4, lognormal': { servers: 4, perS: 400, service: lognormal, limit: 12 },
  'M/G/4, 1 in 10 is 10 times as long': { servers: 4, perS: 400, service: twoKinds, limit: 10 },
}

/** What a search of a simulated target came to. */
export interface Searched {
  readonly bounds: GoalBounds
  readonly loads: readonly number[]
  /** Time of the trials alone. */
  readonly trialsS: number
  /** Whether the interval holds the capacity that the target had since the first trial at one of the bounds. */
  readonly isRight: boolean
  /** How far the middle of the interval is from it, as a share. */
  readonly error: number
}

const TOO_MANY = 600

/** Searches a target to the end; after a trial that was not held it rests. */
export function searchOn(target: SimulatedTarget, plan: SearchPlan): Searched {
  const search = new Search(plan)
  const loads: number[] = []
  const firstS = new Map<number, number>()
  for (let load = search.next(); load !== null && loads.length < TOO_MANY; load = search.next()) {
    loads.push(load)
    if (!firstS.has(load)) firstS.set(load, target.nowS)
    const answer = target.trial(load, plan.trialS)
    search.add(load, plan.trialS, [answer])
    if (answer !== 'held') target.rest()
  }
  const bounds = search.bounds(0)
  const trialsS = loads.length * plan.trialS
  return { bounds, loads, trialsS, ...rightOf(bounds, target, firstS) }
}

/** Holds an interval against the capacity since the first trial at one of its ends. */
export function rightOf(
  { lower, upper }: Pick<GoalBounds, 'lower' | 'upper'>,
  target: SimulatedTarget,
  firstS: ReadonlyMap<number, number>,
): Pick<Searched, 'isRight' | 'error'> {
  const sinceS = Math.min(...[lower, upper].map((load) => firstS.get(load ?? NaN) ?? Infinity))
  const { low, high } = target.capacity(sinceS)
  if (lower === null) return { isRight: false, error: Infinity }
  const middle = Math.sqrt(lower * (upper ?? lower))
  return {
    isRight: lower <= high && (upper === null || upper > low),
    error: Math.max(0, low / middle - 1, middle / high - 1),
  }
}
