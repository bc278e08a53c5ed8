/** The options about what is measured and how precisely: the warm-up, and the precisions that end the load. */
import { show, type Readers, type Wrong } from '../options/option-readers.ts'
import type { Options } from '../options/options.ts'
import { callName, isOfRow, partsOf } from '../request/row.ts'
import { nearest } from '../suggest.ts'
import { parsePrecision, printPrecision, type PrecisionRule } from '../threshold/precision-rule.ts'
import type { ClosedLoad, OpenLoad } from './load-options.ts'

/** The warm-up and the precisions of a plan. */
export interface PrecisionPlan {
  /** The first whole seconds of the load, which are not measured; 0 with `warmupAuto`. */
  readonly warmupS: number
  /** Whether the warm-up ends when the level holds, and at the latest after a third of the load. */
  readonly warmupAuto: boolean
  /** The precisions that end the load before its duration, once all are reached; empty if none does. */
  readonly until: readonly PrecisionRule[]
}

/** The longest warm-up, in seconds: a fixed one, or a third of the load. */
export const longestWarmupS = ({
  warmupS,
  warmupAuto,
  durationS,
}: Pick<PrecisionPlan, 'warmupS' | 'warmupAuto'> & { readonly durationS: number | null }): number =>
  warmupAuto ? Math.floor((durationS ?? 0) / 3) : warmupS

/** `rows` are the rows of all requests; `null` if they are not known yet. */
export function readPrecision(
  { until: raw }: Options,
  rows: readonly string[] | null,
  { value, wrong }: Readers,
): PrecisionPlan {
  const warmup = value('warmup')
  const until: PrecisionRule[] = []
  const texts: readonly unknown[] = raw === undefined ? [] : Array.isArray(raw) ? raw : [raw]
  for (const [at, text] of texts.entries()) {
    const parsed = typeof text === 'string' ? parsePrecision(text) : { problem: 'must be text' }
    const problem = 'problem' in parsed ? parsed.problem : unknownName(parsed.value, rows)
    if (problem !== null) wrong('until', `${problem}, got ${show(text)}`, at)
    else if ('value' in parsed) {
      const { name, metric } = parsed.value
      if (until.some((rule) => rule.name === name && rule.metric === metric))
        wrong(
          'until',
          `must be given once for each figure, got "${printPrecision(parsed.value)}" as well`,
          at,
        )
      until.push(parsed.value)
    }
  }
  return { warmupS: typeof warmup === 'number' ? warmup : 0, warmupAuto: warmup === 'auto', until }
}

function unknownName({ name }: PrecisionRule, rows: readonly string[] | null): string | null {
  if (name === null || rows === null || rows.some((row) => isOfRow(row, callName(name)))) return null
  const near = nearest(name, [...rows, ...rows.map((row) => partsOf(row).name)])
  return `must name a request of the plan, ${near === null ? `which are ${rows.map((row) => `"${row}"`).join(', ')}` : `did you mean "${near}"?`}`
}

/** Refuses what contradicts a precision or a warm-up. `durationS` is the length of the load; `null` if it has none. */
export function checkPrecision(
  options: Options,
  { warmupS, warmupAuto, until }: PrecisionPlan,
  { stages, rampUpS }: ClosedLoad | OpenLoad,
  durationS: number | null,
  wrong: Wrong,
): void {
  if (durationS === null && warmupAuto)
    wrong('warmup', 'must be a duration where the load has no set length: auto is at most a third of it')
  if (durationS !== null && warmupS > 0 && warmupS >= durationS)
    wrong('warmup', `must be shorter than the load of ${durationS} s, got ${show(options.warmup)}`)
  if (options.maxDuration !== undefined && options.until === undefined)
    wrong('maxDuration', 'is the longest load of until, and there is none: use duration')
  if (until.length === 0) return
  if (options.duration !== undefined)
    wrong('duration', 'does not go with until, which ends the load: use maxDuration for the longest load')
  if (stages !== null)
    wrong('until', 'does not go with stages: a figure becomes precise under a constant load only')
  else if (!warmupAuto && rampUpS > LONGEST_RAMP_S && rampUpS > warmupS)
    wrong('until', `is about a constant load: the ramp of ${rampUpS} s must lie within the warm-up`)
  if (durationS !== null && durationS - warmupS < LEAST_UNTIL_S)
    wrong(
      'maxDuration',
      `must leave at least ${LEAST_UNTIL_S} s after the warm-up, got ${durationS} s in all`,
    )
}

/** Ramps up to this length may be measured: they are those of users by default. */
const LONGEST_RAMP_S = 1
/** Measured seconds before a precision is looked at. */
export const LEAST_UNTIL_S = 60
