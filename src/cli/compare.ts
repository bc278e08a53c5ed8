/** The command `corerush compare`: stored runs against stored runs. */
import { isDeepStrictEqual } from 'node:util'
import type { Problem } from '../core/options.ts'
import { isRelative } from '../core/relative.ts'
import { compareReports, differencesAmong, foregone } from '../core/run-comparison.ts'
import { EXIT } from '../errors.ts'
import { allowedDifferences, extentOf, readRuns } from '../host/comparands.ts'
import { OptionsError } from '../host/run.ts'
import { renderComparison } from '../output/comparison.ts'
import { renderJsonLine } from '../output/json.ts'
import { printable } from '../output/paint.ts'
import type { Command } from './args.ts'
import { readRules } from './rules.ts'
import { styleOf } from './style.ts'

export function compareCommand(command: Command): number {
  const { stdout, stderr } = process
  const problems: Problem[] = [...command.problems]
  const { rules, allow } = readRules(command, problems)
  for (const text of (command.lists.get('threshold') ?? []).filter((text) => !isRelative(text)))
    problems.push({
      option: 'threshold',
      message: `must be relative here: "p95 < baseline + 10%", got "${text}"`,
    })
  const { operands } = command
  if (operands.length !== 2)
    problems.push({
      option: 'corerush compare',
      message: `takes BASELINE and CURRENT, each a file, a name or several with commas, got ${operands.length}`,
    })
  if (problems.length > 0) throw new OptionsError(problems)

  const [baseline, current] = operands.map((words) => readRuns(words.split(',')))
  const warn = (text: string): void => void stderr.write(`warning: ${printable(text)}\n`)
  if (isDeepStrictEqual(baseline, current)) warn('both files hold the same runs')
  for (const text of allowedDifferences(differencesAmong(baseline!, current!), allow))
    warn(`compared all the same: ${text}`)
  const runs = { baseline: baseline!.length, current: current!.length }
  const isPaired = command.switches.get('paired') === true
  if (isPaired && runs.baseline !== runs.current)
    throw new OptionsError([
      {
        option: 'paired',
        message: `takes as many runs on each side, got ${runs.baseline} and ${runs.current}`,
      },
    ])
  const little = foregone(extentOf(baseline!), extentOf(current!), rules.length, isPaired)
  if (little !== null) warn(little)
  const comparison = compareReports(baseline!, current!, rules, isPaired)
  stdout.write(
    command.switches.get('json') === true
      ? renderJsonLine(comparison)
      : renderComparison(comparison, styleOf(stdout, command)),
  )
  return comparison.answer === 'regressed' && command.switches.get('fail') !== false
    ? EXIT.regression
    : EXIT.ok
}
