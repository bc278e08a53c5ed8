/** Records of requests: with all of them the report could be counted anew, a sample is one in N, and what is missing is counted. */
import { describe, expect, test } from 'vitest'
import { Histogram } from '../../src/core/measure/histogram.ts'
import type { RequestRow, RowReader } from '../../src/core/measure/request-rows.ts'
import { isTimeout, type Outcome } from '../../src/core/request/outcome.ts'
import { seededRandom } from '../../src/core/random.ts'
import { rate } from '../support/arrivals.ts'
import { aPlan, anOpenPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'
import type { Answer, Sent } from '../support/virtual.ts'

/** All records that can be read, whose memory is free then. */
function read(reader: RowReader, most = 100): RequestRow[] {
  const all: RequestRow[] = []
  while (reader.waiting > 0) {
    const rows = reader.next(most)
    all.push(...rows)
    reader.free(rows)
  }
  return all
}

/** A target that answers in every way: late, never, with failures, with redirects, over new connections. */
function moody(seed: number): (request: Sent) => Answer {
  const random = seededRandom(seed)
  const failures: readonly Outcome[] = ['headers.reset', 'connect.refused', 'body.closed']
  return ({ turn, request }) => {
    const dice = random()
    const afterUs = 1000 + Math.floor(random() * 400_000)
    if (dice < 0.05) return { afterUs: Infinity }
    if (dice > 0.9) return { afterUs, blockedUs: Math.floor(random() * 1000) }
    if (dice < 0.15) return { afterUs, outcome: failures[Math.floor(random() * failures.length)]! }
    if (dice < 0.25) return { afterUs, status: 503 }
    if (dice < 0.4 && !request.url.endsWith('there')) return { afterUs, status: 302, location: '/there' }
    return { afterUs: afterUs + 200, ...(turn === 0 ? { connectUs: 200 } : {}) }
  }
}

const COMMON = { timeoutS: 2, maxRedirects: 3, gracefulStopS: 1, sampleRequests: 1 } as const

describe('records of all requests are what the tallies count', () => {
  test.each([
    ['closed, one worker', aPlan({ ...COMMON, durationS: 6 }), 1, 11],
    ['closed, three workers', aPlan({ ...COMMON, durationS: 5 }), 3, 12],
    ['open', anOpenPlan({ ...COMMON, durationS: 5, stages: [rate(150, 150, 5)], maxUsers: 40 }), 2, 13],
    [
      'open, that drops',
      anOpenPlan({ ...COMMON, durationS: 4, stages: [rate(300, 300, 4)], maxUsers: 5, onFull: 'drop' }),
      1,
      14,
    ],
  ])('%s', async (_, plan, workers, seed) => {
    const simulation = await new Simulation(plan, moody(seed), { workers }).to(20)
    expect(simulation.isDrained).toBe(true)
    const rows = simulation.readers.flatMap((reader) => read(reader))
    const { total } = simulation
    const names = [...total.requests].filter(([, { sent }]) => sent > 0)
    expect(new Set(rows.map(({ name }) => name))).toEqual(new Set(names.map(([name]) => name)))
    expect(names.length).toBeGreaterThan(1)
    for (const [name, tally] of names) {
      const own = rows.filter((row) => row.name === name)
      const count = (is: (row: RequestRow) => boolean): number => own.filter(is).length
      expect(own).toHaveLength(tally.sent)
      expect(count(({ outcome }) => outcome === 'unfinished')).toBe(tally.unfinished)
      for (const [outcome, n] of tally.outcomes) expect(count((row) => row.outcome === outcome)).toBe(n)
      for (const [status, n] of tally.statuses)
        expect(count((row) => row.status === status && row.outcome !== 'unfinished')).toBe(n)
      const isLatency = ({ outcome }: RequestRow): boolean =>
        outcome === 'ok' || outcome === 'unfinished' || isTimeout(outcome)
      const latencies = new Histogram()
      for (const row of own.filter(isLatency)) latencies.record(row.latencyMs * 1000)
      // Arrivals that never started have a latency, but no request.
      if (plan.model === 'open' && total.iterations.unstarted > 0) continue
      const counted = tally.peek('latency')!
      expect(latencies.count).toBe(counted.count)
      expect(latencies.meanUs! / counted.meanUs!).toBeCloseTo(1, 5)
      for (const q of [0.5, 0.9, 0.99, 1])
        expect(latencies.quantileUs(q)! / counted.quantileUs(q)!).toBeCloseTo(1, 2)
      expect(count((row) => row.dnsMs !== null)).toBe(tally.peek('dns')?.count ?? 0)
      expect(count((row) => row.connectMs !== null)).toBe(tally.peek('connect')?.count ?? 0)
      expect(count((row) => row.blockedMs !== null)).toBe(tally.peek('blocked')?.count ?? 0)
    }
    expect(rows.some(({ outcome }) => outcome === 'headers.timeout')).toBe(true)
    expect(rows.some(({ blockedMs }) => (blockedMs ?? 0) > 0)).toBe(true)
    for (const { dueS, sentS, doneS } of rows) {
      expect(sentS).toBeGreaterThanOrEqual(dueS)
      expect(doneS).toBeGreaterThanOrEqual(sentS)
    }
    for (const reader of simulation.readers) expect(reader.dropped).toBe(0)
  })
})

describe('a sample', () => {
  const sampled = async (every: number, seed: number, durationS: number) => {
    const plan = aPlan({
      sampleRequests: every,
      seed,
      durationS,
      stages: [{ fromUsers: 0, toUsers: 20, durationS: 0 }],
    })
    const simulation = await new Simulation(plan, () => ({ afterUs: 20_000 }), { workers: 2 }).to(60)
    const rows = simulation.readers.map((reader) => read(reader))
    return { rows, all: simulation.count('sent') }
  }

  test('is one in N of the requests, of each worker and each part of the run', async () => {
    const { rows, all } = await sampled(20, 7, 40)
    const share = rows.flat().length / all
    // Distances are even from 1 to 39: their mean is 20 ± 11.3, and of 2000 of them ± 0.25.
    expect(1 / share).toBeGreaterThan(19)
    expect(1 / share).toBeLessThan(21)
    for (const own of rows) expect(own.length / (all / 2)).toBeCloseTo(1 / 20, 2)
    const early = rows.flat().filter(({ doneS }) => doneS < 20).length
    expect(early / rows.flat().length).toBeCloseTo(0.5, 1)
  })

  test('follows from the seed', async () => {
    const of = async (seed: number) =>
      (await sampled(20, seed, 3)).rows.flat().map(({ worker, user, doneS }) => `${worker} ${user} ${doneS}`)
    expect(await of(7)).toEqual(await of(7))
    expect(await of(8)).not.toEqual(await of(7))
  })
})

test('records that find no room are counted, and what is there is whole and in order', async () => {
  const plan = aPlan({ sampleRequests: 1, durationS: 10 })
  const simulation = new Simulation(plan, () => ({ afterUs: 10_000 }), { ringRows: 256 })
  const [reader] = simulation.readers
  const rows: RequestRow[] = []
  for (let second = 1; second <= 12; second++) {
    await simulation.to(second)
    // Read in one second, not in the next two: the ring goes round several times.
    if (second % 3 === 0) rows.push(...read(reader!, 100))
  }
  expect(simulation.isDrained).toBe(true)
  rows.push(...read(reader!))
  expect(rows.length).toBeGreaterThan(3 * 256)
  expect(reader!.dropped).toBeGreaterThan(1000)
  expect(rows.length + reader!.dropped).toBe(simulation.count('sent'))
  const ends = rows.map(({ doneS }) => doneS)
  expect(ends).toEqual([...ends].sort((a, b) => a - b))
  for (const { latencyMs, outcome } of rows) expect([latencyMs, outcome]).toEqual([10, 'ok'])
})

test('without them nothing is recorded', () => {
  expect(new Simulation(aPlan()).readers).toEqual([])
})
