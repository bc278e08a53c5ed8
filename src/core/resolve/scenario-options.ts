/** The scenarios of the file that are run: those that `--scenario` names, else all with a weight. */
import { show, type Wrong } from '../options/option-readers.ts'
import type { Options } from '../options/options.ts'
import type { ScenarioPlan, ScriptPlan } from '../scenario/script-plan.ts'
import { didYouMean } from '../suggest.ts'

/** The script with the chosen scenarios, in the order of the file. A weight of 0 leaves a scenario out that is not named. */
export function chosenScenarios<S extends ScriptPlan>(
  script: S | null,
  options: Options,
  wrong: Wrong,
): S | null {
  const given: unknown = options.scenarios
  if (script === null) {
    if (given !== undefined) wrong('scenarios', 'chooses scenarios of a file, and there is none')
    return null
  }
  if (given === undefined) {
    const scenarios = script.scenarios.filter(({ weight, users }) => users !== null || weight > 0)
    if (scenarios.length === 0 && script.scenarios.length > 0)
      wrong('scenarios', 'must name a scenario: all of the file have a weight of 0')
    return { ...script, scenarios }
  }
  const words = typeof given === 'string' ? given.split(',') : given
  if (!Array.isArray(words) || words.length === 0 || words.some((word) => typeof word !== 'string')) {
    wrong('scenarios', `must be names of scenarios such as buy or buy=3, got ${show(given)}`)
    return script
  }
  const weights = weightsOf(words as string[], script.scenarios, wrong)
  const scenarios = script.scenarios.flatMap((one) =>
    one.name === null ? [] : asked(one, weights.get(one.name)),
  )
  return { ...script, scenarios }
}

/** Weights by the name of their scenario; `null` for its own. */
function weightsOf(
  words: readonly string[],
  scenarios: readonly ScenarioPlan[],
  wrong: Wrong,
): ReadonlyMap<string, number | null> {
  const names = scenarios.flatMap(({ name }) => name ?? [])
  const weights = new Map<string, number | null>()
  for (const word of words.map((one) => one.trim())) {
    const isName = names.includes(word)
    const equals = isName ? -1 : word.lastIndexOf('=')
    const name = equals < 0 ? word : word.slice(0, equals)
    const weight = equals < 0 ? null : Number(word.slice(equals + 1) || NaN)
    const known =
      names.length === 0 ? 'the file has one scenario, without a name' : `it has ${names.join(', ')}`
    if (!names.includes(name))
      wrong(
        'scenarios',
        `must name scenarios of the file, got ${show(name)}${didYouMean(name, names) || `; ${known}`}`,
      )
    else if (weights.has(name)) wrong('scenarios', `names ${name} twice`)
    else if (weight !== null && !(weight > 0 && weight < Infinity))
      wrong('scenarios', `must have weights above 0, got ${show(word)}`)
    else weights.set(name, weight)
  }
  return weights
}

/** A scenario that is named has a weight of at least 1, unless it says how many users it has. */
function asked(scenario: ScenarioPlan, weight: number | null | undefined): ScenarioPlan[] {
  if (weight === undefined) return []
  if (weight !== null) return [{ ...scenario, weight, users: null }]
  return [scenario.users === null && scenario.weight === 0 ? { ...scenario, weight: 1 } : scenario]
}
