import { describe, expect, test } from 'vitest'
import type { OpenPlan } from '../../src/core/plan/plan.ts'
import { deriveMetrics } from '../../src/core/measure/metrics.ts'
import { Timeline } from '../../src/core/measure/timeline.ts'
import { duesBefore, rate, spanS } from '../support/arrivals.ts'
import { anOpenPlan, aPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'
import type { Answer, Sent } from '../support/virtual.ts'

const never: Answer = { afterUs: Infinity }
const after = (afterUs: number) => (): Answer => ({ afterUs })
/** 100 arrivals per second for so long. */
const steady = (durationS: number, different: Partial<OpenPlan> = {}): OpenPlan =>
  anOpenPlan({ durationS, stages: [rate(100, 100, durationS)], ...different })
const staged = (stages: OpenPlan['stages'], different: Partial<OpenPlan> = {}): OpenPlan =>
  anOpenPlan({ durationS: spanS(stages), stages, ...different })
const duesOf = ({ stages, arrival, seed, durationS }: OpenPlan): number[] =>
  duesBefore(stages, durationS! - 1e-9, { arrival, seed })
/** A target that stands still from one second to another; else it takes 5 ms. */
const frozen =
  (fromS: number, toS: number) =>
  ({ atUs }: Sent): Answer => {
    const doneUs = atUs + 5000
    return { afterUs: (doneUs >= fromS * 1e6 && doneUs < toS * 1e6 ? toS * 1e6 + 5000 : doneUs) - atUs }
  }

describe('an arrival starts', () => {
  const shape = [rate(0, 80, 2), rate(80, 80, 1), rate(300, 300, 1), rate(0, 0, 1), rate(40, 0, 2)]

  test.each([
    ['uniform', 1],
    ['uniform', 3],
    ['poisson', 1],
    ['poisson', 4],
  ] as const)('when it is due, never before, %s over %d workers', async (arrival, workers) => {
    const plan = staged(shape, { arrival })
    const { sent } = await new Simulation(plan, undefined, { workers }).to(10)
    const dues = duesOf(plan)
    expect(sent).toHaveLength(dues.length)
    for (const [n, dueS] of dues.entries()) {
      const lateUs = sent[n]!.atUs - dueS * 1e6
      expect(lateUs).toBeGreaterThanOrEqual(-1e-6)
      // Timers of the platform know milliseconds only.
      expect(lateUs).toBeLessThanOrEqual(1001)
    }
  })

  test('with others of its millisecond, at a rate above that of the timers', async () => {
    const plan = staged([rate(4500, 4500, 1)])
    const { sent } = await new Simulation(plan).to(2)
    expect(sent).toHaveLength(4500)
    for (const [n, { atUs }] of sent.entries()) expect(atUs).toBeGreaterThanOrEqual((n / 4500) * 1e6 - 1e-6)
    expect(Math.max(...sent.map(({ atUs }, n) => atUs - (n / 4500) * 1e6))).toBeLessThanOrEqual(1001)
  })

  test('and none that is due at the end of the load, or later', async () => {
    expect((await new Simulation(steady(2)).to(5)).sent).toHaveLength(200)
    // The 33rd is due at 7.5 s, and 4.4 · 7.5 a hair above 33.
    const plan = anOpenPlan({ durationS: 7.5, stages: [rate(0, 4.4, 0)] })
    expect((await new Simulation(plan).to(9)).sent).toHaveLength(33)
    const sum = 0.1 + 0.2
    const short = anOpenPlan({ durationS: sum, stages: [rate(0, 10, 0)] })
    expect((await new Simulation(short).to(9)).sent).toHaveLength(3)
  })
})

describe('users', () => {
  test('are made when they are needed', async () => {
    const quick = await new Simulation(steady(2), after(9000)).to(3)
    expect(quick.networks[0]!.connections).toBe(1)
    const slow = await new Simulation(steady(2), after(95_000)).to(3)
    expect(slow.networks[0]!.connections).toBe(10)
  })

  test('that became free last are used first, so that few stay busy', async () => {
    const plan = staged([rate(500, 500, 0.1), rate(20, 20, 2)])
    const { sent, networks } = await new Simulation(plan, after(30_000)).to(4)
    expect(networks[0]!.connections).toBeGreaterThan(10)
    const later = new Set(sent.filter(({ atUs }) => atUs > 200_000).map(({ connection }) => connection))
    expect(later.size).toBe(1)
    const before = sent.filter(({ atUs, doneUs }) => atUs <= 200_000 && doneUs! <= 200_000)
    const lastFree = before.reduce((a, b) => (b.doneUs! >= a.doneUs! ? b : a))
    expect([...later]).toEqual([lastFree.connection])
  })

  test.each([1, 2, 3, 4])('are never more than planned, over %d workers together', async (workers) => {
    const plan = steady(2, { maxUsers: 7, gracefulStopS: 1 })
    const simulation = await new Simulation(plan, () => never, { workers }).to(4)
    expect(simulation.sent).toHaveLength(7)
    expect(simulation.networks.map(({ connections }) => connections)).toEqual(
      Array.from({ length: workers }, (_, index) => Math.ceil((7 - index) / workers)),
    )
    expect(simulation.isDrained).toBe(true)
  })

  test('count in the second in which they are made, and until the end of the load', async () => {
    const plan = staged([rate(1, 1, 4)], { gracefulStopS: 3 })
    const { snapshots } = await new Simulation(plan, after(5_500_000)).to(9)
    // One at 0, 1, 2 and 3 s; what an arrival at 1 s brings is no part of the second before.
    expect(snapshots.map(({ users, inFlight }) => [users, inFlight])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
      [4, 4],
      [3, 3],
      [2, 2],
      [0, 0],
    ])
  })
})

