/** An agent of this host: its workers are threads of this process, and its checks are those of a run on one host. */
import { planPart } from '../core/plan/plan-part.ts'
import type { Plan } from '../core/plan/plan.ts'
import { soundPerS } from '../core/plan/sound-capacity.ts'
import { Crew } from '../host/crew.ts'
import { findCores } from '../host/machine/cores.ts'
import { readHeap } from '../host/machine/heap.ts'
import { watchHost } from '../host/machine/host-vitals.ts'
import { readCapacity } from '../host/machine/kept-capacity.ts'
import { checkPorts } from '../host/machine/ports.ts'
import { describeHost } from '../host/machine/this-host.ts'
import { checkLimits, probeTarget, spareDescriptors, waitForTarget } from '../host/preflight.ts'
import { readinessWarnings, readLoad } from '../host/readiness.ts'
import type { AgentParts } from './agent-parts.ts'

const PROBE_MS = 1000

/** What an agent of this host with this many workers is made of, beside what its owner says. */
export function thisAgent(
  workers: number,
): Pick<AgentParts, 'host' | 'workers' | 'spareDescriptors' | 'soundPerS' | 'hire' | 'prepare' | 'watch'> {
  const spare = spareDescriptors(workers)
  return {
    host: describeHost(),
    workers,
    spareDescriptors: Number.isFinite(spare) ? Math.max(0, spare) : null,
    soundPerS: soundOf(workers),
    hire: (plan, supplies, events, { tickets, ...how }) =>
      new Crew(plan, supplies, events, {
        ...how,
        ...(tickets === null ? {} : { tickets }),
      }),
    prepare,
    watch: () => watchHost(),
  }
}

/** Checks that this host has room for its part of the plan, and that the target answers; resolves to warnings. */
async function prepare(plan: Plan, part: number, signal: AbortSignal): Promise<string[]> {
  const own = planPart(plan, part)
  const fileWarning = checkLimits(own)
  const portWarning = await checkPorts(own)
  await waitForTarget(plan, signal)
  const problem = await probeTarget(plan, PROBE_MS)
  const sound = soundPerS(readCapacity(), own)
  return [
    fileWarning,
    portWarning,
    ...readinessWarnings(own, { cores: findCores(), ...readLoad(), soundPerS: sound, heap: readHeap() }),
    problem === null ? null : `the target did not answer before the run: ${problem}`,
  ].filter((warning) => warning !== null)
}

/** What these workers were measured to make soundly, by transport; `null` if they were not. */
function soundOf(workers: number): Record<string, number> | null {
  const capacity = readCapacity()
  if (capacity === null) return null
  const known = Object.keys(capacity.transports).flatMap((transport) => {
    const perS = soundPerS(capacity, { transport: transport as Plan['transport'], workers })
    return perS === null ? [] : [[transport, perS] as const]
  })
  return Object.fromEntries(known)
}
