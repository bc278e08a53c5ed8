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
import { printDurationS, showMany } from '../units.ts'

/** A change as it was carried out: from `atS`, in seconds of run time, over `overS` to the new value. */
export type LevelAmendment = ({ readonly users: number } | { readonly ratePerS: number }) & {
  readonly atS: number
  readonly overS: number
}

/** A change of the length of the load, `null` for none, as it was carried out at `atS`. Its level stays as planned. */
export interface LengthAmendment {
  readonly durationS: number | null
  readonly atS: number
  readonly overS: 0
}

export type Amendment = LevelAmendment | LengthAmendment

/** Whether an amendment changes the level of the load, and not its length. */
export const isOfLevel = (amendment: Amendment): amendment is LevelAmendment => !('durationS' in amendment)

/** The plan with the load that its amendments, in the order in which they were made, have left it with. */
export const amendedPlan = (plan: Plan, amendments: readonly Amendment[]): Plan =>
  amendments.reduce<Plan>(
    (soFar, amendment) =>
      !isOfLevel(amendment)
        ? { ...soFar, durationS: amendment.durationS }
        : soFar.model === 'closed'
          ? { ...soFar, stages: amendedUsers(soFar.stages, amendment) }
          : { ...soFar, stages: amendedRate(soFar.stages, amendment) },
    plan,
  )

/** The level of users as it goes on from the instant of the amendment. */
export const amendedUsers = (stages: readonly UserStage[], amendment: LevelAmendment): UserStage[] =>
  amendedLine(
    stages.map(({ fromUsers, toUsers, durationS }) => ({ from: fromUsers, to: toUsers, durationS })),
    amendment,
  ).map(({ from, to, durationS }) => ({ fromUsers: from, toUsers: to, durationS }))

/** The arrival rate as it goes on from the instant of the amendment. */
export const amendedRate = (stages: readonly RateStage[], amendment: LevelAmendment): RateStage[] =>
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
function amendedLine(line: readonly Stretch[], amendment: LevelAmendment): Stretch[] {
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

const valueOf = (amendment: LevelAmendment): number =>
  'users' in amendment ? amendment.users : amendment.ratePerS

/** "to 200 users at 3.02 s over 1 s, to last 10m at 9 s"; of many the last one, and how many there were. */
export function amendmentWords(amendments: readonly Amendment[]): string {
  const all = amendments.map((amendment) => {
    const { atS, overS } = amendment
    if (!isOfLevel(amendment)) {
      const { durationS } = amendment
      return `to last ${durationS === null ? 'until it is stopped' : printDurationS(durationS)} at ${atS} s`
    }
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
    return span !== null && amendments.some((one) => isOfLevel(one) && one.atS < span.toS)
      ? [
          `the threshold "${printThreshold(threshold)}" is about the time of a stage whose load was amended while the run went on`,
        ]
      : []
  })
