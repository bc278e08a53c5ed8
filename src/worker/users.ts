/** Makes the users of a worker: those that send the plan's one request, or those that follow a scenario. */
import { mixOf } from '../core/mix.ts'
import { plannedUsers, type Plan } from '../core/plan.ts'
import { globalIndex, type Share } from '../core/share.ts'
import type { Wait } from '../core/wait.ts'
import type { Clock } from './clock.ts'
import type { Recorder } from './recorder.ts'
import { RequestUser } from './request-user.ts'
import { Requests } from './scenario/requests.ts'
import { Script, type Scripted } from './scenario/script.ts'
import { ScenarioUser } from './scenario/user.ts'
import type { Transport } from './transport/transport.ts'
import type { Surroundings, User } from './user.ts'

export interface UserParts {
  readonly plan: Plan
  readonly share: Share
  readonly clock: Clock
  readonly transport: Transport
  readonly recorder: Recorder
  /** Null when the users send the one request of the plan. */
  readonly scenario: Scripted | null
}

/** Makes the user with this place in its worker. */
export function userMaker(parts: UserParts, around: Surroundings): (id: number) => User {
  const { plan, share, transport, recorder, clock, scenario: scripted } = parts
  const request = transport.prepare(plan.request)
  if (plan.scenario === null || scripted === null) {
    const wait: Wait = plan.model === 'closed' ? plan.wait : { kind: 'none' }
    const planned = { request, tally: recorder.requestTally(plan.request.name), wait }
    return (id) => new RequestUser(id, around, planned)
  }
  const { scenarios } = plan.scenario
  const requests = new Requests(plan, transport, recorder)
  const scripts = scenarios.map((planned) => new Script({ ...scripted, plan, planned, requests, clock }))
  let mix = scripts.length > 1 ? mixOf(scenarios, plannedUsers(plan)) : null
  return (id) => {
    const number = globalIndex(id, share)
    // An amendment can ask for more users than the plan did, which changes nothing for those there are.
    if (mix !== null && number >= mix.length) mix = mixOf(scenarios, 2 * (number + 1))
    return new ScenarioUser(id, number, around, scripts[mix === null ? 0 : mix[number]!]!, request)
  }
}
