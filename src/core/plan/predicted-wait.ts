/**
 * How long responses are expected to wait for the loop of a worker, before a run: the worker as an M/G/1 queue (arXiv
 * 2605.24217 has the client of a benchmark as such a queue). The mean wait is ρ S (1 + c²) / (2 (1 − ρ)) (Pollaczek and
 * Khinchine), with the utilization ρ, the service time S and its squared coefficient of variation c². c² is taken as 1,
 * as of exponential service times; then P(wait > t) = ρ e^(−(1 − ρ) t / S).
 *
 * S is the time per request at full speed, as doctor measured it. Collections of garbage, other processes and timers are
 * not in it: it is what is left when nothing else disturbs, and the error bound of the run is what counts afterwards.
 */
import { hasPace, plannedPerS, type Plan } from './plan.ts'
import type { Capacity } from './sound-capacity.ts'

export interface PredictedWait {
  /** The share of its time that a worker needs. */
  readonly utilization: number
  readonly meanMs: number
  readonly p99Ms: number
}

/** By requests per second of one worker, planned and at full speed; `null` if the worker cannot send that many. */
export function predictedWait(perS: number, fullPerS: number): PredictedWait | null {
  const utilization = perS / fullPerS
  if (!(utilization < 1)) return null
  const drainMs = 1000 / fullPerS / (1 - utilization)
  return {
    utilization,
    meanMs: utilization * drainMs,
    p99Ms: Math.max(0, Math.log(utilization / 0.01)) * drainMs,
  }
}

/** The wait in a plan with a pace; `null` if this host or the pace of requests is not known, or beyond the host. */
export function plannedWait(capacity: Capacity | null, plan: Plan): PredictedWait | null {
  const measured = capacity?.transports[plan.transport]
  if (measured === undefined || !hasPace(plan) || plan.scenario !== null) return null
  const { oneWorkerFullPerS = null, allWorkersFullPerS = null, workers } = measured
  // Workers that share cores are slower than one alone: all of them are known, and one.
  const fullPerS =
    plan.workers === 1 || allWorkersFullPerS === null ? oneWorkerFullPerS : allWorkersFullPerS / workers
  if (fullPerS === null || plan.workers > workers) return null
  return predictedWait(plannedPerS(plan) / plan.workers, fullPerS)
}
