/** The command `corerush debug`: one user of each scenario, every task once, every step shown. */
import { OptionsError } from '../core/options/options-error.ts'
import type { Problem } from '../core/options/problem.ts'
import { nearest } from '../core/suggest.ts'
import { CorerushError, EXIT } from '../errors.ts'
import type { Step } from '../core/request/transcript.ts'
import { toStderr } from '../host/output-set.ts'
import { setUpRun } from '../host/prepared-run.ts'
import { debugScenario, planDebug } from '../host/walk-through.ts'
import { printable } from '../output/text/paint.ts'
import { renderStep } from '../output/text/transcript-text.ts'
import { optionsOf, type Command } from './command.ts'
import { readPems } from './command-plan.ts'
import { withSettings, type Settings } from './settings.ts'
import { styleOf } from './style.ts'

export const debugCommand = (typed: Command): Promise<number> => withSettings(typed, carryOut)

async function carryOut({ command }: Settings): Promise<number> {
  const { stdout } = process
  const problems: Problem[] = [...command.problems]
  const file = command.texts.get('scenario')
  const pems = readPems(command, problems)
  if (problems.length > 0) throw new OptionsError(problems)
  if (file === undefined)
    throw new CorerushError('CORERUSH_SCENARIO', 'debug needs a scenario file', {
      hint: 'corerush debug getprograms.ts',
    })
  const plan = await planDebug({ ...optionsOf(command), ...pems }, file)
  const only = command.texts.get('task')
  const all = plan.scenario!.scenarios
  const scenarios = all
    .map((one) => ({ ...one, tasks: one.tasks.filter(({ name }) => only === undefined || name === only) }))
    .filter(({ tasks }) => tasks.length > 0)
  if (scenarios.length === 0)
    throw new OptionsError([
      unknownTask(
        only!,
        all.flatMap(({ tasks }) => tasks),
      ),
    ])

  const style = styleOf(stdout, command)
  const setup = await setUpRun(plan)
  const onStep = (step: Step): void => void stdout.write(renderStep(step, style))
  let isWell = true
  let torn: readonly string[] = []
  try {
    for (const scenario of scenarios)
      isWell = (await debugScenario(plan, scenario, onStep, setup.data)) && isWell
  } finally {
    torn = await setup.tearDown(toStderr)
    for (const problem of torn) process.stderr.write(`corerush: ${printable(problem)}\n`)
  }
  if (!isWell) return EXIT.thresholds
  return torn.length > 0 ? EXIT.unexpected : EXIT.ok
}

function unknownTask(task: string, tasks: readonly { readonly name: string }[]): Problem {
  const names = [...new Set(tasks.map(({ name }) => name))]
  const near = nearest(task, names)
  const hint = near === null ? `it has ${names.join(', ')}` : `did you mean ${near}?`
  return { option: 'task', message: `must be one of the scenario, got "${task}"; ${hint}` }
}