describe('a target that stands still for 2 s', () => {
  const plan = steady(8, { maxUsers: 20 })
  const run = (): Promise<Simulation> => new Simulation(plan, frozen(3, 5)).to(12)

  test('is felt by everybody who came meanwhile: latency counts from when they were due', async () => {
    const { total, sent } = await run()
    expect(sent).toHaveLength(800)
    const latency = total.request('GET /').histogram('latency')
    expect(latency.count).toBe(800)
    expect(latency.maxUs).toBeGreaterThanOrEqual(2e6)
    expect(latency.maxUs).toBeLessThanOrEqual(2.02e6)
    // Whoever was due so long before the end of the freeze waited at least so long.
    const above = (us: number): number => {
      const { upToUs, counts } = latency.sparse()
      return counts.reduce((sum, n, i) => (upToUs[i]! > us ? sum + n : sum), 0)
    }
    for (const x of [0.25, 0.5, 1, 1.5, 1.9]) {
      expect(above(x * 1e6)).toBeGreaterThanOrEqual(100 * (2 - x) - 1)
      expect(above(x * 1e6)).toBeLessThanOrEqual(100 * (2 - x) + 10)
    }
  })

  test('while service time shows only those who were sent', async () => {
    const { total } = await run()
    const service = total.request('GET /').histogram('service')
    expect(service.count).toBe(800)
    expect(service.quantileUs(0.5)).toBeLessThan(5100)
    expect(service.quantileUs(0.97)).toBeLessThan(5100)
    const { upToUs, counts } = service.sparse()
    expect(counts.reduce((sum, n, i) => (upToUs[i]! > 100_000 ? sum + n : sum), 0)).toBe(20)
  })

  test('at the end of every second what was due has started, waits, or never will', async () => {
    const { snapshots, sent } = await run()
    const so = { due: 0, started: 0, gone: 0 }
    for (const { second, tally, queued } of snapshots) {
      const { due, started, dropped, unstarted } = tally.iterations
      so.due += due
      so.started += started
      so.gone += dropped + unstarted
      expect(so.due).toBe(Math.min(800, (second + 1) * 100))
      expect(so.started).toBe(sent.filter(({ atUs }) => atUs < (second + 1) * 1e6).length)
      expect(so.gone).toBe(0)
      expect(queued).toBeGreaterThanOrEqual(so.due - so.started)
    }
    // 20 are in flight, and the others of the freeze wait; at 5 s one more comes before the first answer.
    expect(snapshots.map(({ queued }) => queued)).toEqual([0, 0, 0, 80, 180, 181, 0, 0, 0])
  })

  test('loses arrivals instead when they are dropped, and they are counted', async () => {
    const { total } = await new Simulation({ ...plan, onFull: 'drop' }, frozen(3, 5)).to(12)
    expect(total.iterations).toMatchObject({ due: 800, started: 619, dropped: 181, unstarted: 0 })
    // The survivors flatter: that is why dropping is not the default.
    expect(total.request('GET /').histogram('latency').quantileUs(0.95)).toBeLessThan(6000)
  })
})

