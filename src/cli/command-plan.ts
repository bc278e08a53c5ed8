/** The plan of a command line, with the files that its flags name: a body, certificates. */
import { MOST_BODY_BYTES } from '../core/request/request.ts'
import { readBytes } from '../host/files/text-file.ts'
import { MOST_WORKERS } from '../core/options/limits.ts'
import { OptionsError } from '../core/options/options-error.ts'
import type { Options } from '../core/options/options.ts'
import type { Problem } from '../core/options/problem.ts'
import type { Plan } from '../core/plan/plan.ts'
import { messageOf } from '../errors.ts'
import { planRun, planScenario, thisHost } from '../host/run-plan.ts'
import { optionsOf, type Command } from './command.ts'
import type { PlannedFor } from './on-agents.ts'
import { withAgainst, type Repeats } from './repeats.ts'

/**
 * Resolves to the plan of the command line; `null` if it makes none. Adds what is wrong with it to the problems. `planned`
 * is where it is made for: what agents offer together; this host if undefined. `isRecorded`: an output takes records of
 * requests. `laterUsers`: see `HostDefaults`.
 */
export async function readPlan(
  command: Command,
  repeats: Repeats,
  problems: Problem[],
  planned?: PlannedFor,
  { isRecorded = false, laterUsers }: { readonly isRecorded?: boolean; readonly laterUsers?: number } = {},
): Promise<Plan | null> {
  const hosts = planned?.defaults
  const defaults = laterUsers === undefined ? hosts : { ...(hosts ?? thisHost()), laterUsers }
  const asked = withAgainst(optionsOf(command), repeats)
  const options: Options = {
    ...asked,
    sampleRequests: isRecorded ? (asked.sampleRequests ?? 1) : undefined,
    // An idle thread on one of several hosts is no witness of the others.
    ...(hosts === undefined ? {} : { workers: Math.min(hosts.cores, MOST_WORKERS), witness: false }),
    ...readBody(command, problems),
    ...readPems(command, problems),
  }
  try {
    const plan =
      planned === undefined
        ? await planScenario(options, defaults)
        : planRun(options, planned.script, defaults)
    // Agents have their workers whether there is a user for each or not.
    return hosts === undefined ? plan : { ...plan, workers: hosts.cores }
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
  return { body: readFile('body', body.slice(1), MOST_BODY_BYTES, problems) }
}

/** Reads the files of `--ca`, `--cert` and `--key`. */
export function readPems(command: Command, problems: Problem[]): Pick<Options, 'ca' | 'cert' | 'key'> {
  const pems: Pick<Options, 'ca' | 'cert' | 'key'> = {}
  for (const option of ['ca', 'cert', 'key'] as const) {
    const pem = readPem(command, option, problems)
    if (pem !== undefined) pems[option] = pem
  }
  return pems
}

/** Reads certificates or a key from the file that an option names; `undefined` without the option. */
export function readPem(
  { texts }: Command,
  option: 'ca' | 'cert' | 'key' | 'webCert' | 'webKey',
  problems: Problem[],
): Buffer | string | undefined {
  const path = texts.get(option)
  // A config file or a variable can hold the PEM itself.
  return path === undefined || path.includes('-----BEGIN ')
    ? path
    : readFile(option, path, MOST_PEM_BYTES, problems)
}

const MOST_PEM_BYTES = 10_000_000

/** Reads a file that an option names; an empty text, and a problem, if it cannot be read. */
function readFile(option: string, path: string, most: number, problems: Problem[]): Buffer | string {
  try {
    return readBytes(path, most)
  } catch (error) {
    // It may be the key itself, which a variable was to name the file of.
    if (/^(key|webKey)$/.test(option) && !/\.(?:pem|key|crt|cer|p8)$/i.test(path)) {
      problems.push({ option, message: 'is neither a key in PEM nor a file that can be read' })
      return ''
    }
    problems.push({ option, message: `names a file that cannot be read: ${messageOf(error)}` })
    return ''
  }
}
