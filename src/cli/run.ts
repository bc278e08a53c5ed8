/** The command `corerush`: plan, run, summary, exit code. */
import { readFileSync } from 'node:fs'
import { worstExit } from '../core/exit.ts'
import type { Options, Problem } from '../core/options.ts'
import type { Plan } from '../core/plan.ts'
import { printDurationS } from '../core/units.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import { readCapacity } from '../host/capacity.ts'
import type { RunControl } from '../host/control.ts'
import { OptionsError, planScenario } from '../host/run.ts'
import { conductSeries, planSeries } from '../host/series.ts'
import { renderPlan } from '../output/dry-run.ts'
import { LiveView } from '../output/live.ts'
import { printable } from '../output/paint.ts'
import { renderSeries, renderTurns, titleOf } from '../output/series.ts'
import { renderSettings } from '../output/settings.ts'
import { renderSummary } from '../output/text.ts'
import { optionsOf, type Command } from './args.ts'
import { canReadKeys, watchKeys, type Keys } from './keys.ts'
import { openMetrics, readMetricsPort } from './metrics.ts'
import { readOutputs } from './outputs.ts'
import { foretold, otherPlanOf, readNumbered, readRepeats, withAgainst, type Repeats } from './repeats.ts'
import { readName, saveBaseline } from './save-baseline.ts'
import { withSettings, type Settings } from './settings.ts'
import { styleOf } from './style.ts'
import { exitOf, liveOutput, stopOnSignals } from './terminal.ts'

/** The exit codes that judge a run which was carried out. */
const JUDGEMENTS: readonly number[] = [EXIT.void, EXIT.regression, EXIT.thresholds]

export const runCommand = (typed: Command): Promise<number> => withSettings(typed, carryOut)

async function carryOut({ command, said, secrets, config }: Settings): Promise<number> {
  const { stdout, stderr } = process
  const problems: Problem[] = [...command.problems]
  const { outputs, ownsStdout } = readOutputs(command, problems)
  const keepAs = readName(command, problems)
  const repeats = readRepeats(command, problems)
  const plan = await readPlan(command, repeats, problems)
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
  if (config !== null && command.switches.get('quiet') !== true)
    stderr.write(
      `corerush: options of ${config.file}${config.profile === null ? '' : `, profile ${config.profile}`}\n`,
    )
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
  let live = liveOutput(command)
  let keys: Keys | null = null
  const restore = (): void => {
    keys?.pause()
    if (live instanceof LiveView) live.restore()
  }
  let control: RunControl | null = null
  const stopping = stopOnSignals({
    heard: () => {
      if ('stopping' in live) live.stopping()
    },
    restore,
    resume() {
      keys?.resume()
      if (live instanceof LiveView) live.resume()
    },
  })
  if (live instanceof LiveView && canReadKeys(process.stdin))
    keys = watchKeys(process.stdin, {
      stop: stopping.stop,
      view(key) {
        if (live instanceof LiveView) live.press(key)
      },
      load(by) {
        control?.amend({ by, overS: 0 }).catch((error: unknown) => {
          if (live instanceof LiveView) live.tell(messageOf(error))
        })
      },
    })
  const failedOutputs: string[] = []
  try {
    const isQuiet = command.switches.get('quiet') === true
    const { made, failure } = await conductSeries(series, stopping.signal, (turn) => {
      const { request, waitForTargetS } = turn.side === 'baseline' ? otherPlan! : plan
      const { host } = new URL(request.url)
      if (isSeries && !isQuiet) say(`${titleOf(turn, turns)} of ${turns.length} runs, on ${host}`)
      if (waitForTargetS > 0 && !isQuiet) say(`waiting up to ${printDurationS(waitForTargetS)} for ${host}`)
      live = liveOutput(command)
      return {
        onStart: (begun) => (control = begun),
        outputs: [live, ...(metrics === null ? [] : [metrics]), ...outputsOf(turn)],
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
    let exitCode = worstExit([
      ...reports.map((report) => report.exitCode),
      // What was to be compared at the end was not.
      ...(plan.baseline !== null && made.length < turns.length ? [EXIT.thresholds] : []),
      // Between two runs it is in none of their reports.
      ...(stopping.signal.aborted && made.length < turns.length ? [exitOf(stopping.signal)] : []),
    ])
    if (command.switches.get('fail') === false && JUDGEMENTS.includes(exitCode)) {
      stderr.write(`corerush: --no-fail makes exit code ${exitCode} a 0\n`)
      exitCode = EXIT.ok
    }
    return exitCode === EXIT.ok && (failedOutputs.length > 0 || !isKept) ? EXIT.unexpected : exitCode
  } finally {
    restore()
    stopping.release()
    metrics?.close()
  }
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