describe('queue', () => {
  test('who waits is served in the order of arrival', async () => {
    const plan = steady(1, { maxUsers: 1 })
    const { sent } = await new Simulation(plan, after(20_000)).to(9)
    // One is served every 20 ms, whoever comes every 10 ms; at the end of the load 50 have not started.
    expect(sent.map(({ atUs }) => atUs)).toEqual(Array.from({ length: 50 }, (_, i) => i * 20_000))
  })

  test('what still waits when the load ends is unstarted, at the age that it has reached', async () => {
    const plan = steady(2, { maxUsers: 10, gracefulStopS: 1 })
    const simulation = await new Simulation(plan, () => never).to(5)
    const { total } = simulation
    expect(total.iterations).toEqual({
      due: 200,
      started: 10,
      finished: 0,
      failed: 0,
      dropped: 0,
      unstarted: 190,
      unfinished: 10,
      stuck: 0,
      skipped: 0,
    })
    const latency = total.request('GET /').histogram('latency')
    // 10 unfinished ones of 2.91 to 3 s, and 190 of 10 ms to 1.9 s.
    expect(latency.count).toBe(200)
    expect([latency.minUs, latency.maxUs]).toEqual([10_000, 3_000_000])
    expect(latency.sumUs / 1e6).toBeCloseTo(10 * 2.955 + 190 * 0.955, 3)
    expect(total.request('GET /').unfinished).toBe(10)
    expect(simulation.snapshots.at(-1)).toMatchObject({ users: 0, inFlight: 0, queued: 0 })
  })

  test('who is free at the very end of the load starts nothing more', async () => {
    const plan = steady(1, { maxUsers: 1 })
    const { sent, total } = await new Simulation(plan, after(250_000)).to(5)
    expect(sent.map(({ atUs }) => atUs)).toEqual([0, 250_000, 500_000, 750_000])
    expect(total.iterations).toMatchObject({ due: 100, started: 4, unstarted: 96 })
  })

  test('latency = lag + waiting + service, each of them known', async () => {
    const plan = steady(2, { maxUsers: 1 })
    const simulation = new Simulation(plan, ({ turn }) => ({
      afterUs: turn < 60 ? 1000 : 1000 + ((turn * 7919) % 19_000),
    }))
    await simulation.to(0.605)
    simulation.clock.block(60_000)
    const { sent, total } = await simulation.to(9)
    const dues = duesOf(plan)
    const parts = { lag: 0, waiting: 0, service: 0, latency: 0 }
    let longestLag = 0
    for (const [n, { atUs, doneUs }] of sent.entries()) {
      const dueUs = dues[n]! * 1e6
      const freeUs = Math.max(dueUs, n === 0 ? 0 : sent[n - 1]!.doneUs!)
      longestLag = Math.max(longestLag, atUs - freeUs)
      parts.lag += atUs - freeUs
      parts.waiting += freeUs - dueUs
      parts.service += doneUs! - atUs
      parts.latency += doneUs! - dueUs
    }
    expect(parts.latency).toBeCloseTo(parts.lag + parts.waiting + parts.service, 3)
    const request = total.request('GET /')
    const unstarted = dues.slice(sent.length).reduce((sum, dueS) => sum + 2e6 - dueS * 1e6, 0)
    expect(Math.abs(total.lag.sumUs - parts.lag)).toBeLessThan(sent.length)
    expect(Math.abs(request.histogram('service').sumUs - parts.service)).toBeLessThan(sent.length)
    expect(Math.abs(request.histogram('latency').sumUs - parts.latency - unstarted)).toBeLessThan(dues.length)
    // Some had to wait; the blocked loop made one late, and only it is the generator's own.
    expect(parts.waiting).toBeGreaterThan(100_000)
    expect(longestLag).toBeGreaterThan(40_000)
    expect(total.lag.maxUs).toBe(Math.round(longestLag))
  })
})

