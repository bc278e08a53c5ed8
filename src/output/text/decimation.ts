/**
 * A long run in as many points as a screen can show. Seconds are put together in buckets of equal length, and of each
 * bucket the lowest and the highest value are kept, so that no spike is ever lost. Pure.
 */
import { largest, smallest } from '../../core/extremes.ts'

/** Null where there is no value: not available, never zero. */
export type Values = readonly (number | null)[]

/** The extremes of each bucket; `high` is null where a bucket is one second, which has one value. */
export interface Extremes {
  readonly low: Values
  readonly high: Values | null
}

/** Lines over the time of a run. */
export interface Track {
  /** How many seconds a bucket has; the last one may have fewer. */
  readonly bucketS: number
  readonly lines: Readonly<Record<string, Extremes>>
}

/** The shortest bucket with which so many seconds are no more than `mostPoints` points, two for each bucket of several seconds. */
export const bucketFor = (seconds: number, mostPoints: number): number =>
  seconds <= mostPoints ? 1 : Math.ceil(seconds / Math.floor(mostPoints / 2))

/** The items of each bucket, in order. */
export function bucketsOf<T>(items: readonly T[], bucketS: number): T[][] {
  const buckets: T[][] = []
  for (let from = 0; from < items.length; from += bucketS) buckets.push(items.slice(from, from + bucketS))
  return buckets
}

/** One value for each second, in buckets. */
export function decimate(values: Values, bucketS: number): Extremes {
  const shown = values.map((value) => (value === null ? null : short(value)))
  if (bucketS === 1) return { low: shown, high: null }
  const present = bucketsOf(shown, bucketS).map((bucket) => bucket.filter((value) => value !== null))
  const each = (of: (values: number[]) => number): Values =>
    present.map((bucket) => (bucket.length === 0 ? null : of(bucket)))
  return { low: each(smallest), high: each(largest) }
}

/** Four digits are more than a screen can show. By arithmetic, which is many times as fast as by text. */
export function short(value: number): number {
  if (value === 0) return 0
  const places = 3 - Math.floor(Math.log10(Math.abs(value)))
  if (places > 300) return 0
  const scale = 10 ** Math.abs(places)
  return places >= 0 ? Math.round(value * scale) / scale : Math.round(value / scale) * scale
}
