/** The load of several scenarios: their users, and their shortest wait. */
import type { ClosedLoad, OpenLoad } from './load-options.ts'
import { mostUsers } from './load-options.ts'
import { fixedUsers, type Mixed } from '../scenario/mix.ts'
import type { Wrong } from '../options/option-readers.ts'
import type { Options } from '../options/options.ts'
import type { ScriptPlan } from '../scenario/script-plan.ts'
import { meanCycleS, type Wait } from '../load/wait-time.ts'

/** The scenarios with the stages and waits that apply: their own, unless the options replace them. */
export const withLoad = (script: ScriptPlan, load: ClosedLoad | OpenLoad, options: Options): ScriptPlan => ({
  ...script,
  stages: options.stages === script.stages ? script.stages : null,
  scenarios:
    load.model === 'open' || options.wait === undefined
      ? script.scenarios
      : script.scenarios.map((one) => ({ ...one, wait: load.wait })),
})

/** The load with the shortest wait of the scenarios, which the generator must keep up with. */
export function mixedLoad(
  script: ScriptPlan,
  load: ClosedLoad | OpenLoad,
  options: Options,
  wrong: Wrong,
): ClosedLoad | OpenLoad {
  const { scenarios } = script
  if (load.model === 'open') {
    if (scenarios.length > 1 && fixedUsers(scenarios) > 0)
      wrong(
        load.stages === null ? 'rate' : 'stages',
        'goes with the weights of scenarios, and one of them says how many users it has: an arrival asks for no kind of user',
      )
    // Each user can have a connection for each scenario.
    return options.maxUsers === undefined
      ? { ...load, maxUsers: Math.max(1, Math.floor(load.maxUsers / Math.max(1, scenarios.length))) }
      : load
  }
  const problem = mixProblem(scenarios, mostUsers(load))
  if (problem !== null) wrong(load.stages === null ? 'users' : 'stages', problem)
  const waits = scenarios.map(({ wait }) => wait ?? NO_WAIT)
  return {
    ...load,
    wait: waits.reduce((a, b) => (meanCycleS(b, 0) < meanCycleS(a, 0) ? b : a), waits[0] ?? load.wait),
  }
}

/** Why the users that scenarios ask for do not add up to the users of the load; `null` if they do. */
export function mixProblem(scenarios: readonly Mixed[], most: number): string | null {
  const fixed = fixedUsers(scenarios)
  if (most < fixed) return `must be at least the ${fixed} users that the scenarios say they have, got ${most}`
  return most > fixed && scenarios.length > 0 && scenarios.every(({ users }) => users !== null)
    ? `must be ${fixed} users at most, as every scenario says how many it has, got ${most}`
    : null
}

const NO_WAIT: Wait = { kind: 'none' }
