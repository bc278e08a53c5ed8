/** What may be the generator's own in the percentiles, and which of them rest on too little. */
import type { Evidence, PercentilesMs, Reason } from './evidence.ts'
import { isReliable, PERCENTILES, samplesFor, type PercentileName } from '../../measure/metrics.ts'
import { showCount, showMs } from '../../units.ts'
import { ALLOWED_MS } from './limits.ts'
import { allowedMs, isWitnessed, judgedPercentiles } from './witness-rules.ts'
import { extent, loadSeconds } from './load-seconds.ts'

export function inflatedLatency(evidence: Evidence, bounds: PercentilesMs): Reason[] {
  const { total, witness } = evidence
  const beyond = inflatedPercentiles(evidence, bounds)
  const unproven = beyond.filter((name) => !isWitnessed(evidence, name))
  const worst = unproven.at(-1) ?? beyond.at(-1)
  if (worst === undefined) return []
  const load = loadSeconds(evidence)
  const delayed = load.filter(({ workers }) =>
    workers.some((w) => Math.max(w.loopDelayMs?.max ?? 0, w.waitSpreadMs?.p99 ?? 0) > ALLOWED_MS),
  )
  const isLifted = unproven.length === 0
  return [
    {
      code: 'latency.inflated',
      level: isLifted ? 'note' : 'suspect',
      message: `up to ${showMs(bounds[worst])} of the ${worst} of ${showMs(total.latencyMs[worst])} may be the generator's own delay${isLifted ? `; the witness, without such delays, measured ${showMs(witness!.latencyMs[worst])}` : ''}`,
      advice: isLifted
        ? 'read the percentiles of the witness, and thresholds about them (witness.p99), instead of those of all requests'
        : 'read the percentiles with the bound beside them, or give the generator more cores or less load',
      ...extent(delayed.length > 0 ? delayed : load),
    },
  ]
}

/** The percentiles whose bound is above what sound allows. */
export const inflatedPercentiles = (evidence: Evidence, bounds: PercentilesMs): PercentileName[] =>
  judgedPercentiles(evidence).filter((name) => {
    const bound = bounds[name]
    return bound !== null && bound > allowedMs(evidence.total.latencyMs[name]!)
  })

/** Suspicions about latency that the witness can lift, because no percentile depends on the workers. */
export const ABOUT_LATENCY: ReadonlySet<Reason['code']> = new Set(['generator.busy', 'gc.long'])

/** Makes suspicions about latency notes where the witness measured each percentile soundly. */
export function lifted(reasons: readonly Reason[], evidence: Evidence): Reason[] {
  const judged = judgedPercentiles(evidence)
  const isProven = judged.length > 0 && judged.every((name) => isWitnessed(evidence, name))
  return reasons.map((reason) =>
    isProven && reason.level === 'suspect' && ABOUT_LATENCY.has(reason.code)
      ? { ...reason, level: 'note', message: `${reason.message}; the witness was not affected` }
      : reason,
  )
}

/** Percentiles are given whatever they rest on; those that rest on too little are named. */
export function fewSamples({ total, rows, latencies: samples }: Evidence): Reason[] {
  const { latencyMs } = total
  const judged = PERCENTILES.filter(([name]) => name !== 'p99_9')
  const weak = judged.filter(([name]) => latencyMs[name] !== null && !isReliable(latencyMs, name))
  const [first] = weak
  if (first === undefined) return []
  const [name, q] = weak.at(-1)!
  return [
    {
      code: 'samples.few',
      level: 'note',
      message: `${showCount(samples)} ${samples === 1 ? 'latency is' : 'latencies are'} too few to rely on ${weak.length === 1 ? name : `${first[0]} to ${name}`}`,
      advice: `run longer: ${name} needs ${showCount(samplesFor(q))} requests`,
      fromS: 0,
      toS: Math.max(0, rows.length - 1),
    },
  ]
}
