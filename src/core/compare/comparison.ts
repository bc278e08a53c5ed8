/**
 * Whether runs are worse than a baseline, by more than a margin: *regressed*, *no regression*, or *can't tell*. Both
 * claims are tested, so that little data makes neither of them true.
 *
 * Where there are enough runs on both sides, whole runs are compared by an exact permutation test (`permutation.ts`):
 * in pairs when they were interleaved, which takes a slow drift of the host out. *Regressed*: chance alone hardly makes
 * such a difference, and it is beyond the margin. Else the seconds of each side are resampled in blocks (`bootstrap.ts`),
 * which knows how a run varies within itself, and not how the next one would; the margin stands in for that, so
 * *regressed* asks that chance hardly makes such a difference *from the margin*. *No regression* always does.
 */
import { FEWEST_SECONDS, resampleRatios } from './bootstrap.ts'
import { holm, leastP, permutationP, runsToProve, signFlipP } from './permutation.ts'
import { isHigherBetter, printRelative, type RelativeRule } from '../threshold/relative-rule.ts'
import { showMany } from '../units.ts'
import { RunSample, samplesNeeded, type SampleSecond } from './run-sample.ts'

/** The chance of a false alarm, over all gated metrics together. */
export const ALPHA = 0.05
/** Standard errors between the change and the margin at which one of 20 claims is false and four of five true ones are found. */
const ERRORS_TO_TELL = 1.645 + 0.842
const MOST_RUNS_ADVISED = 50
const MOST_SECONDS_ADVISED = 86_400

export type Answer = 'regressed' | 'no regression' | "can't tell"

export interface MetricComparison {
  /** The rule as it is written. */
  readonly expression: string
  readonly metric: string
  /** In ms, or requests per second; of several runs the geometric mean. */
  readonly baseline: number | null
  readonly current: number | null
  /** (current − baseline) / baseline. */
  readonly change: number | null
  /** Where the change lies, 19 times in 20 on each side; only where seconds were resampled. */
  readonly interval: { readonly low: number; readonly high: number } | null
  /** How easily chance alone would look so much worse, of resampled seconds so much worse than the margin; after Holm. */
  readonly p: number | null
  readonly answer: Answer
  /** What would tell, or why nothing can. */
  readonly advice: string | null
}

export interface Comparison {
  readonly method: 'block bootstrap' | 'permutation' | 'paired permutation'
  readonly runs: { readonly baseline: number; readonly current: number }
  readonly metrics: readonly MetricComparison[]
  /** The worst answer of all metrics. */
  readonly answer: Answer
}

/** The measured seconds of one run. */
export type RunSeconds = readonly SampleSecond[]

export interface CompareOptions {
  /** Run *i* of one side was made beside run *i* of the other one. */
  readonly isPaired: boolean
  readonly seed: number
}

export function compareRuns(
  baseline: readonly RunSeconds[],
  current: readonly RunSeconds[],
  rules: readonly RelativeRule[],
  { isPaired, seed }: CompareOptions,
): Comparison {
  const runs = { baseline: baseline.length, current: current.length }
  const byRun = leastP(runs.baseline, runs.current, isPaired) <= ALPHA
  const samples = [baseline, current].map((side) =>
    byRun ? side.map((seconds) => new RunSample(seconds)) : [new RunSample(...side)],
  )
  const [before, after] = [samples[0]!, samples[1]!]
  const found = rules.map((rule) =>
    byRun ? testRuns(before, after, rule, isPaired) : testSeconds(before[0]!, after[0]!, rule, seed),
  )
  const adjusted = holm(found.map(({ pWorse }) => pWorse ?? 1))
  const metrics = rules.map((rule, i): MetricComparison => {
    const { figures, interval, isBeyond, pWorse, pWithin, moreToTell } = found[i]!
    const isWorse = isBeyond && adjusted[i]! <= ALPHA
    const answer = isWorse ? 'regressed' : (pWithin ?? 1) <= ALPHA ? 'no regression' : "can't tell"
    return {
      expression: printRelative(rule),
      metric: rule.metric,
      ...figures,
      interval,
      p: pWorse === null ? null : adjusted[i]!,
      answer,
      advice:
        answer === "can't tell"
          ? ((byRun ? cannotProve(runs, rules.length, isPaired) : null) ?? moreToTell)
          : null,
    }
  })
  const answers = metrics.map(({ answer }) => answer)
  return {
    method: byRun ? (isPaired ? 'paired permutation' : 'permutation') : 'block bootstrap',
    runs,
    metrics,
    answer: (['regressed', "can't tell"] as const).find((one) => answers.includes(one)) ?? 'no regression',
  }
}

