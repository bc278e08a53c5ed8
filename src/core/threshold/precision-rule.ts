/**
 * Rules about the precision of a figure, which end a run: `p99 ± 5%`. `compare/precision.ts` defines the interval, and
 * `compare/precision-watch.ts` decides when a run has reached it.
 *
 *     precision  = [ name ":" ] figure ( "±" | "+-" | "+/-" ) percentage
 *     name       = the name of a request, as in thresholds
 *     figure     = "mean" | "p" number                          ; of the latency, 0 < number < 100
 *                | "rps"
 *     percentage = number "%"                                   ; 1% to 50%: half of the interval's width
 *
 * `printPrecision` writes one canonical text, and `parsePrecision` reads it back to the same rule.
 */
import { metricOf } from './threshold-metric.ts'
import { parseNumber, type Parsed } from '../units.ts'

/** The precision that one figure is to reach. */
export interface PrecisionRule {
  /** Name of the request; `null` for all requests together. */
  readonly name: string | null
  /** The canonical name: `p99`, `mean`, `rps`. */
  readonly metric: string
  /** The largest distance of both ends of the interval from the figure, as a share of the figure. */
  readonly margin: number
}

const SHAPE = 'must be a precision such as "p99 ± 5%", "rps +- 2%" or "POST login: mean ± 5%"'
const LEAST_MARGIN = 0.01
const MOST_MARGIN = 0.5

/** Reads one rule; the grammar is at the top of this file. */
export function parsePrecision(text: string): Parsed<PrecisionRule> {
  const colon = text.lastIndexOf(':')
  const name = colon < 0 ? null : text.slice(0, colon).trim()
  if (name === '') return { problem: `${SHAPE}; the name before the colon is empty` }
  const [, word, percent] = /^\s*([^\s±+]+)\s*(?:±|\+\/?-)\s*(\S+)\s*%\s*$/.exec(text.slice(colon + 1)) ?? []
  if (word === undefined || percent === undefined) return { problem: SHAPE }
  const metric = metricOf(word)?.name
  if (metric === undefined || !(metric === 'rps' || metric === 'mean' || /^p\d/.test(metric)))
    return { problem: 'must be about a percentile of the latency, mean or rps' }
  const number = parseNumber(percent)
  const margin = 'value' in number ? Number((number.value / 100).toFixed(8)) : NaN
  if (!(margin >= LEAST_MARGIN && margin <= MOST_MARGIN))
    return { problem: 'must be a precision from 1% to 50%' }
  return { value: { name, metric, margin } }
}

/** The figure of a rule with its name: `POST login: p99`. */
export const printFigure = ({ name, metric }: Pick<PrecisionRule, 'name' | 'metric'>): string =>
  name === null ? metric : `${name}: ${metric}`

export const printPrecision = (rule: PrecisionRule): string =>
  `${printFigure(rule)} ± ${Number((rule.margin * 100).toFixed(6))}%`
