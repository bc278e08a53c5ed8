/**
 * The pause of a user between two iterations, in the four forms Locust's users know.
 *
 * `between` and `constant` count from the end of an iteration, or from the end that it would have had if the generator
 * had started it on time. `pacing` lets iterations start at most once every so
 * many seconds, counted from when the last one was due, so that a late start does not push back all that follow;
 * an iteration that took longer is followed at once and nothing is caught up. `throughput` is pacing said as
 * iterations per second *per user*.
 */
import { parseDurationRangeS, parseDurationS, parseNumber, printDurationS, type Parsed } from '../units.ts'

export type Wait =
  | { readonly kind: 'none' }
  | { readonly kind: 'between'; readonly minS: number; readonly maxS: number }
  | { readonly kind: 'constant'; readonly seconds: number }
  | { readonly kind: 'pacing'; readonly seconds: number }
  | { readonly kind: 'throughput'; readonly perS: number }
  /** A function of the scenario decides each wait; only its users know how long it is. */
  | { readonly kind: 'own' }

const RULE = 'must be a wait such as none, 1s, 0.9s-1.1s, pacing:1s or throughput:2'

/** The longest wait that a function of a scenario may ask for. */
export const LONGEST_OWN_WAIT_S = 3600

/** Reads `none`, `1s`, `0.9s-1.1s`, `pacing:1s` or `throughput:2` (iterations per second and user). */
export function parseWait(text: string): Parsed<Wait> {
  if (text.trim() === 'none') return { value: { kind: 'none' } }
  const [head, rest] = split(text.trim())
  if (rest !== null) {
    if (head === 'pacing' || head === 'constant') {
      const seconds = parseDurationS(rest)
      return 'problem' in seconds ? { problem: RULE } : bounded({ kind: head, seconds: seconds.value })
    }
    if (head === 'throughput') {
      const perS = parseNumber(rest)
      if ('problem' in perS) return { problem: RULE }
      if (perS.value <= 0) return { problem: 'must be a throughput above 0 iterations per second' }
      return bounded({ kind: 'throughput', perS: perS.value })
    }
    if (head !== 'between') return { problem: RULE }
  }
  const span = rest ?? head
  if (span.includes('-')) {
    const range = parseDurationRangeS(span)
    if ('problem' in range) return { problem: `${range.problem} (${RULE})` }
    return bounded({ kind: 'between', minS: range.value[0], maxS: range.value[1] })
  }
  const seconds = parseDurationS(span)
  if ('problem' in seconds) return { problem: RULE }
  return bounded({ kind: 'constant', seconds: seconds.value })
}

const LONGEST_S = 30 * 86_400

/** A wait that never waits is no wait, however it is written. */
function bounded(wait: Wait): Parsed<Wait> {
  const longestS = longestWaitS(wait)
  if (longestS > LONGEST_S) return { problem: 'must be a wait of at most 30d' }
  return { value: longestS === 0 ? { kind: 'none' } : wait }
}

function split(text: string): [string, string | null] {
  const colon = text.indexOf(':')
  return colon < 0 ? [text, null] : [text.slice(0, colon), text.slice(colon + 1)]
}

/** The wait as it is written on the command line; `parseWait` reads it back. */
export function printWait(wait: Wait): string {
  switch (wait.kind) {
    case 'none':
      return '0s'
    case 'own':
      return 'of a function'
    case 'between':
      return `${printDurationS(wait.minS)}-${printDurationS(wait.maxS)}`
    case 'constant':
      return printDurationS(wait.seconds)
    case 'pacing':
      return `pacing:${printDurationS(wait.seconds)}`
    case 'throughput':
      return `throughput:${wait.perS}`
  }
}

/**
 * When a user's next iteration is due, in µs of run time.
 * `lastDueUs` is when the last one was due, `doneUs` when it ended, `random` a number in [0, 1).
 */
export function nextDueUs(wait: Wait, lastDueUs: number, doneUs: number, random: () => number): number {
  switch (wait.kind) {
    case 'none':
    case 'own':
      return doneUs
    case 'between':
      return doneUs + 1e6 * (wait.minS + random() * (wait.maxS - wait.minS))
    case 'constant':
      return doneUs + 1e6 * wait.seconds
    case 'pacing':
      return Math.max(doneUs, lastDueUs + 1e6 * wait.seconds)
    case 'throughput':
      return Math.max(doneUs, lastDueUs + 1e6 / wait.perS)
  }
}

/** The longest pause a user can make, in seconds; decides how long idle connections are kept. */
export function longestWaitS(wait: Wait): number {
  switch (wait.kind) {
    case 'none':
      return 0
    case 'own':
      return LONGEST_OWN_WAIT_S
    case 'between':
      return wait.maxS
    case 'constant':
    case 'pacing':
      return wait.seconds
    case 'throughput':
      return 1 / wait.perS
  }
}

/** How long one cycle of a user takes on average when its requests take `serviceS`: iteration and wait together. */
export function meanCycleS(wait: Wait, serviceS: number): number {
  switch (wait.kind) {
    case 'none':
    case 'own':
      return serviceS
    case 'between':
      return serviceS + (wait.minS + wait.maxS) / 2
    case 'constant':
      return serviceS + wait.seconds
    case 'pacing':
      return Math.max(serviceS, wait.seconds)
    case 'throughput':
      return Math.max(serviceS, 1 / wait.perS)
  }
}