describe('drop', () => {
  test('exactly those are dropped that find no user', async () => {
    const plan = steady(3, { maxUsers: 3, onFull: 'drop' })
    const { sent, total } = await new Simulation(plan, after(50_500)).to(5)
    const started = new Set(sent.map(({ atUs }) => Math.floor(atUs / 10_000)))
    for (let n = 0; n < 300; n++) {
      const busy = sent.filter(({ atUs, doneUs }) => atUs < n * 10_000 - 1 && doneUs! > n * 10_000).length
      expect([n, started.has(n)]).toEqual([n, busy < 3])
    }
    expect(total.iterations).toMatchObject({
      due: 300,
      started: sent.length,
      dropped: 300 - sent.length,
      unstarted: 0,
    })
    expect(sent.length).toBe(150)
  })

  test('belongs to the second in which it was due', async () => {
    const plan = steady(3, { maxUsers: 3, onFull: 'drop', gracefulStopS: 1 })
    const { snapshots } = await new Simulation(plan, () => never).to(5)
    expect(snapshots.map(({ tally }) => [tally.iterations.due, tally.iterations.dropped])).toEqual([
      [100, 97],
      [100, 100],
      [100, 100],
      [0, 0],
      [0, 0],
    ])
    expect(snapshots.map(({ queued }) => queued)).toEqual([0, 0, 0, 0, 0])
  })
})

