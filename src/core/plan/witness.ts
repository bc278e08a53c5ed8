/**
 * The witness: one more thread, which carries every n-th user or arrival of the plan and is idle otherwise. What it measures
 * is the target as an idle client sees it under this load; see docs/MEASUREMENT.md.
 */
import { workerLabel, type Agents } from '../measure/worker-label.ts'

/** Below the lower rate a percentile takes minutes; a thread with at most the higher one is as idle as a witness must be. */
const FEWEST_PER_S = 20
const MOST_PER_S = 200
const MOST_SHARE = 0.02
/** Fewer users are no sample of the connections. */
const FEWEST_USERS = 5
/** Users that arrivals of the witness need, so that chance alone does not keep all of them busy. */
const FEWEST_ARRIVAL_USERS = 20

/** The load of a plan that has a pace. */
interface PacedLoad {
  /** The most requests per second. */
  readonly perS: number
  /** The most users. */
  readonly users: number
  readonly workers: number
  readonly isOpen: boolean
}

/**
 * Returns n, where every n-th user or arrival is the witness's; `null` if there is no use for one: the workers are as idle
 * themselves, or the stripe would be too small.
 *
 * n is a prime number: users, rows and scenarios that take turns do so with small periods, and a stripe with a common
 * factor would have only some of them.
 */
export function witnessStripe({ perS, users, workers, isOpen }: PacedLoad): number | null {
  if (!Number.isFinite(perS) || perS <= MOST_PER_S * workers) return null
  const every = primeFrom(Math.ceil(Math.max(1 / MOST_SHARE, perS / MOST_PER_S)))
  const fewest = isOpen ? FEWEST_ARRIVAL_USERS : FEWEST_USERS
  return perS / every < FEWEST_PER_S || Math.floor(users / every) < fewest ? null : every
}

/** The smallest prime number that is at least `n`. */
function primeFrom(n: number): number {
  let candidate = n
  while (!isPrime(candidate)) candidate++
  return candidate
}

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false
  return n > 1
}

export interface Threads {
  readonly workers: number
  readonly witness: number | null
}

/** The number under which the witness reports, after those of the workers; `null` without one. */
export const witnessOf = ({ workers, witness }: Threads): number | null => (witness === null ? null : workers)

/** How many threads report seconds: the workers and the witness. */
export const threadsOf = ({ workers, witness }: Threads): number => workers + (witness === null ? 0 : 1)

/** "worker 2", "worker alpha/2" on several hosts, or "the witness". */
export const threadName = (threads: Threads, worker: number, agents: Agents | null = null): string =>
  worker === witnessOf(threads) ? 'the witness' : `worker ${workerLabel(worker, agents)}`

/** Why a rule about the witness can never have data in the plan; `null` if it can, or if there is none. */
export function unwitnessed({
  thresholds,
  witness,
}: Threads & { readonly thresholds: readonly { readonly metric: string }[] }): string | null {
  const rule = thresholds.find(({ metric }) => metric.startsWith('witness.'))
  if (rule === undefined || witness !== null) return null
  return `must not be about ${rule.metric}, as the run has no witness: that takes a pace of more than 1,000 requests/s, enough users, workers of this host, and not --no-witness`
}
