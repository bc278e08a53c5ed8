/** What users without a script send where that is not always the same, on a virtual clock. */
import { describe, expect, test } from 'vitest'
import type { FeederPlan } from '../../../src/core/scenario/row-source.ts'
import type { ClosedPlan, OpenPlan } from '../../../src/core/plan/plan.ts'
import { KnownSecrets } from '../../../src/core/request/known-secrets.ts'
import type { RequestPlan } from '../../../src/core/request/request.ts'
import { Recorder } from '../../../src/worker/record/recorder.ts'
import { sourceOf } from '../../../src/worker/user/request-source.ts'
import { Feed } from '../../../src/worker/user/feed.ts'
import { A_REQUEST, anOpenPlan, aPlan } from '../../support/plan.ts'
import { Simulation, STILL } from '../../support/simulation.ts'
import { SimulatedTransport, VirtualClock } from '../../support/virtual.ts'

const shared = (bytes: Uint8Array): SharedArrayBuffer => {
  const buffer = new SharedArrayBuffer(bytes.length)
  new Uint8Array(buffer).set(bytes)
  return buffer
}
/** Data of so many rows, with their numbers in the column n. */
const dataOf = (rows: number, end: 'stop' | 'recycle') => {
  const plan: FeederPlan = { ...{ path: '/n.csv', format: 'csv', delimiter: ',' }, order: 'sequential', end }
  const cells = Array.from({ length: rows }, (_, n) => JSON.stringify([String(n)]))
  const ends = Float64Array.from(cells, (_, n) => cells.slice(0, n + 1).join('').length)
  const found = {
    columns: ['n'],
    text: shared(new TextEncoder().encode(cells.join(''))),
    ends: shared(new Uint8Array(ends.buffer)),
  }
  return { plan, in: (share: { index: number; of: number }) => new Feed(plan, found, share, 1) }
}

const templated = (request: Partial<RequestPlan>) => ({
  isTemplated: true,
  request: { ...A_REQUEST, ...request },
})
const users = (count: number): ClosedPlan['stages'] => [{ fromUsers: count, toUsers: count, durationS: 0 }]
const perS = (rate: number): OpenPlan['stages'] => [{ fromPerS: rate, toPerS: rate, durationS: 10 }]
const urls = ({ sent }: Simulation): string[] =>
  sent.map(({ request }) => request.url.slice('http://target.test/'.length))
const numbers = (of: readonly string[]): number[] => of.map(Number).sort((a, b) => a - b)
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

test('a request without placeholders is made ready once, and that is what every user sends', async () => {
  const simulation = await new Simulation(aPlan({ stages: users(3), durationS: 1 })).to(2)
  expect(simulation.sent.length).toBeGreaterThan(100)
  expect(new Set(simulation.sent.map(({ request }) => request)).size).toBe(1)
  // Nothing stands between a user and its request.
  const parts = {
    share: { index: 0, of: 1 },
    transport: new SimulatedTransport(new VirtualClock(), () => ({ afterUs: 1 })),
    recorder: new Recorder(0, STILL, () => undefined),
    data: null,
    secrets: new KnownSecrets(aPlan()),
  }
  expect(sourceOf({ plan: aPlan(), ...parts })).toBeNull()
  expect(sourceOf({ plan: aPlan(templated({})), ...parts })).not.toBeNull()
})

describe('each iteration has a number of its own and its user’s', () => {
  test.each([1, 3])('over %d workers', async (workers) => {
    const plan = aPlan({
      ...templated({ url: 'http://target.test/{{seq}}?{{user}}' }),
      stages: users(5),
      iterations: 200,
    })
    const simulation = await new Simulation(plan, undefined, { workers }).to(5)
    const pairs = urls(simulation).map((text) => text.split('?').map(Number))
    expect(pairs).toHaveLength(200)
    expect(new Set(pairs.map(([seq]) => seq)).size).toBe(200)
    expect(new Set(pairs.map(([, user]) => user))).toEqual(new Set(upTo(5)))
    // User and iteration are of the same worker.
    for (const [seq, user] of pairs) expect(seq! % workers).toBe(user! % workers)
  })
})

