/** Makes the users of a worker that follow a scenario. */
import { mixOf } from '../../core/scenario/mix.ts'
import { plannedUsers, type Plan } from '../../core/plan/plan.ts'
import { seededRandom } from '../../core/random.ts'
import { chooser, type ScenarioHttp } from '../../core/scenario/script-plan.ts'
import { globalIndex } from '../../core/share.ts'
import { Lateness } from '../record/lateness.ts'
import { Redirects } from '../call/redirects.ts'
import type { Prepared } from '../transport/transport.ts'
import type { Surroundings, UserOwner } from '../user/user.ts'
import type { MakeUser, UserParts } from './users.ts'
import { MixedUser } from './mixed-user.ts'
import { Requests } from './requests.ts'
import { Script, type Scripted } from './script.ts'
import { ScenarioUser } from './script-user.ts'

/** Returns what makes them; `request` is the plan's own. */
export function scriptedUsers(
  parts: UserParts,
  scripted: Scripted,
  around: Surroundings,
  request: Prepared,
): MakeUser {
  const { plan, share, transport, recorder, secrets, clock } = parts
  const { scenarios } = plan.scenario!
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
