/** Several runs, one after the other, each with workers of its own; the last is compared for all of them. */
import { longestWarmupS } from '../core/resolve/precision-options.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { runsToProve } from '../core/compare/permutation.ts'
import { ALPHA } from '../core/compare/comparison.ts'
import { isCarriedOut } from '../core/judge/exit.ts'
import type { Plan } from '../core/plan/plan.ts'
import { redactPlan } from '../core/plan/redact.ts'
import type { Report } from '../core/report/report.ts'
import { foregone, type Comparands, type Extent } from '../core/compare/run-comparison.ts'
import { turnsOf, type Turn } from '../core/compare/run-series.ts'
import { VERSION } from '../version.ts'
import { readComparands } from './kept/comparands.ts'
import type { RunHooks } from './control.ts'
import { describeHost } from './machine/this-host.ts'
import { conduct } from './run.ts'
import type { Hire, HiredAgent } from './workforce.ts'

/**
 * Between two runs: time for the target to see the last one's connections closed, and for its threads to end, before
 * anything is measured again.
 */
const PAUSE_MS = 1000

export interface Series {
  readonly plan: Plan
  /** The same plan for the target that is compared with; `null` without one. */
  readonly otherPlan: Plan | null
  readonly turns: readonly Turn[]
  /** What the last run is compared with, less what is not made yet; `null` for nothing. */
  readonly comparands: Comparands | null
}

export interface MadeRun {
  readonly turn: Turn
  readonly report: Report
}

export interface SeriesResult {
  readonly made: readonly MadeRun[]
  /** Why the run after them could not be made; `null` if nothing kept it. */
  readonly failure: Error | null
}

/**
 * A series, with what can be said of it before anything is sent. Of two targets there are as many runs as it takes to
 * prove a regression, unless the user says how many. Throws a CorerushError when the plan's baseline cannot be used.
 */
export function planSeries(
  plan: Plan,
  otherPlan: Plan | null,
  asked: number | null,
  agents?: readonly HiredAgent[],
): Series {
  const rules = plan.baseline?.rules.length ?? 0
  const repeats = asked ?? (otherPlan === null ? 1 : runsToProve(rules, ALPHA, true))
  const turns = turnsOf(repeats, otherPlan !== null)
  if (otherPlan === null) {
    const run = { plan: redactPlan(plan), host: describeHost(), agents, version: VERSION }
    return { plan, otherPlan, turns, comparands: readComparands(plan, run, repeats) }
  }
  const { durationS, until } = plan
  const warmupS = longestWarmupS(plan)
  const seconds = durationS === null || until.length > 0 ? null : repeats * Math.floor(durationS - warmupS)
  const side: Extent = { runs: repeats, seconds }
  const little = foregone(side, side, rules, true)
  const warnings = little === null ? [] : [`of the comparison of the targets: ${little}`]
  return { plan, otherPlan, turns, comparands: { baseline: [], earlier: [], isInterleaved: true, warnings } }
}

/**
 * Makes the runs. It ends early when one of them did not carry out its plan, when the signal is aborted between two, or
 * when one cannot be made, which throws only if it is the first. The hooks are asked for before each run.
 */
export async function conductSeries(
  { plan, otherPlan, turns, comparands }: Series,
  signal: AbortSignal,
  hooksOf: (turn: Turn, plan: Plan) => RunHooks,
  hire?: Hire,
): Promise<SeriesResult> {
  const made: MadeRun[] = []
  const reportsOf = (side: Turn['side']): Report[] =>
    made.filter(({ turn }) => turn.side === side).map(({ report }) => report)
  for (const [i, turn] of turns.entries()) {
    if (i > 0) await pause(PAUSE_MS, undefined, { signal }).catch(() => undefined)
    if (i > 0 && signal.aborted) break
    const isLast = i === turns.length - 1
    const of = turn.side === 'baseline' ? otherPlan! : plan
    const all: Comparands | null = comparands && {
      ...comparands,
      baseline: comparands.isInterleaved ? reportsOf('baseline') : comparands.baseline,
      earlier: reportsOf('current'),
    }
    const hooks = { ...hooksOf(turn, of), signal, ...(isLast && all !== null ? { comparands: all } : {}) }
    try {
      const report = await conduct(isLast ? of : { ...of, baseline: null }, hooks, hire)
      made.push({ turn, report })
      if (!isCarriedOut(report.stoppedBy)) break
    } catch (error) {
      if (i === 0 || !(error instanceof Error)) throw error
      return { made, failure: error }
    }
  }
  return { made, failure: null }
}
