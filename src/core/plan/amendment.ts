/**
 * Amendments: changes of the load of a run under way. A schedule is a list of stages that is only appended to: an
 * amendment leaves what was planned before its instant as it was, takes the place of all that was planned after it, and
 * its last value holds. When the load ends, it does not change.
 */
import type { RateStage } from '../load/arrivals.ts'
import type { Plan } from './plan.ts'
import { stageSpan } from '../load/stage.ts'
import type { UserStage } from '../load/stages.ts'
import { printThreshold } from '../threshold/threshold.ts'
import { showMany } from '../units.ts'

/** A change as it was carried out: from `atS`, in seconds of run time, over `overS` to the new value. */
export type Amendment = ({ readonly users: number } | { readonly ratePerS: number }) & {
  readonly atS: number
  readonly overS: number
}

/** The plan with the load that its amendments, in the order in which they were made, have left it with. */
export const amendedPlan = (plan: Plan, amendments: readonly Amendment[]): Plan =>
  amendments.reduce<Plan>(
    (soFar, amendment) =>
      soFar.model === 'closed'
        ? { ...soFar, stages: amendedUsers(soFar.stages, amendment) }
        : { ...soFar, stages: amendedRate(soFar.stages, amendment) },
    plan,
  )

/** The level of users as it goes on from the instant of the amendment. */
export const amendedUsers = (stages: readonly UserStage[], amendment: Amendment): UserStage[] =>
  amendedLine(
    stages.map(({ fromUsers, toUsers, durationS }) => ({ from: fromUsers, to: toUsers, durationS })),
    amendment,
  ).map(({ from, to, durationS }) => ({ fromUsers: from, toUsers: to, durationS }))

/** The arrival rate as it goes on from the instant of the amendment. */
export const amendedRate = (stages: readonly RateStage[], amendment: Amendment): RateStage[] =>
  amendedLine(
    stages.map(({ fromPerS, toPerS, durationS }) => ({ from: fromPerS, to: toPerS, durationS })),
    amendment,
  ).map(({ from, to, durationS }) => ({ fromPerS: from, toPerS: to, durationS }))

interface Stretch {
  readonly from: number
  readonly to: number
  readonly durationS: number
}

/** The line up to the instant, cut or held until there, and on from where it has got to. */
function amendedLine(line: readonly Stretch[], amendment: Amendment): Stretch[] {
  const { atS, overS } = amendment
  const kept: Stretch[] = []
  let t = 0
  let level = 0
  for (const stretch of line) {
    const { from, to, durationS } = stretch
    if (t + durationS > atS) {
      level = from + ((to - from) * (atS - t)) / durationS
      kept.push({ from, to: level, durationS: atS - t })
      t = atS
      break
    }
    kept.push(stretch)
    t += durationS
    level = to
  }
  if (t < atS) kept.push({ from: level, to: level, durationS: atS - t })
  return [...kept, { from: level, to: valueOf(amendment), durationS: overS }]
}

const valueOf = (amendment: Amendment): number =>
  'users' in amendment ? amendment.users : amendment.ratePerS

/** "to 200 users at 3.02 s over 1 s, to 50 users at 9 s"; of many the last one, and how many there were. */
export function amendmentWords(amendments: readonly Amendment[]): string {
  const all = amendments.map((amendment) => {
    const { atS, overS } = amendment
    const to = 'users' in amendment ? showMany(amendment.users, 'user') : `${amendment.ratePerS}/s`
    return `to ${to} at ${atS} s${overS > 0 ? ` over ${overS} s` : ''}`
  })
  return all.length > MOST_WORDS ? `${all.length} times, last ${all.at(-1)!}` : all.join(', ')
}

const MOST_WORDS = 3

/** What a reader of thresholds on stages must know, where the load of their stages was amended. */
export const amendedStageWarnings = (plan: Plan, amendments: readonly Amendment[]): string[] =>
  plan.thresholds.flatMap((threshold) => {
    const span = threshold.stage === null ? null : stageSpan(plan.stages, threshold.stage)
    return span !== null && amendments.some(({ atS }) => atS < span.toS)
      ? [
          `the threshold "${printThreshold(threshold)}" is about the time of a stage whose load was amended while the run went on`,
        ]
      : []
  })
