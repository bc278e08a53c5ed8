/** The plan that options describe on this host; the files that they name are read for it. */
import { resolve } from 'node:path'
import { OptionsError } from '../core/options/options-error.ts'
import type { Options } from '../core/options/options.ts'
import type { HostDefaults } from '../core/options/limits.ts'
import { buildPlan, type Plan } from '../core/plan/plan.ts'
import { unwitnessed } from '../core/plan/witness.ts'
import { resolveOptions } from '../core/resolve/resolve.ts'
import type { LoadedScript } from '../core/resolve/own-options.ts'
import { readScenarios } from '../scenario/file.ts'
import { VERSION } from '../version.ts'
import { certificateProblem } from './files/certificates.ts'
import { readNamedFiles } from './files/named-files.ts'
import { findCores } from './machine/cores.ts'
import { spareDescriptors } from './preflight.ts'

/** What this host offers. */
export function thisHost(): HostDefaults {
  const cores = findCores().usable
  return { cores, descriptors: spareDescriptors(cores) }
}

/** Returns the plan that the options describe on this host, or where it is given. Throws an `OptionsError` with every problem. */
export function planRun(
  options: Options,
  scenario: LoadedScript | null = null,
  host: HostDefaults = thisHost(),
): Plan {
  if (options.scenario !== undefined && scenario === null)
    throw new OptionsError([
      { option: 'scenario', message: 'is a file to be loaded first: use planScenario' },
    ])
  const { located, files, problems } = readNamedFiles(options)
  const result = resolveOptions(located, host, scenario, files)
  if ('problems' in result) throw new OptionsError([...problems, ...result.problems])
  if (problems.length > 0) throw new OptionsError(problems)
  const { http, scenario: script } = result.resolved
  for (const one of [http, ...(script?.scenarios ?? []).flatMap((each) => each.http ?? [])]) {
    const unusable = certificateProblem(one)
    if (unusable !== null) throw new OptionsError([unusable])
  }
  const plan = buildPlan(result.resolved, `corerush/${VERSION}`)
  const problem = unwitnessed(plan)
  if (problem !== null) throw new OptionsError([{ option: 'thresholds', message: problem }])
  return plan
}

/** Resolves to the plan of options that may name a scenario file, which is loaded first. */
export async function planScenario(options: Options, host?: HostDefaults): Promise<Plan> {
  return planRun(options, await readScript(options), host)
}

/** Resolves to the scenario file that options name, whatever else they say; `null` if they name none. */
export async function readScript({ scenario, set }: Options): Promise<LoadedScript | null> {
  return scenario === undefined ? null : await readScenarios(resolve(scenario), set)
}
