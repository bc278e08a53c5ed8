/** What a reader of a search must know beside its answers: failures that no goal is about, and loads that held only at first. */
import { showPercent } from '../units.ts'
import { showLoad, valueOf, type FindAnswer } from './answer.ts'
import type { Goal } from './goal.ts'
import type { Trial } from './trial.ts'

/** Failures above this share at the answer are worth a word. */
const SOME_FAILED = 0.01

export function searchWarnings(
  goals: readonly Goal[],
  answers: readonly FindAnswer[],
  trials: readonly Trial[],
): string[] {
  return answers.flatMap((answer, i) => {
    const { goal, lower } = answer
    if (lower === null) return fallen(i, trials, answer)
    const at = trials.filter(({ load }) => load === valueOf(lower))
    const failed = Math.max(...at.map(({ failedRatio }) => failedRatio ?? 0))
    const isAboutFailures = goals[i]!.thresholds.some(({ metric }) => metric === 'failed')
    const unseen =
      failed > SOME_FAILED && !isAboutFailures
        ? [
            `up to ${showPercent(failed)} of requests failed at ${showLoad(lower)}, which "${goal}" does not look at; add --threshold 'failed < 1%'`,
          ]
        : []
    return [...unseen, ...fallen(i, trials, answer)]
  })
}

/** Loads that held before a larger one failed although the upper bound is not above them: hysteresis, or drift. */
function fallen(goal: number, trials: readonly Trial[], { upper, limitedBy }: FindAnswer): string[] {
  if (upper === null || limitedBy !== 'target') return []
  const failed = trials.filter(({ answers }) => answers[goal]!.answer === 'failed')
  const atUpper = failed.find(({ load }) => load === valueOf(upper))
  const before = trials.findLast(
    ({ number, load, answers }) =>
      number < (atUpper?.number ?? 0) && load >= valueOf(upper) && answers[goal]!.answer === 'held',
  )
  const overload = failed.find(
    ({ number, load }) => number > (before?.number ?? Infinity) && load > (before?.load ?? Infinity),
  )
  if (before === undefined || overload === undefined) return []
  const show = ({ load }: Trial): string => showLoad('users' in upper ? { users: load } : { ratePerS: load })
  return [
    `${show(before)} held until ${show(overload)} had been tried, and ${showLoad(upper)} failed since then: the target did not recover from overload, or its capacity drifts`,
  ]
}
