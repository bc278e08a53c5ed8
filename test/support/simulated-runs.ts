/**
 * Runs of known difference: lognormal latencies with a tail, seconds that resemble their neighbours, runs that differ
 * among themselves, and a host that drifts.
 */
import { Histogram } from '../../src/core/measure/histogram.ts'
import { normal, type Random } from '../../src/core/random.ts'
import type { RunSeconds } from '../../src/core/compare/comparison.ts'

interface Simulated {
  readonly seconds: number
  readonly perS: number
  /** Of the logarithm of a latency within its second. */
  readonly sigma: number
  /** How much a second keeps of the one before (AR(1)), and how far seconds spread. */
  readonly rho: number
  readonly secondSigma: number
  /** How far runs of the same thing spread. */
  readonly runSigma: number
}

/** As a shared virtual machine does it: seconds differ by 5 % and keep 70 % of it, runs by 2 %, 1 % of requests take four times as long. */
export const SHARED_HOST: Simulated = {
  seconds: 60,
  perS: 30,
  sigma: 0.3,
  rho: 0.7,
  secondSigma: 0.05,
  runSigma: 0.02,
}

const histogram = new Histogram()

/** One run whose latencies are `factor` times those of another one. */
export function simulateRun(how: Simulated, factor: number, random: Random): RunSeconds {
  const ofRun = Math.log(factor) + how.runSigma * normal(random)
  let ofSecond = how.secondSigma * normal(random)
  return Array.from({ length: how.seconds }, () => {
    ofSecond = how.rho * ofSecond + how.secondSigma * Math.sqrt(1 - how.rho ** 2) * normal(random)
    histogram.clear()
    for (let i = 0; i < how.perS; i++) {
      const tail = random() < 0.01 ? 4 : 1
      histogram.record(tail * 20_000 * Math.exp(ofRun + ofSecond + how.sigma * normal(random)))
    }
    return {
      histogram: histogram.sparse(),
      requestsPerS: how.perS / Math.exp(ofRun + ofSecond),
      latencyMs: { mean: histogram.meanUs! / 1000 },
    }
  })
}