/** Why this many runs can show a regression of none of these metrics, whatever they measure; `null` if they can. */
export function cannotProve(runs: Comparison['runs'], metrics: number, isPaired: boolean): string | null {
  const least = leastP(runs.baseline, runs.current, isPaired)
  if (least <= ALPHA / metrics) return null
  const needed = runsToProve(metrics, ALPHA, isPaired)
  return `so few runs give p = ${least.toFixed(3)} at best, and ${metrics === 1 ? 'a metric needs' : `${metrics} metrics need`} ${(ALPHA / metrics).toFixed(3)}: it takes ${needed} on each side`
}

/** What this number of runs can prove, and what this number of metrics needs; `null` if whole runs can prove nothing. */
export function provable(runs: Comparison['runs'], metrics: number, isPaired: boolean): string | null {
  const most = Math.floor(ALPHA / leastP(runs.baseline, runs.current, isPaired) + 1e-9)
  if (most === 0) return null
  const made =
    runs.baseline === runs.current
      ? `${runs.baseline} runs on each side`
      : `${runs.current} runs against ${runs.baseline}`
  const needed =
    most < metrics
      ? `; ${showMany(metrics, 'metric')} need ${runsToProve(metrics, ALPHA, isPaired)} on each side`
      : ''
  return `${made} can prove a regression of ${showMany(most, 'metric')} at p ≤ ${ALPHA}${needed}`
}

interface Found {
  readonly figures: Pick<MetricComparison, 'baseline' | 'current' | 'change'>
  readonly interval: MetricComparison['interval']
  /** Whether what was measured is worse than the margin allows. */
  readonly isBeyond: boolean
  readonly pWorse: number | null
  readonly pWithin: number | null
  readonly moreToTell: string
}

const nothing = (moreToTell: string, figures = NO_FIGURES): Found => ({
  figures,
  interval: null,
  isBeyond: false,
  pWorse: null,
  pWithin: null,
  moreToTell,
})
const TOO_NEAR = 'the change is too near to the margin to be distinguished from it'
const NO_FIGURES: Found['figures'] = { baseline: null, current: null, change: null }

/** Figures as logarithms that are higher where they are worse, so that a ratio is a difference. */
const badness = (metric: string, figure: number): number =>
  (isHigherBetter(metric) ? -1 : 1) * Math.log(figure)
const limitOf = ({ metric, margin }: RelativeRule): number =>
  badness(metric, isHigherBetter(metric) ? 1 - margin : 1 + margin)

/** Percentiles are upper edges of slots of a second's histogram, so that a ratio of two is off by so much at most. */
const SLOT = Math.log(1.01)
const roundingOf = (metric: string): number => (/^p\d/.test(metric) ? SLOT : 0)

