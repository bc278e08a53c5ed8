/** What several scenarios ask of the load, and what its waits then are. */
import type { ClosedLoad, OpenLoad } from './load.ts'
import { mostUsers } from './load.ts'
import { fixedUsers, type Mixed } from './mix.ts'
import type { Wrong } from './option-readers.ts'
import type { Options } from './options.ts'
import type { ScriptPlan } from './scenario.ts'
import { meanCycleS, type Wait } from './wait.ts'

/** The scenarios with the wait that each user of them makes: the one that the options say, or its own. */
export const withWaits = (script: ScriptPlan, load: ClosedLoad | OpenLoad, options: Options): ScriptPlan =>
  load.model === 'open' || options.wait === undefined
    ? script
    : { ...script, scenarios: script.scenarios.map((one) => ({ ...one, wait: load.wait })) }

/** The load with the shortest of the scenarios' waits: what the generator must be quick enough for. */
export function mixedLoad(
  script: ScriptPlan,
  load: ClosedLoad | OpenLoad,
  wrong: Wrong,
): ClosedLoad | OpenLoad {
  const { scenarios } = script
  if (load.model === 'open') {
    if (scenarios.length > 1)
      wrong(
        load.stages === null ? 'rate' : 'stages',
        'goes with one scenario: an arrival asks for a task, not for a kind of user',
      )
    return load
  }
  const problem = mixProblem(scenarios, mostUsers(load))
  if (problem !== null) wrong(load.stages === null ? 'users' : 'stages', problem)
  const waits = scenarios.map(({ wait }) => wait ?? NO_WAIT)
  return {
    ...load,
    wait: waits.reduce((a, b) => (meanCycleS(b, 0) < meanCycleS(a, 0) ? b : a), waits[0] ?? load.wait),
  }
}

/** Why scenarios that say how many users they have do not add up to so many; null when they do. */
export function mixProblem(scenarios: readonly Mixed[], most: number): string | null {
  const fixed = fixedUsers(scenarios)
  if (most < fixed) return `must be at least the ${fixed} users that the scenarios say they have, got ${most}`
  return most > fixed && scenarios.length > 0 && scenarios.every(({ users }) => users !== null)
    ? `must be ${fixed} users at most, as every scenario says how many it has, got ${most}`
    : null
}

const NO_WAIT: Wait = { kind: 'none' }
