/** What waits at a load: whether the target falls behind the arrivals of the open model. */
import type { SettledSecond } from '../measure/timeline.ts'

/** Seconds of one load, as they were held. */
export interface HeldSeconds {
  readonly seconds: readonly SettledSecond[]
  /** Seconds right before them since the load was changed; the first may have begun with another load. */
  readonly earlier: readonly SettledSecond[]
  /** Run time at which the load had changed: after one latency of the target at rest, where it is that slow. */
  readonly changedAtS: number
  /** The share of what was due by which the backlog may grow. */
  readonly growth: number
}

/**
 * Standard deviations by which two backlogs of a target that keeps up may differ, as if each were a Poisson count; they
 * vary less, unless arrivals and latencies are both as random as can be.
 */
const DEVIATIONS = 1

/**
 * Returns by how much more is waiting, in flight or for a user, at the end than when the first responses of this load had
 * come back, and by how much more may be: a slow target has many requests in flight and keeps up, as long as they do not
 * become more. `leftS` is the time that is still to come.
 */
export function backlogOf(
  { seconds, earlier, changedAtS, growth }: HeldSeconds,
  leftS = 0,
): { readonly excess: number; readonly permitted: number } {
  const all = [...earlier, ...seconds]
  const last = all.at(-1)!
  const base = all.find(({ second }) => second + 1 - changedAtS >= SETTLED_S)
  if (base === undefined || base === last) return { excess: 0, permitted: Infinity }
  const since = all.slice(all.indexOf(base) + 1)
  const due = since.reduce((sum, { row }) => sum + row.due, 0)
  const dropped = since.reduce((sum, { row }) => sum + row.dropped, 0)
  const waited = waiting(base)
  return {
    excess: waiting(last) - waited + dropped,
    permitted: Math.max(1, growth * due * (1 + leftS / since.length)) + DEVIATIONS * Math.sqrt(2 * waited),
  }
}

/** A load has begun everywhere after this time. */
const SETTLED_S = 0.5

/** Requests in flight and arrivals without a user, at the end of a second. */
const waiting = ({ row }: SettledSecond): number => row.inFlight + row.queued
