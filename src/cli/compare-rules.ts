/** What `corerush compare` is asked: its rules, and which differences between runs are allowed. */
import { readAllowed, readRelatives, type BaselinePlan } from '../core/resolve/baseline-options.ts'
import type { Problem } from '../core/options/problem.ts'
import { DEFAULT_MARGIN, defaultRules, isRelative, parseMargin } from '../core/threshold/relative-rule.ts'
import type { Command } from './command.ts'

/** The rules of the command line; adds what is wrong with them to the problems. */
export function readRules({ texts, lists }: Command, problems: Problem[]): Omit<BaselinePlan, 'runs'> {
  const wrong =
    (option: string) =>
    (message: string): void =>
      void problems.push({ option, message })
  const own = readRelatives((lists.get('thresholds') ?? []).filter(isRelative), wrong('thresholds'))
  let margin = DEFAULT_MARGIN
  const marginText = texts.get('margin')
  if (marginText !== undefined) {
    const parsed = parseMargin(marginText)
    if ('problem' in parsed) wrong('margin')(`${parsed.problem}, got "${marginText}"`)
    else margin = parsed.value
    if (own.length > 0)
      wrong('margin')('does not go with a rule that names its own, such as "p95 < baseline + 10%"')
  }
  const words = (lists.get('allow') ?? []).flatMap((text) => text.split(',')).filter((one) => one !== '')
  const allow = readAllowed(words, wrong('allow'))
  return { rules: own.length > 0 ? own : defaultRules(margin), allow }
}
