/** A goal of a search: what must hold at a load. */
import { printThreshold, type Threshold } from '../threshold/threshold.ts'

export interface Goal {
  /** The goal as the user wrote it, or its thresholds. */
  readonly text: string
  readonly thresholds: readonly Threshold[]
}

/** Returns for each goal the numbers of the others that hold whenever it does. */
export const looserGoals = (goals: readonly Goal[]): number[][] =>
  goals.map((goal) => goals.flatMap((other, at) => (other !== goal && implies(goal, other) ? [at] : [])))

const implies = (strict: Goal, loose: Goal): boolean =>
  loose.thresholds.every((threshold) => strict.thresholds.some((one) => impliesOne(one, threshold)))

/** Whether what passes the one threshold passes the other: the same figure, and a limit that is at least as strict. */
function impliesOne(one: Threshold, other: Threshold): boolean {
  if (printThreshold(one) === printThreshold(other)) return true
  if (printThreshold({ ...one, limit: 0 }) !== printThreshold({ ...other, limit: 0 })) return false
  return one.operator.startsWith('<')
    ? one.limit <= other.limit
    : one.operator.startsWith('>') && one.limit >= other.limit
}