describe('a loop that is late', () => {
  test('starts all that was due meanwhile, users that must be made a few at a time, and nothing early', async () => {
    const plan = steady(3)
    const simulation = await new Simulation(plan).to(1.008)
    simulation.clock.block(300_000)
    const { sentMs, total } = await simulation.to(5)
    expect(sentMs).toHaveLength(300)
    for (const [n, ms] of sentMs.entries()) {
      expect(ms).toBeGreaterThanOrEqual(n * 10 - 1e-6)
      if (n > 100 && n <= 130) {
        expect(ms).toBeGreaterThanOrEqual(1308 - 1e-6)
        expect(ms).toBeLessThanOrEqual(1312)
      }
    }
    // The lateness is the generator's own, and so its latencies are bounded by it.
    expect(total.lag.maxUs).toBeGreaterThanOrEqual(298_000)
    expect(total.request('GET /').histogram('latency').maxUs).toBe(total.lag.maxUs! + 5000)
    expect(total.latencyFloor.maxUs).toBeLessThanOrEqual(6000)
  })

  test('across the end of the load still starts all that was due before it, and nothing else', async () => {
    const simulation = await new Simulation(steady(2), undefined, { workers: 2 }).to(1.905)
    simulation.clock.block(500_000)
    const { sent, total } = await simulation.to(5)
    expect(total.iterations).toMatchObject({ due: 200, started: 200, unstarted: 0 })
    expect(sent).toHaveLength(200)
    expect(simulation.isDrained).toBe(true)
  })

  test('across the end of the load hands no more to whoever becomes free after it', async () => {
    const simulation = await new Simulation(steady(2, { maxUsers: 1 }), after(40_000)).to(1.985)
    simulation.clock.block(500_000)
    const { sent, total } = await simulation.to(5)
    expect(Math.max(...sent.map(({ atUs }) => atUs))).toBeLessThan(2e6)
    expect(total.iterations).toMatchObject({ due: 200, started: 50, unstarted: 150 })
  })

  test('owns what it was too slow to make users for, whoever serves it in the end', async () => {
    const plan = anOpenPlan({ durationS: 2, stages: [rate(2000, 2000, 2)], maxUsers: 500 })
    const simulation = await new Simulation(plan).to(1)
    simulation.clock.block(300_000)
    const { total } = await simulation.to(5)
    expect(total.request('GET /').histogram('latency').maxUs).toBeGreaterThan(300_000)
    expect(total.latencyFloor.maxUs).toBeLessThanOrEqual(6000)
    expect(total.lag.quantileUs(0.9)).toBeGreaterThan(100_000)
  })

  test('owns what still waits for its users at the end of the load', async () => {
    const simulation = await new Simulation(steady(2, { maxUsers: 1 })).to(1.502)
    simulation.clock.block(493_000)
    const { total } = await simulation.to(5)
    expect(total.iterations.unstarted).toBeGreaterThan(40)
    expect(total.request('GET /').histogram('latency').maxUs).toBeGreaterThan(450_000)
    expect(total.latencyFloor.maxUs).toBeLessThanOrEqual(20_000)
  })

  test('does not own what waits for a slow target', async () => {
    const { total } = await new Simulation(steady(2, { maxUsers: 1 }), after(100_000)).to(5)
    expect(total.iterations.unstarted).toBeGreaterThan(100)
    expect(total.latencyFloor.maxUs).toBeGreaterThan(1_500_000)
  })
})

describe.each([1, 2, 3, 4])('a counted run over %d workers', (workers) => {
  const counted = { durationS: null, stages: [rate(0, 100, 0)], maxUsers: 8 }

  test.each(['requests', 'iterations'] as const)(
    'queued: exactly the planned %s are due and sent',
    async (what) => {
      const plan = anOpenPlan({ ...counted, [what]: 101 })
      const simulation = await new Simulation(plan, after(130_000), { workers }).to(5)
      expect(simulation.sent).toHaveLength(101)
      simulation.stop(null)
      const { total } = await simulation.to(9)
      expect(total.iterations).toMatchObject({ due: 101, started: 101, dropped: 0, unstarted: 0 })
      expect([simulation.count('sent'), simulation.count('finishedInLoad')]).toEqual([101, 101])
      expect(simulation.isDrained).toBe(true)
    },
  )

  test.each(['requests', 'iterations'] as const)(
    'dropped: exactly the planned %s are sent, whatever was dropped before',
    async (what) => {
      const plan = anOpenPlan({ ...counted, [what]: 101, onFull: 'drop' })
      const simulation = await new Simulation(plan, after(130_000), { workers }).to(5)
      expect(simulation.sent).toHaveLength(101)
      simulation.stop(null)
      const { total } = await simulation.to(9)
      const { due, started, dropped, unstarted } = total.iterations
      expect([started, unstarted]).toEqual([101, 0])
      expect(dropped).toBeGreaterThan(10)
      expect(due).toBe(started + dropped)
      expect(simulation.isDrained).toBe(true)
    },
  )

  test('the duration comes first when it is shorter', async () => {
    const plan = anOpenPlan({ ...counted, requests: 1000, durationS: 2 })
    const { total } = await new Simulation(plan, undefined, { workers }).to(5)
    expect(total.iterations).toMatchObject({ due: 200, started: 200, unstarted: 0 })
  })
})

