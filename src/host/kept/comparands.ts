/** What a plan's baseline stands for, read and weighed before anything is sent. */
import { longestWarmupS } from '../../core/resolve/precision-options.ts'
import {
  amendedDifference,
  type Difference,
  flawsOf,
  plannedDifferences,
  type PlannedRun,
} from '../../core/compare/comparable.ts'
import type { DifferenceKind } from '../../core/resolve/baseline-options.ts'
import type { Plan } from '../../core/plan/plan.ts'
import type { Report } from '../../core/report/report.ts'
import {
  differencesAmong,
  foregone,
  textsOf,
  weigh,
  type Comparands,
  type ComparedRun,
  type Extent,
} from '../../core/compare/run-comparison.ts'
import { measuredSeconds } from '../../core/compare/run-sample.ts'
import { didYouMean } from '../../core/suggest.ts'
import { MOST_RUNS } from '../../core/compare/run-series.ts'
import { CorerushError } from '../../errors.ts'
import { HISTORY_FOLDER, lastSound } from './history-runs.ts'
import { isKeptName, keptFiles, keptNames, placeOf } from './kept-runs.ts'
import { readRun } from './stored-runs.ts'

/** `null` without a baseline; throws a CorerushError when it cannot be read, or never be compared with such a run. */
export function readComparands(plan: Plan, run: PlannedRun, repeats = 1): Comparands | null {
  const { baseline: asked, durationS, until } = plan
  const warmupS = longestWarmupS(plan)
  if (asked === null) return null
  const { runs, rules, allow } = asked
  const baseline = readRuns(runs, { run, before: null })
  const seen = allowedDifferences(
    [
      ...differencesAmong(baseline, []),
      ...flawsOf(baseline[0]!, 'the baseline'),
      ...plannedDifferences(baseline[0]!, run),
      // Nobody can know that somebody will do it again.
      ...amendedDifference(baseline[0]!, { amendments: [] }),
    ],
    allow,
  )
  const seconds = durationS === null || until.length > 0 ? null : repeats * Math.floor(durationS - warmupS)
  const little = foregone(extentOf(baseline), { runs: repeats, seconds }, rules.length, false)
  return {
    baseline,
    earlier: [],
    isInterleaved: false,
    warnings: [
      ...seen.map((text) => `compared with the baseline anyway: ${text}`),
      ...(little === null ? [] : [`of the comparison with the baseline: ${little}`]),
    ],
  }
}

/** The runs in files and under names; throws a CorerushError when one cannot be read. */
export function readRuns(words: readonly string[], current: Current | null = null): readonly Report[] {
  const files = words.flatMap((word) => filesOf(word, current))
  if (files.length > MOST_RUNS)
    throw new CorerushError(
      'CORERUSH_BASELINE',
      `${words.join(',')} are ${files.length} runs; at most ${MOST_RUNS} are compared`,
    )
  return files.map(readRun)
}

/** The run that is compared with a baseline, and when it started; `null` if it has not yet. */
export interface Current {
  readonly run: PlannedRun
  readonly before: string | null
}

/** In place of a name: the newest sound run of the same plan that `--keep` has kept. */
export const LAST_SOUND = 'last-sound'

/** The file that a word is, or those that are kept under it, the oldest first. */
function filesOf(word: string, current: Current | null): readonly string[] {
  if (word === LAST_SOUND && current !== null) {
    const file = lastSound(current.run, current.before)
    if (file !== null) return [file]
    throw new CorerushError(
      'CORERUSH_BASELINE',
      `no sound run of this plan is kept in ${HISTORY_FOLDER}${current.before === null ? '' : ' from before the current one'}`,
      { hint: '--keep, to keep some' },
    )
  }
  if (!isKeptName(word)) return [word]
  const files = keptFiles(word)
  if (files.length > 0) return files
  const problem = `no runs are kept under ${word}, in ${placeOf(word)}${didYouMean(word, keptNames())}`
  throw new CorerushError('CORERUSH_BASELINE', problem, {
    hint: `--save-baseline ${word}, to keep some; for a file ./${word}`,
  })
}

export const extentOf = (runs: readonly ComparedRun[]): Extent => ({
  runs: runs.length,
  seconds: runs.reduce((sum, { timeline }) => sum + measuredSeconds(timeline).length, 0),
})

/** What differs and was allowed, as texts; throws when something differs that was not. */
export function allowedDifferences(
  differences: readonly Difference[],
  allow: readonly DifferenceKind[],
): string[] {
  const { refused, allowed } = weigh(differences, allow)
  if (refused.length > 0)
    throw new CorerushError('CORERUSH_BASELINE', `cannot be compared: ${textsOf(refused).join('; ')}`, {
      hint: `--allow ${[...new Set([...allow, ...refused.map(({ kind }) => kind)])].join(',')}, if you mean it`,
    })
  return textsOf(allowed)
}
