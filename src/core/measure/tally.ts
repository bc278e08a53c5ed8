/**
 * Mergeable counts and histograms: what a worker records in one second, what a merged second is, what a run is.
 * A monoid: an empty tally changes nothing, and merging is associative and commutative (times of first and last
 * sight included). `pack` makes plain values that can cross a thread; `merge` adds them to another tally.
 */
import { noCookies, type CookieCounts } from './cookie-counts.ts'
import { Histogram, type PackedHistogram } from './histogram.ts'
import type { Outcome } from '../request/outcome.ts'
import { mergeRequest, packRequest, RequestTally, type PackedRequest } from './request-tally.ts'

/** Iterations of the scenario. In the closed model due = started; else carriedIn + due = started + dropped + unstarted. */
export interface IterationCounts {
  due: number
  started: number
  finished: number
  failed: number
  dropped: number
  unstarted: number
}

/** Iterations of a scenario that has a name. */
export interface ScenarioCounts {
  finished: number
  failed: number
}

/** Connections as the transport saw them; `reused` counts requests that went out on one already open. */
export interface ConnectionCounts {
  opened: number
  reused: number
  failed: number
}

/** One distinct way in which requests of a name failed. */
export interface ErrorCount {
  readonly name: string
  readonly outcome: Outcome
  readonly message: string
  count: number
  firstS: number
  lastS: number
}

/** One distinct error that a task threw. */
export interface TaskErrorCount {
  readonly task: string
  readonly message: string
  count: number
  firstS: number
  lastS: number
}

/** Distinct request names; more would take the memory of every second. The rest goes by this name. */
export const MOST_NAMES = 500
export const OTHER_REQUESTS = '(other requests)'

/** Distinct messages kept per tally; the rest is counted under this message, so a chatty server cannot eat memory. */
export const MOST_MESSAGES = 100
export const OTHER_MESSAGES = '(other messages)'

export class Tally {
  readonly #wide: boolean
  readonly requests = new Map<string, RequestTally>()
  readonly iterations: IterationCounts = noIterations()
  readonly iterationDuration: Histogram
  readonly lag: Histogram
  /** Latencies less the longest that each response can have waited for the generator: the other end of the bound. */
  readonly latencyFloor: Histogram
  readonly connections: ConnectionCounts = noConnections()
  readonly cookies: CookieCounts = noCookies()
  readonly errors = new Map<string, ErrorCount>()
  readonly taskErrors = new Map<string, TaskErrorCount>()
  /** Of those that have names. */
  readonly scenarios = new Map<string, ScenarioCounts>()
  /** What the scenario itself counts, and its values, in thousandths. */
  readonly counters = new Map<string, number>()
  readonly trends = new Map<string, Histogram>()

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

  /** Counts what a task threw by its message, within the same cap. */
  taskError(task: string, message: string, atS: number, count = 1, firstS = atS): void {
    const counted = (text: string): TaskErrorCount => ({ task, message: text, count, firstS, lastS: atS })
    addCount(this.taskErrors, (text) => `${task}\n${text}`, message, counted)
  }

  /** So many iterations of a scenario ended. */
  ended(scenario: string, finished: number, failed: number): void {
    const known = this.scenarios.get(scenario)
    if (known === undefined) this.scenarios.set(scenario, { finished, failed })
    else {
      known.finished += finished
      known.failed += failed
    }
  }

  count(counter: string, n: number): void {
    this.counters.set(counter, (this.counters.get(counter) ?? 0) + n)
  }

  trend(name: string): Histogram {
    let histogram = this.trends.get(name)
    if (histogram === undefined) this.trends.set(name, (histogram = new Histogram({ wide: this.#wide })))
    return histogram
  }

  clear(): void {
    for (const request of this.requests.values()) request.clear()
    for (const trend of this.trends.values()) trend.clear()
    this.counters.clear()
    this.scenarios.clear()
    Object.assign(this.iterations, noIterations())
    Object.assign(this.connections, noConnections())
    Object.assign(this.cookies, noCookies())
    this.iterationDuration.clear()
    this.lag.clear()
    this.latencyFloor.clear()
    this.errors.clear()
    this.taskErrors.clear()
  }
}

/** Adds a count to the one with the same key, or to that of all other messages when there are too many. */
function addCount<E extends { count: number; firstS: number; lastS: number }>(
  into: Map<string, E>,
  keyOf: (message: string) => string,
  message: string,
  counted: (message: string) => E,
): void {
  let text = message
  if (!into.has(keyOf(text)) && into.size >= MOST_MESSAGES) text = OTHER_MESSAGES
  const more = counted(text)
  const known = into.get(keyOf(text))
  if (known === undefined) {
    into.set(keyOf(text), more)
    return
  }
  known.count += more.count
  known.firstS = Math.min(known.firstS, more.firstS)
  known.lastS = Math.max(known.lastS, more.lastS)
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
  readonly errors: readonly Readonly<ErrorCount>[]
  readonly taskErrors: readonly Readonly<TaskErrorCount>[]
  readonly scenarios: readonly (readonly [name: string, finished: number, failed: number])[]
  readonly counters: readonly (readonly [name: string, sum: number])[]
  readonly trends: readonly (readonly [name: string, values: PackedHistogram])[]
}

/** A copy of the tally as plain values. */
export function packTally(tally: Tally): PackedTally {
  return {
    requests: [...tally.requests].map(([name, request]) => packRequest(name, request)),
    iterations: { ...tally.iterations },
    iterationDuration: tally.iterationDuration.pack(),
    lag: tally.lag.pack(),
    latencyFloor: tally.latencyFloor.pack(),
    connections: { ...tally.connections },
    cookies: { ...tally.cookies },
    errors: [...tally.errors.values()].map((error) => ({ ...error })),
    taskErrors: [...tally.taskErrors.values()].map((error) => ({ ...error })),
    scenarios: [...tally.scenarios].map(([name, { finished, failed }]) => [name, finished, failed]),
    counters: [...tally.counters],
    trends: [...tally.trends].flatMap(([name, histogram]) => {
      const packed = histogram.pack()
      return packed === null ? [] : [[name, packed] as const]
    }),
  }
}

/** Adds what a packed tally counted to another tally. */
export function mergeTally(into: Tally, packed: PackedTally): Tally {
  for (const request of packed.requests) mergeRequest(into.request(request.name), request)
  addFields(into.iterations, packed.iterations)
  addFields(into.connections, packed.connections)
  addFields(into.cookies, packed.cookies)
  into.iterationDuration.add(packed.iterationDuration)
  into.lag.add(packed.lag)
  into.latencyFloor.add(packed.latencyFloor)
  for (const { name, outcome, message, count, firstS, lastS } of packed.errors)
    into.error(name, outcome, message, lastS, count, firstS)
  for (const { task, message, count, firstS, lastS } of packed.taskErrors)
    into.taskError(task, message, lastS, count, firstS)
  for (const [name, finished, failed] of packed.scenarios) into.ended(name, finished, failed)
  for (const [name, sum] of packed.counters) into.count(name, sum)
  for (const [name, values] of packed.trends) into.trend(name).add(values)
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
  dropped: 0,
  unstarted: 0,
})

const noConnections = (): ConnectionCounts => ({ opened: 0, reused: 0, failed: 0 })
