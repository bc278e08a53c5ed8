/** The baseline of a run: runs to compare it with, the rules, and the differences that are allowed. */
import { show, type Wrong } from '../options/option-readers.ts'
import type { Options } from '../options/options.ts'
import {
  DEFAULT_MARGIN,
  defaultRules,
  isRelative,
  parseRelative,
  printRelative,
  type RelativeRule,
} from '../threshold/relative-rule.ts'
import { nearest } from '../suggest.ts'

/** Differences between two runs other than what is measured. */
export const DIFFERENCES = ['plan', 'host', 'version', 'void'] as const
export type DifferenceKind = (typeof DIFFERENCES)[number]

export interface BaselinePlan {
  /** Files of reports, or names under which runs are kept; of another target that is measured in turns, its origin. */
  readonly runs: readonly string[]
  readonly rules: readonly RelativeRule[]
  /** The differences that are allowed. */
  readonly allow: readonly DifferenceKind[]
}

/** The baseline among the options; `null` if none. */
export function readBaseline(options: Options, wrong: Wrong): BaselinePlan | null {
  const runs = readWords('baseline', options, wrong)
  const allow = readAllowed(readWords('allow', options, wrong), (message) => wrong('allow', message))
  if (options.baseline === undefined) {
    if (options.allow !== undefined) wrong('allow', 'is about a baseline, and there is none')
    return null
  }
  if (runs.length === 0) wrong('baseline', `must be a file or a name, got ${show(options.baseline)}`)
  const relatives = [...[options.thresholds ?? []].flat().entries()].filter(
    ([, text]) => typeof text === 'string' && isRelative(text),
  )
  const rules = readRelatives(
    relatives.map(([, text]) => text),
    (message, at) => wrong('thresholds', message, relatives[at]![0]),
  )
  return { runs, rules: rules.length > 0 ? rules : defaultRules(DEFAULT_MARGIN), allow }
}

/** Rules relative to a baseline, each metric once. */
export function readRelatives(
  texts: readonly string[],
  wrong: (message: string, at: number) => unknown,
): RelativeRule[] {
  const rules: RelativeRule[] = []
  for (const [at, text] of texts.entries()) {
    const parsed = parseRelative(text)
    if ('problem' in parsed) wrong(`${parsed.problem}, got ${show(text)}`, at)
    else if (rules.some(({ metric }) => metric === parsed.value.metric))
      wrong(`must be given once for each metric, got "${printRelative(parsed.value)}" as well`, at)
    else rules.push(parsed.value)
  }
  return rules
}

export function readAllowed(words: readonly string[], wrong: (message: string) => unknown): DifferenceKind[] {
  const allowed: DifferenceKind[] = []
  for (const word of words) {
    const kind = DIFFERENCES.find((one) => one === word)
    const near = nearest(word, DIFFERENCES)
    if (kind !== undefined) allowed.push(kind)
    else
      wrong(
        `takes ${DIFFERENCES.join(', ')}, with commas${near === null ? '' : `; did you mean ${near}?`}, got ${show(word)}`,
      )
  }
  return allowed
}

/** Reads a list, or a text with commas. */
function readWords(option: 'baseline' | 'allow', options: Options, wrong: Wrong): string[] {
  const raw: readonly unknown[] = [options[option] ?? []].flat()
  if (!raw.every((word) => typeof word === 'string')) {
    wrong(option, `must be text, got ${show(options[option])}`)
    return []
  }
  return raw.flatMap((text) => text.split(',')).filter((word) => word !== '')
}
