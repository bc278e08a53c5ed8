/** How busy the workers of an agent were: by the busiest of them in each second, which every row keeps. */
import type { AgentFacts } from './host-facts.ts'
import type { SecondRow } from './second.ts'
import type { HostVitals, WorkerVitals } from './worker-vitals.ts'

type Workers = Pick<AgentFacts, 'workers'>

/** The vitals of the agent's workers, among those of several agents. */
export const ownWorkers = (
  { workers: [first, last] }: Workers,
  all: readonly WorkerVitals[],
): readonly WorkerVitals[] => all.filter(({ worker }) => worker >= first && worker <= last)

/** The busiest of the agent's workers in a second; `null` if none reported it. */
export const busiestWorker = (agent: Workers, all: readonly WorkerVitals[]): WorkerVitals | null =>
  ownWorkers(agent, all).reduce<WorkerVitals | null>(
    (most, one) => (most === null || one.utilization > most.utilization ? one : most),
    null,
  )

/** The busy share of all cores of a host together; `null` if the platform does not report cores. */
export function coresBusy(host: HostVitals | null): number | null {
  const cores = host?.cores ?? []
  return cores.length === 0 ? null : cores.reduce((sum, { busy }) => sum + busy, 0) / cores.length
}

/** Mean and maximum, over these seconds, of the utilization of the busiest worker; `null` without a second. */
export function busiestOf(
  agent: Workers,
  rows: readonly SecondRow[],
): { readonly mean: number | null; readonly max: number | null } {
  const all = rows.flatMap(({ workers }) => busiestWorker(agent, workers)?.utilization ?? [])
  if (all.length === 0) return { mean: null, max: null }
  return {
    mean: all.reduce((sum, busy) => sum + busy, 0) / all.length,
    max: all.reduce((a, b) => Math.max(a, b)),
  }
}
