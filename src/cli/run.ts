/** The command `corerush`: plan, run, summary, exit code. */
import type { Turn } from '../core/compare/run-series.ts'
import { worstExit } from '../core/judge/exit.ts'
import { OptionsError } from '../core/options/options-error.ts'
import type { Problem } from '../core/options/problem.ts'
import type { Plan } from '../core/plan/plan.ts'
import { printDurationS } from '../core/units.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import { readCapacity } from '../host/machine/kept-capacity.ts'
import { conductSeries, planSeries, type Series, type SeriesResult } from '../host/repeated-runs.ts'
import type { Output } from '../output/output.ts'
import type { PageAddress } from '../output/web/page-address.ts'
import { renderPlan } from '../output/text/dry-run.ts'
import { printable } from '../output/text/paint.ts'
import { renderSeries, renderTurns, titleOf } from '../output/text/repeats-text.ts'
import { renderSettings } from '../output/text/settings-text.ts'
import { renderSummary } from '../output/text/summary.ts'
import type { RunHooks } from '../host/control.ts'
import type { Hire } from '../host/workforce.ts'
import type { Command } from './command.ts'
import { readFleet, type FleetRequest, type Hosts } from './fleet-options.ts'
import { readPlan } from './command-plan.ts'
import { notePagesMissing } from './page-flags.ts'
import { readOutputs, recordsRequests } from './output-flags.ts'
import { otherPlanOf, provability, readNumbered, readRepeats, refuseEndless } from './repeats.ts'
import { RunConsole } from './run-console.ts'
import { keepingFault, keepRecords } from './keep-records.ts'
import { readName, saveBaseline } from './save-baseline.ts'
import { readMetrics, readWeb, type WebOptions } from './served-pages.ts'
import { withSettings, type Settings } from './settings.ts'
import { checkForForm, serveForm } from './start-form.ts'
import { styleOf } from './style.ts'
import { exitOf, listenToSignals } from './stop-signals.ts'

/** The exit codes that judge a run which was carried out. */
const JUDGEMENTS: readonly number[] = [EXIT.void, EXIT.regression, EXIT.thresholds]

export const runCommand = (typed: Command): Promise<number> =>
  withSettings(typed, async (settings) => {
    const problems: Problem[] = []
    const fleet = readFleet(settings.command, problems)
    if (problems.length > 0) throw new OptionsError([...settings.command.problems, ...problems])
    const isHere = fleet === null || settings.command.switches.get('printConfig') === true
    return isHere ? carryOut(settings, typed) : withAgents(fleet, settings, typed)
  })

/** Carries the command out on agents. What only that needs is loaded here. */
async function withAgents(request: FleetRequest, settings: Settings, typed: Command): Promise<number> {
  const { Coordinator } = await import('./coordinator.ts')
  const coordinator = await Coordinator.open(request, say)
  try {
    const isDry = settings.command.switches.get('dryRun') === true
    const found = await untilStopped((signal) =>
      isDry ? coordinator.look(signal) : coordinator.gather(signal),
    )
    return 'exit' in found ? found.exit : await carryOut(settings, typed, found.value)
  } finally {
    await coordinator.close()
  }
}

/** The value, or the exit code of the signal that came before it. */
async function untilStopped<T>(
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly value: T } | { readonly exit: number }> {
  const nothing = (): void => undefined
  const signals = listenToSignals({
    heard: () => say('stopped while agents were looked for; nothing was sent'),
    restore: nothing,
    resume: nothing,
  })
  const { signal } = signals
  try {
    const value = await work(signal)
    return signal.aborted ? { exit: exitOf(signal) } : { value }
  } catch (error) {
    if (signal.aborted) return { exit: exitOf(signal) }
    throw error
  } finally {
    signals.release()
  }
}

