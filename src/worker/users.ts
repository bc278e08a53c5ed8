/** Makes the users of a worker: those that send the plan's one request, or those that follow a scenario. */
import { mixOf } from '../core/scenario/mix.ts'
import { plannedUsers, type Plan } from '../core/plan/plan.ts'
import type { KnownSecrets } from '../core/request/known-secrets.ts'
import { seededRandom } from '../core/random.ts'
import { chooser } from '../core/scenario/script-plan.ts'
import { globalIndex, type Share } from '../core/share.ts'
import type { Wait } from '../core/load/wait-time.ts'
import type { Clock } from './clock.ts'
import { Credentials } from './credentials.ts'
import { Lateness } from './lateness.ts'
import type { Recorder } from './recorder.ts'
import type { RequestSource } from './request-source.ts'
import { RequestUser } from './request-user.ts'
import { MixedUser } from './scenario/mixed-user.ts'
import { Requests } from './scenario/requests.ts'
import { Script, type Scripted } from './scenario/script.ts'
import { ScenarioUser } from './scenario/script-user.ts'
import type { Transport } from './transport/transport.ts'
import type { Surroundings, User, UserOwner } from './user.ts'

export interface UserParts {
  readonly plan: Plan
  readonly share: Share
  readonly clock: Clock
  readonly transport: Transport
  readonly recorder: Recorder
  /** What nothing that is recorded may say. */
  readonly secrets: KnownSecrets
  /** `null` if the users send the one request of the plan. */
  readonly scenario: Scripted | null
}

/** Makes the user with this place in its worker, for its owner. */
export type MakeUser = (id: number, owner: UserOwner) => User

/** Returns what makes the users; `source` is `null` if users without a script have one request. */
export function userMaker(parts: UserParts, around: Surroundings, source: RequestSource | null): MakeUser {
  const { plan, share, transport, recorder, secrets, clock, scenario: scripted } = parts
  const request = transport.prepare(plan.request)
  if (plan.scenario === null || scripted === null) {
    const wait: Wait = plan.model === 'closed' ? plan.wait : { kind: 'none' }
    const planned =
      source === null ? { request, tally: recorder.requestTally(plan.request), isElsewhere: false } : null
    const newCredentials = usesDigest(plan) ? () => new Credentials(plan.proxy) : null
    const shared = { usual: request, planned, source, wait, newCredentials }
    return (id, owner) => new RequestUser(id, globalIndex(id, share), owner, around, shared)
  }
  const { scenarios } = plan.scenario
  const requests = new Requests(plan, transport, recorder, secrets)
  const scripts = scenarios.map((planned) => new Script({ ...scripted, plan, planned, requests, clock }))
  const number = (id: number): number => globalIndex(id, share)
  if (scripts.length === 1)
    return (id, owner) => new ScenarioUser(id, number(id), owner, around, scripts[0]!, request)
  if (plan.model === 'closed') {
    let mix = mixOf(scenarios, plannedUsers(plan))
    return (id, owner) => {
      // An amendment can ask for more users than the plan did, which changes nothing for those there are.
      if (number(id) >= mix.length) mix = mixOf(scenarios, 2 * (number(id) + 1))
      return new ScenarioUser(id, number(id), owner, around, scripts[mix[number(id)]!]!, request)
    }
  }
  const choose = chooser(scenarios.map(({ weight }) => weight))
  return (id, owner) => {
    const lateness = new Lateness()
    return new MixedUser({
      id,
      owner,
      lateness,
      random: seededRandom(plan.seed, number(id) + MIX_STREAM),
      choose: (random) => choose(0, random),
      make: (place, mixed) =>
        new ScenarioUser(id, number(id), mixed, around, scripts[place]!, request, lateness),
    })
  }
}

/** Apart from the streams of waits and tasks. */
const MIX_STREAM = 0x30_0000

/** Whether credentials may be sent to a server or a proxy that asks for them. */
const usesDigest = ({ request, targets, proxy }: Plan): boolean =>
  request.digest !== null ||
  targets?.requests.some((target) => target.request.digest !== null) === true ||
  (proxy !== null && proxy.digest !== null)
