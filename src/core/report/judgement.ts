/** Judging a run: its totals, its thresholds and the verdict, from one timeline. */
import { amendedPlan, type Amendment } from '../plan/amendment.ts'
import type { Metrics } from '../measure/metrics.ts'
import type { Outcome } from '../request/outcome.ts'
import type { Plan } from '../plan/plan.ts'
import type { Timeline } from '../measure/timeline.ts'
import { countedEvidence, type Evidence } from '../judge/rules/evidence.ts'
import type { Gate, ThresholdResult } from '../judge/gate.ts'
import { judge, type Verdict } from '../judge/verdict.ts'

/** The judgement of a run that has ended, or of the part that is over. */
export interface Judgement {
  readonly total: Metrics
  readonly outcomes: ReadonlyMap<Outcome, number>
  readonly thresholds: readonly ThresholdResult[]
  readonly verdict: Verdict
}

/** Facts that a run is judged by and its timeline does not have. */
export interface JudgedFacts {
  readonly lostWorkers: Evidence['lostWorkers']
  /** The agents of the run; `null`, or left out, for none. */
  readonly agents?: Evidence['agents']
  /** None if left out. */
  readonly amendments?: readonly Amendment[]
  /** The gate, which has seen every settled second of the run. */
  readonly gate: Gate
  /** Requests per second that these workers were once measured to make soundly on this host; `null` if they were not. */
  readonly soundPerS?: number | null
  /** See `costOfAuto` of the capacity of a host. */
  readonly costOfAuto?: number | null
}

/** `loadEndS` is the end of the load, `untilS` the end of the measurement, in s of run time. */
type JudgementFacts = JudgedFacts & {
  readonly loadEndS: number
  readonly untilS: number
  /** A threshold ended the run. */
  readonly wasStopped: boolean
  /** The verdict of a moment ago, which is taken instead of a new one. */
  readonly verdict?: Verdict | null
}

export function judgeRun(plan: Plan, timeline: Timeline, facts: JudgementFacts): Judgement {
  const { total: tally, all, rows } = timeline
  const { gate, lostWorkers, loadEndS, wasStopped } = facts
  const loadS = loadOf(timeline, loadEndS, facts.untilS)
  const names = [...tally.requests.keys()]
  const carriedIn = names.reduce((sum, name) => sum + timeline.carriedIn(name), 0)
  const counted = countedEvidence(tally, all, { loadS, carriedIn })
  const verdict =
    facts.verdict ??
    judge({
      ...counted,
      witness: timeline.witness?.figures() ?? null,
      plan: { ...amendedPlan(plan, facts.amendments ?? []), warmupS: timeline.warmupS },
      rows,
      loadEndS,
      lostWorkers,
      agents: facts.agents ?? null,
      soundPerS: facts.soundPerS ?? null,
      costOfAuto: facts.costOfAuto ?? null,
    })
  const thresholds = gate.results(timeline, all, loadS, wasStopped)
  return { total: counted.total, outcomes: all.outcomes, thresholds, verdict }
}

/** Length of the measured load in s, warm-up left out. */
export const loadOf = (timeline: Timeline, loadEndS: number, untilS: number): number =>
  Math.max(0, Math.min(loadEndS, untilS) - timeline.warmupS)