async function carryOut(settings: Settings, typed: Command, hosts: Hosts | null = null): Promise<number> {
  const { command } = settings
  const problems: Problem[] = [...command.problems]
  const { outputs, ownsStdout } = readOutputs(command, problems)
  const keepAs = readName(command, problems)
  problems.push(...keepingFault(command))
  const repeats = readRepeats(command, problems)
  const plan = await readPlan(command, repeats, problems, hosts?.defaults, recordsRequests(command))
  const web = readWeb(command, plan, process.env, problems)
  const metrics = readMetrics(command, problems)
  notePagesMissing(typed, command, problems)
  const isPrinted = command.switches.get('printConfig') === true
  const isDry = command.switches.get('dryRun') === true
  if (web?.hasForm === true && !isPrinted) {
    if (hosts !== null)
      problems.push({
        option: 'web',
        message: 'needs a load with --agents: its form starts runs on this machine',
      })
    checkForForm(command, problems)
    sayConfig(settings)
    return withConsole(command, metrics, async (around) =>
      withoutJudgement(await serveForm(settings, web.address, around), command),
    )
  }
  if (plan !== null) refuseEndless(plan, repeats, problems)
  const otherPlan = plan === null ? null : otherPlanOf(plan, repeats, problems)
  if (isPrinted) {
    printSettings(settings, problems.length === 0 ? plan : null)
    if (problems.length === 0 && !isDry) return EXIT.ok
  }
  if (isDry) problems.push(...notWithDryRun(settings))
  if (plan === null || problems.length > 0) throw new OptionsError(problems)
  hosts?.check(plan)
  sayConfig(settings)
  const series = planSeries(plan, otherPlan, repeats.repeats, hosts?.hire?.agents)
  const isSeries = series.turns.length > 1
  const outputsOf = isSeries ? readNumbered(command, series.turns) : () => outputs
  if (isSeries) for (const text of provability(series)) say(text)
  if (isDry) {
    const { stdout } = process
    stdout.write(
      renderPlan(plan, styleOf(stdout, command), readCapacity(), hosts?.agents) + renderTurns(series.turns),
    )
    return EXIT.ok
  }
  const summaryTo = ownsStdout ? process.stderr : process.stdout
  const runs = { command, series, outputsOf, keepAs, summaryTo, hire: hosts?.hire ?? undefined }
  return withConsole(command, metrics, (around) => makeRuns(runs, web, around))
}

/** The runs of a command, which can be carried out. */
interface CommandRuns {
  readonly command: Command
  readonly series: Series
  /** The outputs of each run that flags ask for. */
  readonly outputsOf: (turn: Turn) => readonly Output[]
  /** The name to keep the runs under, as a baseline; `null` for none. */
  readonly keepAs: string | null
  readonly summaryTo: NodeJS.WriteStream
  /** Hires the workers of other hosts; undefined for those of this one. */
  readonly hire: Hire | undefined
}

/** Lets a command work with what surrounds its runs, and closes that. */
async function withConsole(
  command: Command,
  metrics: PageAddress | null,
  work: (around: RunConsole) => Promise<number>,
): Promise<number> {
  const around = await RunConsole.open(command, metrics)
  try {
    return await work(around)
  } finally {
    await around.close()
  }
}

async function makeRuns(runs: CommandRuns, web: WebOptions | null, around: RunConsole): Promise<number> {
  if (web !== null) await around.openPage(web.address)
  const { signal } = around
  const failedOutputs: string[] = []
  const hooksOf = (turn: Turn, plan: Plan): RunHooks => {
    if (runs.command.switches.get('quiet') !== true) announce(turn, plan, runs.series)
    return {
      onStart: around.terminal.begun,
      outputs: [...around.outputsOfNext(), ...runs.outputsOf(turn)],
      onOutputError(output, error) {
        failedOutputs.push(output)
        process.stderr.write(`corerush: ${output} ${messageOf(error)}\n`)
      },
    }
  }
  const result = await conductSeries(runs.series, signal, hooksOf, runs.hire)
  const exitCode = conclude(runs, result, around)
  around.rest()
  if (around.page !== null && around.staysOpen && !around.terminal.signal.aborted) {
    const keys = around.terminal.hasKeys ? 'q or ' : ''
    say(`the live page stays at ${around.url} until ${keys}Ctrl-C`)
    await around.stayUntil(around.terminal.signal)
  }
  return exitCode === EXIT.ok && failedOutputs.length > 0 ? EXIT.unexpected : exitCode
}

