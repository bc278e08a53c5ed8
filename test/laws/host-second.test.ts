import fc from 'fast-check'
import { expect, test } from 'vitest'
import { halved, HostSeconds, turnOf, type HostSecond } from '../../src/core/fleet/host-second.ts'
import { WireFault } from '../../src/core/fleet/shape.ts'
import { fromWire, toWire } from '../../src/core/fleet/wire-form.ts'
import type { RequestRecord, RequestSpan } from '../../src/core/measure/request-record.ts'
import { mergeTally, packTally, Tally } from '../../src/core/measure/tally.ts'
import { Timeline } from '../../src/core/measure/timeline.ts'
import { quietHost } from '../support/evidence.ts'
import { snapshot } from '../support/snapshots.ts'
import { count, events, plain } from '../support/tallies.ts'

const WORKERS = 4
const SECONDS = 5
const HOSTS = [[0], [1, 2, 3]] as const

/** What each worker counts in each second. */
const run = fc.array(events, { minLength: WORKERS * SECONDS, maxLength: WORKERS * SECONDS })
/** Run times at which the agents look whether a part can be handed over. */
const looks = fc.array(fc.double({ min: 0, max: 8, noNaN: true }), { maxLength: 12 })

const snapshotsOf = (happened: readonly Parameters<typeof count>[1][]) =>
  happened.map((own, i) => ({
    ...snapshot(i % WORKERS, Math.floor(i / WORKERS), { users: (i * 7) % 5, inFlight: i % 3 }),
    tally: packTally(count(new Tally(), own)),
  }))

/** Merges by host, with parts of the seconds as they come, and over the wire. */
function byHost(snapshots: ReturnType<typeof snapshotsOf>, order: readonly number[], at: readonly number[]) {
  const timeline = new Timeline(['alpha', 'beta'], SECONDS)
  const parts: (readonly [number, HostSecond])[] = []
  for (const [member, workers] of HOSTS.entries()) {
    const host = new HostSeconds(workers)
    const own = order.map((i) => snapshots[i]!).filter(({ worker }) => workers.includes(worker as never))
    for (const [i, one] of own.entries()) {
      host.add(one)
      const nowS = at[i % Math.max(1, at.length)]
      if (nowS !== undefined) parts.push(...host.take(nowS).map((part) => [member, part] as const))
    }
    for (const worker of workers) host.done(worker)
    parts.push(...host.take(Infinity).map((part) => [member, part] as const))
  }
  // Of each agent they may arrive in any order.
  for (const [member, part] of parts.sort(
    ([, a], [, b]) => ((a.second + a.part) % 3) - ((b.second + b.part) % 3),
  ))
    timeline.addPart({ ...fromWire(JSON.parse(JSON.stringify(toWire(part)))), member })
  for (const member of HOSTS.keys()) timeline.done(member)
  timeline.finish()
  return timeline
}

test('merged by host, in parts, over the wire and in any order, a run is what it is merged at once', () => {
  fc.assert(
    fc.property(
      run,
      fc.shuffledSubarray([...Array(WORKERS * SECONDS).keys()], { minLength: WORKERS * SECONDS }),
      looks,
      (happened, order, at) => {
        const snapshots = snapshotsOf(happened)
        const atOnce = new Timeline(WORKERS, SECONDS)
        for (const one of snapshots) atOnce.add(one)
        for (let worker = 0; worker < WORKERS; worker++) atOnce.done(worker)
        atOnce.finish()
        const merged = byHost(snapshots, order, at)
        expect(plain(packTally(merged.total))).toEqual(plain(packTally(atOnce.total)))
        const shown = ({ rows }: Timeline) =>
          rows.map(({ second, complete, users, inFlight, sent, finished, histogram, workers }) => ({
            ...{ second, complete, users, inFlight, sent, finished, histogram },
            workers: workers.length,
          }))
        expect(shown(merged)).toEqual(shown(atOnce))
        expect(merged.rows.map(({ agents }) => agents?.map(({ agent }) => agent))).toEqual(
          Array(SECONDS).fill(['alpha', 'beta']),
        )
      },
    ),
    { numRuns: 60 },
  )
})

test('what a worker that died had under way ends with it, once, and the host goes on without it', () => {
  const host = new HostSeconds([3, 4])
  host.add(snapshot(3, 0, { sent: 5, finished: 3 }))
  host.add(snapshot(4, 0, { sent: 5, finished: 5 }))
  host.host(0, quietHost)
  expect(host.take(1.1)).toMatchObject([{ second: 0, part: 0, isWhole: true, host: quietHost }])
  expect(host.lost(3)).toBe(1)
  host.add(snapshot(4, 1, { sent: 1, finished: 1 }))
  const [late] = host.take(3)
  expect(late).toMatchObject({ second: 1, isWhole: true, vitals: [{ worker: 4 }] })
  const total = mergeTally(new Tally(), late!.tally)
  expect(total.request('GET /')).toMatchObject({ sent: 1, finished: 1, unfinished: 2 })
  expect(host.take(Infinity)).toEqual([])
})

test('a blocked worker keeps no second back: what it reports late is a part of its own', () => {
  const host = new HostSeconds([0, 1])
  host.add(snapshot(0, 0, { sent: 2, finished: 2 }))
  expect([host.take(1.9), host.take(2)]).toMatchObject([[], [{ part: 0, isWhole: false }]])
  host.add(snapshot(1, 0, { sent: 1, finished: 1 }))
  expect(host.take(2.1)).toMatchObject([{ part: 1, isWhole: true, vitals: [{ worker: 1 }] }])
})

