/** What a host was measured to generate soundly, and what a plan asks of it. */
import { hasPace, plannedPerS, type Plan } from './plan.ts'

/** Of one transport, in requests per second; null where no load that was tried was sound. */
export interface TransportCapacity {
  readonly oneWorkerPerS: number | null
  /** By so many workers at once. */
  readonly workers: number
  readonly allWorkersPerS: number | null
}

export interface Capacity {
  /** Wall time of the measurement, ISO 8601. */
  readonly measuredAt: string
  readonly transports: Readonly<Record<string, TransportCapacity>>
}

/** What the workers of this plan can make soundly here; null when that was not measured. */
export function soundPerS(capacity: Capacity | null, plan: Plan): number | null {
  const measured = capacity?.transports[plan.transport]
  if (measured === undefined) return null
  const { oneWorkerPerS, allWorkersPerS, workers } = measured
  // More workers make more, but never more than all of them; beyond the cores they only wait for each other.
  if (plan.workers >= workers || oneWorkerPerS === null) return allWorkersPerS ?? oneWorkerPerS
  return Math.min(oneWorkerPerS * plan.workers, Math.max(allWorkersPerS ?? 0, oneWorkerPerS))
}

/** The share of it that the plan asks for at most; null when the plan names no pace. */
export function capacityShare(capacity: Capacity | null, plan: Plan): number | null {
  const most = soundPerS(capacity, plan)
  return most === null || !hasPace(plan) ? null : plannedPerS(plan) / most
}