describe('after a connection failure', () => {
  const refused: Answer = { afterUs: 1000, connectUs: Infinity, outcome: 'connect.refused' }

  test('a user that backs off gets no arrival while another can be had', async () => {
    const answer = ({ connection, turn }: Sent): Answer =>
      connection === 0 && turn === 0 ? refused : { afterUs: 5000 }
    const { sent, total } = await new Simulation(steady(1, { maxUsers: 2 }), answer).to(3)
    const first = sent.filter(({ connection }) => connection === 0)
    expect(first[0]!.atUs).toBe(0)
    expect(first[1]?.atUs ?? Infinity).toBeGreaterThanOrEqual(101_000)
    expect(sent).toHaveLength(100)
    // Nobody waited for it.
    expect(total.request('GET /').histogram('latency').maxUs).toBeLessThanOrEqual(6100)
  })

  test('each user backs off on its own: 100 ms, doubling to 1 s, and arrivals wait for it when it is the only one', async () => {
    const plan = steady(6, { maxUsers: 1 })
    const { sent, total } = await new Simulation(plan, () => refused).to(9)
    const pauses = sent.slice(1).map(({ atUs }, i) => (atUs - sent[i]!.doneUs!) / 1000)
    expect(pauses).toEqual([100, 200, 400, 800, 1000, 1000, 1000, 1000])
    expect(total.iterations).toMatchObject({ due: 600, started: 9, unstarted: 591, failed: 9 })
    // Waiting for a user who backs off is no lag of the generator.
    expect(total.lag.maxUs).toBeLessThanOrEqual(1000)
  })

  test('after a time-out nobody backs off, but nothing is sent from within it', async () => {
    const plan = steady(1, { maxUsers: 1, timeoutS: 0.02 })
    const { sent, outcomes } = await new Simulation(plan, () => never).to(3)
    for (const [n, { atUs }] of sent.entries()) {
      if (n === 0) continue
      const pauseUs = atUs - sent[n - 1]!.doneUs!
      expect(pauseUs).toBeGreaterThan(0)
      expect(pauseUs).toBeLessThanOrEqual(1000)
    }
    expect(sent.length).toBeGreaterThan(40)
    expect(outcomes).toEqual({ 'headers.timeout': sent.length })
  })
})

describe('stop in the middle of a ramp', () => {
  test.each(['queue', 'drop'] as const)('%s: what was due by then is accounted for', async (onFull) => {
    const plan = staged([rate(0, 100, 10)], { maxUsers: 6, onFull })
    const simulation = await new Simulation(plan, after(200_000), { workers: 2 }).to(4.48)
    simulation.stop(4.5)
    const { total, sent } = await simulation.to(9)
    // Half of 45/s times 4.5 s.
    expect(total.iterations.due).toBe(102)
    const { due, started, dropped, unstarted } = total.iterations
    expect(due).toBe(started + dropped + unstarted)
    expect(onFull === 'queue' ? unstarted : dropped).toBeGreaterThan(0)
    expect(onFull === 'queue' ? dropped : unstarted).toBe(0)
    expect(Math.max(...sent.map(({ atUs }) => atUs))).toBeLessThan(4.5e6)
    expect(simulation.isDrained).toBe(true)
    expect(simulation.count('sent')).toBe(simulation.count('finished'))
  })

  test('before the first arrival of a stage without any', async () => {
    const plan = staged([rate(0, 0, 5), rate(10, 10, 5)])
    const simulation = await new Simulation(plan).to(2)
    simulation.stop(2.02)
    await simulation.to(3)
    expect(simulation.isDrained).toBe(true)
    expect(simulation.total.iterations).toMatchObject({ due: 0, started: 0 })
  })
})