function testRuns(
  baseline: readonly RunSample[],
  current: readonly RunSample[],
  rule: RelativeRule,
  isPaired: boolean,
): Found {
  const short = tooFewSamples([...baseline, ...current], rule)
  if (short !== null) return nothing(short)
  const figuresOfRuns = (side: readonly RunSample[]): number[] =>
    side.flatMap((run) => {
      const figure = run.figure(rule.metric)
      return figure === null ? [] : [badness(rule.metric, figure)]
    })
  const before = figuresOfRuns(baseline)
  const after = figuresOfRuns(current)
  if (before.length < baseline.length || after.length < current.length)
    return nothing('one of them measured nothing')
  const change = mean(after) - mean(before)
  const rounding = roundingOf(rule.metric)
  const allowed = after.map((figure) => figure - (limitOf(rule) - rounding))
  const minus = (from: readonly number[], values: readonly number[]) => from.map((x, i) => x - values[i]!)
  const isBeyond = change > limitOf(rule) + rounding
  const spread = Math.sqrt(isPaired ? variance(minus(after, before)) : variance(before) + variance(after))
  // One claim is about no change at all, the other about the margin.
  const distance = isBeyond ? change : limitOf(rule) - change
  const more = Math.max(
    Math.ceil(((ERRORS_TO_TELL * spread) / distance) ** 2),
    runsToProve(1, ALPHA, isPaired),
    Math.min(before.length, after.length) + 1,
  )
  return {
    figures: figuresOf(rule.metric, mean(before), mean(after)),
    interval: null,
    isBeyond,
    pWorse: isPaired ? signFlipP(minus(after, before)) : permutationP(before, after),
    pWithin: isPaired ? signFlipP(minus(before, allowed)) : permutationP(allowed, before),
    moreToTell: more <= MOST_RUNS_ADVISED ? `about ${more} runs on each side would tell` : TOO_NEAR,
  }
}

function testSeconds(baseline: RunSample, current: RunSample, rule: RelativeRule, seed: number): Found {
  const { metric } = rule
  const before = baseline.figure(metric)
  const after = current.figure(metric)
  if (before === null || after === null) return nothing('one of them measured nothing')
  const figures = figuresOf(metric, badness(metric, before), badness(metric, after))
  const short = tooFewSamples([baseline, current], rule)
  if (short !== null) return nothing(short, figures)
  const shortest = Math.min(baseline.seconds, current.seconds)
  if (shortest < FEWEST_SECONDS)
    return nothing(`it takes at least ${FEWEST_SECONDS} measured seconds, one has ${shortest}`, figures)
  const ratios = resampleRatios(baseline, current, metric, seed)
  if (ratios === null) return nothing('in too many seconds nothing was measured', figures)
  const sign = isHigherBetter(metric) ? -1 : 1
  const limit = limitOf(rule)
  const rounding = roundingOf(metric)
  // The measurement itself is one of the drawings, so that no p is ever 0.
  const share = (holds: (badness: number) => boolean): number =>
    (ratios.filter((ratio) => holds(sign * ratio)).length + 1) / (ratios.length + 1)
  const at = (q: number): number => Math.expm1(ratios[Math.round(q * (ratios.length - 1))]!)
  const beyondLimit = sign * Math.log(after / before) - limit
  const moreS = Math.ceil(shortest * ((ERRORS_TO_TELL * Math.sqrt(variance(ratios))) / beyondLimit) ** 2)
  return {
    figures,
    interval: { low: at(ALPHA), high: at(1 - ALPHA) },
    isBeyond: beyondLimit > rounding,
    pWorse: share((badness) => badness <= limit + rounding),
    pWithin: share((badness) => badness >= limit - rounding),
    moreToTell:
      moreS <= MOST_SECONDS_ADVISED
        ? `about ${Math.max(moreS, shortest + FEWEST_SECONDS)} measured seconds in each would tell, or repeated runs`
        : TOO_NEAR,
  }
}

function tooFewSamples(runs: readonly RunSample[], { metric }: RelativeRule): string | null {
  const needed = samplesNeeded(metric)
  const fewest = Math.min(...runs.map(({ count }) => count))
  return fewest < needed ? `${metric} needs ${needed} samples in each run, one has ${fewest}` : null
}

function figuresOf(metric: string, before: number, after: number): Found['figures'] {
  const sign = isHigherBetter(metric) ? -1 : 1
  const baseline = Math.exp(sign * before)
  const current = Math.exp(sign * after)
  return { baseline, current, change: current / baseline - 1 }
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

function variance(values: readonly number[]): number {
  const center = mean(values)
  return values.length < 2 ? 0 : values.reduce((sum, x) => sum + (x - center) ** 2, 0) / (values.length - 1)
}
