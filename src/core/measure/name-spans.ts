/**
 * Request names over the time of a run, in bounded memory. Every second of every name is kept up to a limit; beyond it,
 * neighbouring seconds are joined into spans of 2, 4, 8 … s, with the lowest and highest second of each figure.
 */
import {
  countsByStatus,
  mean,
  NO_SAMPLES,
  type LatencySummary,
  type Metrics,
  type NameExtremes,
} from './metrics.ts'
import { withNames } from './packed-row.ts'
import type { SecondRow } from './second.ts'

/** The most figures of names that a timeline keeps: an hour of ten names at one second each. */
export const MOST_NAME_ROWS = 36_000

type ByName = SecondRow['byName']
const NONE: ByName = {}

export class NameSpans {
  readonly #rows: SecondRow[]
  readonly #most: number
  #spanS = 1
  #count = 0

  /** Joins the names of these rows, one for each second, in place. */
  constructor(rows: SecondRow[], most = MOST_NAME_ROWS) {
    this.#rows = rows
    this.#most = most
  }

  /** Seconds that are joined; 1 if none are. */
  get spanS(): number {
    return this.#spanS
  }

  /** The row of this second cannot change any more; to be called in the order of the seconds. */
  settled(second: number): void {
    this.#count += sizeOf(this.#rows[second]!.byName)
    if (this.#spanS > 1) this.#join(second)
    // A single span cannot be joined any further.
    while (this.#count > this.#most && this.#spanS <= second) {
      this.#spanS *= 2
      for (let at = 0; at <= second; at++) if (this.#rows[at]!.byNameS > 0) this.#join(at)
    }
  }

  /** Joins the names of a second into the first row of its span and phase. */
  #join(second: number): void {
    const row = this.#rows[second]!
    let first = Math.floor(second / this.#spanS) * this.#spanS
    while (this.#rows[first]!.phase !== row.phase) first++
    if (first === second) return
    const head = this.#rows[first]!
    const byName = joinNames(head, row)
    this.#count += sizeOf(byName) - sizeOf(head.byName) - sizeOf(row.byName)
    this.#rows[first] = withNames(head, byName, head.byNameS + row.byNameS)
    this.#rows[second] = withNames(row, NONE, 0)
  }
}

const sizeOf = (byName: ByName): number => Object.keys(byName).length

/** The names of two rows as one; a name that one of them lacks did nothing in it. */
function joinNames(a: SecondRow, b: SecondRow): ByName {
  const names = new Set([...Object.keys(a.byName), ...Object.keys(b.byName)])
  const of = ({ byName }: SecondRow, name: string): Metrics | null =>
    Object.hasOwn(byName, name) ? byName[name]! : null
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      joinMetrics([of(a, name), a.byNameS], [of(b, name), b.byNameS], a.phase !== 'drain'),
    ]),
  )
}

type Part = readonly [metrics: Metrics | null, seconds: number]

/**
 * Counts are sums and the rate is the mean. Of a distribution `min` is exact and every other figure the highest of the
 * parts, which that of all of them together cannot exceed.
 */
