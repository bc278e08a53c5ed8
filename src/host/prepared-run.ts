/** A plan made ready on this host, before any worker is hired: what can go wrong by then has been found. */
import { showDelimiter } from '../core/scenario/delimiter.ts'
import type { Comparands } from '../core/compare/run-comparison.ts'
import type { HostReport } from '../core/measure/host-facts.ts'
import { OptionsError } from '../core/options/options-error.ts'
import type { Plan } from '../core/plan/plan.ts'
import { redactPlan } from '../core/plan/redact.ts'
import { costOfAuto, soundPerS } from '../core/plan/sound-capacity.ts'
import type { FeederRows, ReplayFile } from '../protocol.ts'
import { NOT_SET_UP, setUp, type SetUp } from '../scenario/setup.ts'
import { VERSION } from '../version.ts'
import { readRows } from './files/data-files.ts'
import { readFeeder } from './files/feeder-files.ts'
import { replayFileOf } from './files/replay-log.ts'
import { readComparands } from './kept/comparands.ts'
import { findCores } from './machine/cores.ts'
import { readHeap } from './machine/heap.ts'
import { readCapacity } from './machine/kept-capacity.ts'
import { checkLocalAddresses, checkPorts } from './machine/ports.ts'
import { describeHost } from './machine/this-host.ts'
import { outputProblems, recordingProblems, toStderr } from './output-set.ts'
import { checkLimits, waitForTarget } from './preflight.ts'
import { readinessWarnings, readLoad } from './readiness.ts'
import { replayWarnings } from '../core/plan/replay-words.ts'
import type { ConductHooks } from './control.ts'
import type { HiredAgent } from './workforce.ts'

export interface PreparedRun {
  readonly plan: Plan
  readonly host: HostReport
  /** What the plan's baseline stands for; `null` without one. */
  readonly comparands: Comparands | null
  /** The rows of the scenario's feeders, in the order of the plan; or those of its data. */
  readonly feeders: readonly FeederRows[]
  /** The log that is replayed; `null` if there is none. */
  readonly replay: ReplayFile | null
  /** What the scenario's setup has made, and what takes it down. */
  readonly setup: SetUp
  /** Requests per second that these workers were once measured to make soundly on this host; `null` if they were not. */
  readonly soundPerS: number | null
  /** See `costOfAuto` of the capacity; left out if that is not known. */
  readonly costOfAuto?: number | null
  readonly warnings: readonly string[]
  /** The agents that do the work; `null` if this process does. */
  readonly agents: readonly HiredAgent[] | null
}

/**
 * Checks that this host and the outputs can carry the plan, reads the files that it needs, and waits for the target if
 * the plan says so; agents check their hosts themselves. Rejects with a CorerushError if something is missing.
 */
export async function prepareRun(
  plan: Plan,
  hooks: ConductHooks,
  agents: readonly HiredAgent[] | null = null,
): Promise<PreparedRun> {
  const hostWarnings = agents === null ? await checkHost(plan) : []
  const { outputs = [] } = hooks
  const unwritable = [...outputProblems(outputs), ...recordingProblems(plan.sampleRequests, outputs)]
  if (unwritable.length > 0) throw new OptionsError(unwritable)
  const host = describeHost()
  const comparands =
    hooks.comparands ??
    readComparands(plan, { plan: redactPlan(plan), host, agents: agents ?? undefined, version: VERSION })
  const fromScenario = (plan.scenario?.feeders ?? []).map((feeder) => ({
    path: feeder.path,
    ...readFeeder(feeder),
  }))
  const feeders =
    plan.scenario === null
      ? readRows(plan)
      : fromScenario.map(({ columns, text, ends }): FeederRows => ({ columns, text, ends }))
  const replay = replayFileOf(plan)
  if (agents === null) await waitForTarget(plan, hooks.signal)
  const capacity = agents === null ? readCapacity() : null
  const sound = agents === null ? soundPerS(capacity, plan) : soundOf(agents, plan)
  const warnings = [
    ...hostWarnings,
    // The load of this host is read now, as the start of the workers is load as well.
    ...(agents === null
      ? readinessWarnings(plan, { cores: findCores(), ...readLoad(), soundPerS: sound, heap: readHeap() })
      : []),
    ...(plan.data?.isGuess ? [guessWarning(plan.data.path, plan.data.delimiter, '--data-delimiter')] : []),
    ...fromScenario.flatMap(({ path, guess }) =>
      guess === null ? [] : [guessWarning(path, guess, 'the delimiter of the feeder')],
    ),
    ...(plan.model === 'open' && plan.replay !== undefined ? replayWarnings(plan.replay) : []),
    ...(comparands?.warnings ?? []),
  ]
  return {
    plan,
    host,
    comparands,
    feeders,
    replay,
    setup: await setUpRun(plan, hooks),
    soundPerS: sound,
    costOfAuto: costOfAuto(capacity, plan),
    warnings,
    agents,
  }
}

/** Throws if this host cannot carry the plan; returns what it may be short of. */
async function checkHost(plan: Plan): Promise<string[]> {
  const fileWarning = checkLimits(plan)
  await checkLocalAddresses(plan)
  const portWarning = await checkPorts(plan)
  return [fileWarning, portWarning].filter((warning) => warning !== null)
}

/** What all agents together were measured to make soundly by the plan's transport; `null` if one was not measured. */
function soundOf(agents: readonly HiredAgent[], { transport }: Plan): number | null {
  const each = agents.map(({ soundPerS }) => soundPerS?.[transport] ?? null)
  return each.reduce<number | null>((sum, one) => (sum === null || one === null ? null : sum + one), 0)
}

/** Runs the setup of the plan's scenarios, if there is any. */
export async function setUpRun(
  plan: Plan,
  { signal, onLog = toStderr }: Pick<ConductHooks, 'signal' | 'onLog'> = {},
): Promise<SetUp> {
  const { scenario, request, setupTimeoutS } = plan
  const scenarios = (scenario?.scenarios ?? []).filter(({ hasSetup }) => hasSetup)
  if (scenario === null || scenarios.length === 0) return NOT_SET_UP
  return setUp({
    file: scenario.file,
    scenarios,
    baseUrl: request.url,
    options: scenario.options,
    limitS: setupTimeoutS,
    signal,
    onLog,
  })
}

const guessWarning = (path: string, delimiter: string, option: string): string =>
  `the cells of ${path} are taken to be separated by ${showDelimiter(delimiter)}; set ${option} if they are not`
