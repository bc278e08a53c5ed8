/**
 * One clock for several hosts. The coordinator's monotonic clock is that of the run; an agent follows it by round trips.
 *
 * A round trip leaves at `t1`, arrives at `t2`, is answered at `t3`, and the answer arrives at `t4`; `t1` and `t4` are of
 * the agent's clock, `t2` and `t3` of the coordinator's. As neither way takes less than no time, the offset between the
 * clocks is certain to be at least `t3 − t4` and at most `t2 − t1` (Cristian, 1989; the interval of NTP, RFC 5905, whose
 * best guess is its middle). A path that is slower one way than the other moves the truth within that interval, and no
 * protocol can see where it is.
 *
 * The agent's clock is steered by its rate and never by a step, so that it never goes back and durations are off by at
 * most 500 ppm.
 */

/** The instants of one round trip, in µs. */
export interface RoundTrip {
  readonly t1Us: number
  readonly t2Us: number
  readonly t3Us: number
  readonly t4Us: number
}

/** What a round trip says: at `atUs` of the agent's clock, the coordinator's was ahead by `offsetUs`, ± `boundUs` for certain. */
export interface ClockSample {
  readonly atUs: number
  readonly offsetUs: number
  readonly boundUs: number
}

/** How well an agent's clock follows the coordinator's. */
export interface ClockState {
  /** The most that the two can differ by, for certain, in ms. */
  readonly boundMs: number
  /** By how much the agent's clock is sped up, in millionths. */
  readonly ratePpm: number
  /** By how much it is believed to be behind, in ms; negative if it is ahead. */
  readonly errorMs: number
}

/** The most that the agent's clock is sped up or slowed down by, in millionths. */
export const MOST_PPM = 500
/** The most that two clocks are assumed to drift apart by: two crystals, each steered by its own NTP, in millionths. */
export const MOST_DRIFT_PPM = 1200
/** Drift is read from the samples of this last time. */
const WINDOW_US = 30e6
/** A believed error is worked off over this time. */
const CATCH_UP_US = 8e6
/** Drift is not read from samples that are closer together. */
const LEAST_SPAN_US = 2e6

/** Instants are doubles, and a machine that runs for a year has 3·10¹³ µs. */
const ROUNDING_US = 0.1

/** The sample of a round trip; `null` if its instants cannot be those of one. */
export function sampleOf({ t1Us, t2Us, t3Us, t4Us }: RoundTrip): ClockSample | null {
  const delayUs = t4Us - t1Us - (t3Us - t2Us)
  if (!Number.isFinite(delayUs) || t4Us < t1Us || t3Us < t2Us) return null
  // Between its ends the clocks drift, too, so an answer can seem to be faster than possible.
  const boundUs = delayUs / 2 + ((t4Us - t1Us) / 2) * (MOST_DRIFT_PPM / 1e6)
  if (boundUs < -ROUNDING_US) return null
  return {
    atUs: (t1Us + t4Us) / 2,
    offsetUs: (t2Us - t1Us + (t3Us - t4Us)) / 2,
    boundUs: Math.max(0, boundUs),
  }
}

/** The sample of the fastest of several round trips in a row: the first wakes cores and caches, the others fly. */
export function bestOf(trips: readonly RoundTrip[]): ClockSample | null {
  const samples = trips.map(sampleOf).filter((sample) => sample !== null)
  return samples.length === 0 ? null : samples.reduce((a, b) => (b.boundUs < a.boundUs ? b : a))
}

/** The coordinator's clock as an agent has it. All instants are in µs; those of its own clock never go back. */
export class SteeredClock {
  /** Samples of the last 30 s, the oldest first. */
  #samples: ClockSample[] = []
  /** From this instant of the agent's clock on, the offset grows with the rate. */
  #atUs = 0
  #offsetUs = 0
  #ratePpm = 0

  /** Adds the best sample of a few round trips. */
  add(sample: ClockSample): void {
    const newest = this.#samples.at(-1)
    if (newest !== undefined && sample.atUs < newest.atUs) return
    // What cannot be true together any more was before a jump, as when a machine is suspended.
    const isTorn =
      newest !== undefined &&
      Math.abs(sample.offsetUs - newest.offsetUs) >
        sample.boundUs + newest.boundUs + drifted(sample.atUs - newest.atUs)
    this.#samples = [
      ...(isTorn ? [] : this.#samples.filter(({ atUs }) => atUs >= sample.atUs - WINDOW_US)),
      sample,
    ]
  }

