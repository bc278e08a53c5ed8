/** Runs the `setup` and `teardown` of a scenario file, in the main thread. */
import type { LogEntry } from '../core/measure/task-log.ts'
import type { ScenarioPlan } from '../core/scenario/script-plan.ts'
import type { ScriptOptionPlan } from '../core/scenario/script-options.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import { captureConsole } from './console.ts'
import { faultIn, loadScenarios } from './file.ts'
import { jsonProblem } from './json-value.ts'
import { LoadingFault, watchLoading } from './loading.ts'
import type { ScenarioDefinition, SetupContext } from './scenario.ts'

/** Receives what the code writes to the console. */
export type OnLog = (entry: LogEntry) => void

/** A scenario, and its base URL if it has one of its own. */
type SetupOf = Pick<ScenarioPlan, 'index' | 'name'> & {
  readonly http: { readonly request: { readonly url: string } } | null
}

/** What the setup of a run rests on. */
export interface SetupPlan {
  /** The scenario file, absolute. */
  readonly file: string
  /** The places of the scenarios in the file that the run has. */
  readonly scenarios: readonly SetupOf[]
  readonly baseUrl: string
  /** The values of the file's own options. */
  readonly options: readonly Pick<ScriptOptionPlan, 'name' | 'value'>[]
  /** Longest time for one setup, and for one teardown. */
  readonly limitS: number
  readonly signal: AbortSignal | undefined
  readonly onLog: OnLog
}

/** A run that was set up. */
export interface SetUp {
  /** What the setup of each scenario of the file returned, as JSON; `null` if it has none or returned nothing. */
  readonly data: readonly (string | null)[]
  /** Runs each teardown once; resolves to what went wrong. Further calls do nothing. */
  readonly tearDown: (onLog: OnLog) => Promise<readonly string[]>
}

/** A run without setup and teardown. */
export const NOT_SET_UP: SetUp = { data: [], tearDown: () => Promise.resolve([]) }

/**
 * Runs the setup of each scenario, one after the other. Rejects with a CorerushError that names file and line if one
 * throws, takes too long or returns what is no JSON; the teardowns of those before it have been run then.
 */
export async function setUp(plan: SetupPlan): Promise<SetUp> {
  const { file, limitS, scenarios } = plan
  const loaded = await loadScenarios(file, plan.options)
  const data: (string | null)[] = loaded.scenarios.map(() => null)
  const due: SetupOf[] = []
  const baseUrlOf = ({ http }: SetupOf): string => http?.request.url ?? plan.baseUrl
  const tearDown: SetUp['tearDown'] = async (onLog) => {
    const problems: string[] = []
    for (const one of due.splice(0).reverse()) {
      const { teardown } = loaded.scenarios[one.index]!.definition
      if (teardown === undefined) continue
      const given = data[one.index] ?? null
      const context = { data: given === null ? undefined : (JSON.parse(given) as unknown) }
      try {
        await within({ file, limitS, onLog }, called('teardown', one.name), (signal) =>
          teardown({ ...context, baseUrl: baseUrlOf(one), signal }),
        )
      } catch (error) {
        problems.push(messageOf(error))
      }
    }
    return problems
  }
  try {
    for (const one of scenarios) {
      const { definition } = loaded.scenarios[one.index]!
      data[one.index] = await dataOf(definition, called('setup', one.name), {
        ...plan,
        baseUrl: baseUrlOf(one),
      })
      due.push(one)
    }
  } catch (error) {
    const more = await tearDown(plan.onLog)
    if (more.length === 0) throw error
    throw new CorerushError('CORERUSH_SCENARIO', [messageOf(error), ...more].join('\n'), { cause: error })
  }
  return { data, tearDown }
}

const called = (what: 'setup' | 'teardown', name: string | null): string =>
  name === null ? what : `${what} of ${name}`

/** What the setup returned, as JSON; `null` without one, and if it returned nothing. */
async function dataOf(
  { setup }: ScenarioDefinition<unknown, unknown>,
  what: string,
  plan: SetupPlan,
): Promise<string | null> {
  if (setup === undefined) return null
  const { file, baseUrl, signal } = plan
  const returned = await Promise.race([
    endOf(signal),
    within(plan, what, (own) =>
      setup({ baseUrl, signal: signal === undefined ? own : AbortSignal.any([own, signal]) }),
    ),
  ])
  if (returned === undefined) return null
  const problem = jsonProblem(returned, 'what it returned')
  if (problem !== null)
    throw new CorerushError(
      'CORERUSH_SCENARIO',
      faultIn(file, `${what} must return JSON, which every worker is given: ${problem}`, null, 'setup'),
    )
  return JSON.stringify(returned)
}

/** Rejects when the run is ended; never resolves. */
const endOf = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => {
    const end = (): void =>
      reject(
        new CorerushError('CORERUSH_SCENARIO', 'interrupted in setup; nothing was sent', {
          exitCode: EXIT.interrupted,
        }),
      )
    if (signal?.aborted === true) end()
    else signal?.addEventListener('abort', end, { once: true })
  })

/** Runs the function; its signal is aborted, and the promise rejects with a CorerushError, when its time is over. */
async function within(
  { file, limitS, onLog }: Pick<SetupPlan, 'file' | 'limitS' | 'onLog'>,
  what: string,
  run: (signal: SetupContext['signal']) => unknown,
): Promise<unknown> {
  const ender = new AbortController()
  const release = captureConsole((level, text) => onLog({ atS: 0, worker: null, level, text: text() }))
  try {
    return await watchLoading(() => Promise.resolve(ender.signal).then(run), {
      limitS,
      whileWhat: `${what} runs`,
      isLate: `${what} takes longer than ${limitS} s, the time of --setup-timeout`,
      isStuck: `${what} awaits something that never comes`,
    })
  } catch (error) {
    const cause = error instanceof LoadingFault ? error.thrown : error
    const name = what.startsWith('teardown') ? 'teardown' : 'setup'
    throw new CorerushError('CORERUSH_SCENARIO', faultIn(file, `${what}: ${messageOf(cause)}`, cause, name), {
      cause,
    })
  } finally {
    release()
    ender.abort()
  }
}
