/**
 * Mergeable counts and histograms: what a worker records in one second, what a merged second is, what a run is.
 * A monoid: an empty tally changes nothing, and merging is associative and commutative (times of first and last
 * sight included). `pack` makes plain values that can cross a thread; `merge` adds them to another tally.
 */
import { noCookies, type CookieCounts } from './cookie-counts.ts'
import { Histogram, type PackedHistogram } from './histogram.ts'
import { noLifecycle, type LifecycleTally } from './lifecycle-counts.ts'
import type { Outcome } from '../request/outcome.ts'
import type { TaskErrorCount } from './task-error.ts'
import { mergeRequest, packRequest, RequestTally, type PackedRequest } from './request-tally.ts'
import {
  isUsed,
  mergeTransaction,
  packTransaction,
  TransactionTally,
  type PackedTransaction,
} from './transaction-tally.ts'

/**
 * Iterations. In the closed model due = started; in the open model carriedIn + due = started + dropped + unstarted. Without a
 * warm-up started = finished + unfinished + skipped.
 */
export interface IterationCounts {
  due: number
  started: number
  finished: number
  /** Finished iterations that failed: the task threw, or a request failed. */
  failed: number
  /** Cut off by the end of the drain. */
  unfinished: number
  /** Unfinished iterations that waited neither for a response nor in `think`: the task's own code did not end. */
  stuck: number
  /** Ended in `onStart`, where the user stopped, so that no task was run. */
  skipped: number
  dropped: number
  unstarted: number
}

/** Iterations of a scenario that has a name. */
export type ScenarioCounts = Pick<IterationCounts, 'finished' | 'failed' | 'unfinished' | 'stuck'>

/**
 * Connections as the transport saw them; `reused` counts requests that went out on one already open, `retried` those
 * that were sent again on a new one because the server had closed it.
 */
export interface ConnectionCounts {
  opened: number
  reused: number
  failed: number
  retried: number
}

/** Challenges of digest authentication; each is a request, with the status 401 or 407. */
export interface ChallengeCounts {
  answered: number
  /** Challenges to a request that had an answer to an earlier one: its nonce had expired. */
  stale: number
}

/** One distinct way in which requests of a row failed. */
export interface ErrorCount {
  /** Method and name of the requests, as `GET /items`. */
  readonly name: string
  readonly outcome: Outcome
  readonly message: string
  count: number
  firstS: number
  lastS: number
}

/** Distinct messages kept per tally; the rest is counted under this message, so a chatty server cannot eat memory. */
export const MOST_MESSAGES = 100
export const OTHER_MESSAGES = '(other messages)'

export class Tally {
  readonly #wide: boolean
  /** Requests by row: method and name. */
  readonly requests = new Map<string, RequestTally>()
  readonly iterations: IterationCounts = noIterations()
  readonly iterationDuration: Histogram
  readonly lag: Histogram
  /** Latencies less the longest that each response can have waited for the generator: the other end of the bound. */
  readonly latencyFloor: Histogram
  readonly connections: ConnectionCounts = noConnections()
  readonly cookies: CookieCounts = noCookies()
  readonly challenges: ChallengeCounts = noChallenges()
  readonly lifecycle: LifecycleTally = noLifecycle()
  readonly errors = new Map<string, ErrorCount>()
  readonly taskErrors = new Map<string, TaskErrorCount>()
  /** Iterations by the name of the scenario, if it has one. */
  readonly scenarios = new Map<string, ScenarioCounts>()
  /** Counters and trends of the scenario's own metrics, in thousandths. */
  readonly counters = new Map<string, number>()
  readonly trends = new Map<string, Histogram>()
  /** Transactions by name. */
  readonly transactions = new Map<string, TransactionTally>()

  /** `wide` counts in 64 bits, for the totals of a run. */
  constructor({ wide = false } = {}) {
    this.#wide = wide
    this.iterationDuration = new Histogram({ wide })
    this.lag = new Histogram({ wide })
    this.latencyFloor = new Histogram({ wide })
  }

