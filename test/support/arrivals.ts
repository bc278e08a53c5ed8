/** Due times as lists, and the test of whether numbers come from an exponential distribution. */
import { arrivalAreas, instantOf, type Arrival, type RateStage } from '../../src/core/load/arrivals.ts'
import type { Share } from '../../src/core/share.ts'

export const rate = (fromPerS: number, toPerS: number, durationS: number): RateStage => ({
  fromPerS,
  toPerS,
  durationS,
})

/** How long all stages together last. */
export const spanS = (stages: readonly RateStage[]): number =>
  stages.reduce((sum, { durationS }) => sum + durationS, 0)

export interface Walk {
  readonly arrival?: Arrival
  readonly share?: Share
  readonly seed?: number
  readonly most?: number
}

/** When the arrivals of a share are due, one after the other; Infinity when there are no more. */
export function dueTimes(
  stages: readonly RateStage[],
  arrival: Arrival,
  share: Share,
  seed: number,
): () => number {
  const next = arrivalAreas(arrival, share, seed)
  return () => instantOf(stages, next())
}

/** Every due time before an instant, in the order in which they come. */
export function duesBefore(
  stages: readonly RateStage[],
  endS: number,
  { arrival = 'uniform', share = { index: 0, of: 1 }, seed = 1, most = Infinity }: Walk = {},
): number[] {
  const next = dueTimes(stages, arrival, share, seed)
  const dues: number[] = []
  for (let dueS = next(); dueS < endS && dues.length < most; dueS = next()) dues.push(dueS)
  return dues
}

/** From each number to the next; the first counts from 0. */
export const gapsOf = (instants: readonly number[]): number[] =>
  instants.map((at, i) => at - (instants[i - 1] ?? 0))

/**
 * The Kolmogorov–Smirnov statistic of gaps against the exponential distribution of mean 1, times √n: above 1.949 once
 * in a thousand samples that do come from it.
 */
export function exponentialMisfit(gaps: readonly number[]): number {
  const sorted = [...gaps].sort((a, b) => a - b)
  let distance = 0
  for (const [i, gap] of sorted.entries()) {
    const below = 1 - Math.exp(-gap)
    distance = Math.max(distance, below - i / sorted.length, (i + 1) / sorted.length - below)
  }
  return distance * Math.sqrt(sorted.length)
}
/** Of the statistic above, at a significance of 0.001. */
export const MISFIT_LIMIT = 1.949
