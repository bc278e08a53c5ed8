/** The command `corerush compare`: stored runs against stored runs. */
import { isDeepStrictEqual } from 'node:util'
import { OptionsError } from '../core/options/options-error.ts'
import type { Problem } from '../core/options/problem.ts'
import type { BaselinePlan } from '../core/resolve/baseline-options.ts'
import { isRelative } from '../core/threshold/relative-rule.ts'
import { compareReports, differencesAmong, foregone } from '../core/compare/run-comparison.ts'
import { EXIT } from '../errors.ts'
import { allowedDifferences, extentOf, readRuns } from '../host/kept/comparands.ts'
import { comparisonViewOf } from '../output/view/comparison-view.ts'
import { renderComparison } from '../output/text/comparison-text.ts'
import type { Destination } from '../output/destination.ts'
import { renderComparisonHtml } from '../output/file/html.ts'
import { renderJsonLine } from '../output/file/json.ts'
import { readComparisonFiles } from '../output/file/page-files.ts'
import { printable } from '../output/text/paint.ts'
import type { Command } from './command.ts'
import { readRules } from './compare-rules.ts'
import { readPage, writePage } from './html-page.ts'
import { styleOf } from './style.ts'

export async function compareCommand(command: Command): Promise<number> {
  const { rules, allow, page, isPaired } = readOrder(command)
  const [former = '', latter = ''] = command.operands
  const current = readRuns(latter.split(','))
  const baseline = readRuns(former.split(','), { run: current[0]!, before: current[0]!.startedAt })
  const warnings: string[] = []
  const warn = (text: string): void => {
    warnings.push(text)
    process.stderr.write(`warning: ${printable(text)}\n`)
  }
  if (isDeepStrictEqual(baseline, current)) warn('both files hold the same runs')
  for (const text of allowedDifferences(differencesAmong(baseline, current), allow))
    warn(`compared anyway: ${text}`)
  checkCounts({ baseline: baseline.length, current: current.length }, isPaired, page !== null)
  const little = foregone(extentOf(baseline), extentOf(current), rules.length, isPaired)
  if (little !== null) warn(little)
  const comparison = compareReports(baseline, current, rules, isPaired)
  const stream = page?.name === '-' ? process.stderr : process.stdout
  stream.write(
    command.switches.get('json') === true
      ? renderJsonLine(comparison)
      : renderComparison(comparison, styleOf(stream, command)),
  )
  const [before, after] = [baseline, current].map(([report], i) => ({
    source: command.operands[i]!,
    report: report!,
  }))
  const isWritten =
    page === null ||
    (await writePage(
      page,
      renderComparisonHtml(comparisonViewOf(before!, after!, comparison, warnings), readComparisonFiles()),
    ))
  if (comparison.answer === 'regressed' && command.switches.get('fail') !== false) return EXIT.regression
  return isWritten ? EXIT.ok : EXIT.unexpected
}

/** What the command line says. @throws OptionsError with all that is wrong with it */
function readOrder(command: Command): Omit<BaselinePlan, 'runs'> & {
  /** Where the page goes; `null` without one. */
  readonly page: Destination | null
  readonly isPaired: boolean
} {
  const problems: Problem[] = [...command.problems]
  const read = readRules(command, problems)
  for (const text of (command.lists.get('thresholds') ?? []).filter((text) => !isRelative(text)))
    problems.push({
      option: 'thresholds',
      message: `must be relative here: "p95 < baseline + 10%", got "${text}"`,
    })
  const { operands } = command
  if (operands.length !== 2)
    problems.push({
      option: 'operands',
      place: 'corerush compare',
      message: `takes BASELINE and CURRENT, each a file, a name or several with commas, got ${operands.length}`,
    })
  const page = readPage(command, problems)
  if (problems.length > 0) throw new OptionsError(problems)
  return { ...read, page, isPaired: command.switches.get('paired') === true }
}

/** @throws OptionsError if this many runs cannot be paired, or shown on a page */
function checkCounts(
  { baseline, current }: { readonly baseline: number; readonly current: number },
  isPaired: boolean,
  hasPage: boolean,
): void {
  if (isPaired && baseline !== current)
    throw new OptionsError([
      {
        option: 'paired',
        message: `takes as many runs on each side, got ${baseline} and ${current}`,
      },
    ])
  if (hasPage && (baseline > 1 || current > 1))
    throw new OptionsError([
      {
        option: 'outputs',
        message: `html shows one run of each side, got ${baseline} and ${current}`,
      },
    ])
}
