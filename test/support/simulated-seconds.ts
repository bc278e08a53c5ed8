/** Seconds of a simulated run, whose level follows AR(1): each second resembles the one before it. */
import { normal, type Random } from '../../src/core/random.ts'
import type { SampleSecond } from '../../src/core/compare/run-sample.ts'

export interface SimulatedLevel {
  /** The correlation of the logarithmic levels of two seconds in a row. */
  readonly rho: number
  /** The standard deviation of the logarithmic level over the seconds. */
  readonly sigma: number
}

/** The logarithmic level of one second after the other, stationary from the first on. */
export function levels(random: Random, { rho, sigma }: SimulatedLevel): () => number {
  let x = normal(random)
  return () => {
    const level = sigma * x
    x = rho * x + Math.sqrt(1 - rho * rho) * normal(random)
    return level
  }
}

/** Latencies of a second, around 20 ms: log-normal, with the level of the second as the mean of the logarithm. */
export const SPREAD = 0.3
const MEDIAN_US = 20_000

/** The width of a slot, as two significant digits have it. */
const SLOT = Math.log(1.008)

export function simulatedSecond(random: Random, level: number, requests: number): SampleSecond {
  const counts = new Map<number, number>()
  let sum = 0
  for (let i = 0; i < requests; i++) {
    const log = level + SPREAD * normal(random)
    sum += Math.exp(log)
    const slot = Math.ceil(log / SLOT)
    counts.set(slot, (counts.get(slot) ?? 0) + 1)
  }
  const slots = [...counts].sort(([a], [b]) => a - b)
  return {
    histogram: {
      upToUs: slots.map(([slot]) => MEDIAN_US * Math.exp(slot * SLOT)),
      counts: slots.map(([, count]) => count),
    },
    requestsPerS: requests * Math.exp(-level),
    latencyMs: { mean: ((MEDIAN_US / 1000) * sum) / requests },
  }
}

/** A second of which only the mean and the rate are wanted: cheap. */
export const plainSecond = (level: number, requests: number): SampleSecond => ({
  histogram: { upToUs: [MEDIAN_US], counts: [requests] },
  requestsPerS: requests * Math.exp(-level),
  latencyMs: { mean: (MEDIAN_US / 1000) * Math.exp(level) },
})

/** The true figures of a run without end. */
export function trueFigure(metric: string, { sigma }: SimulatedLevel, requests: number): number {
  const variance = sigma ** 2 + SPREAD ** 2
  if (metric === 'rps') return requests * Math.exp(sigma ** 2 / 2)
  // Of plain seconds, which do not spread.
  if (metric === 'mean') return (MEDIAN_US / 1000) * Math.exp(sigma ** 2 / 2)
  const z = { p50: 0, p95: 1.644854, p99: 2.326348 }[metric]!
  return (MEDIAN_US / 1000) * Math.exp(z * Math.sqrt(variance))
}
