/** The command `corerush`: plan, run, summary, exit code. */
import { readFileSync } from 'node:fs'
import { worstExit } from '../core/judge/exit.ts'
import { OptionsError } from '../core/options/options-error.ts'
import type { Options, Problem } from '../core/options/options.ts'
import type { Plan } from '../core/plan/plan.ts'
import { withoutSecrets } from '../core/request/secret.ts'
import { printDurationS } from '../core/units.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import { readCapacity } from '../host/machine/kept-capacity.ts'
import { conduct } from '../host/run.ts'
import { planScenario } from '../host/run-plan.ts'
import { conductSeries, planSeries } from '../host/repeated-runs.ts'
import { renderPlan } from '../output/text/dry-run.ts'
import { printable } from '../output/text/paint.ts'
import { renderSeries, renderTurns, titleOf } from '../output/text/repeats-text.ts'
import { renderSettings } from '../output/text/settings-text.ts'
import { renderSummary } from '../output/text/summary.ts'
import type { WebServer } from '../output/web/web-server.ts'
import { optionsOf, type Command } from './args.ts'
import { openMetrics, readMetricsPort } from './metrics-port.ts'
import { readOutputs } from './output-flags.ts'
import { foretold, otherPlanOf, readNumbered, readRepeats, withAgainst, type Repeats } from './repeats.ts'
import { readName, saveBaseline } from './save-baseline.ts'
import { withSettings, type Settings } from './settings.ts'
import { styleOf } from './style.ts'
import { exitOf, watchTerminal } from './terminal.ts'
import { amend, isInCi, openWeb, readWeb, serveForm, type WebOptions } from './web.ts'

/** The exit codes that judge a run which was carried out. */
const JUDGEMENTS: readonly number[] = [EXIT.void, EXIT.regression, EXIT.thresholds]

export const runCommand = (typed: Command): Promise<number> => withSettings(typed, carryOut)

async function carryOut(settings: Settings): Promise<number> {
  const { command, said, secrets } = settings
  const { stdout, stderr } = process
  const problems: Problem[] = [...command.problems]
  const { outputs, ownsStdout } = readOutputs(command, problems)
  const keepAs = readName(command, problems)
  const repeats = readRepeats(command, problems)
  const plan = await readPlan(command, repeats, problems)
  const webAsked = readWeb(command, plan, process.env, problems)
  if (webAsked?.hasForm === true && command.switches.get('print-config') !== true)
    return offerForm(settings, webAsked, problems)
  const metricsPort = readMetricsPort(command, problems)
  const otherPlan = plan === null ? null : otherPlanOf(plan, repeats, problems)
  const isDry = command.switches.get('dry-run') === true
  if (command.switches.get('print-config') === true) {
    stdout.write(renderSettings(said, secrets, problems.length === 0 ? plan : null, styleOf(stdout, command)))
    if (problems.length === 0 && !isDry) return EXIT.ok
  }
  // Those of a config are for the runs that are carried out.
  for (const [option, flag] of [
    ['outputs', 'out'],
    ['saveBaseline', 'save-baseline'],
  ] as const)
    if (isDry && said.get(option)?.[0]?.origin.by === 'flag')
      problems.push({ option: flag, message: 'does not go with --dry-run, which runs nothing' })
  if (plan === null || problems.length > 0) throw new OptionsError(problems)
  sayConfig(settings)
  const summaryStream = ownsStdout ? stderr : stdout

  const series = planSeries(plan, otherPlan, repeats.repeats)
  const { turns } = series
  const isSeries = turns.length > 1
  const outputsOf = isSeries ? readNumbered(command, turns) : () => outputs
  const say = (text: string): void => void stderr.write(`corerush: ${printable(text)}\n`)
  if (isSeries) for (const text of foretold(series)) say(text)

  if (isDry) {
    stdout.write(renderPlan(plan, styleOf(stdout, command), readCapacity()) + renderTurns(turns))
    return EXIT.ok
  }

  const metrics = metricsPort === null ? null : await openMetrics(metricsPort)
  const stopping = new AbortController()
  const terminal = watchTerminal(command, () => web?.page.stopping())
  const signal = AbortSignal.any([terminal.signal, stopping.signal])
  const staysOpen = terminal.isAttended && !isInCi(process.env)
  let web: WebServer | null = null
  const failedOutputs: string[] = []
  try {
    if (webAsked !== null)
      web = await openWeb(
        webAsked.port,
        { phase: 'preparing', form: null, staysOpen },
        {
          stop() {
            stopping.abort()
            terminal.stopping()
          },
          start: null,
          amend: (load, words) => amend(terminal.control, load, words),
        },
      )
    const isQuiet = command.switches.get('quiet') === true
    const { made, failure } = await conductSeries(series, signal, (turn) => {
      const { request, waitForTargetS } = turn.side === 'baseline' ? otherPlan! : plan
      const { host } = new URL(request.url)
      if (isSeries && !isQuiet) say(`${titleOf(turn, turns)} of ${turns.length} runs, on ${host}`)
      if (waitForTargetS > 0 && !isQuiet) say(`waiting up to ${printDurationS(waitForTargetS)} for ${host}`)
      const pages = [metrics, web?.page ?? null].filter((one) => one !== null)
      return {
        onStart: terminal.begun,
        outputs: [terminal.next(), ...pages, ...outputsOf(turn)],
        onOutputError(output, error) {
          failedOutputs.push(output)
          stderr.write(`corerush: ${output} ${messageOf(error)}\n`)
        },
      }
    })
    const reports = made.map(({ report }) => report)
    const style = styleOf(summaryStream, command)
    summaryStream.write(isSeries ? renderSeries(made, turns, style) : renderSummary(reports[0]!, style))
    if (failure !== null)
      throw new CorerushError(
        'CORERUSH_SERIES',
        `run ${made.length + 1} of ${turns.length} could not be made: ${failure.message}`,
        { exitCode: EXIT.unexpected, cause: failure },
      )
    const kept = made.filter(({ turn }) => turn.side === 'current').map(({ report }) => report)
    const isKept = keepAs === null || saveBaseline(keepAs, kept, turns.length - made.length, say)
    const codes = [
      ...reports.map((report) => report.exitCode),
      // What was to be compared at the end was not.
      ...(plan.baseline !== null && made.length < turns.length ? [EXIT.thresholds] : []),
      // Between two runs it is in none of their reports.
      ...(signal.aborted && made.length < turns.length ? [exitOf(signal)] : []),
    ]
    const exitCode = asAsked(worstExit(codes), command)
    terminal.rest()
    if (web !== null && staysOpen && !terminal.signal.aborted) {
      say(`the live page stays at ${web.url} until ${terminal.hasKeys ? 'q or ' : ''}Ctrl-C`)
      await web.stayUntil(terminal.signal)
    }
    return exitCode === EXIT.ok && (failedOutputs.length > 0 || !isKept) ? EXIT.unexpected : exitCode
  } finally {
    terminal.release()
    metrics?.close()
    await web?.close()
  }
}