function joinMetrics([a, aS]: Part, [b, bS]: Part, isLoad: boolean): Metrics {
  const one = a ?? b!
  const other = a === null || b === null ? null : b
  const sum = (key: CountKey): number => one[key] + (other?.[key] ?? 0)
  const rate = (metrics: Metrics | null): number => metrics?.requestsPerS ?? 0
  const ended = sum('finished') + sum('unfinished')
  const both = (of: (metrics: Metrics) => LatencySummary): LatencySummary =>
    other === null ? of(one) : joinSummaries(of(one), of(other))
  const latencyMs = both((metrics) => metrics.latencyMs)
  const isSame = one.serviceMs === one.latencyMs && (other === null || other.serviceMs === other.latencyMs)
  return {
    sent: sum('sent'),
    carriedIn: sum('carriedIn'),
    finished: sum('finished'),
    succeeded: sum('succeeded'),
    failed: sum('failed'),
    unfinished: sum('unfinished'),
    requestsPerS: isLoad ? mean([rate(a), aS], [rate(b), bS]) : null,
    failedRatio: ended > 0 ? (sum('failed') + sum('unfinished')) / ended : null,
    bytesIn: sum('bytesIn'),
    bytesDecoded: sum('bytesDecoded'),
    bytesOut: sum('bytesOut'),
    statuses: other === null ? one.statuses : addCounts(one.statuses, other.statuses),
    latencyMs,
    serviceMs: isSame ? latencyMs : both((metrics) => metrics.serviceMs),
    failedMs: both((metrics) => metrics.failedMs),
    phasesMs: {
      ...(one.phasesMs.blocked === undefined && other?.phasesMs.blocked === undefined
        ? {}
        : { blocked: both(({ phasesMs }) => phasesMs.blocked ?? NO_SAMPLES) }),
      dns: both(({ phasesMs }) => phasesMs.dns),
      connect: both(({ phasesMs }) => phasesMs.connect),
      tls: both(({ phasesMs }) => phasesMs.tls),
      firstByte: both(({ phasesMs }) => phasesMs.firstByte),
      download: both(({ phasesMs }) => phasesMs.download),
    },
    lagMs: one.lagMs,
    lowest: joinExtremes(lowestOf(a, isLoad), lowestOf(b, isLoad), Math.min),
    highest: joinExtremes(highestOf(a, isLoad), highestOf(b, isLoad), Math.max),
  }
}

type CountKey =
  | 'sent'
  | 'carriedIn'
  | 'finished'
  | 'succeeded'
  | 'failed'
  | 'unfinished'
  | 'bytesIn'
  | 'bytesDecoded'
  | 'bytesOut'

function joinSummaries(a: LatencySummary, b: LatencySummary): LatencySummary {
  if (a.max === null || b.max === null) return a.max === null ? b : a
  return {
    min: Math.min(a.min!, b.min!),
    mean: Math.max(a.mean!, b.mean!),
    p50: Math.max(a.p50!, b.p50!),
    p75: Math.max(a.p75!, b.p75!),
    p90: Math.max(a.p90!, b.p90!),
    p95: Math.max(a.p95!, b.p95!),
    p99: Math.max(a.p99!, b.p99!),
    p99_9: Math.max(a.p99_9!, b.p99_9!),
    max: Math.max(a.max, b.max),
    reliableTo: (a.reliableTo ?? '') > (b.reliableTo ?? '') ? a.reliableTo : b.reliableTo,
  }
}

function addCounts(a: Metrics['statuses'], b: Metrics['statuses']): Metrics['statuses'] {
  const sum = new Map(Object.entries(a).map(([status, n]) => [Number(status), n]))
  for (const [status, n] of Object.entries(b)) sum.set(Number(status), (sum.get(Number(status)) ?? 0) + n)
  return countsByStatus(sum)
}

const lowestOf = (metrics: Metrics | null, isLoad: boolean): NameExtremes =>
  metrics?.lowest ?? extremesOf(metrics, isLoad)
const highestOf = (metrics: Metrics | null, isLoad: boolean): NameExtremes =>
  metrics?.highest ?? extremesOf(metrics, isLoad)

/** The figures of one second, or of seconds in which the name did nothing. */
const extremesOf = (metrics: Metrics | null, isLoad: boolean): NameExtremes => ({
  requestsPerS: isLoad ? (metrics?.requestsPerS ?? 0) : null,
  failed: metrics?.failed ?? 0,
  p50: metrics?.latencyMs.p50 ?? null,
  p95: metrics?.latencyMs.p95 ?? null,
  p99: metrics?.latencyMs.p99 ?? null,
  max: metrics?.latencyMs.max ?? null,
})

function joinExtremes(a: NameExtremes, b: NameExtremes, of: (a: number, b: number) => number): NameExtremes {
  const join = (x: number | null, y: number | null): number | null =>
    x === null || y === null ? (x ?? y) : of(x, y)
  return {
    requestsPerS: join(a.requestsPerS, b.requestsPerS),
    failed: of(a.failed, b.failed),
    p50: join(a.p50, b.p50),
    p95: join(a.p95, b.p95),
    p99: join(a.p99, b.p99),
    max: join(a.max, b.max),
  }
}
