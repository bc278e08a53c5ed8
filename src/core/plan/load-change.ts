/** What a run under way may be asked for, and what it comes to. */
import type { Amendment } from './amendment.ts'
import { rateAt } from '../load/arrivals.ts'
import { mixProblem } from '../resolve/mix-options.ts'
import { DEFAULTS, MOST_PER_S, MOST_USERS } from '../options/limits.ts'
import type { Plan } from './plan.ts'
import { usersAt } from '../load/stages.ts'
import type { Parsed } from '../units.ts'

/**
 * A change of the load: a number of users in the closed model, of arrivals per second in the open one; or `by` times
 * what the plan asks for at that instant, which is at least one user more or fewer.
 */
export type LevelChange = (
  { readonly users: number } | { readonly ratePerS: number } | { readonly by: number }
) & {
  /** Seconds that the load takes to get there, linearly. By default users take 1 s, as at the start, and a rate none. */
  readonly overS?: number | undefined
}

/** A change of the length of the load, in seconds from its start; `null` for a load that goes on until it is stopped. */
export interface LengthChange {
  readonly durationS: number | null
}

export type LoadChange = LevelChange | LengthChange

/**
 * The amendment that a change comes to at this instant; `plan` is as amended so far, and the load ends at `loadEndS`,
 * Infinity when only a count ends it.
 */
export function amendmentOf(
  plan: Plan,
  change: LoadChange,
  atS: number,
  loadEndS: number,
): Parsed<Amendment> {
  const leftS = loadEndS - atS
  if (leftS <= 0) return { problem: 'the load is over, or as good as over' }
  if (plan.model === 'open' && plan.replay !== undefined && !isEarlierEnd(change, loadEndS))
    return {
      problem: 'the load is that of a log that is replayed: it can end earlier, and nothing else changes',
    }
  // A program need not be typed.
  if ('durationS' in change) return lengthAmendment(change, atS, leftS)
  const { users, ratePerS, by, overS, ...unknown } = change as Readonly<Record<Field, number | undefined>>
  const [field] = Object.keys(unknown)
  if (field !== undefined)
    return { problem: `a change has no ${field}: it names users, ratePerS or by, and overS, or durationS` }
  if ([users, ratePerS, by].filter((value) => value !== undefined).length !== 1)
    return { problem: 'a change names one of users, ratePerS, by and durationS' }
  if (by !== undefined && !isNumber(by, MOST_TIMES))
    return { problem: `by must be a number from 0 to ${MOST_TIMES}, got ${String(by)}` }
  if (overS !== undefined && !isNumber(overS, leftS))
    return {
      problem: `overS must be a number of seconds, at least 0 and within the load${leftS < Infinity ? `, of which ${leftS.toFixed(3)} s are left` : ''}; got ${String(overS)}`,
    }
  if (plan.model === 'open') {
    if (users !== undefined)
      return {
        problem: 'users do not go with an arrival rate, which makes them as it needs them: amend ratePerS',
      }
    const toPerS = by === undefined ? ratePerS : rounded(rateAt(plan.stages, atS) * by)
    return isNumber(toPerS, MOST_PER_S)
      ? { value: { atS, ratePerS: toPerS, overS: overS ?? 0 } }
      : { problem: `ratePerS must be a number from 0 to ${MOST_PER_S}, got ${String(toPerS)}` }
  }
  if (ratePerS !== undefined)
    return {
      problem: 'ratePerS does not go with users, who loop as fast as the target lets them: amend users',
    }
  const toUsers = by === undefined ? users : usersBy(usersAt(plan.stages, atS), by)
  if (!isNumber(toUsers, MOST_USERS) || !Number.isInteger(toUsers))
    return { problem: `users must be a whole number from 0 to ${MOST_USERS}, got ${String(toUsers)}` }
  const problem = mixProblem(plan.scenario?.scenarios ?? [], toUsers)
  if (problem !== null) return { problem: `users ${problem}` }
  return {
    value: {
      atS,
      users: toUsers,
      overS: overS ?? Math.min(DEFAULTS.rampUpS, Math.round(leftS * 1000) / 1000),
    },
  }
}

const isEarlierEnd = (change: LoadChange, loadEndS: number): boolean =>
  'durationS' in change && change.durationS !== null && change.durationS <= loadEndS

function lengthAmendment(change: LengthChange, atS: number, leftS: number): Parsed<Amendment> {
  const { durationS, ...unknown } = change
  const [field] = Object.keys(unknown)
  if (field !== undefined) return { problem: `durationS goes alone, not with ${field}` }
  if (durationS !== null && !isNumber(durationS, LONGEST_S))
    return { problem: `durationS must be a number from 0 to ${LONGEST_S} or null, got ${String(durationS)}` }
  // A worker that is late to receive this has ended its load, and cannot begin again.
  if (leftS < LEAST_LEFT_S)
    return { problem: `the load ends in ${leftS.toFixed(3)} s: too late to change its length` }
  if (durationS !== null && durationS < atS)
    return { problem: `durationS must be at least ${atS} s, the time of the run so far, got ${durationS}` }
  return { value: { atS, durationS, overS: 0 } }
}

const LONGEST_S = 30 * 86_400
const LEAST_LEFT_S = 0.5

type Field = 'users' | 'ratePerS' | 'by' | 'overS'

const MOST_TIMES = 1000

/** Whole users, and at least one more or fewer if there are to be more or fewer at all. */
function usersBy(level: number, by: number): number {
  const now = Math.ceil(level)
  const then = Math.round(now * by)
  return by > 1 ? Math.max(now + 1, then) : by < 1 ? Math.max(0, Math.min(now - 1, then)) : now
}

/** Without the last digits, which come from the product and not from the user. */
const rounded = (perS: number): number => Number(perS.toPrecision(6))

const isNumber = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= most
