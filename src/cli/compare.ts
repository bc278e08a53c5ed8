/** The command `corerush compare`: stored runs against stored runs. */
import { isDeepStrictEqual } from 'node:util'
import { compareRuns } from '../core/compare.ts'
import { differencesOf } from '../core/comparable.ts'
import type { Problem } from '../core/options.ts'
import { isRelative } from '../core/relative.ts'
import { measuredSeconds } from '../core/run-sample.ts'
import { EXIT } from '../errors.ts'
import { readRuns } from '../host/stored-runs.ts'
import { OptionsError } from '../host/run.ts'
import { renderComparison } from '../output/comparison.ts'
import { renderJsonLine } from '../output/json.ts'
import type { Command } from './args.ts'
import { checkDifferences, readRules, warnOfLittle } from './rules.ts'
import { styleOf } from './style.ts'

export function compareCommand(command: Command): number {
  const { stdout, stderr } = process
  const problems: Problem[] = [...command.problems]
  const rules = readRules(command, problems)
  for (const text of (command.lists.get('threshold') ?? []).filter((text) => !isRelative(text)))
    problems.push({
      option: 'threshold',
      message: `must be relative here: "p95 < baseline + 10%", got "${text}"`,
    })
  const { operands } = command
  if (operands.length !== 2)
    problems.push({
      option: 'corerush compare',
      message: `takes BASELINE and CURRENT, each a file or several with commas, got ${operands.length}`,
    })
  if (problems.length > 0) throw new OptionsError(problems)

  const [baseline, current] = operands.map((path) => readRuns(path))
  if (isDeepStrictEqual(baseline, current)) stderr.write('warning: both files hold the same runs\n')
  // All are held against the first: what is the same as it is the same as each other.
  const first = baseline![0]!
  checkDifferences(
    [...baseline!.slice(1), ...current!].flatMap((run) => differencesOf(first, run)),
    rules,
    stderr,
  )
  const runs = { baseline: baseline!.length, current: current!.length }
  const isPaired = command.switches.get('paired') === true
  if (isPaired && runs.baseline !== runs.current)
    throw new OptionsError([
      {
        option: 'paired',
        message: `takes as many runs on each side, got ${runs.baseline} and ${runs.current}`,
      },
    ])
  warnOfLittle(runs, rules, isPaired, stderr)
  const comparison = compareRuns(
    baseline!.map(({ timeline }) => measuredSeconds(timeline)),
    current!.map(({ timeline }) => measuredSeconds(timeline)),
    rules.rules,
    { isPaired, seed: first.seed },
  )
  stdout.write(
    command.switches.get('json') === true
      ? renderJsonLine(comparison)
      : renderComparison(comparison, styleOf(stdout, command)),
  )
  return comparison.answer === 'regressed' && command.switches.get('fail') !== false
    ? EXIT.regression
    : EXIT.ok
}
