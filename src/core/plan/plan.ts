/**
 * The plan: the immutable description of a run that every worker gets and the report embeds. JSON in and out.
 */
import { peakRate, type Arrival, type OnFull, type RateStage } from '../load/arrivals.ts'
import type { BaselinePlan } from '../resolve/baseline-options.ts'
import type { FeederPlan } from '../scenario/row-source.ts'
import type { PlannedOptions } from '../options/options.ts'
import type { HttpPlan } from '../resolve/request/http-options.ts'
import type { ClosedLoad, OpenLoad } from '../resolve/load-options.ts'
import type { Headers, RequestPlan } from '../request/request.ts'
import { isSecretOption } from '../scenario/script-options.ts'
import { accepting, ALL_ENCODINGS } from '../request/accepted-encodings.ts'
import type { ResolvedOptions } from '../resolve/resolve.ts'
import type { ScriptPlan } from '../scenario/script-plan.ts'
import { spans } from '../load/stage.ts'
import { peakUsers, type UserStage } from '../load/stages.ts'
import { witnessStripe } from './witness.ts'
import type { TargetsPlan } from '../resolve/request/targets-options.ts'
import type { ReplayPlan } from '../resolve/replay-options.ts'
import type { ChosenTransport } from '../resolve/transport-options.ts'
import type { PrecisionPlan } from '../resolve/precision-options.ts'
import { withDefaults, type Threshold } from '../threshold/threshold.ts'
import { longestWaitS, meanCycleS, type Wait } from '../load/wait-time.ts'

/** What both models have in common. */
interface PlanBase extends PlannedOptions, PrecisionPlan, HttpPlan, ChosenTransport {
  /** The one request of the plan; with a scenario, what each of its requests begins from; with targets, where they belong. */
  readonly request: RequestPlan
  /** The requests that are sent instead, one for each iteration by their weights; `null` for none. */
  readonly targets: TargetsPlan | null
  /** Whether there are placeholders in the texts of its requests, which are templates then; see docs/TEMPLATES.md. */
  readonly isTemplated: boolean
  /** Where the rows come from whose columns are placeholders; `null` for none. */
  readonly data: FeederPlan | null
  /** What the users do instead, where a scenario file says it. */
  readonly scenario: ScriptPlan | null
  /** Seconds of load, ramps included; `null` if only a count ends it. */
  readonly durationS: number | null
  /** `gracefulStopS` after SIGTERM: at most 8 s unless `gracefulStop` was given, so that the report is written before a container is killed. */
  readonly sigtermStopS: number
  readonly workers: number
  /** Every how-many-th user or arrival is the witness's, a thread beside the workers; `null` without a witness. */
  readonly witness: number | null
  /** The rules that the run is held against, the default ones among them. */
  readonly thresholds: readonly Threshold[]
  /** What it is held against when it has ended; `null` for nothing. */
  readonly baseline: BaselinePlan | null
  /** The page of a node_exporter on the server; `null` for none. */
  readonly targetMetrics: string | null
  /** Texts of the URL, the headers and the body that are not shown; a plan that is shown has none. */
  readonly hidden: readonly string[]
}

/** Users loop: the next iteration starts after the last one ended and its wait is over. */
export interface ClosedPlan extends PlanBase {
  readonly model: 'closed'
  /** The wait between iterations; the shortest if several scenarios have waits of their own. */
  readonly wait: Wait
  /** The level of users over run time; after the last stage its end value holds. */
  readonly stages: readonly UserStage[]
}

/** Iterations are due by the clock, whatever the target does. */
export interface OpenPlan extends PlanBase {
  readonly model: 'open'
  /** The arrival rate over run time; after the last stage its end value holds. */
  readonly stages: readonly RateStage[]
  readonly arrival: Arrival
  readonly maxUsers: number
  readonly onFull: OnFull
  /** The log that is replayed, one target for each of its names; left out if there is none. */
  readonly replay?: ReplayPlan
}

export type Plan = ClosedPlan | OpenPlan

/** The plan that carries out what the user asked for; `userAgent` is sent where the user named none. */
export function buildPlan(options: ResolvedOptions, userAgent: string): Plan {
  // Tasks ask for compressed responses themselves.
  const isCompressed = options.planned.compressed && options.scenario === null
  const sent = (request: RequestPlan): RequestPlan => withOwnHeaders(request, userAgent, isCompressed)
  const base: PlanBase = {
    request: sent({
      name: options.name,
      method: options.method,
      url: options.url,
      headers: options.headers,
      body: options.body,
      digest: options.digest,
      expectStatus: options.expectStatus,
    }),
    targets: options.targets && {
      ...options.targets,
      requests: options.targets.requests.map(({ weight, request }) => ({
        weight,
        request: sent(request),
      })),
    },
    isTemplated: options.isTemplated,
    data: options.data,
    scenario: options.scenario && {
      ...options.scenario,
      scenarios: options.scenario.scenarios.map((one) => ({
        ...one,
        http: one.http && { ...one.http, request: sent(one.http.request) },
      })),
    },
    durationS: options.durationS,
    sigtermStopS: options.sigtermStopS,
    workers: options.workers,
    witness: null,
    ...options.precision,
    transport: options.transport,
    undiciFor: options.undiciFor,
    ...options.planned,
    ...options.http,
    thresholds: withDefaults(options.thresholds, options.scenario !== null),
    baseline: options.baseline,
    targetMetrics: options.targetMetrics,
    hidden: [...options.secrets, ...secretsOf(options.scenario)],
  }
  const { load } = options
  const plan = load.model === 'closed' ? closedPlan(base, load) : openPlan(base, load)
  return options.witness ? { ...plan, witness: stripeOf(plan) } : plan
}

