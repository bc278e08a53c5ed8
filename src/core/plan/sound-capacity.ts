/** What a host was measured to generate soundly, and what a plan asks of it. */
import { hasPace, plannedPerS, type Plan } from './plan.ts'

/** The capacity of one transport, in requests per second; `null` if no load that was tried was sound. */
export interface TransportCapacity {
  readonly oneWorkerPerS: number | null
  /** The number of workers that measured it at once. */
  readonly workers: number
  readonly allWorkersPerS: number | null
  /** At full speed, sound or not; left out by earlier versions. */
  readonly oneWorkerFullPerS?: number | null
  readonly allWorkersFullPerS?: number | null
}

export interface Capacity {
  /** Wall time of the measurement, ISO 8601. */
  readonly measuredAt: string
  readonly transports: Readonly<Record<string, TransportCapacity>>
}

/** What was found with some workers of a transport. */
export interface Trial {
  readonly transport: string
  readonly workers: number
  /** Requests per second of users without waits: as fast as generator and target go together. */
  readonly fullPerS: number
  /** The fastest of the rates tried that came out sound; `null` if none did. */
  readonly soundPerS: number | null
  /** Why a faster one did not; `null` if the fastest that was tried did. */
  readonly hindrance: string | null
}

/** The limits of this host for a generator; `null` if the platform does not report it. */
export interface HostLimits {
  readonly cpuModel: string
  readonly cores: number
  /** The cores that this process may be scheduled on. */
  readonly affinity: number
  readonly cpuQuota: number | null
  /** Workers that make sense. */
  readonly usableCores: number
  readonly descriptors: number | null
  readonly ports: { readonly from: number; readonly to: number } | null
  /** The longest accept queue that a server on this host gets. */
  readonly somaxconn: number | null
  readonly memoryBytes: number
  readonly memoryAvailableBytes: number | null
  readonly load1: number | null
}

/** What the workers of this plan can make soundly here; `null` if that was not measured. */
export function soundPerS(
  capacity: Capacity | null,
  plan: Pick<Plan, 'transport' | 'workers'>,
): number | null {
  const measured = capacity?.transports[plan.transport]
  if (measured === undefined) return null
  const { oneWorkerPerS, allWorkersPerS, workers } = measured
  // More workers make more, but never more than all of them; beyond the cores they only wait for each other.
  if (plan.workers >= workers || oneWorkerPerS === null) return allWorkersPerS ?? oneWorkerPerS
  return Math.min(oneWorkerPerS * plan.workers, Math.max(allWorkersPerS ?? 0, oneWorkerPerS))
}

/** The share of it that the plan asks for at most; `null` if the plan names no pace of requests. */
export function capacityShare(capacity: Capacity | null, plan: Plan): number | null {
  const most = soundPerS(capacity, plan)
  return most === null || !hasPace(plan) || plan.scenario !== null ? null : plannedPerS(plan) / most
}

/**
 * Returns what a request of this plan would cost at most over the transport that `auto` takes, as a share of what it costs
 * now: one worker at full speed costs a core, however many requests it makes. `null` if `auto` takes the same transport,
 * or if nothing was measured.
 */
export function costOfAuto(capacity: Capacity | null, plan: Plan): number | null {
  const { transport, undiciFor, proxy, scenario } = plan
  const needsUndici = proxy !== null || scenario?.scenarios.some(({ http }) => (http?.proxy ?? null) !== null)
  if (transport !== 'undici' || undiciFor !== null || needsUndici === true) return null
  const now = capacity?.transports['undici']?.oneWorkerFullPerS ?? null
  const then = capacity?.transports['wire']?.oneWorkerFullPerS ?? null
  return now === null || then === null || now >= then ? null : now / then
}
