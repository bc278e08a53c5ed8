/**
 * How long the embedded target takes to answer, as a distribution that is known exactly: what a generator measures
 * against it can be held against the truth.
 */
import { normal, type Random } from '../core/random.ts'
import { parseDurationS, parseNumber, printDurationS, type Parsed } from '../core/units.ts'

export type Latency =
  | { readonly kind: 'constant'; readonly seconds: number }
  | { readonly kind: 'uniform'; readonly minS: number; readonly maxS: number }
  /** exp(N(ln median, sigma²)): half of the answers take longer than the median, with a long tail to the right. */
  | { readonly kind: 'lognormal'; readonly medianS: number; readonly sigma: number }

export const NO_LATENCY: Latency = { kind: 'constant', seconds: 0 }

const RULE = 'must be a latency such as 20ms, uniform:5ms,50ms or lognormal:20ms,0.5'
const LONGEST_S = 3600
/** At sigma 5 one answer in a hundred takes 100,000 medians; above, a distribution no longer describes a server. */
const WIDEST_SIGMA = 5

/** Reads `20ms`, `uniform:FROM,TO` or `lognormal:MEDIAN,SIGMA`. Durations are kept in whole microseconds. */
export function parseLatency(text: string): Parsed<Latency> {
  const compact = text.trim()
  if (!compact.includes(':')) {
    const seconds = readS(compact)
    return 'problem' in seconds ? seconds : { value: { kind: 'constant', seconds: seconds.value } }
  }
  const match = /^(uniform|lognormal):([^,]*),([^,]*)$/.exec(compact)
  if (!match) return { problem: RULE }
  const first = readS(match[2]!)
  if ('problem' in first) return first
  if (match[1] === 'uniform') {
    const last = readS(match[3]!)
    if ('problem' in last) return last
    if (first.value > last.value)
      return { problem: 'must be a uniform latency from a shorter to a longer duration' }
    return { value: { kind: 'uniform', minS: first.value, maxS: last.value } }
  }
  const sigma = parseNumber(match[3]!)
  if ('problem' in sigma) return { problem: RULE }
  if (first.value === 0) return { problem: 'must be a lognormal latency with a median above 0' }
  if (sigma.value < 0 || sigma.value > WIDEST_SIGMA)
    return { problem: `must be a lognormal latency with a sigma from 0 to ${WIDEST_SIGMA}` }
  return { value: { kind: 'lognormal', medianS: first.value, sigma: toMillionths(sigma.value) } }
}

function readS(text: string): Parsed<number> {
  const seconds = parseDurationS(text)
  if ('problem' in seconds) return { problem: RULE }
  if (seconds.value > LONGEST_S) return { problem: 'must be a latency of at most 1h' }
  return { value: toMillionths(seconds.value) }
}

const toMillionths = (x: number): number => Math.round(x * 1e6) / 1e6

/** The latency as it is written on the command line; `parseLatency` reads it back. */
export function printLatency(latency: Latency): string {
  switch (latency.kind) {
    case 'constant':
      return printDurationS(latency.seconds)
    case 'uniform':
      return `uniform:${printDurationS(latency.minS)},${printDurationS(latency.maxS)}`
    case 'lognormal':
      return `lognormal:${printDurationS(latency.medianS)},${latency.sigma}`
  }
}

/** The latency of one answer, in seconds. A constant takes nothing from the random stream. */
export function sampleLatencyS(latency: Latency, random: Random): number {
  switch (latency.kind) {
    case 'constant':
      return latency.seconds
    case 'uniform':
      return latency.minS + random() * (latency.maxS - latency.minS)
    case 'lognormal':
      return latency.medianS * Math.exp(latency.sigma * normal(random))
  }
}
