/**
 * Rules relative to a baseline: `p95 < baseline + 10%`. `compare/run-sample.ts` defines what is compared, and
 * `compare/run-comparison.ts` how it is judged.
 *
 *     relative  = figure "<" "baseline" "+" percentage          ; more is worse
 *               | "rps" ">" "baseline" "-" percentage           ; less is worse
 *     figure    = "mean" | "p" number                           ; of the latency, 0 < number < 100
 *     percentage = number "%"                                   ; 0.1% to 90%: what may change without being a regression
 *
 * `printRelative` writes one canonical text, and `parseRelative` reads it back to the same rule.
 */
import { metricOf } from './threshold-metric.ts'
import { parseNumber, type Parsed } from '../units.ts'

/** The tolerated difference of one metric from the baseline. */
export interface RelativeRule {
  /** The canonical name: `p95`, `mean`, `rps`. */
  readonly metric: string
  /** The change that is tolerated, as a share of the baseline. */
  readonly margin: number
}

const SHAPE = 'must be a rule such as "p95 < baseline + 10%" or "rps > baseline - 5%"'
const LEAST_MARGIN = 0.001
const MOST_MARGIN = 0.9

export const isHigherBetter = (metric: string): boolean => metric === 'rps'

/** Whether a threshold is meant to be relative, valid or not. */
export const isRelative = (text: string): boolean => /[<>=]\s*baseline\b/.test(text)

export function parseRelative(text: string): Parsed<RelativeRule> {
  const [, word, operator, sign, percent] =
    /^\s*([^\s<>=]+)\s*([<>])\s*baseline\s*([+-])\s*(\S+)\s*$/.exec(text) ?? []
  if (word === undefined || percent === undefined) return { problem: SHAPE }
  const name = metricOf(word)?.name
  if (name === undefined || !(name === 'rps' || name === 'mean' || /^p\d/.test(name)))
    return {
      problem: 'must be about a percentile of the latency, mean or rps to be compared with a baseline',
    }
  const wanted = isHigherBetter(name) ? '>-' : '<+'
  if (`${operator}${sign}` !== wanted)
    return { problem: `must set how much worse it may be: "${name} ${wanted[0]} baseline ${wanted[1]} 10%"` }
  const margin = parseMargin(percent)
  return 'problem' in margin ? margin : { value: { metric: name, margin: margin.value } }
}

export const printRelative = ({ metric, margin }: RelativeRule): string =>
  `${metric} ${isHigherBetter(metric) ? '> baseline -' : '< baseline +'} ${Number((margin * 100).toFixed(6))}%`

/** Parses a tolerated change: a percentage with its sign, as `10` alone is ambiguous. */
export function parseMargin(text: string): Parsed<number> {
  const number = text.endsWith('%') ? parseNumber(text.slice(0, -1)) : { problem: '' }
  const margin = 'value' in number ? Number((number.value / 100).toFixed(8)) : NaN
  if (!(margin >= LEAST_MARGIN && margin <= MOST_MARGIN))
    return { problem: 'must tolerate from 0.1% to 90%, written with its %' }
  return { value: margin }
}

/** The margin of the default rule: one metric, as each further one makes the same runs prove less. */
export const DEFAULT_MARGIN = 0.05
export const defaultRules = (margin: number): readonly RelativeRule[] => [{ metric: 'p95', margin }]