  /** Sets the clock to the best guess by a step. Only before a run: nothing may have been measured by it. */
  settle(nowUs: number): void {
    const { offsetUs, driftPpm } = this.#guess(nowUs)
    this.#atUs = nowUs
    this.#offsetUs = offsetUs
    this.#ratePpm = clamp(driftPpm)
  }

  /** Sets the rate so that the believed error is gone in 8 s; returns the rate in millionths. */
  steer(nowUs: number): number {
    const { offsetUs, driftPpm } = this.#guess(nowUs)
    this.#offsetUs = this.#offsetAt(nowUs)
    this.#atUs = nowUs
    this.#ratePpm = clamp(driftPpm + ((offsetUs - this.#offsetUs) / CATCH_UP_US) * 1e6)
    return this.#ratePpm
  }

  /** The instant of the coordinator's clock at this one of the agent's. */
  coordinatorUs(agentUs: number): number {
    return agentUs + this.#offsetAt(agentUs)
  }

  /** The instant of the agent's clock at this one of the coordinator's, by the rate of now. */
  agentUs(coordinatorUs: number): number {
    const sinceUs = (coordinatorUs - this.#atUs - this.#offsetUs) / (1 + this.#ratePpm / 1e6)
    return this.#atUs + sinceUs
  }

  /** How well it follows at this instant of the agent's clock; `null` before the first sample. */
  state(nowUs: number): ClockState | null {
    if (this.#samples.length === 0) return null
    const offsetUs = this.#offsetAt(nowUs)
    const [least, most] = this.#interval(nowUs)
    return {
      boundMs: Math.max(most - offsetUs, offsetUs - least) / 1000,
      ratePpm: this.#ratePpm,
      errorMs: (this.#guess(nowUs).offsetUs - offsetUs) / 1000,
    }
  }

  #offsetAt(agentUs: number): number {
    return this.#offsetUs + (agentUs - this.#atUs) * (this.#ratePpm / 1e6)
  }

  /** The offsets that all samples together leave possible. */
  #interval(nowUs: number): readonly [number, number] {
    let least = -Infinity
    let most = Infinity
    // From the newest on; one that cannot be true with those after it was before a jump.
    for (const { atUs, offsetUs, boundUs } of this.#samples.toReversed()) {
      const slackUs = boundUs + drifted(nowUs - atUs)
      const [from, to] = [Math.max(least, offsetUs - slackUs), Math.min(most, offsetUs + slackUs)]
      if (from > to) break
      least = from
      most = to
    }
    return [least, most]
  }

  /** Offset and drift by least squares, in which narrow samples weigh more; the offset is one that is possible. */
  #guess(nowUs: number): { offsetUs: number; driftPpm: number } {
    const newest = this.#samples.at(-1)
    if (newest === undefined) return { offsetUs: this.#offsetAt(nowUs), driftPpm: this.#ratePpm }
    const line = fitted(this.#samples, nowUs)
    const [least, most] = this.#interval(nowUs)
    return { offsetUs: Math.min(most, Math.max(least, line.offsetUs)), driftPpm: line.driftPpm }
  }
}

/** The line through samples, as its value at an instant and its slope. */
function fitted(samples: readonly ClockSample[], nowUs: number): { offsetUs: number; driftPpm: number } {
  let [weights, sumT, sumO] = [0, 0, 0]
  for (const { atUs, offsetUs, boundUs } of samples) {
    const weight = weightOf(boundUs)
    weights += weight
    sumT += weight * (atUs - nowUs)
    sumO += weight * offsetUs
  }
  const [meanT, meanO] = [sumT / weights, sumO / weights]
  let [varT, covTO] = [0, 0]
  for (const { atUs, offsetUs, boundUs } of samples) {
    const weight = weightOf(boundUs)
    const t = atUs - nowUs - meanT
    varT += weight * t * t
    covTO += weight * t * (offsetUs - meanO)
  }
  const isLongEnough = samples.at(-1)!.atUs - samples[0]!.atUs >= LEAST_SPAN_US
  const slope = isLongEnough && varT > 0 ? covTO / varT : 0
  return { offsetUs: meanO - slope * meanT, driftPpm: slope * 1e6 }
}

/** Of a bound of 50 µs and less nobody knows which is the truer. */
const weightOf = (boundUs: number): number => 1 / Math.max(50, boundUs) ** 2

const drifted = (us: number): number => Math.abs(us) * (MOST_DRIFT_PPM / 1e6)

const clamp = (ppm: number): number => Math.min(MOST_PPM, Math.max(-MOST_PPM, ppm))