describe('warm-up', () => {
  /** The simulated workers' seconds as the main thread merges them. */
  const timelineOf = ({ snapshots, loads }: Simulation, { durationS, warmupS }: OpenPlan): Timeline => {
    const timeline = new Timeline(loads.length, durationS!, warmupS)
    for (const snapshot of snapshots) timeline.add(snapshot)
    for (const worker of loads.keys()) timeline.done(worker)
    timeline.finish()
    return timeline
  }

  test('is in the timeline, but not in the totals; what it leaves in flight and waiting is carried in', async () => {
    const plan = steady(5, { warmupS: 2, maxUsers: 4 })
    const simulation = await new Simulation(plan, after(55_500), { workers: 2 }).to(9)
    const timeline = timelineOf(simulation, plan)
    expect(timeline.rows.map(({ phase }) => phase).slice(0, 6)).toEqual([
      ...['warmup', 'warmup', 'load', 'load', 'load', 'drain'],
    ])
    const { sent } = simulation
    const before = sent.filter(({ atUs }) => atUs < 2e6)
    const carried = before.filter(({ doneUs }) => doneUs! >= 2e6).length
    const request = timeline.total.request('GET /')
    expect(carried).toBe(4)
    expect(timeline.carriedIn('GET /')).toBe(carried)
    expect(request.sent).toBe(sent.length - before.length)
    expect(carried + request.sent).toBe(request.finished + request.unfinished)

    const { due, started, dropped, unstarted } = timeline.total.iterations
    expect(due).toBe(300)
    expect(timeline.carriedInIterations).toBe(200 - before.length)
    expect(timeline.carriedInIterations).toBeGreaterThan(0)
    expect(timeline.carriedInIterations + due).toBe(started + dropped + unstarted)
    // All seconds together are the whole run.
    const dues = timeline.rows.map((row) => row.due)
    expect(dues.reduce((a, b) => a + b, 0)).toBe(500)
  })

  test('a slow first second does not spoil the latencies that count', async () => {
    const plan = steady(4, { warmupS: 2 })
    const simulation = await new Simulation(plan, frozen(0, 1)).to(6)
    expect(simulation.total.request('GET /').histogram('latency').maxUs).toBeGreaterThan(900_000)
    const measured = timelineOf(simulation, plan).total.request('GET /')
    expect(deriveMetrics(measured, { loadS: 2, carriedIn: 0 })).toMatchObject({
      sent: 200,
      finished: 200,
      requestsPerS: 100,
      latencyMs: { max: 5 },
    })
  })
})

describe('the closed model in stages', () => {
  const users = (fromUsers: number, toUsers: number, durationS: number) => ({ fromUsers, toUsers, durationS })
  const wait = { kind: 'pacing', seconds: 0.1 } as const

  test('up, hold, spike, back and down: as many users as the line has', async () => {
    const stages = [users(0, 4, 4), users(4, 4, 2), users(4, 20, 0), users(20, 20, 1), users(20, 4, 0)]
    const plan = aPlan({ durationS: 13, wait, stages: [...stages, users(4, 4, 2), users(4, 0, 4)] })
    const { sent, snapshots } = await new Simulation(plan, after(5000), { workers: 2 }).to(15)
    const bySecond = (second: number): number =>
      snapshots.filter((s) => s.second === second).reduce((n, s) => n + s.users, 0)
    expect(Array.from({ length: 13 }, (_, second) => bySecond(second))).toEqual([
      ...[1, 2, 3, 4, 4, 4, 20, 4, 4, 4, 3, 2, 1],
    ])
    const perSecond = (second: number): number =>
      sent.filter(({ atUs }) => Math.floor(atUs / 1e6) === second).length
    expect([3, 4, 5, 6, 7, 8].map(perSecond)).toEqual([40, 40, 40, 200, 40, 40])
  })

  test('who is in the middle of an iteration when its span ends finishes it', async () => {
    const plan = aPlan({ durationS: 4, stages: [users(0, 3, 0), users(3, 3, 1), users(0, 0, 3)] })
    const { sent, total } = await new Simulation(plan, after(300_000)).to(6)
    expect(sent).toHaveLength(12)
    expect(Math.max(...sent.map(({ doneUs }) => doneUs!))).toBe(1.2e6)
    expect(total.request('GET /')).toMatchObject({ succeeded: 12, unfinished: 0, finishedInLoad: 12 })
  })
})
