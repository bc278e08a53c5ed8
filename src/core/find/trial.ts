/** A trial: a load held for some whole seconds, and whether the goals of the search held in them. */
import { judgeHeldLoad, type HeldLoad } from '../judge/held-load.ts'
import { passes } from '../judge/gate.ts'
import type { VerdictLevel } from '../judge/verdict.ts'
import type { LatencySummary } from '../measure/metrics.ts'
import type { SettledSecond } from '../measure/timeline.ts'
import type { Plan } from '../plan/plan.ts'
import { metricOf, showFigure } from '../threshold/threshold-metric.ts'
import { printThreshold, type Threshold } from '../threshold/threshold.ts'
import { showCount } from '../units.ts'
import { backlogOf, type HeldSeconds } from './backlog.ts'
import type { TrialAnswer } from './bounds.ts'
import type { Goal } from './goal.ts'

/** How a trial went for one goal. */
export interface GoalAnswer {
  readonly answer: TrialAnswer
  /** Why it is not held; empty if it is. */
  readonly reason: string
}

/** One trial as the report has it. */
export interface Trial {
  /** Counted from 1, in the order in which they were made. */
  readonly number: number
  readonly kind: 'search' | 'confirm'
  /** Users, or iterations per second. */
  readonly load: number
  /** Run time at which its seconds begin. */
  readonly fromS: number
  readonly durationS: number
  /** Requests finished per second. */
  readonly requestsPerS: number
  readonly failedRatio: number | null
  readonly latencyMs: LatencySummary
  readonly errorBoundMs: { readonly p50: number | null; readonly p99: number | null }
  readonly verdict: VerdictLevel
  /** The busiest core of the target's host, from 0 to 1; `null` if the target was not asked, or did not answer. */
  readonly targetBusy: number | null
  /** By goal. */
  readonly answers: readonly GoalAnswer[]
}

/** What was measured of a load. */
export interface TrialSeconds extends HeldSeconds {
  readonly kind: Trial['kind']
  readonly number: number
  readonly load: number
}

export function judgeTrial(plan: Plan, goals: readonly Goal[], trial: TrialSeconds): Trial {
  const { load, seconds, number, kind } = trial
  const held = judgeHeldLoad(plan, load, seconds)
  const behind = fellBehind(plan, trial)
  return {
    number,
    kind,
    load,
    fromS: seconds[0]?.second ?? 0,
    durationS: seconds.length,
    requestsPerS: held.perS,
    failedRatio: held.total.failedRatio,
    latencyMs: held.total.latencyMs,
    errorBoundMs: { p50: held.verdict.errorBoundMs.p50, p99: held.verdict.errorBoundMs.p99 },
    verdict: held.verdict.level,
    targetBusy: busiest(seconds),
    answers: goals.map((goal) => answerOf(goal, held, behind)),
  }
}

function answerOf(goal: Goal, held: HeldLoad, behind: string | null): GoalAnswer {
  const { verdict } = held
  if (verdict.level === 'void') {
    const reason = verdict.reasons.find(({ level }) => level === 'void')
    return { answer: 'unmeasurable', reason: reason?.message ?? 'the generator could not hold the load' }
  }
  const answers = goal.thresholds.map((threshold) => ofThreshold(threshold, held))
  const failed = answers.find(({ answer }) => answer === 'failed')
  if (failed !== undefined) return failed
  // A generator at its limit falls behind by itself.
  if (behind !== null)
    return verdict.limit === 'generator'
      ? { answer: 'unmeasurable', reason: `${behind}, and so may the generator have done` }
      : { answer: 'failed', reason: behind }
  return answers.find(({ answer }) => answer === 'unmeasurable') ?? { answer: 'held', reason: '' }
}

/**
 * A latency that misses its limit by less than the generator may have added proves nothing about the target: the truth
 * lies between the figure less its bound and the figure.
 */
function ofThreshold(threshold: Threshold, { measured, verdict }: HeldLoad): GoalAnswer {
  const metric = metricOf(threshold.metric)!
  const request =
    threshold.name === null ? measured.request : (measured.tally.requests.get(threshold.name) ?? null)
  const figure = request === null ? NO_FIGURE : metric.measure({ ...measured, name: threshold.name, request })
  if (passes(threshold, figure)) return { answer: 'held', reason: '' }
  const shown = `${printThreshold(threshold)}: ${showFigure(figure.actual, metric.unit)}`
  if (figure.actual === null) return { answer: 'failed', reason: shown }
  const bounds: Readonly<Record<string, number | null>> = verdict.errorBoundMs
  const boundMs = bounds[threshold.metric.replace('.', '_')] ?? null
  if (boundMs === null || !passes(threshold, { ...figure, actual: Math.max(0, figure.actual - boundMs) }))
    return { answer: 'failed', reason: shown }
  return {
    answer: 'unmeasurable',
    reason: `${shown}, of which the generator may have added ${showFigure(boundMs, 'ms')}`,
  }
}

const NO_FIGURE = { actual: null, samples: 0 }

/**
 * What was due and neither finished nor failed grew by more than the search can tell apart: the target, or the plan's
 * users, did not keep up, whatever the latencies of those that finished say. `null` if they kept up, or loop.
 */
function fellBehind(plan: Plan, trial: TrialSeconds): string | null {
  if (plan.model === 'closed' || trial.seconds.length === 0) return null
  const { excess, permitted } = backlogOf(trial)
  return excess > permitted
    ? `the target fell behind: ${showCount(Math.round(excess))} more waiting at the end`
    : null
}

function busiest(seconds: readonly SettledSecond[]): number | null {
  const cores = seconds.flatMap(({ row }) => row.target?.cores ?? [])
  return cores.length === 0 ? null : Math.max(...cores.map(({ busy }) => busy))
}
