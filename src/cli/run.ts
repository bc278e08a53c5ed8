/** The command `corerush`: plan, run, summary, exit code. */
import { readFileSync } from 'node:fs'
import type { Options, Problem } from '../core/options.ts'
import type { Plan } from '../core/plan.ts'
import { printDurationS } from '../core/units.ts'
import { EXIT, messageOf } from '../errors.ts'
import { readCapacity } from '../host/capacity.ts'
import { conduct, OptionsError, planScenario } from '../host/run.ts'
import { renderPlan } from '../output/dry-run.ts'
import { LiveView, ProgressLines, WarningLines } from '../output/live.ts'
import { renderSummary } from '../output/text.ts'
import { optionsOf, type Command } from './args.ts'
import { readOutputs } from './outputs.ts'
import { styleOf, wantsColor } from './style.ts'

/** The exit codes that judge a run which was carried out. */
const JUDGEMENTS: readonly number[] = [EXIT.void, EXIT.regression, EXIT.thresholds]

export async function runCommand(command: Command): Promise<number> {
  const { stdout, stderr } = process
  const problems: Problem[] = [...command.problems]
  const { outputs, ownsStdout } = readOutputs(command, problems)
  const plan = await readPlan(command, problems)
  const isDry = command.switches.get('dry-run') === true
  if (isDry && command.lists.has('out'))
    problems.push({ option: 'out', message: 'does not go with --dry-run, which runs nothing' })
  if (plan === null || problems.length > 0) throw new OptionsError(problems)
  const summaryStream = ownsStdout ? stderr : stdout

  if (isDry) {
    stdout.write(renderPlan(plan, styleOf(stdout, command), readCapacity()))
    return EXIT.ok
  }

  const live = liveOutput(command)
  const stopping = stopOnSignals({
    heard: () => {
      if ('stopping' in live) live.stopping()
    },
    restore: () => {
      if (live instanceof LiveView) live.restore()
    },
  })
  const failedOutputs: string[] = []
  try {
    if (plan.waitForTargetS > 0 && command.switches.get('quiet') !== true)
      stderr.write(
        `corerush: waiting up to ${printDurationS(plan.waitForTargetS)} for ${new URL(plan.request.url).host}\n`,
      )
    const report = await conduct(plan, {
      signal: stopping.signal,
      outputs: [live, ...outputs],
      onOutputError(output, error) {
        failedOutputs.push(output)
        stderr.write(`corerush: ${output} ${messageOf(error)}\n`)
      },
    })
    summaryStream.write(renderSummary(report, styleOf(summaryStream, command)))
    let { exitCode } = report
    if (command.switches.get('fail') === false && JUDGEMENTS.includes(exitCode)) {
      stderr.write(`corerush: --no-fail makes exit code ${exitCode} a 0\n`)
      exitCode = EXIT.ok
    }
    return exitCode === EXIT.ok && failedOutputs.length > 0 ? EXIT.unexpected : exitCode
  } finally {
    if (live instanceof LiveView) live.restore()
    stopping.release()
  }
}

/** The plan of the command line; adds what is wrong with it to the problems. */
async function readPlan(command: Command, problems: Problem[]): Promise<Plan | null> {
  const options: Options = {
    ...optionsOf(command),
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
    try {
      pems[option] = readFileSync(path)
    } catch (error) {
      problems.push({ option, message: `names a file that cannot be read: ${messageOf(error)}` })
      pems[option] = ''
    }
  }
  return pems
}

function liveOutput({ switches }: Command): LiveView | ProgressLines | WarningLines {
  const { stderr } = process
  if (switches.get('quiet') === true) return new WarningLines(stderr)
  if (!stderr.isTTY || process.env['TERM'] === 'dumb') return new ProgressLines(stderr)
  return new LiveView(stderr, wantsColor(stderr, switches))
}

/** The first signal ends the load gracefully, the second one the process at once. */
function stopOnSignals({ heard, restore }: { heard: () => void; restore: () => void }): {
  readonly signal: AbortSignal
  release(): void
} {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      restore()
      process.exit(name === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted)
    }
    controller.abort(name)
    heard()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  // Whatever ends the process, the cursor comes back.
  process.on('exit', restore)
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
      process.off('exit', restore)
    },
  }
}
