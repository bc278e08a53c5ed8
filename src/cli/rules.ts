/** What a comparison is asked: its rules, and which differences between runs are allowed. */
import { ALPHA, cannotProve, type Comparison } from '../core/compare.ts'
import { DIFFERENCES, type Difference, type DifferenceKind } from '../core/comparable.ts'
import type { Problem } from '../core/options.ts'
import {
  DEFAULT_MARGIN,
  defaultRules,
  isRelative,
  parseMargin,
  parseRelative,
  printRelative,
  type RelativeRule,
} from '../core/relative.ts'
import { nearest } from '../core/suggest.ts'
import { CorerushError } from '../errors.ts'
import { printable } from '../output/paint.ts'
import type { Command } from './args.ts'

export interface ComparisonRules {
  readonly rules: readonly RelativeRule[]
  readonly allowed: ReadonlySet<DifferenceKind>
}

/** The rules of the command line; adds what is wrong with them to the problems. */
export function readRules({ texts, lists }: Command, problems: Problem[]): ComparisonRules {
  const wrong = (option: string, message: string): void => void problems.push({ option, message })
  const own: RelativeRule[] = []
  for (const text of (lists.get('threshold') ?? []).filter(isRelative)) {
    const parsed = parseRelative(text)
    if ('problem' in parsed) wrong('threshold', `${parsed.problem}, got "${text}"`)
    else if (own.some(({ metric }) => metric === parsed.value.metric))
      wrong('threshold', `must be given once for each metric, got "${printRelative(parsed.value)}" as well`)
    else own.push(parsed.value)
  }
  let margin = DEFAULT_MARGIN
  const marginText = texts.get('margin')
  if (marginText !== undefined) {
    const parsed = parseMargin(marginText)
    if ('problem' in parsed) wrong('margin', `${parsed.problem}, got "${marginText}"`)
    else margin = parsed.value
    if (own.length > 0)
      wrong('margin', 'does not go with a rule that names its own, such as "p95 < baseline + 10%"')
  }
  const allowed = new Set<DifferenceKind>()
  for (const word of (texts.get('allow') ?? '').split(',').filter((one) => one !== '')) {
    const kind = DIFFERENCES.find((one) => one === word)
    const near = nearest(word, DIFFERENCES)
    if (kind !== undefined) allowed.add(kind)
    else
      wrong(
        'allow',
        `takes ${DIFFERENCES.join(', ')}, with commas${near === null ? '' : `; did you mean ${near}?`}, got "${word}"`,
      )
  }
  return { rules: own.length > 0 ? own : defaultRules(margin), allowed }
}

/** Throws when something speaks against a comparison that was not allowed; tells what was. */
export function checkDifferences(
  differences: readonly Difference[],
  { allowed }: ComparisonRules,
  stderr: NodeJS.WritableStream,
): void {
  const texts = (all: readonly Difference[]): string[] => [...new Set(all.map(({ message }) => message))]
  const refused = differences.filter(({ kind }) => !allowed.has(kind))
  if (refused.length > 0)
    throw new CorerushError('CORERUSH_BASELINE', `cannot be compared: ${texts(refused).join('; ')}`, {
      hint: `--allow ${[...new Set([...allowed, ...refused.map(({ kind }) => kind)])].join(',')}, if you mean it`,
    })
  for (const text of texts(differences)) stderr.write(`warning: compared all the same: ${printable(text)}\n`)
}

/** Before anything is sent: what so many runs cannot show, whatever they measure. */
export function warnOfLittle(
  runs: Comparison['runs'],
  { rules }: ComparisonRules,
  isPaired: boolean,
  stderr: NodeJS.WritableStream,
): void {
  // Fewer than can prove anything at all are compared by their seconds, which know no such limit.
  if (cannotProve(runs, 1, isPaired) !== null) {
    if (runs.baseline > 1 || runs.current > 1)
      stderr.write(
        `warning: too few runs to compare them as wholes at p ≤ ${ALPHA}: their seconds are compared\n`,
      )
    return
  }
  const problem = cannotProve(runs, rules.length, isPaired)
  if (problem !== null) stderr.write(`warning: no regression can be shown: ${problem}\n`)
}