/** Announces the next run: which of several it is, and how long it waits for its target. */
function announce(turn: Turn, { request, waitForTargetS }: Plan, { turns }: Series): void {
  const { host } = new URL(request.url)
  if (turns.length > 1) say(`${titleOf(turn, turns)} of ${turns.length} runs, on ${host}`)
  if (waitForTargetS > 0) say(`waiting up to ${printDurationS(waitForTargetS)} for ${host}`)
}

/** Writes the summary and keeps the runs if they are to be kept; returns the exit code. Throws if a run could not be made. */
function conclude(
  { command, series, keepAs, summaryTo }: CommandRuns,
  { made, failure }: SeriesResult,
  around: RunConsole,
): number {
  const { signal } = around
  const { plan, turns } = series
  const reports = made.map(({ report }) => report)
  const shown = made.map((one) => ({ ...one, report: around.forSummary(one.report, summaryTo) }))
  const style = styleOf(summaryTo, command)
  summaryTo.write(
    turns.length > 1 ? renderSeries(shown, turns, style) : renderSummary(shown[0]!.report, style),
  )
  if (failure !== null)
    throw new CorerushError(
      'CORERUSH_SERIES',
      `run ${made.length + 1} of ${turns.length} could not be made: ${failure.message}`,
      { exitCode: EXIT.unexpected, cause: failure },
    )
  const current = made.filter(({ turn }) => turn.side === 'current').map(({ report }) => report)
  const missing = turns.length - made.length
  const isKept = keepAs === null || saveBaseline(keepAs, current, missing, say)
  const areRecorded = keepRecords(current, command)
  const codes = [
    ...reports.map((report) => report.exitCode),
    // The comparison at the end was not made.
    ...(plan.baseline !== null && missing > 0 ? [EXIT.thresholds] : []),
    // An interruption between two runs is in none of their reports.
    ...(signal.aborted && missing > 0 ? [exitOf(signal)] : []),
  ]
  const exitCode = withoutJudgement(worstExit(codes), command)
  return exitCode === EXIT.ok && !(isKept && areRecorded) ? EXIT.unexpected : exitCode
}

function printSettings({ said, secrets, command }: Settings, plan: Plan | null): void {
  const { stdout } = process
  stdout.write(renderSettings(said, secrets, plan, styleOf(stdout, command)))
}

/** Returns what does not go with `--dry-run`, if it was typed: outputs of a config are for the runs that are carried out. */
function notWithDryRun({ said }: Settings): Problem[] {
  return ['outputs', 'saveBaseline']
    .filter((option) => said.get(option)?.[0]?.origin.by === 'flag')
    .map((option) => ({ option, message: 'does not go with --dry-run, which runs nothing' }))
}

/** Prints which file the options come from. */
function sayConfig({ command, config }: Settings): void {
  if (config === null || command.switches.get('quiet') === true) return
  const profile = config.profile === null ? '' : `, profile ${config.profile}`
  process.stderr.write(`corerush: options of ${config.file}${profile}\n`)
}

function say(text: string): void {
  process.stderr.write(`corerush: ${printable(text)}\n`)
}

/** Returns the exit code, or 0 in place of one that judges if the user wants none. */
function withoutJudgement(exitCode: number, { switches }: Command): number {
  if (switches.get('fail') !== false || !JUDGEMENTS.includes(exitCode)) return exitCode
  process.stderr.write(`corerush: --no-fail makes exit code ${exitCode} a 0\n`)
  return EXIT.ok
}
