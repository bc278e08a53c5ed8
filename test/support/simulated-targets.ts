/** Targets that answer a trial at a load by a law with a known capacity, for searches that can be tried by the thousand. */
import type { TrialAnswer } from '../../src/core/find/bounds.ts'
import { normal } from '../../src/core/random.ts'

export interface SimulatedTarget {
  /** The highest load that holds by the goal's definition. */
  readonly capacity: number
  /** How a trial at a load ends; `random` is a seeded stream. */
  trial(load: number, durationS: number, random: () => number): TrialAnswer
}

const held = (isHeld: boolean): TrialAnswer => (isHeld ? 'held' : 'failed')

/** Everything holds up to the capacity, nothing above it. */
export const cliff = (capacity: number): SimulatedTarget => ({
  capacity,
  trial: (load) => held(load <= capacity),
})

/** A cliff, where one trial in ten fails whatever the load. */
export const flaky = (capacity: number): SimulatedTarget => ({
  capacity,
  trial: (load, _durationS, random) => held(load <= capacity && random() >= 0.1),
})

/**
 * A queue M/M/1 with service rate `mu` per second, and a limit for its percentile `q`, which is ln(1 / (1 − q)) / (mu − load)
 * in the long run. What a trial measures scatters, the more the fuller the queue: the variance of the mean of an M/M/1
 * queue over a time T is about 2 ρ (1 + ρ) / ((1 − ρ)⁴ mu T) in squared queue lengths (Whitt, 1989). The capacity is the
 * load at which the tolerated share of trials fails.
 */
export function mm1(
  mu: number,
  q: number,
  limitS: number,
  trialS: number,
  tolerated: number,
): SimulatedTarget {
  const meanS = (load: number): number => Math.log(1 / (1 - q)) / (mu - load)
  const scatter = (load: number, durationS: number): number => {
    const rho = load / mu
    return Math.sqrt((2 * (1 + rho)) / (rho * (1 - rho) ** 2 * mu * durationS))
  }
  // One-sided normal quantile of the tolerated share, by bisection of the error function's integral.
  const z = quantile(1 - tolerated)
  const holds = (load: number): boolean => meanS(load) * (1 + z * scatter(load, trialS)) < limitS
  let [low, high] = [0, mu]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (holds(middle)) low = middle
    else high = middle
  }
  return {
    capacity: low,
    trial(load, durationS, random) {
      if (load >= mu) return 'failed'
      return held(meanS(load) * (1 + scatter(load, durationS) * normal(random)) < limitS)
    },
  }
}

/** The normal quantile, by bisection of a series for the distribution (Abramowitz and Stegun 26.2.17, error below 1e-7). */
function quantile(p: number): number {
  const cdf = (x: number): number => {
    const t = 1 / (1 + 0.2316419 * Math.abs(x))
    const tail =
      (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) *
      t *
      (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    return x < 0 ? tail : 1 - tail
  }
  let [low, high] = [-8, 8]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (cdf(middle) < p) low = middle
    else high = middle
  }
  return low
}

/** A cliff seen by a generator that can measure no more than its own limit. */
export const limited = (capacity: number, measurable: number): SimulatedTarget => ({
  capacity,
  trial: (load) => (load > measurable ? 'unmeasurable' : held(load <= capacity)),
})
