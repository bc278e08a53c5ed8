/**
 * corerush's judgement of itself, from the vitals and the metrics of a run. Pure: the same evidence gives the same
 * verdict, and worse evidence never a better one.
 *
 * *sound*: reported percentiles, of all requests or of the witness, are within max(1 ms, 5 %) of the truth and the planned
 * load was delivered.
 * *suspect*: usable with the bound in `errorBoundMs`. *void*: the generator could not hold the pace that the plan
 * named, or a part of the measurement was lost.
 */
import type { PercentilesMs, Evidence, Reason } from './rules/evidence.ts'
import { ms, PERCENTILES, type PercentileName } from '../measure/metrics.ts'
import { hasPace } from '../plan/plan.ts'
import { ABOUT_LATENCY } from './rules/bound-rules.ts'
import { hostsOf, type JudgedHost } from './rules/agent-rules.ts'
import { isNetworkLimited } from './rules/network-rules.ts'
import { findReasons } from './rules/rules.ts'

export type VerdictLevel = 'sound' | 'suspect' | 'void'

export interface Verdict {
  readonly level: VerdictLevel
  /** What most likely limited the throughput of the run. */
  readonly limit: 'none' | 'generator' | 'target' | 'network' | 'connections'
  /** By how much the generator may have lengthened each percentile of latency, in ms; `null` without samples. */
  readonly errorBoundMs: PercentilesMs
  /** The source of the percentiles that a sound run stands on: all requests, or the witness where workers were too busy. */
  readonly latencyBy: 'workers' | 'witness'
  readonly reasons: readonly Reason[]
}

export function judge(evidence: Evidence): Verdict {
  const errorBoundMs = errorBounds(evidence.total.latencyMs, evidence.floorMs)
  const hosts = hostsOf(evidence)
  const reasons = findReasons(evidence, errorBoundMs, hosts)
  const has = (level: Reason['level']): boolean => reasons.some((reason) => reason.level === level)
  return {
    level: has('void') ? 'void' : has('suspect') ? 'suspect' : 'sound',
    limit: likelyLimit(evidence, reasons, hosts),
    errorBoundMs,
    latencyBy: reasons.some(isByWitness) ? 'witness' : 'workers',
    reasons,
  }
}

/** Whether a suspicion about latencies was lifted by the witness: each of these is one without it. */
const isByWitness = ({ code, level }: Reason): boolean =>
  level === 'note' && (code === 'latency.inflated' || ABOUT_LATENCY.has(code))

/** What keeps the generator from making more. */
const HINDRANCE = /^(generator|pace)\.|^host\.(throttled|contended)$/

/** The generator first: while it has no time, nothing else can be known. */
function likelyLimit(
  evidence: Evidence,
  reasons: readonly Reason[],
  hosts: readonly JudgedHost[],
): Verdict['limit'] {
  const { plan, total } = evidence
  const is = (...prefixes: string[]): boolean =>
    reasons.some(({ code }) => prefixes.some((prefix) => code.startsWith(prefix)))
  const hinders = reasons.some(({ code, level }) => level !== 'note' && HINDRANCE.test(code))
  if (hinders) return 'generator'
  if (hosts.some((host) => isNetworkLimited(host.evidence))) return 'network'
  if (areConnectionsShort(total)) return 'connections'
  if (total.finished > 0 && (!hasPace(plan) || is('users.exhausted', 'target.'))) return 'target'
  return 'none'
}

/** Whether at least half of the requests waited for a shared connection, for at least this part of their latency. */
const SHORT_PART = 0.1

function areConnectionsShort({ phasesMs: { blocked }, serviceMs }: Evidence['total']): boolean {
  const waited = blocked?.p50 ?? 0
  return waited > 0 && waited >= SHORT_PART * (serviceMs.p50 ?? 0)
}

/**
 * Every reported latency L is at most the true one plus the time b that it owes to this thread, and b is bounded for
 * each request by itself. So each true percentile lies between that of L − b and that of L.
 */
export function errorBounds(latencyMs: PercentilesMs, floorMs: PercentilesMs): PercentilesMs {
  const bound = (name: PercentileName): number | null => {
    const reported = latencyMs[name]
    const floor = floorMs[name]
    // Nothing can have added more than there is.
    return reported === null || floor === null ? null : ms(Math.max(0, reported - floor) * 1000)
  }
  return Object.fromEntries(PERCENTILES.map(([name]) => [name, bound(name)])) as PercentilesMs
}
