/**
 * Reduces a long run to as many points as a screen can show. Seconds are grouped into buckets of equal length; the lowest
 * and highest value of each bucket are kept, so that no spike is lost. Pure.
 */
import { largest, smallest } from '../../core/extremes.ts'

/** One value per second; `null` if not available. */
export type Values = readonly (number | null)[]

/** The extremes of each bucket. `high` is `null` if a bucket is one second, which has a single value. */
export interface Extremes {
  readonly low: Values
  readonly high: Values | null
}

/** Lines over the time of a run. */
export interface Track {
  /** Seconds per bucket; the last bucket may have fewer. */
  readonly bucketS: number
  readonly lines: Readonly<Record<string, Extremes>>
}

/** The shortest bucket, in seconds, that keeps a line within `mostPoints`; a bucket of several seconds takes two points. */
export const bucketFor = (seconds: number, mostPoints: number): number =>
  seconds <= mostPoints ? 1 : Math.ceil(seconds / Math.floor(mostPoints / 2))

/** The items of each bucket, in order. */
export function bucketsOf<T>(items: readonly T[], bucketS: number): T[][] {
  const buckets: T[][] = []
  for (let from = 0; from < items.length; from += bucketS) buckets.push(items.slice(from, from + bucketS))
  return buckets
}

/** Reduces one value per second to the extremes of each bucket. */
export function decimate(values: Values, bucketS: number): Extremes {
  const shown = values.map((value) => (value === null ? null : short(value)))
  if (bucketS === 1) return { low: shown, high: null }
  const present = bucketsOf(shown, bucketS).map((bucket) => bucket.filter((value) => value !== null))
  const each = (of: (values: number[]) => number): Values =>
    present.map((bucket) => (bucket.length === 0 ? null : of(bucket)))
  return { low: each(smallest), high: each(largest) }
}

/** Rounds to four significant digits, by arithmetic: many times faster than through `toPrecision`. */
export function short(value: number): number {
  if (value === 0) return 0
  const places = 3 - Math.floor(Math.log10(Math.abs(value)))
  if (places > 300) return 0
  const scale = 10 ** Math.abs(places)
  return places >= 0 ? Math.round(value * scale) / scale : Math.round(value / scale) * scale
}
