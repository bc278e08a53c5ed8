/** What a search found for a goal: an interval of the load, and what ended it. */
import type { GoalBounds } from './search.ts'
import { showCount, showMany, showRate } from '../units.ts'
import type { Goal } from './goal.ts'
import type { Trial } from './trial.ts'

/** A load, by what was searched. */
export type FoundLoad = { readonly ratePerS: number } | { readonly users: number }

export const valueOf = (load: FoundLoad): number => ('users' in load ? load.users : load.ratePerS)

/** A load with its unit: `1,200/s`, `550 users`. */
export const showLoad = (load: FoundLoad): string =>
  'users' in load
    ? showMany(load.users, 'user')
    : `${Number.isInteger(load.ratePerS) ? showCount(load.ratePerS) : showRate(load.ratePerS)}/s`

/** How the search was made. */
export interface FindSettings {
  readonly least: number
  /** `null` if nothing but the target and the generator ended the climb. */
  readonly most: number | null
  readonly trialS: number
  readonly forS: number
  readonly tolerated: number
  readonly precision: number
  readonly confirmS: number
  readonly maxTimeS: number
}

export interface FindAnswer {
  readonly goal: string
  /** The highest load that was proven to hold; `null` if none was. */
  readonly lower: FoundLoad | null
  /** The lowest load that does not hold, or that this generator cannot measure; `null` if none was found. */
  readonly upper: FoundLoad | null
  /** Requests per second at the lower bound that all but the tolerated share of its trials reached; `null` without one. */
  readonly conditionalPerS: number | null
  /** What keeps the load from being higher: what was too slow at the upper bound; `none` if nothing was found up to the largest load. */
  readonly limitedBy: 'target' | 'generator' | 'none'
  /** Why the upper bound does not hold; empty without one. */
  readonly reason: string
  /** The busiest core of the target's host at the upper bound, from 0 to 1, in the trial in which it was busiest; `null` if it was not asked. */
  readonly targetBusy: number | null
  /** Whether the interval is as narrow as was asked. */
  readonly isDone: boolean
}

/** The answer for a goal, from its bounds and its trials. */
export function answerOf(
  goal: Goal,
  index: number,
  bounds: GoalBounds,
  trials: readonly Trial[],
  settings: FindSettings,
  load: (value: number) => FoundLoad,
  refusals: ReadonlyMap<number, string> = new Map(),
): FindAnswer {
  const { lower, upper, upperClass, isDone } = bounds
  const at = (value: number | null): Trial[] => trials.filter((trial) => trial.load === value)
  const reason = at(upper).findLast(({ answers }) => answers[index]!.answer !== 'held')?.answers[index]
    ?.reason
  return {
    goal: goal.text,
    lower: lower === null ? null : load(lower),
    upper: upper === null ? null : load(upper),
    conditionalPerS: conditional(
      at(lower).map(({ requestsPerS }) => requestsPerS),
      settings.tolerated,
    ),
    limitedBy: upperClass === null ? 'none' : upperClass === 'failed' ? 'target' : 'generator',
    reason: reason ?? refusals.get(upper ?? NaN) ?? '',
    targetBusy: at(upper).reduce<number | null>(
      (most, { targetBusy }) => (targetBusy === null ? most : Math.max(most ?? 0, targetBusy)),
      null,
    ),
    isDone,
  }
}

/** The throughput that all but the tolerated share of the trials reached. */
function conditional(perS: readonly number[], tolerated: number): number | null {
  if (perS.length === 0) return null
  const sorted = [...perS].sort((a, b) => a - b)
  return sorted[Math.floor(tolerated * sorted.length)]!
}