const valid = (): Record<string, unknown> => {
  const host = new HostSeconds([0])
  host.add({
    ...snapshot(0, 0, { sent: 3, finished: 3 }),
    tally: packTally(
      count(new Tally(), [
        { kind: 'took', name: 'GET /', phase: 'latency', us: 5000 },
        { kind: 'took', name: 'GET /', phase: 'latency', us: 9000 },
        { kind: 'failure', name: 'GET /', message: 'refused', atS: 0.5 },
      ]),
    ),
  })
  host.done(0)
  return JSON.parse(JSON.stringify(toWire(host.take(Infinity)[0]!))) as Record<string, unknown>
}

/** The places of a value, each as a path. */
function placesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, one]) => placesOf(one, [...path, key]))
}

function changed(path: readonly string[], to: unknown): unknown {
  const copy = valid()
  let at = copy
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>
  at[path.at(-1)!] = to
  return copy
}

test('hostile bytes are refused wherever they are: nothing but a WireFault, and no tally that cannot be merged', () => {
  const places = placesOf(valid())
  expect(places.length).toBeGreaterThan(70)
  const hostile = fc.oneof(
    fc.constantFrom(-1, 0.5, 1e300, NaN, '', 'x', null, true, [], {}, [[]], { __proto__: null }),
    fc.jsonValue(),
  )
  fc.assert(
    fc.property(fc.constantFrom(...places), hostile, (path, to) => {
      try {
        const second = fromWire(changed(path, to))
        const total = mergeTally(new Tally(), second.tally)
        expect(JSON.stringify(packTally(total))).not.toMatch(/NaN|Infinity|null,null/)
      } catch (error) {
        expect(error).toBeInstanceOf(WireFault)
      }
    }),
    { numRuns: 1500 },
  )
})

test('a histogram whose counts, slots or sums do not fit is refused, and the place is named', () => {
  const histogram = ['tally', 'requests', '0', 'histograms', 'latency']
  const refused = (key: string, to: unknown): string => {
    try {
      fromWire(changed([...histogram, key], to))
      return 'taken'
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(refused('gaps', [23_551, 1, 1, 1])).toContain('histograms')
  expect(refused('gaps', [5000, 1, 0, 1])).toMatch(/whole numbers above 0/)
  expect(refused('count', 3)).toMatch(/count is not the sum of the slots/)
  expect(refused('sumUs', 1e12)).toMatch(/sumUs does not fit the slots/)
  expect(refused('gaps', [4000, 2.5])).toMatch(/whole numbers/)
})

test('single requests that are kept, and spans, travel with the parts, however often these are halved', () => {
  const record = (user: number): RequestRecord => ({
    ...{ name: 'GET /', method: 'GET', url: 'http://h/', worker: 0, user, dueS: 0, sentS: 0, doneS: 1 },
    ...{ latencyMs: 1000, blockedMs: 2, dnsMs: null, connectMs: 1, tlsMs: null, firstByteMs: 5, status: 200 },
    ...{ outcome: 'ok' as const, traceId: 'ab'.repeat(16) },
  })
  const spanOf = (user: number): RequestSpan => ({
    ...{ request: record(user), traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), parentSpanId: null },
  })
  const users = [...Array(7).keys()]
  const host = new HostSeconds([0, 1])
  for (const worker of [0, 1]) {
    const own = { slow: users.map(record), spans: users.map(spanOf), spansLost: 2 }
    host.add({ ...snapshot(worker, 0), tally: packTally(new Tally()), ...own })
    host.done(worker)
  }
  const [part] = host.take(Infinity)
  const pieces = (one: HostSecond): HostSecond[] => halved(one)?.flatMap(pieces) ?? [one]
  const arrived = pieces(part!).map((one) => fromWire(JSON.parse(JSON.stringify(toWire(one)))))
  expect(arrived.length).toBeGreaterThan(8)
  expect(arrived.flatMap(({ spans = [] }) => spans)).toEqual([...users, ...users].map(spanOf))
  expect(arrived.flatMap(({ slow = [] }) => slow)).toEqual([...users, ...users].map(record))
  expect(arrived.reduce((n, { spansLost = 0 }) => n + spansLost, 0)).toBe(4)
  expect(arrived.filter(({ isWhole }) => isWhole)).toHaveLength(1)
})

test('a whole second waits for the turn of its agent, and what is late does not', () => {
  const offer = (nowS: number, turnS: number, isWhole: boolean): number => {
    const host = new HostSeconds([0, 1])
    host.host(0, quietHost)
    host.add(snapshot(0, 0))
    if (isWhole) host.add(snapshot(1, 0))
    return host.take(nowS, turnS).length
  }
  expect([offer(1.3, 0.4, true), offer(1.4, 0.4, true)]).toEqual([0, 1])
  expect([offer(1.9, 0.4, false), offer(2, 0.4, false)]).toEqual([0, 1])
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 50 }), (workers) => {
      const of = workers.reduce((sum, n) => sum + n, 0)
      let base = 0
      const turns = workers.map((n) => turnOf((base += n) - n, of))
      expect(turns).toEqual(turns.toSorted((a, b) => a - b))
      expect(turns[0]).toBe(0)
      // Before a second is given up as incomplete, with time for the way.
      expect(turns.at(-1)).toBeLessThan(0.8)
    }),
  )
})
