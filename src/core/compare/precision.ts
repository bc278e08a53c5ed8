/**
 * The interval in which the figure of a longer run of the same kind lies, from the seconds of this one.
 *
 * The standard error comes from the circular block bootstrap of `bootstrap.ts`, on logarithms. Blocks that are short
 * against what makes seconds resemble each other show too little of the variance: σ² (1 − c / L) for blocks of L
 * seconds, where c is their correlation. So blocks of L and of L / 2 are drawn, and 2 · variance(L) − variance(L / 2) is taken where
 * it is larger (D. N. Politis and J. P. Romano, "Bias-corrected nonparametric spectral estimation", Journal of Time
 * Series Analysis 16, 1995). As few blocks also know their own variance badly, the interval has Student's t of
 * one less than the number of blocks.
 */
import { seededRandom, type Random } from '../random.ts'
import { blockLength, drawBlocks } from './bootstrap.ts'
import type { RunSample } from './run-sample.ts'

/** The share of intervals that contain the true figure. */
export const CONFIDENCE = 0.95
const RESAMPLES = 299

/** What the correction costs of the degrees of freedom: a difference varies more than its parts. */
const PRICE = 2

/** An interval around a figure; both ends in the unit of the figure, in ms or requests per second. */
export interface FigureInterval {
  readonly actual: number
  readonly low: number
  readonly high: number
}

/** Percentiles are upper edges of slots of a second's histogram: the true one is lower by this much at most. */
const SLOT = 1.008

/** `null` if there is no figure, or too few seconds for three blocks. */
export function intervalOf(sample: RunSample, metric: string, seed: number): FigureInterval | null {
  const { seconds } = sample
  const blockS = blockLength(seconds)
  const actual = sample.figure(metric)
  if (actual === null || seconds < 3 * blockS) return null
  const random = seededRandom(seed, seconds)
  const long = variance(sample, metric, blockS, random)
  const short = variance(sample, metric, Math.ceil(blockS / 2), random)
  if (long === null || short === null) return null
  const corrected = 2 * long - short
  const freedom = (seconds / blockS - 1) / (corrected > long ? PRICE : 1)
  const factor = Math.exp(studentT(freedom) * Math.sqrt(Math.max(long, corrected)))
  const isPercentile = /^p\d/.test(metric)
  return { actual, low: actual / factor / (isPercentile ? SLOT : 1), high: actual * factor }
}

/** The larger distance of an end of the interval from the figure, as a share of the figure. */
export const precisionOf = ({ actual, low, high }: FigureInterval): number =>
  Math.max(high - actual, actual - low) / actual

/** The variance of the logarithm of the figure over drawings of blocks; `null` if one of them has no figure. */
function variance(sample: RunSample, metric: string, blockS: number, random: Random): number | null {
  let sum = 0
  let squares = 0
  for (let i = 0; i < RESAMPLES; i++) {
    const figure = sample.figure(metric, drawBlocks(sample.runs, random, blockS))
    if (figure === null) return null
    const log = Math.log(figure)
    sum += log
    squares += log * log
  }
  const drawn = Math.max(0, (squares - (sum * sum) / RESAMPLES) / (RESAMPLES - 1))
  // Drawings vary around the figure of this run, which itself lies off the true one by one of these blocks.
  return (drawn * sample.seconds) / (sample.seconds - blockS)
}

/**
 * The 97.5 % quantile of Student's t (Cornish and Fisher's expansion; Abramowitz and Stegun 26.7.5, within 1 % from 2
 * degrees of freedom, which need not be whole).
 */
export function studentT(freedom: number): number {
  const z = 1.959964
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ]
  return terms.reduce((t, term, i) => t + term / freedom ** (i + 1), z)
}
