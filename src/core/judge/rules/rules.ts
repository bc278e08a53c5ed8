/**
 * The rules of the verdict. Each looks at the evidence and finds nothing, or a reason with the seconds and the worker
 * or core concerned and what to do about it. What they mean is in docs/MEASUREMENT.md.
 */
import type { Evidence, PercentilesMs, Reason } from './evidence.ts'
import { lostAgents, looseClocks, onEachHost, withAgent, type JudgedHost } from './agent-rules.ts'
import { driftingLoad } from './drift.ts'
import { hostTrouble } from './host-rules.ts'
import { fewSamples, inflatedLatency, lifted } from './bound-rules.ts'
import { brokenBounds } from './witness-rules.ts'
import { stuckIterations } from './iteration-rules.ts'
import { lostWorkers, missingSeconds } from './losses.ts'
import { generatorFaults, networkTrouble } from './network-rules.ts'
import { pace } from './pace.ts'
import { collectorPauses, stalls } from './stalls.ts'
import { busyTarget } from './target-rules.ts'
import { exhaustedUsers } from './user-rules.ts'

/** What convicts the generator of not having held its pace. */
const PACE: ReadonlySet<Reason['code']> = new Set(['generator.saturated', 'pace.missed', 'pace.short'])

/** `hosts` are those of the evidence. */
export function findReasons(
  evidence: Evidence,
  bounds: PercentilesMs,
  hosts: readonly JudgedHost[],
): Reason[] {
  const found = [
    ...lostAgents(evidence),
    ...lostWorkers(evidence),
    ...missingSeconds(evidence),
    ...pace(evidence),
    ...inflatedLatency(evidence, bounds),
    ...brokenBounds(evidence),
    ...stalls(evidence),
    ...collectorPauses(evidence),
    ...onEachHost(hosts, hostTrouble),
    ...generatorFaults(evidence),
    ...onEachHost(hosts, networkTrouble),
    ...looseClocks(evidence),
    ...busyTarget(evidence),
    ...driftingLoad(evidence),
    ...stuckIterations(evidence),
    ...fewSamples(evidence),
  ]
  const reasons = lifted(found, evidence).map((reason) => withAgent(reason, evidence))
  // Users that a generator without time keeps busy say nothing about the target.
  return reasons.some(({ code, level }) => level === 'void' && PACE.has(code))
    ? reasons
    : [...reasons, ...exhaustedUsers(evidence)]
}