/** The runs that somebody starts from the form of the live page; `found` is what is wrong with the command. */
async function offerForm(settings: Settings, { port }: WebOptions, found: Problem[]): Promise<number> {
  const { command, secrets } = settings
  const { stdout } = process
  const planOf = (asked: Command, found: Problem[]): Promise<Plan | null> =>
    readPlan(asked, { repeats: null, against: null }, found)
  // That there is no URL yet is what the form is for.
  const problems = found.filter(
    (one) => one.option !== 'url' || command.texts.has('url') || command.problems.includes(one),
  )
  const metricsPort = readMetricsPort(command, problems)
  if (problems.length > 0) throw new OptionsError(problems)
  sayConfig(settings)
  const metrics = metricsPort === null ? null : await openMetrics(metricsPort)
  const terminal = watchTerminal(command, () => undefined)
  terminal.rest()
  try {
    const exitCode = await serveForm(command, port, terminal.signal, {
      planOf,
      shown: (message) => withoutSecrets(message, secrets),
      control: () => terminal.control,
      async make(plan, page, signal) {
        const stop = (): void => {
          page.stopping()
          if (!terminal.signal.aborted) terminal.stopping()
        }
        signal.addEventListener('abort', stop)
        const outputs = [terminal.next(), ...(metrics === null ? [] : [metrics]), page]
        try {
          const report = await conduct(plan, { signal, outputs, onStart: terminal.begun })
          stdout.write(renderSummary(report, styleOf(stdout, command)))
          return report.exitCode
        } finally {
          signal.removeEventListener('abort', stop)
          terminal.rest()
        }
      },
    })
    return asAsked(exitCode, command)
  } finally {
    terminal.release()
    metrics?.close()
  }
}

/** Which file the options come from. */
function sayConfig({ command, config }: Settings): void {
  if (config === null || command.switches.get('quiet') === true) return
  const profile = config.profile === null ? '' : `, profile ${config.profile}`
  process.stderr.write(`corerush: options of ${config.file}${profile}\n`)
}

/** The exit code, unless the user wants none that judges. */
function asAsked(exitCode: number, { switches }: Command): number {
  if (switches.get('fail') !== false || !JUDGEMENTS.includes(exitCode)) return exitCode
  process.stderr.write(`corerush: --no-fail makes exit code ${exitCode} a 0\n`)
  return EXIT.ok
}

/** The plan of the command line; adds what is wrong with it to the problems. */
async function readPlan(command: Command, repeats: Repeats, problems: Problem[]): Promise<Plan | null> {
  const options: Options = {
    ...withAgainst(optionsOf(command), repeats),
    ...readBody(command, problems),
    ...readPems(command, problems),
  }
  try {
    return await planScenario(options)
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error
    // A flag that needs a value need not be called missing as well.
    const told = new Set(problems.map(({ option }) => option))
    problems.push(...error.problems.filter(({ option }) => !told.has(option)))
    return null
  }
}

/** The body itself, or the bytes of the file that `@FILE` names. */
function readBody({ texts }: Command, problems: Problem[]): Pick<Options, 'body'> {
  const body = texts.get('body')
  if (body === undefined || !body.startsWith('@')) return { body }
  try {
    return { body: readFileSync(body.slice(1)) }
  } catch (error) {
    problems.push({ option: 'body', message: `names a file that cannot be read: ${messageOf(error)}` })
    return { body: '' }
  }
}

/** What is in the files of `--ca`, `--cert` and `--key`. */
export function readPems({ texts }: Command, problems: Problem[]): Pick<Options, 'ca' | 'cert' | 'key'> {
  const pems: Pick<Options, 'ca' | 'cert' | 'key'> = {}
  for (const option of ['ca', 'cert', 'key'] as const) {
    const path = texts.get(option)
    if (path === undefined) continue
    // A file or a variable can hold the PEM itself.
    if (path.includes('-----BEGIN ')) {
      pems[option] = path
      continue
    }
    try {
      pems[option] = readFileSync(path)
    } catch (error) {
      problems.push({ option, message: `names a file that cannot be read: ${messageOf(error)}` })
      pems[option] = ''
    }
  }
  return pems
}
