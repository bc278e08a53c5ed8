/** Capacities compared: whether the load that an earlier search proved to hold still does. */
import { valueOf, type FindAnswer } from './answer.ts'

export interface CapacityAnswer {
  readonly goal: string
  /** Whether the load that held then holds now: it does not, it does, or it lies inside the new interval. */
  readonly answer: 'regressed' | 'no-regression' | 'cannot-tell'
  readonly baseline: Pick<FindAnswer, 'lower' | 'upper'>
}

export interface CapacityComparison {
  readonly answers: readonly CapacityAnswer[]
  /** Goals of one search that the other does not have. */
  readonly unmatched: readonly string[]
}

/** Compares what a search found with an earlier one of the same goals. */
export function compareCapacities(
  baseline: { readonly answers: readonly FindAnswer[] },
  current: readonly FindAnswer[],
): CapacityComparison {
  const answers: CapacityAnswer[] = []
  const unmatched: string[] = []
  for (const now of current) {
    const before = baseline.answers.find(({ goal }) => goal === now.goal)
    if (before === undefined) unmatched.push(now.goal)
    else
      answers.push({
        goal: now.goal,
        answer: compared(before, now),
        baseline: { lower: before.lower, upper: before.upper },
      })
  }
  for (const { goal } of baseline.answers) if (!current.some((now) => now.goal === goal)) unmatched.push(goal)
  return { answers, unmatched }
}

function compared(before: FindAnswer, now: FindAnswer): CapacityAnswer['answer'] {
  if (before.lower === null) return 'no-regression'
  const heldThen = valueOf(before.lower)
  if (now.lower !== null && valueOf(now.lower) >= heldThen) return 'no-regression'
  // What the generator could not measure is no upper bound of the target's.
  return now.limitedBy === 'target' && now.upper !== null && valueOf(now.upper) <= heldThen
    ? 'regressed'
    : 'cannot-tell'
}