  request(name: string): RequestTally {
    let tally = this.requests.get(name)
    if (tally === undefined) this.requests.set(name, (tally = new RequestTally(this.#wide)))
    return tally
  }

  /** Counts a failure by its message, within the cap on distinct messages. */
  error(name: string, outcome: Outcome, message: string, atS: number, count = 1, firstS = atS): void {
    const counted = (text: string): ErrorCount => ({
      name,
      outcome,
      message: text,
      count,
      firstS,
      lastS: atS,
    })
    addCount(this.errors, (text) => `${name}\n${outcome}\n${text}`, message, counted)
  }

  /** Counts what a task threw by its message, within the same cap. `traceOf` is called for the first of a kind only. */
  taskError(error: TaskErrorCount, traceOf: () => string | null = () => error.trace ?? null): void {
    const { task, message, place, count, firstS, lastS } = error
    const counted = (text: string): TaskErrorCount => ({
      ...{ task, count, firstS, lastS },
      message: text,
      place: text === message ? place : null,
    })
    const keyOf = (text: string): string => `${task}\n${text === message ? place : null}\n${text}`
    const key = addCount(this.taskErrors, keyOf, message, counted)
    const trace = key === keyOf(message) ? traceOf() : null
    if (trace !== null) this.taskErrors.set(key!, { ...this.taskErrors.get(key!)!, trace })
  }

  /** The counts of a scenario. */
  scenario(name: string): ScenarioCounts {
    let counts = this.scenarios.get(name)
    if (counts === undefined)
      this.scenarios.set(name, (counts = { finished: 0, failed: 0, unfinished: 0, stuck: 0 }))
    return counts
  }

  count(counter: string, n: number): void {
    this.counters.set(counter, (this.counters.get(counter) ?? 0) + n)
  }

  trend(name: string): Histogram {
    let histogram = this.trends.get(name)
    if (histogram === undefined) this.trends.set(name, (histogram = new Histogram({ wide: this.#wide })))
    return histogram
  }

  transaction(name: string): TransactionTally {
    let tally = this.transactions.get(name)
    if (tally === undefined) this.transactions.set(name, (tally = new TransactionTally(this.#wide)))
    return tally
  }

  /** Durations of succeeded transactions of this name, or of all if it is `null`; `null` if there are none. */
  transactionDuration(name: string | null): Histogram | null {
    if (name !== null) return this.transactions.get(name)?.duration ?? null
    const all = new Histogram({ wide: true })
    for (const { duration } of this.transactions.values()) all.add(duration.pack())
    return all
  }

  clear(): void {
    for (const request of this.requests.values()) request.clear()
    for (const transaction of this.transactions.values()) transaction.clear()
    for (const trend of this.trends.values()) trend.clear()
    this.counters.clear()
    this.scenarios.clear()
    Object.assign(this.iterations, noIterations())
    Object.assign(this.connections, noConnections())
    Object.assign(this.cookies, noCookies())
    Object.assign(this.challenges, noChallenges())
    Object.assign(this.lifecycle, noLifecycle())
    this.iterationDuration.clear()
    this.lag.clear()
    this.latencyFloor.clear()
    this.errors.clear()
    this.taskErrors.clear()
  }
}

/** Adds a count to the one with the same key, or to that of all other messages when there are too many. Returns a new key. */
function addCount<E extends { count: number; firstS: number; lastS: number }>(
  into: Map<string, E>,
  keyOf: (message: string) => string,
  message: string,
  counted: (message: string) => E,
): string | null {
  let text = message
  if (!into.has(keyOf(text)) && into.size >= MOST_MESSAGES) text = OTHER_MESSAGES
  const more = counted(text)
  const known = into.get(keyOf(text))
  if (known === undefined) {
    into.set(keyOf(text), more)
    return keyOf(text)
  }
  known.count += more.count
  known.firstS = Math.min(known.firstS, more.firstS)
  known.lastS = Math.max(known.lastS, more.lastS)
  return null
}

/** A tally as plain values that can cross a thread. */
export interface PackedTally {
  readonly requests: readonly PackedRequest[]
  readonly iterations: Readonly<IterationCounts>
  readonly iterationDuration: PackedHistogram | null
  readonly lag: PackedHistogram | null
  readonly latencyFloor: PackedHistogram | null
  readonly connections: Readonly<ConnectionCounts>
  readonly cookies: Readonly<CookieCounts>
  readonly challenges: Readonly<ChallengeCounts>
  readonly lifecycle: Readonly<LifecycleTally>
  readonly errors: readonly Readonly<ErrorCount>[]
  readonly taskErrors: readonly Readonly<TaskErrorCount>[]
  readonly scenarios: readonly (readonly [name: string, counts: Readonly<ScenarioCounts>])[]
  readonly counters: readonly (readonly [name: string, sum: number])[]
  readonly trends: readonly (readonly [name: string, values: PackedHistogram])[]
  readonly transactions: readonly PackedTransaction[]
}

/** A copy of the tally as plain values; of requests only the rows that are wanted. */
export function packTally(tally: Tally, isWanted: ((row: string) => boolean) | null = null): PackedTally {
  return {
    requests: [...tally.requests].flatMap(([name, request]) =>
      isWanted === null || isWanted(name) ? [packRequest(name, request)] : [],
    ),
    iterations: { ...tally.iterations },
    iterationDuration: tally.iterationDuration.pack(),
    lag: tally.lag.pack(),
    latencyFloor: tally.latencyFloor.pack(),
    connections: { ...tally.connections },
    cookies: { ...tally.cookies },
    challenges: { ...tally.challenges },
    lifecycle: { ...tally.lifecycle },
    errors: [...tally.errors.values()].map((error) => ({ ...error })),
    taskErrors: [...tally.taskErrors.values()].map((error) => ({ ...error })),
    scenarios: [...tally.scenarios].map(([name, counts]) => [name, { ...counts }]),
    counters: [...tally.counters],
    trends: [...tally.trends].flatMap(([name, histogram]) => {
      const packed = histogram.pack()
      return packed === null ? [] : [[name, packed] as const]
    }),
    transactions: [...tally.transactions].flatMap(([name, transaction]) =>
      isUsed(transaction) ? [packTransaction(name, transaction)] : [],
    ),
  }
}

/** Adds what a packed tally counted to another tally. */
export function mergeTally(into: Tally, packed: PackedTally): Tally {
  for (const request of packed.requests) mergeRequest(into.request(request.name), request)
  addFields(into.iterations, packed.iterations)
  addFields(into.connections, packed.connections)
  addFields(into.cookies, packed.cookies)
  addFields(into.challenges, packed.challenges)
  addFields(into.lifecycle, packed.lifecycle)
  into.iterationDuration.add(packed.iterationDuration)
  into.lag.add(packed.lag)
  into.latencyFloor.add(packed.latencyFloor)
  for (const { name, outcome, message, count, firstS, lastS } of packed.errors)
    into.error(name, outcome, message, lastS, count, firstS)
  for (const error of packed.taskErrors) into.taskError(error)
  for (const [name, counts] of packed.scenarios) addFields(into.scenario(name), counts)
  for (const [name, sum] of packed.counters) into.count(name, sum)
  for (const [name, values] of packed.trends) into.trend(name).add(values)
  for (const transaction of packed.transactions)
    mergeTransaction(into.transaction(transaction.name), transaction)
  return into
}

/** All request names taken together, as one. */
export function mergeRequests(tally: Tally, into: RequestTally): RequestTally {
  for (const [name, request] of tally.requests) mergeRequest(into, packRequest(name, request))
  return into
}

function addFields<T extends { [K in keyof T]: number }>(into: T, from: Readonly<T>): void {
  for (const key of Object.keys(from) as (keyof T)[]) into[key] = (into[key] + from[key]) as T[keyof T]
}

export const noIterations = (): IterationCounts => ({
  due: 0,
  started: 0,
  finished: 0,
  failed: 0,
  unfinished: 0,
  stuck: 0,
  skipped: 0,
  dropped: 0,
  unstarted: 0,
})

const noChallenges = (): ChallengeCounts => ({ answered: 0, stale: 0 })

const noConnections = (): ConnectionCounts => ({ opened: 0, reused: 0, failed: 0, retried: 0 })
