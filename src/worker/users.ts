/** Makes the users of a worker: those that send the plan's one request, or those that follow a scenario. */
import { mixOf } from '../core/scenario/mix.ts'
import { plannedUsers, type Plan } from '../core/plan/plan.ts'
import type { KnownSecrets } from '../core/request/known-secrets.ts'
import { seededRandom } from '../core/random.ts'
import { chooser, type ScenarioHttp } from '../core/scenario/script-plan.ts'
import { globalIndex, type Share } from '../core/share.ts'
import type { Wait } from '../core/load/wait-time.ts'
import type { Clock } from './clock.ts'
import { Credentials } from './credentials.ts'
import { Lateness } from './lateness.ts'
import type { Recorder } from './recorder.ts'
import { Redirects } from './redirects.ts'
import type { Source } from './request-source.ts'
import { RequestUser } from './request-user.ts'
import { MixedUser } from './scenario/mixed-user.ts'
import { Requests } from './scenario/requests.ts'
import { Script, type Scripted } from './scenario/script.ts'
import { ScenarioUser } from './scenario/script-user.ts'
import type { Prepared, Transport } from './transport/transport.ts'
import type { Surroundings, User, UserOwner } from './user.ts'

export interface UserParts {
  readonly plan: Plan
  readonly share: Share
  readonly clock: Clock
  readonly transport: Transport
  /** The transport of a plan that its scenario has changed. */
  readonly transportOf: (plan: Plan) => Transport
  readonly recorder: Recorder
  /** What nothing that is recorded may say. */
  readonly secrets: KnownSecrets
  /** `null` if the users send the one request of the plan. */
  readonly scenario: Scripted | null
}

/** Makes the user with this place in its worker, for its owner. */
export type MakeUser = (id: number, owner: UserOwner) => User

/** Returns what makes the users; `source` is `null` if users without a script have one request. */
export function userMaker(parts: UserParts, around: Surroundings, source: Source | null): MakeUser {
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
  const usual: World = { around, usual: request, requests: new Requests(plan, transport, recorder, secrets) }
  const worlds = scenarios.map(({ http }) => (http === null ? usual : worldOf(parts, around, http)))
  const scripts = scenarios.map(
    (planned, i) => new Script({ ...scripted, plan, planned, requests: worlds[i]!.requests, clock }),
  )
  const follow = (place: number, id: number, owner: UserOwner, lateness?: Lateness): ScenarioUser => {
    const world = worlds[place]!
    return new ScenarioUser(id, number(id), owner, world.around, scripts[place]!, world.usual, lateness)
  }
  const number = (id: number): number => globalIndex(id, share)
  if (scripts.length === 1) return (id, owner) => follow(0, id, owner)
  if (plan.model === 'closed') {
    let mix = mixOf(scenarios, plannedUsers(plan))
    return (id, owner) => {
      // An amendment can ask for more users than the plan did, which changes nothing for those there are.
      if (number(id) >= mix.length) mix = mixOf(scenarios, 2 * (number(id) + 1))
      return follow(mix[number(id)]!, id, owner)
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
      make: (place, mixed) => follow(place, id, mixed, lateness),
    })
  }
}

/** What the users of a scenario send with. */
interface World {
  readonly around: Surroundings
  readonly usual: Prepared
  readonly requests: Requests
}

/** The world of a scenario that goes with HTTP of its own: connections, redirects, and where paths lead. */
function worldOf(parts: UserParts, around: Surroundings, http: ScenarioHttp): World {
  const { share, recorder, secrets } = parts
  const plan: Plan = { ...parts.plan, ...http }
  const transport = parts.transportOf(plan)
  return {
    around: {
      ...around,
      plan,
      openConnection: (id, request) => transport.connection(globalIndex(id, share), request),
      redirects: new Redirects(transport, plan, recorder),
    },
    usual: transport.prepare(plan.request),
    requests: new Requests(plan, transport, recorder, secrets),
  }
}

/** Apart from the streams of waits and tasks. */
const MIX_STREAM = 0x30_0000

/** Whether credentials may be sent to a server or a proxy that asks for them. */
const usesDigest = ({ request, targets, proxy }: Plan): boolean =>
  request.digest !== null ||
  targets?.requests.some((target) => target.request.digest !== null) === true ||
  (proxy !== null && proxy.digest !== null)
