/** A run from the user's options to the report. */
import { CorerushError, EXIT } from '../errors.ts'
import type { Options } from '../core/options/options.ts'
import type { Plan } from '../core/plan/plan.ts'
import type { Report } from '../core/report/report.ts'
import type { ConductHooks, RunHooks } from './control.ts'
import { hireCrew } from './crew.ts'
import { THIS_HOST } from './machine/this-host.ts'
import { probeTarget } from './preflight.ts'
import { toStderr } from './output-set.ts'
import { prepareRun } from './prepared-run.ts'
import { planScenario } from './run-plan.ts'
import { RunUnderWay } from './run-under-way.ts'
import type { Hire } from './workforce.ts'

/** How long the probe of the target may take; the workers get ready meanwhile. */
const PROBE_MS = 1000

/**
 * Runs a load test and resolves to its report. Rejects with a CorerushError if the options make no plan or this host
 * cannot carry it; a target that fails is no error but a finding of the report.
 */
export async function run(options: Options, hooks: RunHooks = {}): Promise<Report> {
  return conduct(await planScenario(options), hooks)
}

/** Carries out a plan and resolves to its report. `hire` makes the workforce, by default worker threads of this process. */
export async function conduct(
  plan: Plan,
  hooks: ConductHooks = {},
  hire: Hire = hireCrew(),
  host = THIS_HOST,
): Promise<Report> {
  const { agents = null } = hire
  const prepared = await prepareRun(plan, hooks, agents)
  const run = new RunUnderWay(prepared, hooks, hire, host)
  try {
    // Agents look from where they are.
    const probed = agents === null ? probeTarget(plan, PROBE_MS) : null
    const ready = agents === null ? run.ready : readyUnlessStopped(run.ready, hooks.signal)
    const [problem] = await Promise.all([probed, ready])
    return await run.toEnd(problem === null ? [] : [`the target did not answer before the run: ${problem}`])
  } catch (error) {
    throw withProblems(error, await prepared.setup.tearDown(hooks.onLog ?? toStderr))
  } finally {
    await run.dismiss()
  }
}

/** Waits for agents, which may take a minute to get ready; rejects as soon as the signal is aborted. */
async function readyUnlessStopped(ready: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return ready
  let stop: () => void = () => undefined
  const stopped = new Promise<never>((_, reject) => {
    stop = () =>
      reject(
        new CorerushError('CORERUSH_FLEET', 'stopped while the agents got ready; nothing was sent', {
          exitCode: STOPPED[String(signal.reason)] ?? EXIT.interrupted,
        }),
      )
    signal.addEventListener('abort', stop)
  })
  try {
    if (signal.aborted) stop()
    await Promise.race([ready, stopped])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** The exit codes of signals that are not Ctrl-C. */
const STOPPED: Readonly<Record<string, number>> = { SIGTERM: EXIT.terminated, SIGHUP: EXIT.hungUp }

/** The error of a run that could not be carried out, with what went wrong in its teardown. */
function withProblems(error: unknown, problems: readonly string[]): unknown {
  if (problems.length === 0 || !(error instanceof CorerushError)) return error
  const { code, message, exitCode, hint } = error
  return new CorerushError(code, [message, ...problems].join('\n'), {
    exitCode,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  })
}
