/** The command `corerush`: plan, run, summary, exit code. */
import { readFileSync } from 'node:fs'
import type { Options, Problem } from '../core/options.ts'
import { EXIT, messageOf } from '../errors.ts'
import { readCapacity } from '../host/capacity.ts'
import { conduct, OptionsError, outputProblems, planRun } from '../host/run.ts'
import { renderPlan } from '../output/dry-run.ts'
import { JsonFile, JsonStream } from '../output/json.ts'
import { LiveView, ProgressLines, WarningLines } from '../output/live.ts'
import type { Output } from '../output/output.ts'
import { renderSummary } from '../output/text.ts'
import { optionsOf, type Command } from './args.ts'
import { styleOf, wantsColor } from './style.ts'

export async function runCommand(command: Command): Promise<number> {
  const { stdout, stderr } = process
  const problems: Problem[] = [...command.problems]
  const files = readOutputs(command, problems)
  const plan = readPlan(command, problems)
  const isDry = command.switches.get('dry-run') === true
  if (isDry && command.lists.has('out'))
    problems.push({ option: 'out', message: 'does not go with --dry-run, which runs nothing' })
  if (plan === null || problems.length > 0) throw new OptionsError(problems)
  const summaryStream = files.some((output) => output instanceof JsonStream) ? stderr : stdout

  if (isDry) {
    stdout.write(renderPlan(plan, styleOf(stdout, command), readCapacity()))
    return EXIT.ok
  }

  const live = liveOutput(command)
  const stopping = stopOnSignals(() => {
    if (live instanceof LiveView) live.restore()
  })
  const failedOutputs: string[] = []
  try {
    const report = await conduct(plan, {
      signal: stopping.signal,
      outputs: [live, ...files],
      onOutputError(output, error) {
        failedOutputs.push(output)
        stderr.write(`corerush: ${output} ${messageOf(error)}\n`)
      },
    })
    summaryStream.write(renderSummary(report, styleOf(summaryStream, command)))
    return report.exitCode === EXIT.ok && failedOutputs.length > 0 ? EXIT.unexpected : report.exitCode
  } finally {
    if (live instanceof LiveView) live.restore()
    stopping.release()
  }
}

/** The plan of the command line; adds what is wrong with it to the problems. */
function readPlan(command: Command, problems: Problem[]) {
  const options: Options = { ...optionsOf(command), ...readBody(command, problems) }
  try {
    return planRun(options)
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

function readOutputs({ lists }: Command, problems: Problem[]): Output[] {
  const outputs: Output[] = []
  for (const text of lists.get('out') ?? []) {
    const [, kind, path] = /^([a-z]+)=(.+)$/.exec(text) ?? []
    if (kind !== 'json' || path === undefined)
      problems.push({ option: 'out', message: `must be json=PATH or json=-, got "${text}"` })
    else outputs.push(path === '-' ? new JsonStream(process.stdout) : new JsonFile(path, process.stdout))
  }
  problems.push(...outputProblems(outputs))
  const names = outputs.map(({ name }) => name)
  for (const name of new Set(names))
    if (names.filter((other) => other === name).length > 1)
      problems.push({ option: 'out', message: `was given ${name} twice` })
  return outputs
}

function liveOutput({ switches }: Command): Output {
  const { stderr } = process
  if (switches.get('quiet') === true) return new WarningLines(stderr)
  if (!stderr.isTTY || process.env['TERM'] === 'dumb') return new ProgressLines(stderr)
  return new LiveView(stderr, wantsColor(stderr, switches))
}

/** The first signal ends the load gracefully, the second one the process at once. */
function stopOnSignals(restore: () => void): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      restore()
      process.exit(name === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted)
    }
    controller.abort(name)
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
