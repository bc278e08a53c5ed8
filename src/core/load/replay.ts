/** The load of a log that is replayed: when each of its requests is due, and how many are due in each second. */
import type { RateStage } from './arrivals.ts'

/** The instants of the requests of a log, in their order. */
export interface Instants {
  readonly length: number
  /** When request `n` is due, in µs after the first one. */
  usAt(n: number): number
}

/** The part of a log that a run replays. */
export interface ReplaySpan {
  /** The place of the first request in the order of the log. */
  readonly first: number
  /** The log time at which the run begins, in µs after the first request of the log. */
  readonly fromUs: number
  readonly requests: number
  /** A second of the run is this many seconds of the log. */
  readonly speed: number
}

/** The run time at which request `n` of the span is due, in µs; Infinity after the last one. */
export const replayDueUs = (
  instants: Instants,
  { first, fromUs, requests, speed }: ReplaySpan,
  n: number,
): number => (n < requests ? (instants.usAt(first + n) - fromUs) / speed : Infinity)

/** How many instants are before `limitUs`. */
export function countBelow(sorted: Instants, limitUs: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted.usAt(middle) < limitUs) low = middle + 1
    else high = middle
  }
  return low
}

/** More stages than this would make reports of long logs large; their stages are longer than a second. */
const MOST_STAGES = 86_400

/**
 * The arrivals of each second of the run as stages of a constant rate, equal neighbours joined: the number that is due
 * before the end of any whole second is exact. Beyond a day the stages are longer. A rest of less than half a stage at
 * the end is part of the stage before it: a few requests in some milliseconds are no rate.
 */
export function replayStages(instants: Instants, span: ReplaySpan, durationS: number): RateStage[] {
  const eachS = Math.max(1, Math.ceil(durationS / MOST_STAGES))
  const whole = Math.max(1, Math.floor(durationS / eachS + 0.5))
  const counts = new Float64Array(whole)
  for (let n = 0; n < span.requests; n++)
    counts[Math.min(whole - 1, Math.floor(replayDueUs(instants, span, n) / 1e6 / eachS))]!++
  const stages: { fromPerS: number; toPerS: number; durationS: number }[] = []
  for (const [i, count] of counts.entries()) {
    const lengthS = i === whole - 1 ? durationS - i * eachS : eachS
    const perS = count / lengthS
    const before = stages.at(-1)
    if (before?.toPerS === perS) before.durationS += lengthS
    else stages.push({ fromPerS: perS, toPerS: perS, durationS: lengthS })
  }
  return stages
}
