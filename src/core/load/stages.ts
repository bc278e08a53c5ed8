/**
 * The level of users over run time, as a list of stages. A level is not a rate: user k is active while the line is
 * above k, so it starts where the line crosses k upwards and stops where it falls to k again (last started, first stopped).
 */
import { arrivalsBy } from './arrivals.ts'

/** A span over which the number of users goes linearly from one value to the next; equal values hold, 0 s jumps. */
export interface UserStage {
  readonly fromUsers: number
  readonly toUsers: number
  readonly durationS: number
}

/** From when to when a user is active, in seconds of run time; `stopS` is Infinity when nothing stops it but the run's end. */
export interface ActiveSpan {
  readonly startS: number
  readonly stopS: number
}

/** The most users that are ever active at once. */
export const peakUsers = (stages: readonly UserStage[]): number =>
  stages.reduce((peak, stage) => Math.max(peak, stage.fromUsers, stage.toUsers), 0)

/** The planned number of users at an instant; after the last stage its end value holds. */
export function usersAt(stages: readonly UserStage[], atS: number): number {
  let t = 0
  let level = 0
  for (const { fromUsers, toUsers, durationS } of stages) {
    if (atS < t + durationS) return fromUsers + ((toUsers - fromUsers) * (atS - t)) / durationS
    t += durationS
    level = toUsers
  }
  return level
}

/** The time of all users together up to an instant, in seconds: the area under the line. */
export const userSecondsBy = (stages: readonly UserStage[], atS: number): number =>
  arrivalsBy(
    stages.map(({ fromUsers, toUsers, durationS }) => ({ fromPerS: fromUsers, toPerS: toUsers, durationS })),
    atS,
  )

/** The spans in which user `k` (counted from 0 over the whole run) is active, in order. */
export function activeSpans(stages: readonly UserStage[], k: number): ActiveSpan[] {
  const spans: ActiveSpan[] = []
  const user = { isActive: false, startS: 0 }
  let t = 0
  let level = 0
  const start = (atS: number): void => {
    const last = spans.at(-1)
    // A line that touches k and rises again never stopped the user.
    if (last?.stopS === atS) user.startS = spans.pop()!.startS
    else user.startS = atS
    user.isActive = true
  }
  const stop = (atS: number): void => {
    if (atS > user.startS) spans.push({ startS: user.startS, stopS: atS })
    user.isActive = false
  }
  // The line before the stage, at its start, and at its end: a stage can begin with a jump.
  const cross = (from: number, to: number, fromS: number, durationS: number): void => {
    if (from <= k && to > k && !user.isActive) start(fromS + ((k - from) * durationS) / (to - from))
    else if (to <= k && user.isActive) stop(from > k ? fromS + ((from - k) * durationS) / (from - to) : fromS)
  }
  for (const { fromUsers, toUsers, durationS } of stages) {
    cross(level, fromUsers, t, 0)
    cross(fromUsers, toUsers, t, durationS)
    t += durationS
    level = toUsers
  }
  if (user.isActive) spans.push({ startS: user.startS, stopS: Infinity })
  // A copy has the room it needs; an array that grew by one has room for 17, and there is one for every user.
  return spans.slice()
}