test('chance is the user’s own, by the seed', async () => {
  const run = async (seed: number): Promise<string[]> => {
    const plan = aPlan({
      ...templated({ url: 'http://target.test/{{user}}-{{random 1 1000}}' }),
      seed,
      stages: users(4),
      durationS: 0.3,
    })
    return urls(await new Simulation(plan).to(2))
  }
  expect(await run(1)).toEqual(await run(1))
  expect(await run(1)).not.toEqual(await run(2))
  expect(new Set(await run(1)).size).toBeGreaterThan(50)
})

test('of several requests each comes as often as its weight says, to its own origin', async () => {
  const kind = (weight: number, name: string, url: string) => ({
    weight,
    request: { ...A_REQUEST, name, url },
  })
  const requests = [kind(3, 'a', 'http://target.test/a'), kind(1, 'b', 'http://other.test/b')]
  const plan = aPlan({ targets: { file: '/t.txt', requests }, stages: users(4), iterations: 2000 })
  const { sent, total } = await new Simulation(plan).to(10)
  const share = sent.filter(({ request }) => request.name === 'a').length / sent.length
  expect(share).toBeCloseTo(0.75, 1)
  expect([...total.requests].map(([row, { sent: n }]) => [row, n > 0])).toEqual([
    ['GET a', true],
    ['GET b', true],
  ])
  // A user's connection goes to one origin.
  const connections = new Map(sent.map(({ connection, request }) => [connection, request.url]))
  for (const { connection, request } of sent) expect(request.url).toBe(connections.get(connection))
  // Each request was made ready once in each worker.
  expect(new Set(sent.map(({ request }) => request)).size).toBe(2)
})

test('one that is always the same, beside others that are not, is sent as it is meant', async () => {
  const varied = { ...A_REQUEST, url: 'http://target.test/{{seq}}' }
  const same = { ...A_REQUEST, url: 'http://target.test/same', body: { text: '{{{{seq}}' } }
  const targets = { file: '/t.txt', requests: [varied, same].map((request) => ({ weight: 1, request })) }
  const plan = aPlan({ targets, isTemplated: true, stages: users(1), iterations: 50 })
  const { sent } = await new Simulation(plan).to(5)
  const found = new Set(sent.flatMap(({ request }) => (request.url.endsWith('/same') ? request : [])))
  expect([...found].map(({ body }) => body)).toEqual([{ text: '{{seq}}' }])
})

describe('a row for each iteration', () => {
  const text = { url: 'http://target.test/{{n}}' }

  test.each([1, 2, 3])('until all have had theirs, whichever of %d workers it is', async (workers) => {
    const { plan: data, in: dataIn } = dataOf(20, 'stop')
    for (const plan of [
      aPlan({ ...templated(text), data, stages: users(6) }),
      anOpenPlan({ ...templated(text), data, stages: perS(100) }),
      anOpenPlan({ ...templated(text), data, stages: perS(1000), maxUsers: 3 }),
    ]) {
      const simulation = await new Simulation(plan, undefined, { workers, data: dataIn }).to(3)
      expect(numbers(urls(simulation))).toEqual(upTo(20))
      expect(simulation.asked.sort()).toEqual(upTo(workers).map((index) => `spent ${index}`))
      simulation.stop(3)
      await simulation.to(4)
      const { iterations } = simulation.total
      expect([iterations.due, iterations.started, iterations.dropped, iterations.unstarted]).toEqual([
        20, 20, 0, 0,
      ])
    }
  })

  test('and one that has none, or no user, has nothing to do', async () => {
    const { plan: data, in: dataIn } = dataOf(2, 'stop')
    const plan = aPlan({ ...templated(text), data, stages: users(3) })
    const simulation = await new Simulation(plan, undefined, { workers: 5, data: dataIn }).to(2)
    expect(numbers(urls(simulation))).toEqual([0, 1])
    expect(simulation.asked.sort()).toEqual(['deserted 3', 'deserted 4', 'spent 0', 'spent 1', 'spent 2'])
  })

  test('over and over, as often as any other', async () => {
    const { plan: data, in: dataIn } = dataOf(5, 'recycle')
    const plan = aPlan({ ...templated(text), data, stages: users(2), iterations: 50 })
    const simulation = await new Simulation(plan, undefined, { workers: 1, data: dataIn }).to(5)
    expect(numbers(urls(simulation))).toEqual(upTo(5).flatMap((n) => new Array<number>(10).fill(n)))
    expect(simulation.asked).toEqual([])
  })
})