const closedPlan = (base: PlanBase, load: ClosedLoad): ClosedPlan => ({
  model: 'closed',
  ...base,
  wait: load.wait,
  stages: userStages(load),
})

function openPlan(base: PlanBase, load: OpenLoad): OpenPlan {
  const { arrival, maxUsers, onFull, replay } = load
  const stages = replay === null ? rateStages(load) : replay.stages
  const plan: OpenPlan = { model: 'open', ...base, stages, arrival, maxUsers, onFull }
  return replay === null ? plan : { ...plan, replay: replay.plan }
}

/**
 * Users of a witness that wait for connections would measure the wait, and not the target. Without a pace a user sends as often as it can: one with an idle thread would be another load. The lines of a log that is
 * sent again belong to sessions, of which a stripe of lines is no sample.
 */
const stripeOf = (plan: Plan): number | null =>
  hasPace(plan) && plan.connections === null && !(plan.model === 'open' && plan.replay)
    ? witnessStripe({
        perS: plannedPerS(plan),
        users: plannedUsers(plan),
        workers: plan.workers,
        isOpen: plan.model === 'open',
      })
    : null

/** The values of secret options, which are hidden wherever they are quoted. */
const secretsOf = (scenario: ScriptPlan | null): string[] =>
  (scenario?.options ?? [])
    .filter((option) => isSecretOption(option) && option.value !== '')
    .map(({ value }) => String(value))

/** The request with the headers that corerush adds to those of the user. */
function withOwnHeaders(request: RequestPlan, userAgent: string, isCompressed: boolean): RequestPlan {
  const hasAgent = request.headers.some(([name]) => name.toLowerCase() === 'user-agent')
  const headers: Headers = hasAgent ? request.headers : [['user-agent', userAgent], ...request.headers]
  return { ...request, headers: isCompressed ? accepting(headers, ALL_ENCODINGS) : headers }
}

/** Users and ramp are shorthands: there is one schedule, the stages. */
function userStages({ users, rampUpS, stages }: ClosedLoad): UserStage[] {
  if (stages === null) return [{ fromUsers: 0, toUsers: users, durationS: rampUpS }]
  return spans(stages).map(({ from, to, durationS }) => ({ fromUsers: from, toUsers: to, durationS }))
}

function rateStages({ ratePerS, rampUpS, stages }: OpenLoad): RateStage[] {
  if (stages === null) return [{ fromPerS: 0, toPerS: ratePerS, durationS: rampUpS }]
  return spans(stages).map(({ from, to, durationS }) => ({ fromPerS: from, toPerS: to, durationS }))
}

/** The end of the ramp that a load begins with, in seconds. */
export function firstRampS(plan: Plan): number {
  const line =
    plan.model === 'closed'
      ? plan.stages.map(({ fromUsers: from, toUsers: to, durationS }) => ({ from, to, durationS }))
      : plan.stages.map(({ fromPerS: from, toPerS: to, durationS }) => ({ from, to, durationS }))
  let endS = 0
  for (const { from, to, durationS } of line) {
    if (from === to && durationS > 0) break
    endS += durationS
  }
  return endS
}

/** The most users the plan ever has active at once. */
export const plannedUsers = (plan: Plan): number =>
  plan.model === 'closed' ? peakUsers(plan.stages) : plan.maxUsers

/** The most connections that users have open at once, if none of their tasks sends in parallel. */
export function plannedConnections(plan: Plan): number {
  const { model, scenario, targets, request } = plan
  const { origin } = new URL(request.url)
  // Requests that go elsewhere go over a second one.
  const goElsewhere = targets?.requests.some((one) => new URL(one.request.url).origin !== origin) === true
  const each = scenario !== null && model === 'open' ? scenario.scenarios.length : goElsewhere ? 2 : 1
  return (plan.connections ?? plannedUsers(plan)) * each
}

/**
 * The most requests per second that the plan asks for, when the target answers at once; Infinity when users go as fast
 * as they can.
 */
export function plannedPerS(plan: Plan): number {
  if (plan.model === 'open') return peakRate(plan.stages)
  const cycleS = meanCycleS(plan.wait, 0)
  return cycleS > 0 ? plannedUsers(plan) / cycleS : Infinity
}

/**
 * Whether the plan names a pace that the generator must hold: a rate, or users with waits. Users without waits go as
 * fast as they can, and how long the waits of a function are is not known ahead.
 */
export const hasPace = (plan: Plan): boolean =>
  plan.model === 'open' || (plan.wait.kind !== 'none' && plan.wait.kind !== 'own')

/** The longest that a user waits between two iterations, in seconds. */
export const longestIdleS = (plan: Plan): number =>
  plan.model === 'open'
    ? 0
    : Math.max(
        longestWaitS(plan.wait),
        ...(plan.scenario?.scenarios ?? []).map(({ wait }) => (wait === null ? 0 : longestWaitS(wait))),
      )
