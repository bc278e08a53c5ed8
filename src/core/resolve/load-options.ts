/** Which load the options ask for: users that loop (closed model), or arrivals by the clock (open model). */
import type { Arrival, OnFull } from '../load/arrivals.ts'
import { LOADS } from '../options/options.ts'
import type { Readers, Wrong } from '../options/option-readers.ts'
import { oneOf, show } from '../options/option-readers.ts'
import { DEFAULTS, MOST_USERS, type HostDefaults, type Options } from '../options/options.ts'
import type { Duration } from '../units.ts'
import type { ScriptPlan } from '../scenario/script-plan.ts'
import { parseStage, type StageText } from '../load/stage.ts'
import { parseDurationS, parseNumber, parseRatePerS } from '../units.ts'
import { parseWait, type Wait } from '../load/wait-time.ts'

/** The load of the closed model: a level of users. */
export interface ClosedLoad {
  readonly model: 'closed'
  readonly users: number
  readonly rampUpS: number
  /** Explicit stages instead of users and ramp; null when there are none. */
  readonly stages: readonly StageText[] | null
  readonly wait: Wait
}

/** The load of the open model: a rate of arrivals. */
export interface OpenLoad {
  readonly model: 'open'
  readonly ratePerS: number
  readonly rampUpS: number
  readonly stages: readonly StageText[] | null
  readonly arrival: Arrival
  readonly maxUsers: number
  readonly onFull: OnFull
}

export const MOST_PER_S = 10_000_000
const LONGEST_RAMP_S = 30 * 86_400

/** The options with the stages of the scenario, which hold where nothing else says how much load there is. */
export const withStages = (options: Options, scenario: ScriptPlan | null): Options =>
  LOADS.some((option) => options[option] !== undefined)
    ? options
    : { ...options, stages: scenario?.stages ?? undefined }

/** Which model the user asks for, and its load; refuses what belongs to the other one. */
export function resolveLoad(
  options: Options,
  host: HostDefaults,
  { wrong, read, count, duration }: Readers,
): ClosedLoad | OpenLoad {
  const given = (key: keyof Options): boolean => options[key] !== undefined
  const refuse = (keys: readonly (keyof Options)[], why: string): void => {
    for (const key of keys) if (given(key)) wrong(key, `${why}, got ${show(options[key])}`)
  }
  const users = count('users', MOST_USERS)
  const ratePerS = read<number>('rate', parseRatePerS, (perS) =>
    perS > 0 && perS <= MOST_PER_S ? null : `must be above 0 and at most ${MOST_PER_S} per second`,
  )
  const stages = readStages(options.stages, wrong)
  const spawnRate = read<number>('spawnRate', parseNumber, (n) =>
    n <= 0
      ? 'must be above 0 users per second'
      : (users ?? DEFAULTS.users) / n > LONGEST_RAMP_S
        ? `must be high enough to start ${users ?? DEFAULTS.users} users within 30d`
        : null,
  )
  const rampUpS = duration('rampUp', 'at least 0')
  const wait = read<Wait>('wait', (w: Duration) => parseWait(String(w)))
  const arrival = read<Arrival>('arrival', oneOf('uniform', 'poisson'))
  const onFull = read<OnFull>('onFull', oneOf('queue', 'drop'))
  const maxUsers = count('maxUsers', MOST_USERS)

  if (stages !== null)
    refuse(
      ['users', 'rate', 'spawnRate', 'rampUp'],
      'does not go with stages, which say it all (begin with a stage of 0s to start from a value)',
    )
  else if (given('users') && given('rate'))
    wrong(
      'users',
      `does not go with rate: users loop as fast as the target lets them, arrivals come by the clock; got ${show(options.users)}`,
    )
  if (given('spawnRate') && given('rampUp'))
    wrong('rampUp', 'says when users start, and so does spawnRate: give one of them')

  const isOpen = given('rate') || stages?.[0]?.unit === 'perS'
  if (isOpen) {
    refuse(['wait'], 'does not go with an arrival rate: the clock says when iterations are due')
    if (given('rate'))
      refuse(['spawnRate'], 'starts users, but with an arrival rate they start when they are needed')
    return {
      model: 'open',
      ratePerS: ratePerS ?? 0,
      rampUpS: rampUpS ?? 0,
      stages,
      arrival: arrival ?? 'uniform',
      maxUsers: maxUsers ?? Math.max(1, Math.min(DEFAULTS.maxUsers, host.descriptors)),
      onFull: onFull ?? 'queue',
    }
  }
  refuse(['arrival', 'maxUsers', 'onFull'], 'is about arrivals: it needs a rate')
  const level = users ?? DEFAULTS.users
  return {
    model: 'closed',
    users: level,
    rampUpS: rampUpS ?? (spawnRate === null ? defaultRampS(options.duration) : level / spawnRate),
    stages,
    wait: wait ?? { kind: 'none' },
  }
}

/** All users are started within the first second, or the whole load when that is shorter. */
function defaultRampS(duration: Options['duration']): number {
  // What is wrong with the duration is told where it is read.
  const parsed =
    typeof duration === 'string' || typeof duration === 'number' ? parseDurationS(duration) : null
  return parsed !== null && 'value' in parsed ? Math.min(DEFAULTS.rampUpS, parsed.value) : DEFAULTS.rampUpS
}

/** Stages as a text with commas or as a list of texts; null where there are none, or no such. */
export function readStages(raw: unknown, wrong: Wrong): StageText[] | null {
  if (raw === undefined) return null
  const texts: unknown[] | null = typeof raw === 'string' ? raw.split(',') : Array.isArray(raw) ? raw : null
  if (texts === null || !texts.every((text) => typeof text === 'string'))
    return wrong('stages', `must be text such as 30s:100, or a list of such texts, got ${show(raw)}`)
  const stages: StageText[] = []
  for (const [at, text] of texts.entries()) {
    const stage = parseStage(text)
    const problem = 'problem' in stage ? stage.problem : beyondLimits(stage.value)
    if (problem !== null) wrong('stages', `${problem}, got "${text}"`, at)
    else if ('value' in stage) stages.push(stage.value)
  }
  if (stages.length < texts.length) return stages
  const quoted = texts.length === 0 ? 'none' : texts.map((text) => `"${text}"`).join(', ')
  if (stages.some(({ unit }) => unit !== stages[0]!.unit))
    wrong('stages', `must be all users or all arrivals per second, not both, got ${quoted}`)
  else if (!stages.some(({ to, durationS }, i) => durationS > 0 && Math.max(to, stages[i - 1]?.to ?? 0) > 0))
    wrong('stages', `must have a stage that is longer than 0 and loads the target, got ${quoted}`)
  return stages
}

function beyondLimits({ unit, to, durationS }: StageText): string | null {
  if (unit === 'users' && to > MOST_USERS) return `must have at most ${MOST_USERS} users`
  if (unit === 'perS' && to > MOST_PER_S) return `must have at most ${MOST_PER_S} arrivals per second`
  return durationS > LONGEST_RAMP_S ? 'must be at most 30d long each' : null
}

/** The most users a closed load ever has at once. */
export const mostUsers = ({ users, stages }: ClosedLoad): number =>
  stages?.reduce((most, { to }) => Math.max(most, to), 0) ?? users
