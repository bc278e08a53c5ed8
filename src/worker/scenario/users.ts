/**
 * Makes the users of a worker: those that send the plan's requests, or those that follow a scenario, whose modules are
 * loaded only where there is one.
 */
import type { Plan } from '../../core/plan/plan.ts'
import type { KnownSecrets } from '../../core/request/known-secrets.ts'
import { globalIndex, type Share } from '../../core/share.ts'
import type { Wait } from '../../core/load/wait-time.ts'
import type { Clock } from '../time/clock.ts'
import { Credentials } from '../call/credentials.ts'
import type { Recorder } from '../record/recorder.ts'
import type { Source } from '../user/request-source.ts'
import { RequestUser } from '../user/request-user.ts'
import type { Scripted } from './script.ts'
import type { Prepared, Transport } from '../transport/transport.ts'
import type { Surroundings, User, UserOwner } from '../user/user.ts'

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
  readonly scenario: LoadedScript | null
}

/** The scenario of a worker, and what makes its users: `scriptedUsers`, which is loaded only with a scenario. */
export interface LoadedScript extends Scripted {
  readonly makerOf: (
    parts: UserParts,
    scripted: Scripted,
    around: Surroundings,
    request: Prepared,
  ) => MakeUser
}

/** Makes the user with this place in its worker, for its owner. */
export type MakeUser = (id: number, owner: UserOwner) => User

/** Returns what makes the users; `source` is `null` if users without a script have one request. */
export function userMaker(parts: UserParts, around: Surroundings, source: Source | null): MakeUser {
  const { plan, share, transport, recorder, scenario: scripted } = parts
  const request = transport.prepare(plan.request)
  if (plan.scenario === null || scripted === null) {
    const wait: Wait = plan.model === 'closed' ? plan.wait : { kind: 'none' }
    const planned =
      source === null ? { request, tally: recorder.requestTally(plan.request), isElsewhere: false } : null
    const newCredentials = usesDigest(plan) ? () => new Credentials(plan.proxy) : null
    const shared = { usual: request, planned, source, wait, newCredentials }
    return (id, owner) => new RequestUser(id, globalIndex(id, share), owner, around, shared)
  }
  return scripted.makerOf(parts, scripted, around, request)
}

/** Whether credentials may be sent to a server or a proxy that asks for them. */
const usesDigest = ({ request, targets, proxy }: Plan): boolean =>
  request.digest !== null ||
  targets?.requests.some((target) => target.request.digest !== null) === true ||
  (proxy !== null && proxy.digest !== null)
