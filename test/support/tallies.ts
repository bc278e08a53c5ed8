/** Random tallies, and tallies as plain data that can be compared whatever the order in which they were counted. */
import fc from 'fast-check'
import type { CookieLoss } from '../../src/core/measure/cookie-counts.ts'
import type { PackedHistogram } from '../../src/core/measure/histogram.ts'
import { OUTCOMES, type Outcome } from '../../src/core/request/outcome.ts'
import type { RequestTally } from '../../src/core/measure/request-tally.ts'
import { packTally, Tally, type PackedTally } from '../../src/core/measure/tally.ts'

type HistogramName = Parameters<RequestTally['histogram']>[0]

/** One thing that is counted. */
export type Event =
  | { readonly kind: 'sent'; readonly name: string }
  | { readonly kind: 'ended'; readonly name: string; readonly outcome: Outcome; readonly status: number }
  | { readonly kind: 'took'; readonly name: string; readonly phase: HistogramName; readonly us: number }
  | { readonly kind: 'failure'; readonly name: string; readonly message: string; readonly atS: number }
  | { readonly kind: 'iteration'; readonly lagUs: number; readonly tookUs: number; readonly failed: boolean }
  | { readonly kind: 'task'; readonly name: string; readonly failed: boolean }
  | { readonly kind: 'counted'; readonly name: string; readonly n: number }
  | { readonly kind: 'valued'; readonly name: string; readonly us: number }
  | {
      readonly kind: 'transaction'
      readonly name: string
      readonly us: number
      readonly end: 'ok' | 'failed' | 'unended'
    }
  | { readonly kind: 'connection'; readonly was: 'opened' | 'reused' | 'failed' }
  | { readonly kind: 'cookie'; readonly lost: CookieLoss }

const name = fc.constantFrom('GET /a', 'POST /b', 'c')
const us = fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 4_000_000_000 }))

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('sent' as const), name }),
  fc.record({
    kind: fc.constant('ended' as const),
    name,
    outcome: fc.constantFrom(...OUTCOMES),
    status: fc.constantFrom(0, 200, 204, 404, 503),
  }),
  fc.record({
    kind: fc.constant('took' as const),
    name,
    phase: fc.constantFrom<HistogramName>('latency', 'service', 'failedLatency', 'dns', 'firstByte'),
    us,
  }),
  fc.record({
    kind: fc.constant('failure' as const),
    name,
    message: fc.constantFrom('refused', 'status 503', 'closed'),
    atS: fc.integer({ min: 0, max: 100_000 }).map((ms) => ms / 1000),
  }),
  fc.record({ kind: fc.constant('iteration' as const), lagUs: us, tookUs: us, failed: fc.boolean() }),
  fc.record({ kind: fc.constant('task' as const), name, failed: fc.boolean() }),
  fc.record({ kind: fc.constant('counted' as const), name, n: fc.integer({ min: 0, max: 1000 }) }),
  fc.record({ kind: fc.constant('valued' as const), name, us }),
  fc.record({
    kind: fc.constant('transaction' as const),
    name,
    us,
    end: fc.constantFrom('ok' as const, 'failed' as const, 'unended' as const),
  }),
  fc.record({
    kind: fc.constant('connection' as const),
    was: fc.constantFrom('opened' as const, 'reused' as const, 'failed' as const),
  }),
  fc.record({
    kind: fc.constant('cookie' as const),
    lost: fc.constantFrom<CookieLoss>('refused', 'tooLarge', 'evicted'),
  }),
)
export const events = fc.array(event, { maxLength: 40 })

export function count(tally: Tally, happened: readonly Event[]): Tally {
  for (const e of happened)
    switch (e.kind) {
      case 'sent':
        tally.request(e.name).sent++
        break
      case 'ended': {
        const request = tally.request(e.name)
        request.finished++
        if (e.outcome === 'ok') request.succeeded++
        else request.failed++
        request.bytesIn += e.status
        request.outcomes.set(e.outcome, (request.outcomes.get(e.outcome) ?? 0) + 1)
        request.statuses.set(e.status, (request.statuses.get(e.status) ?? 0) + 1)
        break
      }
      case 'took':
        tally.request(e.name).histogram(e.phase).record(e.us)
        break
      case 'failure':
        tally.error(e.name, 'connect.refused', e.message, e.atS)
        break
      case 'iteration':
        tally.iterations.due++
        tally.iterations.started++
        tally.iterations.finished++
        if (e.failed) tally.iterations.failed++
        tally.lag.record(e.lagUs)
        tally.iterationDuration.record(e.tookUs)
        tally.latencyFloor.record(e.tookUs)
        break
      case 'task':
        tally.scenario(e.name).finished++
        if (e.failed) tally.scenario(e.name).failed++
        break
      case 'counted':
        tally.count(e.name, e.n)
        break
      case 'valued':
        tally.trend(e.name).record(e.us)
        break
      case 'transaction': {
        const transaction = tally.transaction(e.name)
        transaction.started++
        if (e.end === 'unended') transaction.unended++
        else {
          transaction.finished++
          if (e.end === 'failed') transaction.failed++
          ;(e.end === 'failed' ? transaction.failedDuration : transaction.duration).record(e.us)
        }
        break
      }
      case 'connection':
        tally.connections[e.was]++
        break
      case 'cookie':
        tally.cookies[e.lost]++
    }
  return tally
}

/** Sorted, and with the thousands of slots of a histogram as one text, which is compared much faster. */
export function plain(tally: Tally | PackedTally): unknown {
  const packed = tally instanceof Tally ? packTally(tally) : tally
  const slots = (histogram: PackedHistogram | null): unknown =>
    histogram && { ...histogram, used: histogram.used.join() }
  const sorted = <T>(items: readonly T[]): T[] =>
    [...items].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  return {
    ...packed,
    requests: sorted(
      packed.requests.map((request) => ({
        ...request,
        statuses: sorted(request.statuses),
        outcomes: sorted(request.outcomes),
        histograms: Object.fromEntries(
          Object.entries(request.histograms).map(([key, histogram]) => [key, slots(histogram)]),
        ),
      })),
    ),
    iterationDuration: slots(packed.iterationDuration),
    lag: slots(packed.lag),
    latencyFloor: slots(packed.latencyFloor),
    errors: sorted(packed.errors),
    taskErrors: sorted(packed.taskErrors),
    scenarios: sorted(packed.scenarios),
    counters: sorted(packed.counters),
    trends: sorted(packed.trends.map(([name, values]) => [name, slots(values)])),
    transactions: sorted(
      packed.transactions.map((one) => ({
        ...one,
        duration: slots(one.duration),
        failedDuration: slots(one.failedDuration),
      })),
    ),
  }
}
