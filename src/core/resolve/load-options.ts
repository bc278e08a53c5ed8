/** The load that the options set: users that loop (closed model), or arrivals by the clock (open model). */
import type { Arrival, OnFull } from '../load/arrivals.ts'
import type { Readers, Wrong } from '../options/option-readers.ts'
import { show } from '../options/option-readers.ts'
import { DEFAULTS, LOADS, MOST_PER_S, MOST_USERS, type HostDefaults } from '../options/limits.ts'
import type { Options, PlannedOptions } from '../options/options.ts'
import type { ScriptPlan } from '../scenario/script-plan.ts'
import type { ReplayLoad } from './replay-options.ts'
import { parseStage, type StageText } from '../load/stage.ts'
import { parseDurationS } from '../units.ts'
import { parseWait, type Wait } from '../load/wait-time.ts'

/** The load of the closed model: a level of users. */
export interface ClosedLoad {
  readonly model: 'closed'
  readonly users: number
  readonly rampUpS: number
  /** Explicit stages instead of users and ramp; `null` if none. */
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
  /** The log that sets the load; `null` if a rate does. */
  readonly replay: ReplayLoad | null
}

const LONGEST_RAMP_S = 30 * 86_400

/** The options with the stages of the scenario, if no option sets how much load there is. */
export const withStages = (options: Options, scenario: ScriptPlan | null): Options =>
  LOADS.some((option) => options[option] !== undefined)
    ? options
    : { ...options, stages: scenario?.stages ?? undefined }

/** What else decides when users start. */
export interface LoadContext {
  readonly host: HostDefaults
  readonly planned: Pick<PlannedOptions, 'requests' | 'iterations'>
  readonly scenario: ScriptPlan | null
  readonly replay: ReplayLoad | null
}

/** The model that the options ask for, and its load; options of the other model are refused. */
export function resolveLoad(options: Options, context: LoadContext, readers: Readers): ClosedLoad | OpenLoad {
  if (options.replay !== undefined) return replayedLoad(readLoad(readers), context)
  const stages = readStages(options.stages, readers.wrong)
  const values = readLoad(readers)
  refuseClashes(options, stages, readers.wrong)
  const isOpen = options.rate !== undefined || stages?.[0]?.unit === 'perS'
  return isOpen
    ? openLoad(values, stages, options, context, readers.wrong)
    : closedLoad(values, stages, options, context, readers.wrong)
}

type LoadValues = ReturnType<typeof readLoad>

/** The options about the load, each read by itself; `null` if absent or wrong. */
const readLoad = ({ value }: Readers) => ({
  users: value('users'),
  ratePerS: value('rate'),
  spawnPerS: value('spawnRate'),
  rampUpS: value('rampUp'),
  wait: value('wait'),
  arrival: value('arrival'),
  onFull: value('onFull'),
  maxUsers: value('maxUsers'),
})

/** Refuses two ways of saying the same. */
function refuseClashes(options: Options, stages: readonly StageText[] | null, wrong: Wrong): void {
  const { users, rate, spawnRate, rampUp } = options
  if (stages !== null)
    refuse(
      ['users', 'rate', 'spawnRate', 'rampUp'],
      'does not go with stages, which are the whole load (begin with a stage of 0s to start from a value)',
      options,
      wrong,
    )
  else if (users !== undefined && rate !== undefined)
    wrong(
      'users',
      `does not go with rate: users loop as fast as the target lets them, arrivals come by the clock; got ${show(users)}`,
    )
  if (spawnRate !== undefined && rampUp !== undefined)
    wrong('rampUp', 'sets when users start, and so does spawnRate: give one of them')
}

const mostOpenUsers = ({ maxUsers }: LoadValues, { host }: LoadContext): number =>
  maxUsers ?? Math.max(1, Math.min(DEFAULTS.maxUsers, host.descriptors))

