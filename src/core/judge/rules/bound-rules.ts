/** What may be the generator's own in the percentiles, and which of them rest on too little. */
import type { Evidence, PercentilesMs, Reason } from './evidence.ts'
import { isReliable, PERCENTILES, samplesFor } from '../../measure/metrics.ts'
import { showCount, showMs } from '../../units.ts'
import { ALLOWED_MS, ALLOWED_RATIO } from './limits.ts'
import { extent, loadSeconds } from './load-seconds.ts'

export function inflatedLatency(evidence: Evidence, bounds: PercentilesMs): Reason[] {
  const { total } = evidence
  const beyond = PERCENTILES.filter(([name]) => {
    const value = total.latencyMs[name]
    const bound = bounds[name]
    if (name === 'p99_9' || value === null || bound === null || !isReliable(total.latencyMs, name))
      return false
    return bound > Math.max(ALLOWED_MS, ALLOWED_RATIO * value)
  })
  const worst = beyond.at(-1)?.[0]
  if (worst === undefined) return []
  const load = loadSeconds(evidence)
  const delayed = load.filter(({ workers }) =>
    workers.some((w) => Math.max(w.loopDelayMs?.max ?? 0, w.waitSpreadMs?.p99 ?? 0) > ALLOWED_MS),
  )
  return [
    {
      code: 'latency.inflated',
      level: 'suspect',
      message: `up to ${showMs(bounds[worst])} of the ${worst} of ${showMs(total.latencyMs[worst])} may be the generator's own delay`,
      advice:
        'read the percentiles with the bound beside them, or give the generator more cores or less load',
      ...extent(delayed.length > 0 ? delayed : load),
    },
  ]
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
      advice: `run longer: ${name} takes ${showCount(samplesFor(q))} of them`,
      fromS: 0,
      toS: Math.max(0, rows.length - 1),
    },
  ]
}
