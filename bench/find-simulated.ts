/** Searches of simulated targets beside plain bisection: coverage, trials, time, width. */
import { seededRandom } from '../src/core/random.ts'
import {
  CLIFFS,
  queue,
  queueCapacity,
  QUEUES,
  rightOf,
  SEARCH,
  searchOn,
  type SimulatedKind,
  type SimulatedTarget,
} from '../test/support/simulated-targets.ts'
import { median } from './spread.ts'
import { renderTable } from './table.ts'

/** Trials of a queue by which its capacity is measured. */
const TRUTH_TRIALS = 2000
const QUEUE_LEAST = 10
/** The standard normal quantile of one half. */
const MEDIAN = 0

interface Kind {
  readonly name: string
  readonly least: number
  readonly make: SimulatedKind['make']
  /** For long trials the capacity is the load at which half of them fail: one decides. */
  readonly makeForLong: SimulatedKind['make']
}

interface Found {
  readonly isRight: boolean
  readonly trials: number
  readonly trialsS: number
  readonly width: number
  readonly error: number
}

export function benchSimulated(searches: number, only: string): void {
  const rows = [
    [
      ...['target', 'coverage', 'trials', 'time s', 'time p95 s', 'width', 'error'],
      ...['bisection: coverage', 'time s', 'error', 'times faster'],
    ],
  ]
  for (const { name, least, make, makeForLong } of kinds(only)) {
    const seeds = Array.from({ length: searches }, (_, seed) => seed)
    const found = seeds.map((seed) => searched(make(seededRandom(seed, 1)), least))
    const bisected = seeds.map((seed) => bisect(makeForLong(seededRandom(seed, 1)), least))
    const timeS = median(found.map(({ trialsS }) => trialsS))
    const longS = median(bisected.map(({ trialsS }) => trialsS))
    const sorted = found.map(({ trialsS }) => trialsS).sort((a, b) => a - b)
    rows.push([
      ...[name, rightShare(found), String(median(found.map(({ trials }) => trials))), timeS.toFixed(0)],
      sorted[Math.floor(0.95 * sorted.length)]!.toFixed(0),
      ...[percent(median(found.map(({ width }) => width))), middleError(found)],
      ...[rightShare(bisected), longS.toFixed(0), middleError(bisected), (longS / timeS).toFixed(1)],
    ])
  }
  console.log(`${searches} searches of each kind; medians\n`)
  console.log(renderTable(rows))
}

function* kinds(only: string): Generator<Kind> {
  const isAsked = ([name]: readonly [string, unknown]): boolean => name.includes(only)
  for (const { name, make } of CLIFFS)
    if (name.includes(only))
      yield { name, least: SEARCH.least, make, makeForLong: (random) => make(random, MEDIAN) }
  for (const [name, law] of Object.entries(QUEUES).filter(isAsked)) {
    const short = queueCapacity(law, SEARCH.trialS, TRUTH_TRIALS)
    const long = queueCapacity(law, SEARCH.forS, TRUTH_TRIALS / 10, 0.5)
    yield {
      name,
      least: QUEUE_LEAST,
      make: (random) => queue(law, random, short),
      makeForLong: (random) => queue(law, random, long),
    }
  }
}

function searched(target: SimulatedTarget, least: number): Found {
  const { bounds, loads, trialsS, isRight, error } = searchOn(target, { ...SEARCH, least })
  const width = (bounds.upper ?? Infinity) / bounds.lower! - 1
  return { isRight, error, trials: loads.length, trialsS, width }
}

/** Doubles until a long trial fails, then halves the interval, by ratio, until it is as narrow as asked. */
function bisect(target: SimulatedTarget, least: number): Found {
  let trials = 0
  const firstS = new Map<number, number>()
  const holds = (load: number): boolean => {
    trials++
    firstS.set(load, target.nowS)
    const isHeld = target.trial(load, SEARCH.forS) === 'held'
    if (!isHeld) target.rest()
    return isHeld
  }
  let lower = least
  let upper = least
  while (holds(upper)) {
    lower = upper
    upper *= 2
  }
  while (lower < upper && upper / lower > 1 + SEARCH.precision) {
    const middle = Math.sqrt(lower * upper)
    if (holds(middle)) lower = middle
    else upper = middle
  }
  return {
    ...rightOf({ lower, upper }, target, firstS),
    trials,
    trialsS: trials * SEARCH.forS,
    width: upper / lower - 1,
  }
}

const rightShare = (found: readonly Found[]): string =>
  percent(found.filter(({ isRight }) => isRight).length / found.length)
const middleError = (found: readonly Found[]): string => percent(median(found.map(({ error }) => error)))
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
