/** The plan of a command line, with the files that its flags name: a body, certificates. */
import { readFileSync } from 'node:fs'
import { OptionsError } from '../core/options/options-error.ts'
import type { Options } from '../core/options/options.ts'
import type { Problem } from '../core/options/problem.ts'
import type { Plan } from '../core/plan/plan.ts'
import { messageOf } from '../errors.ts'
import { planScenario } from '../host/run-plan.ts'
import { optionsOf, type Command } from './command.ts'
import { withAgainst, type Repeats } from './repeats.ts'

/** Resolves to the plan of the command line; `null` if it makes none. Adds what is wrong with it to the problems. */
export async function readPlan(
  command: Command,
  repeats: Repeats,
  problems: Problem[],
): Promise<Plan | null> {
  const options: Options = {
    ...withAgainst(optionsOf(command), repeats),
    ...readBody(command, problems),
    ...readPems(command, problems),
  }
  try {
    return await planScenario(options)
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error
    // A flag without its value is reported as such, and not as missing as well.
    const reported = new Set(problems.map(({ option }) => option))
    problems.push(...error.problems.filter(({ option }) => !reported.has(option)))
    return null
  }
}

/** Reads the body itself, or the bytes of the file that `@FILE` names. */
function readBody({ texts }: Command, problems: Problem[]): Pick<Options, 'body'> {
  const body = texts.get('body')
  if (body === undefined || !body.startsWith('@')) return { body }
  return { body: readBytes('body', body.slice(1), problems) }
}

/** Reads the files of `--ca`, `--cert` and `--key`. */
export function readPems({ texts }: Command, problems: Problem[]): Pick<Options, 'ca' | 'cert' | 'key'> {
  const pems: Pick<Options, 'ca' | 'cert' | 'key'> = {}
  for (const option of ['ca', 'cert', 'key'] as const) {
    const path = texts.get(option)
    if (path === undefined) continue
    // A config file or a variable can hold the PEM itself.
    pems[option] = path.includes('-----BEGIN ') ? path : readBytes(option, path, problems)
  }
  return pems
}

/** Reads a file that an option names; an empty text, and a problem, if it cannot be read. */
function readBytes(option: string, path: string, problems: Problem[]): Buffer | string {
  try {
    return readFileSync(path)
  } catch (error) {
    problems.push({ option, message: `names a file that cannot be read: ${messageOf(error)}` })
    return ''
  }
}
