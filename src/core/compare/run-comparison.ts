/** A run held against its baseline; with runs of the same plan before it, all of them together. */
import type { BaselinePlan, DifferenceKind } from '../resolve/baseline-options.ts'
import { FEWEST_SECONDS } from './bootstrap.ts'
import { ALPHA, cannotProve, compareRuns, type Comparison } from './comparison.ts'
import {
  amendedDifference,
  type ComparableRun,
  type Difference,
  differencesOf,
  flawsOf,
  plannedDifferences,
} from './comparable.ts'
import type { RelativeRule } from '../threshold/relative-rule.ts'
import { measuredSeconds } from './run-sample.ts'
import type { SecondRow } from '../measure/second.ts'

/** The parts of a run that a comparison looks at. */
export interface ComparedRun extends ComparableRun {
  readonly seed: number
  readonly timeline: readonly SecondRow[]
}

/** What a run that begins is to be compared with, and together with what. */
export interface Comparands {
  readonly baseline: readonly ComparedRun[]
  /** Runs of the same plan that went before. */
  readonly earlier: readonly ComparedRun[]
  /** The baseline is another target, and each of its runs was made beside one of these. */
  readonly isInterleaved: boolean
  /** What is to be said of the comparison before the run. */
  readonly warnings: readonly string[]
}

/** What came of holding a run, or several, against a baseline. */
export interface RunComparison {
  /** What the plan calls the baseline. */
  readonly baseline: readonly string[]
  /** Why it could not be compared after all, as a run that is void or was stopped; empty when it was. */
  readonly refused: readonly string[]
  readonly result: Comparison | null
}

export function holdAgainst(
  { runs, rules, allow }: BaselinePlan,
  { baseline, earlier, isInterleaved }: Comparands,
  run: ComparedRun,
): RunComparison {
  const current = [...earlier, run]
  const { refused } = weigh(differencesAmong(baseline, current, isInterleaved), allow)
  const result = refused.length > 0 ? null : compareReports(baseline, current, rules, isInterleaved)
  return { baseline: runs, refused: textsOf(refused), result }
}

export const compareReports = (
  baseline: readonly ComparedRun[],
  current: readonly ComparedRun[],
  rules: readonly RelativeRule[],
  isPaired: boolean,
): Comparison =>
  compareRuns(
    baseline.map(({ timeline }) => measuredSeconds(timeline)),
    current.map(({ timeline }) => measuredSeconds(timeline)),
    rules,
    { isPaired, seed: baseline[0]!.seed },
  )

/** All are held against the first: what is the same as it is the same as each other. */
export function differencesAmong(
  baseline: readonly ComparableRun[],
  current: readonly ComparableRun[],
  otherTarget = false,
): Difference[] {
  const [first, ...others] = baseline
  return [
    ...others.flatMap((run) => [
      ...flawsOf(run, 'the baseline'),
      ...plannedDifferences(first!, run),
      ...amendedDifference(first!, run),
    ]),
    ...current.flatMap((run) => differencesOf(first!, run, { otherTarget })),
  ]
}

/** Differences that forbid a comparison, and those that were allowed. */
export function weigh(
  differences: readonly Difference[],
  allow: readonly DifferenceKind[],
): { readonly refused: readonly Difference[]; readonly allowed: readonly Difference[] } {
  return {
    refused: differences.filter(({ kind }) => !allow.includes(kind)),
    allowed: differences.filter(({ kind }) => allow.includes(kind)),
  }
}

/** The messages of differences, each once. */
export const textsOf = (differences: readonly Difference[]): string[] => [
  ...new Set(differences.map(({ message }) => message)),
]

/** What is known of the runs of one side beforehand. */
export interface Extent {
  readonly runs: number
  /** Measured seconds of all of them; `null` if a count ends them. */
  readonly seconds: number | null
}

/** What such runs can never show, whatever they measure; `null` if they can show all that the rules ask. */
export function foregone(
  baseline: Extent,
  current: Extent,
  metrics: number,
  isPaired: boolean,
): string | null {
  const runs = { baseline: baseline.runs, current: current.runs }
  // So few that they can prove nothing as wholes are compared by their seconds.
  if (cannotProve(runs, 1, isPaired) === null) {
    const problem = cannotProve(runs, metrics, isPaired)
    return problem === null ? null : `no regression can be shown: ${problem}`
  }
  const shortest = Math.min(baseline.seconds ?? Infinity, current.seconds ?? Infinity)
  if (shortest < FEWEST_SECONDS)
    return `no regression can be shown: it takes at least ${FEWEST_SECONDS} measured seconds on each side, one has ${shortest}`
  return runs.baseline > 1 || runs.current > 1
    ? `too few runs to compare them as wholes at p ≤ ${ALPHA}: their seconds are compared`
    : null
}
