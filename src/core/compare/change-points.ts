/**
 * Change points in a series of figures: E-divisive with a permutation test. D. S. Matteson and N. A. James, "A
 * Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data", JASA 109 (2014), here for one figure and
 * with the exponent 1; used on performance tests by D. Daly and others, "The Use of Change Point Detection to Identify
 * Software Performance Regressions in a Continuous Integration System", ICPE 2020. Nothing is assumed of the distribution.
 */
import { seededRandom, type Random } from '../random.ts'

/** The chance of a mark where nothing has changed, for each segment that is tested. */
export const CHANGE_ALPHA = 0.01
/** Runs on each side of a change, at least. */
const LEAST_SIDE = 3
const PERMUTATIONS = 999
const SEED = 1

export interface ChangePoint {
  /** The place of the first value after the change. */
  readonly at: number
  /** The share of permutations, this order included, that divide as well. */
  readonly p: number
  /** Means of the segments before and after the change. */
  readonly before: number
  readonly after: number
}

/** The change points of a series, in their order. */
export function changePoints(values: readonly number[]): ChangePoint[] {
  const random = seededRandom(SEED)
  const found: { at: number; p: number }[] = []
  divide(values, 0, random, found)
  found.sort((a, b) => a.at - b.at)
  const ends = [0, ...found.map(({ at }) => at), values.length]
  return found.map(({ at, p }, i) => ({
    ...{ at, p },
    before: mean(values.slice(ends[i], at)),
    after: mean(values.slice(at, ends[i + 2])),
  }))
}

/** Divides a segment where that is significant, and then its parts. */
function divide(
  segment: readonly number[],
  offset: number,
  random: Random,
  found: { at: number; p: number }[],
): void {
  const best = bestDivision(segment)
  if (best === null) return
  let asGood = 1
  for (let i = 0; i < PERMUTATIONS; i++)
    if (bestDivision(shuffled(segment, random))!.q >= best.q * (1 - TIE)) asGood++
  const p = asGood / (PERMUTATIONS + 1)
  if (p > CHANGE_ALPHA) return
  found.push({ at: offset + best.at, p })
  divide(segment.slice(0, best.at), offset, random, found)
  divide(segment.slice(best.at), offset + best.at, random, found)
}

/** Values that differ by rounding alone divide equally well; a tie counts against a change. */
const TIE = 1e-9

/**
 * The division with the greatest scaled energy distance: nm / (n + m) times twice the mean distance between the parts less
 * the mean distances within each. The second part may end early, so that a change that is taken back later is found too.
 * `null` if the segment is too short.
 */
function bestDivision(segment: readonly number[]): { readonly at: number; readonly q: number } | null {
  const length = segment.length
  const sumOf = distanceSums(segment)
  let best: { at: number; q: number } | null = null
  for (let at = LEAST_SIDE; at <= length - LEAST_SIDE; at++) {
    const before = sumOf(0, at, 0, at) / 2 / pairs(at)
    for (let end = at + LEAST_SIDE; end <= length; end++) {
      const [n, m] = [at, end - at]
      const between = (2 * sumOf(0, at, at, end)) / (n * m)
      const q = ((n * m) / (n + m)) * (between - before - sumOf(at, end, at, end) / 2 / pairs(m))
      if (best === null || q > best.q) best = { at, q }
    }
  }
  return best
}

/** The sum of the distances of the values of one range from those of another, in constant time by sums of rectangles. */
function distanceSums(
  values: readonly number[],
): (from: number, to: number, otherFrom: number, otherTo: number) => number {
  const width = values.length + 1
  const sums = new Float64Array(width * width)
  for (let i = 1; i < width; i++) {
    let row = 0
    for (let j = 1; j < width; j++) {
      row += Math.abs(values[i - 1]! - values[j - 1]!)
      sums[i * width + j] = sums[(i - 1) * width + j]! + row
    }
  }
  return (from, to, otherFrom, otherTo) =>
    sums[to * width + otherTo]! -
    sums[from * width + otherTo]! -
    sums[to * width + otherFrom]! +
    sums[from * width + otherFrom]!
}

const pairs = (n: number): number => (n * (n - 1)) / 2

function shuffled(values: readonly number[], random: Random): number[] {
  const all = [...values]
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[all[i], all[j]] = [all[j]!, all[i]!]
  }
  return all
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