/** The load of a log; what is wrong with it, or does not go with it, is reported where the log is read. */
const replayedLoad = (values: LoadValues, context: LoadContext): OpenLoad => ({
  model: 'open',
  ratePerS: 0,
  rampUpS: 0,
  stages: null,
  arrival: 'replay',
  maxUsers: mostOpenUsers(values, context),
  onFull: values.onFull ?? 'queue',
  replay: context.replay,
})

function openLoad(
  values: LoadValues,
  stages: readonly StageText[] | null,
  options: Options,
  context: LoadContext,
  wrong: Wrong,
): OpenLoad {
  const { ratePerS, rampUpS, arrival, onFull } = values
  refuse(
    ['wait'],
    'does not go with an arrival rate: the clock decides when iterations are due',
    options,
    wrong,
  )
  if (options.rate !== undefined)
    refuse(
      ['spawnRate'],
      'starts users, but with an arrival rate they start when they are needed',
      options,
      wrong,
    )
  return {
    model: 'open',
    ratePerS: ratePerS ?? 0,
    rampUpS: rampUpS ?? 0,
    stages,
    arrival: arrival ?? 'uniform',
    maxUsers: mostOpenUsers(values, context),
    onFull: onFull ?? 'queue',
    replay: null,
  }
}

function closedLoad(
  { users, spawnPerS, rampUpS, wait }: LoadValues,
  stages: readonly StageText[] | null,
  options: Options,
  context: LoadContext,
  wrong: Wrong,
): ClosedLoad {
  refuse(['arrival', 'maxUsers', 'onFull'], 'is about arrivals: it needs a rate', options, wrong)
  const level = users ?? DEFAULTS.users
  const spawnS = spawnPerS === null ? null : level / spawnPerS
  const isTooSlow = spawnS !== null && spawnS > LONGEST_RAMP_S
  if (isTooSlow)
    wrong(
      'spawnRate',
      `must be high enough to start ${level} users within 30d, got ${show(options.spawnRate)}`,
    )
  return {
    model: 'closed',
    users: level,
    rampUpS: rampUpS ?? (spawnS === null || isTooSlow ? defaultRampS(level, options, context) : spawnS),
    stages,
    wait: wait ?? { kind: 'none' },
  }
}

function refuse(names: readonly (keyof Options)[], why: string, options: Options, wrong: Wrong): void {
  for (const name of names) if (options[name] !== undefined) wrong(name, `${why}, got ${show(options[name])}`)
}

/**
 * The seconds over which users start by default, at most the length of the load. With a wait, the first second, so that
 * their requests are spread as later ones are. Without, as good as at once, and so fast that a count is not used up by
 * the users that start first.
 */
function defaultRampS(users: number, options: Options, { planned, scenario }: LoadContext): number {
  const { requests, iterations } = planned
  const count = Math.min(requests ?? Infinity, iterations ?? Infinity)
  // One digit, so that it can be read; rounded up it still leaves a third of the count.
  const shortS = Number((count / (FASTEST_PER_S * users)).toPrecision(1))
  const atOnceS = Math.min(DEFAULTS.atOnceS, shortS)
  const rampS = hasWaits(options, scenario) ? DEFAULTS.rampUpS : atOnceS
  // A wrong duration is reported where it is read.
  const { duration } = options
  const parsed =
    typeof duration === 'string' || typeof duration === 'number' ? parseDurationS(duration) : null
  return parsed !== null && 'value' in parsed && parsed.value > 0 ? Math.min(rampS, parsed.value) : rampS
}

/** More requests per second than one user can send. */
const FASTEST_PER_S = 40_000

/** Whether users wait between iterations, by the option or else by a scenario. */
function hasWaits({ wait }: Options, scenario: ScriptPlan | null): boolean {
  if (wait === undefined)
    return scenario?.scenarios.some((one) => one.wait !== null && one.wait.kind !== 'none') === true
  const parsed = parseWait(String(wait))
  return 'value' in parsed && parsed.value.kind !== 'none'
}

/** Stages as a text with commas or as a list of texts; `null` if there are none, or a wrong value. */
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
