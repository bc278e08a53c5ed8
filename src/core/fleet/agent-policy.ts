/** What the owner of a host allows an agent there, whoever commands it. */
import { portion, type Share } from '../share.ts'
import type { Amendment } from '../plan/amendment.ts'
import { plannedPerS, plannedUsers, type Plan } from '../plan/plan.ts'
import { parseUrl } from '../request/parsed-url.ts'
import { forbiddenHost, forbids, type AllowedHost } from '../resolve/request/allowed-hosts.ts'
import { showMany, showRate } from '../units.ts'

/** What the owner allows. */
export interface AgentPolicy {
  /** Where requests may go; `null` for everywhere, which must have been said as `*`. */
  readonly allowedHosts: readonly AllowedHost[] | null
  /** The most iterations per second that this agent starts; `null` for any. */
  readonly maxPerS: number | null
  /** The most users that this agent has at once; `null` for any. */
  readonly maxUsers: number | null
  /** Whether it runs scenario files, which are code with its own rights. */
  readonly acceptsScenarios: boolean
}

/** An agent's part of a run: its workers are `of` − … of all, from `base` on. */
export interface AgentShare {
  readonly base: number
  readonly workers: number
  /** All workers of the run. */
  readonly of: number
}

/** Why an agent with this policy does not carry out its part of a plan; empty if it does. */
export function refusals(policy: AgentPolicy, plan: Plan, share: AgentShare): string[] {
  const problems: string[] = []
  if (plan.scenario !== null && !policy.acceptsScenarios)
    problems.push('runs no scenario files: it was started without --accept-scenarios')
  if (plan.unixSocket !== null) problems.push('opens no Unix sockets for others')
  if (plan.localAddresses.length > 0) problems.push('has no addresses that another host could name')
  problems.push(...reachProblems(policy, plan), ...loadProblems(policy, plan, share))
  return problems
}

/** Why an agent does not carry out a change of the load; `null` if it does. */
export function amendmentRefusal(
  policy: AgentPolicy,
  amendment: Amendment,
  share: AgentShare,
): string | null {
  if ('durationS' in amendment) return null
  return 'users' in amendment
    ? usersProblem(policy, amendment.users, share)
    : rateProblem(policy, amendment.ratePerS, share)
}

/**
 * The plan with the hosts that both it and the policy allow, so that redirects and scenarios are held to them by each
 * request. Hosts that the plan allows and the policy does not are gone; if none is left, nothing is allowed.
 */
export function restricted(policy: AgentPolicy, plan: Plan): Plan {
  const { allowedHosts: own } = policy
  if (own === null) return plan
  const { allowedHosts: asked } = plan
  return { ...plan, allowedHosts: asked === null ? own : intersection(own, asked) }
}

/** The hosts in both lists. */
function intersection(a: readonly AllowedHost[], b: readonly AllowedHost[]): AllowedHost[] {
  const both = a.flatMap((one) => b.flatMap((other) => common(one, other)))
  return [...new Map(both.map((one) => [`${one.isDomain} ${one.port} ${one.host}`, one])).values()]
}

/** What is meant by both; of two ranges of names one lies within the other, or they have nothing in common. */
function common(a: AllowedHost, b: AllowedHost): AllowedHost[] {
  if (a.port !== null && b.port !== null && a.port !== b.port) return []
  const port = a.port ?? b.port
  if (a.host === b.host && a.isDomain === b.isDomain) return [{ ...a, port }]
  if (a.isDomain && b.host.endsWith(`.${a.host}`)) return [{ ...b, port }]
  if (b.isDomain && a.host.endsWith(`.${b.host}`)) return [{ ...a, port }]
  return []
}

/** Where a plan leads that the policy forbids. A URL that only the iteration knows is checked by each request. */
function reachProblems({ allowedHosts }: AgentPolicy, plan: Plan): string[] {
  if (allowedHosts === null) return []
  const scenarios = plan.scenario?.scenarios ?? []
  const ways = [
    ...[plan.request, ...(plan.targets?.requests ?? []).map(({ request }) => request)].map(
      ({ url }) => [plan.proxy, url] as const,
    ),
    ...scenarios.flatMap(({ http }) => (http === null ? [] : [[http.proxy, http.request.url] as const])),
  ]
  const problems = ways.flatMap(([proxy, text]) => {
    const url = parseUrl(text)
    // Of a template nothing is known until its placeholders are filled in.
    if (url === null) return []
    const to = forbiddenHost({ ...plan, proxy, allowedHosts }, url)
    return to === null ? [] : [forbids(allowedHosts, to)]
  })
  return [...new Set(problems)]
}

function loadProblems(policy: AgentPolicy, plan: Plan, share: AgentShare): string[] {
  const problems = [
    usersProblem(policy, plannedUsers(plan), share),
    policy.maxPerS === null ? null : rateProblem(policy, plannedPerS(plan), share),
  ]
  return problems.filter((problem) => problem !== null)
}

function usersProblem({ maxUsers }: AgentPolicy, users: number, share: AgentShare): string | null {
  const own = portionOf(users, share)
  return maxUsers === null || own <= maxUsers
    ? null
    : `has at most ${showMany(maxUsers, 'user')} (--max-users), and its part would be ${showMany(own, 'user')}`
}

function rateProblem({ maxPerS }: AgentPolicy, perS: number, { workers, of }: AgentShare): string | null {
  if (maxPerS === null) return null
  if (perS === Infinity)
    return `starts at most ${showRate(maxPerS)}/s (--max-rate), and users without waits go as fast as they can`
  const own = (perS * workers) / of
  return own <= maxPerS
    ? null
    : `starts at most ${showRate(maxPerS)}/s (--max-rate), and its part would be ${showRate(own)}/s`
}

/** How many of `n` users fall to an agent. */
export function portionOf(n: number, { base, workers, of }: AgentShare): number {
  let sum = 0
  for (let i = 0; i < workers; i++) sum += portion(n, { index: base + i, of } satisfies Share)
  return sum
}
