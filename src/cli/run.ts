/** The command `corerush`: plan, run, summary, exit code. */
import type { Turn } from '../core/compare/run-series.ts'
import { worstExit } from '../core/judge/exit.ts'
import { OptionsError } from '../core/options/options-error.ts'
import type { Problem } from '../core/options/problem.ts'
import type { Plan } from '../core/plan/plan.ts'
import { printDurationS } from '../core/units.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import { readCapacity } from '../host/machine/kept-capacity.ts'
import { LAST_SOUND, readRuns } from '../host/kept/comparands.ts'
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
import { readFleet, type Hosts } from './fleet-options.ts'
import { onAgents, someAgents, type PlannedFor } from './on-agents.ts'
import { readPlan } from './command-plan.ts'
import { notePagesMissing } from './page-flags.ts'
import { readOutputs, recordsRequests } from './output-flags.ts'
import {
  otherPlanOf,
  provability,
  readNumbered,
  readRepeats,
  refuseEndless,
  type Repeats,
} from './repeats.ts'
import { RunConsole } from './run-console.ts'
import { keepingFault, keepRecords } from './keep-records.ts'
import { readName, saveBaseline } from './save-baseline.ts'
import { readMetrics, readWeb, type WebOptions } from './served-pages.ts'
import { withSettings, type Settings } from './settings.ts'
import { checkForForm, serveForm } from './start-form.ts'
import { styleOf } from './style.ts'
import { exitOf } from './stop-signals.ts'

/** The exit codes that judge a run which was carried out. */
const JUDGEMENTS: readonly number[] = [EXIT.void, EXIT.regression, EXIT.thresholds]

export const runCommand = (typed: Command): Promise<number> =>
  withSettings(typed, async (settings) => {
    const { command, said } = settings
    const problems: Problem[] = []
    const fleet = readFleet(command, problems, said)
    if (problems.length > 0) throw new OptionsError([...command.problems, ...problems])
    if (fleet === null || command.switches.get('printConfig') === true)
      return carryOut(await readRun(settings, typed))
    const planned = await someAgents(command)
    checkRun(await readRun(settings, typed, planned))
    return onAgents(fleet, command.switches.get('dryRun') === true, async (hosts) =>
      carryOut(await readRun(settings, typed, { ...planned, defaults: hosts.defaults }), hosts),
    )
  })

/** What a command line says of a run, and all that is wrong with it. */
interface ReadRun {
  readonly settings: Settings
  readonly problems: readonly Problem[]
  readonly outputs: readonly Output[]
  readonly ownsStdout: boolean
  readonly keepAs: string | null
  readonly repeats: Repeats
  /** The plan, and that of the other target; `null` if the words make none. */
  readonly plan: Plan | null
  readonly otherPlan: Plan | null
  readonly web: WebOptions | null
  readonly metrics: PageAddress | null
}

/** `planned` is where the plan is made for; this host if undefined. */
async function readRun(settings: Settings, typed: Command, planned?: PlannedFor): Promise<ReadRun> {
  const { command } = settings
  const problems: Problem[] = [...command.problems]
  const { outputs, ownsStdout } = readOutputs(command, problems)
  const keepAs = readName(command, problems)
  problems.push(...keepingFault(command))
  const repeats = readRepeats(command, problems)
  const plan = await readPlan(command, repeats, problems, planned, {
    isRecorded: recordsRequests(command),
  })
  const web = readWeb(command, plan, process.env, problems)
  const metrics = readMetrics(command, problems)
  notePagesMissing(typed, command, problems)
  let otherPlan: Plan | null = null
  if (!(web?.hasForm === true) && plan !== null) {
    refuseEndless(plan, repeats, problems)
    otherPlan = otherPlanOf(plan, repeats, problems)
  }
  return { settings, problems, outputs, ownsStdout, keepAs, repeats, plan, otherPlan, web, metrics }
}

/** Throws what is wrong with a run before anything is done for it. */
function checkRun({ settings, problems, plan, otherPlan, web }: ReadRun): void {
  const { command } = settings
  const isDry = command.switches.get('dryRun') === true
  if (web?.hasForm === true) {
    const dry = isDry ? [{ option: 'dryRun', message: 'does not go with the start form on agents' }] : []
    checkForForm(command, [...problems, ...dry])
    return
  }
  const all = [...problems, ...(isDry ? notWithDryRun(settings) : [])]
  if (plan === null || all.length > 0) throw new OptionsError(all)
  // The newest sound run of a plan is known only once its hosts are, and the other target is no stored run.
  const stored = otherPlan === null ? (plan.baseline?.runs ?? []) : []
  readRuns(stored.filter((word) => word !== LAST_SOUND))
}

async function carryOut(read: ReadRun, hosts: Hosts | null = null): Promise<number> {
  const { settings, problems, plan, otherPlan, repeats, web, metrics } = read
  const { command } = settings
  const isPrinted = command.switches.get('printConfig') === true
  const isDry = command.switches.get('dryRun') === true
  if (web?.hasForm === true && !isPrinted) {
    checkForForm(command, problems)
    sayConfig(settings)
    return withConsole(command, metrics, async (around) =>
      withoutJudgement(await serveForm(settings, web.address, around, hosts), command),
    )
  }
  if (isPrinted) {
    printSettings(settings, problems.length === 0 ? plan : null)
    if (problems.length === 0 && !isDry) return EXIT.ok
  }
  const all = [...problems, ...(isDry ? notWithDryRun(settings) : [])]
  if (plan === null || all.length > 0) throw new OptionsError(all)
  hosts?.check(plan)
  sayConfig(settings)
  const series = planSeries(plan, otherPlan, repeats.repeats, hosts?.hire?.agents)
  const isSeries = series.turns.length > 1
  const outputsOf = isSeries ? readNumbered(command, series.turns) : () => read.outputs
  if (isSeries) for (const text of provability(series)) say(text)
  if (isDry) {
    const { stdout } = process
    stdout.write(
      renderPlan(plan, styleOf(stdout, command), readCapacity(), hosts?.agents) + renderTurns(series.turns),
    )
    return EXIT.ok
  }
  const summaryTo = read.ownsStdout ? process.stderr : process.stdout
  const { keepAs } = read
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
