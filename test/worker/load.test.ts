import { describe, expect, test } from 'vitest'
import { activeSpans } from '../../src/core/load/stages.ts'
import type { ClosedPlan } from '../../src/core/plan/plan.ts'
import { aPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'
import type { Answer, Sent } from '../support/virtual.ts'

/** So many users, all from the first instant. */
const atOnce = (users: number): ClosedPlan['stages'] => [{ fromUsers: 0, toUsers: users, durationS: 0 }]
const gaps = (times: readonly number[]): number[] => times.slice(1).map((t, i) => t - times[i]!)
const never: Answer = { afterUs: Infinity }
const one = (different: Partial<ClosedPlan>): ClosedPlan => aPlan({ stages: atOnce(1), ...different })

describe('users start', () => {
  test('evenly spread over the ramp, each at its own instant', async () => {
    const plan = aPlan({
      stages: [{ fromUsers: 0, toUsers: 550, durationS: 1 }],
      wait: { kind: 'constant', seconds: 100 },
    })
    const { sentMs } = await new Simulation(plan).to(5)
    expect(sentMs).toEqual(
      Array.from({ length: 550 }, (_, k) => Math.ceil(activeSpans(plan.stages, k)[0]!.startS * 1000)),
    )
  })

  test.each([2, 3, 4])('in stripes: %d workers together send what one would send', async (workers) => {
    const plan = aPlan({
      stages: [{ fromUsers: 0, toUsers: 23, durationS: 1 }],
      wait: { kind: 'between', minS: 0.2, maxS: 0.9 },
    })
    const alone = await new Simulation(plan).to(20)
    const together = await new Simulation(plan, undefined, { workers }).to(20)
    expect(together.sentMs).toEqual(alone.sentMs)
    expect(together.networks.map(({ connections }) => connections)).toEqual(
      Array.from({ length: workers }, (_, index) => Math.ceil((23 - index) / workers)),
    )
  })

  test('in groups when thousands are due at once, in their order, and how late each is shows as lag', async () => {
    const plan = aPlan({ stages: atOnce(1000), wait: { kind: 'constant', seconds: 100 } })
    const simulation = await new Simulation(plan, () => ({ afterUs: 50 })).to(5)
    const { sent, sentMs, total } = simulation
    expect(sent.map(({ connection }) => connection)).toEqual(Array.from({ length: 1000 }, (_, k) => k))
    const inEach = new Map<number, number>()
    for (const ms of sentMs) inEach.set(ms, (inEach.get(ms) ?? 0) + 1)
    expect(Math.max(...inEach.values())).toBe(32)
    expect(Math.max(...sentMs)).toBe(Math.floor(999 / 32))
    expect(total.lag.maxUs).toBe(31_000)
    expect(total.iterations).toMatchObject({ due: 1000, started: 1000 })
  })

  test('and stop, the last started first, when the plan has fewer of them', async () => {
    const plan = aPlan({
      stages: [
        { fromUsers: 0, toUsers: 4, durationS: 4 },
        { fromUsers: 4, toUsers: 0, durationS: 4 },
      ],
      wait: { kind: 'constant', seconds: 0.095 },
    })
    const { sent, snapshots } = await new Simulation(plan).to(12)
    const last = [0, 1, 2, 3].map((c) =>
      Math.max(...sent.filter((s) => s.connection === c).map((s) => s.atUs)),
    )
    // User k stops at 8 − k; it sends every 100 ms until then, and is there to the end of the second that ends there.
    for (const [k, atUs] of last.entries()) {
      expect(atUs).toBeLessThan((8 - k) * 1e6)
      expect(atUs).toBeGreaterThanOrEqual((8 - k) * 1e6 - 100_000)
    }
    expect(snapshots.map(({ users }) => users)).toEqual([1, 2, 3, 4, 4, 3, 2, 1, 0, 0, 0])
  })

  test('again when the plan wants them again', async () => {
    const plan = one({
      stages: [
        { fromUsers: 1, toUsers: 1, durationS: 1 },
        { fromUsers: 0, toUsers: 0, durationS: 2 },
        { fromUsers: 1, toUsers: 1, durationS: 1 },
      ],
      wait: { kind: 'constant', seconds: 0.4 },
    })
    const { sentMs } = await new Simulation(plan, () => ({ afterUs: 0 })).to(4)
    expect(sentMs).toEqual([0, 400, 800, 3000, 3400, 3800])
  })
})

describe('iterations follow each other', () => {
  test('without a wait at once', async () => {
    const { sentMs } = await new Simulation(one({ durationS: 0.1 })).to(1)
    expect(sentMs).toEqual(Array.from({ length: 20 }, (_, i) => i * 5))
  })

  test('with a constant wait from end to start', async () => {
    const plan = one({ wait: { kind: 'constant', seconds: 0.02 } })
    const { sentMs } = await new Simulation(plan).to(1)
    expect(new Set(gaps(sentMs))).toEqual(new Set([25]))
  })

  test('with between: from end to start within the bounds, the same with the same seed', async () => {
    const plan = one({ wait: { kind: 'between', minS: 0.1, maxS: 0.3 } })
    const { sentMs } = await new Simulation(plan).to(10)
    expect(gaps(sentMs).every((gap) => gap >= 105 && gap <= 306)).toBe(true)
    expect(new Set(gaps(sentMs)).size).toBeGreaterThan(10)
    expect((await new Simulation(plan).to(10)).sentMs).toEqual(sentMs)
    expect((await new Simulation({ ...plan, seed: 2 }).to(10)).sentMs).not.toEqual(sentMs)
  })

  test('with pacing from start to start, without drift, whatever the service took', async () => {
    const plan = one({ wait: { kind: 'pacing', seconds: 0.1 } })
    const { sentMs } = await new Simulation(plan, ({ turn }) => ({
      afterUs: 1000 + ((turn * 7919) % 98_000),
    })).to(10)
    expect(sentMs).toEqual(Array.from({ length: 100 }, (_, i) => i * 100))
  })

  test('with a pace that is no whole number of ms: still no drift', async () => {
    const plan = one({ wait: { kind: 'throughput', perS: 30 } })
    const { sentMs } = await new Simulation(plan).to(10)
    expect(sentMs.length).toBe(300)
    for (const [i, ms] of sentMs.entries()) {
      expect(ms).toBeGreaterThanOrEqual((i * 1000) / 30)
      expect(ms).toBeLessThanOrEqual((i * 1000) / 30 + 1.001)
    }
  })

  test('with pacing, after an iteration that took too long, at once and without catching up', async () => {
    const plan = one({ wait: { kind: 'pacing', seconds: 0.1 } })
    const { sentMs } = await new Simulation(plan, ({ turn }) => ({
      afterUs: turn === 1 ? 350_000 : 5000,
    })).to(0.8)
    expect(sentMs).toEqual([0, 100, 450, 550, 650, 750])
  })
})

describe('a late start', () => {
  const plan = one({ durationS: 2, wait: { kind: 'constant', seconds: 0.195 } })

  test('makes the next wait shorter, and not the next start late', async () => {
    const simulation = await new Simulation(plan).to(0.35)
    simulation.clock.block(80_000)
    await simulation.to(3)
    expect(simulation.sentMs).toEqual([0, 200, 430, 600, 800, 1000, 1200, 1400, 1600, 1800])
    const { lagMs, repaidMs } = simulation.snapshots[0]!.vitals
    expect(lagMs).toMatchObject({ mean: 6, max: 30 })
    expect(repaidMs).toBe(6)
  })

  test('after a stop of the generator pushes back those that follow by what is beyond 100 ms', async () => {
    const simulation = await new Simulation(plan).to(0.35)
    simulation.clock.block(500_000)
    await simulation.to(3)
    // Due at 400 ms, 450 ms late.
    expect(simulation.sentMs.slice(0, 5)).toEqual([0, 200, 850, 950, 1150])
    expect(simulation.snapshots[0]!.vitals.repaidMs).toBe(25)
  })

  test('never makes an iteration begin before the last one ended', async () => {
    const short = one({ durationS: 1, wait: { kind: 'between', minS: 0, maxS: 0.02 } })
    const simulation = await new Simulation(short).to(0.1)
    for (let stopS = 0.15; stopS < 1; stopS += 0.11) {
      simulation.clock.block(50_000)
      await simulation.to(stopS)
    }
    await simulation.to(2)
    expect(Math.min(...gaps(simulation.sentMs))).toBeGreaterThanOrEqual(5)
    // Nor is less than nothing made up for, by rounding.
    for (const { vitals } of simulation.snapshots) expect(vitals.repaidMs).not.toBe(-0)
  })

  test('of timers alone does not change the rate: as many iterations as the waits say', async () => {
    // Timers ring up to 1 ms late here.
    const wait = { kind: 'constant', seconds: 0.0101 } as const
    const { sent } = await new Simulation(one({ durationS: 15.1, wait })).to(20)
    expect(sent.length).toBe(1000)
  })
})

describe('tickets', () => {
  test.each([1, 2, 3, 4])('over %d workers exactly the planned requests are sent', async (workers) => {
    const plan = aPlan({ requests: 101, durationS: null })
    const simulation = await new Simulation(plan, undefined, { workers }).to(2)
    expect(simulation.sent.length).toBe(101)
    for (const load of simulation.loads) load.stop(null)
    await simulation.to(3)
    expect(simulation.isDrained).toBe(true)
    expect([simulation.count('sent'), simulation.count('finished')]).toEqual([101, 101])
    expect(simulation.count('finishedInLoad')).toBe(101)
  })

  test('fewer than users: who got none is not counted as active', async () => {
    const plan = aPlan({ requests: 3, durationS: null })
    const { sent, snapshots } = await new Simulation(plan).to(3)
    expect(sent.length).toBe(3)
    expect(snapshots.map(({ users }) => users)).toEqual([0, 0, 0])
  })
})

describe('when the load ends', () => {
  test('nothing more is sent, and what is in flight may end', async () => {
    const plan = aPlan({ durationS: 2, stages: atOnce(10) })
    const simulation = await new Simulation(plan, () => ({ afterUs: 300_000 })).to(5)
    // 300 ms each: the last ones go out at 1.8 s and end at 2.1 s, in the drain.
    expect(Math.max(...simulation.sentMs)).toBe(1800)
    expect(simulation.count('sent')).toBe(70)
    expect(simulation.count('finished')).toBe(70)
    expect(simulation.count('finishedInLoad')).toBe(60)
    expect(simulation.count('unfinished')).toBe(0)
    expect(simulation.isDrained).toBe(true)
    expect(simulation.snapshots.map(({ second }) => second)).toEqual([0, 1, 2])
  })

  test('nothing is sent after it, even when the loop was blocked across it', async () => {
    const plan = aPlan({ durationS: 2, stages: atOnce(10), wait: { kind: 'pacing', seconds: 0.09 } })
    const simulation = await new Simulation(plan).to(1.95)
    const before = simulation.sent.length
    simulation.clock.block(500_000)
    await simulation.to(5)
    expect(simulation.sent.length).toBe(before)
    expect(simulation.isDrained).toBe(true)
  })

  test('nor by a user whose response comes just after it', async () => {
    // The timer wheel has slots of 1 ms: the load ends inside one.
    const plan = one({ durationS: 0.0995 })
    const { sentMs } = await new Simulation(plan, () => ({ afterUs: 1660 })).to(1)
    expect(Math.max(...sentMs)).toBeLessThan(99.5)
  })

  test('an idle load is drained at once', async () => {
    const plan = aPlan({ durationS: 2, wait: { kind: 'constant', seconds: 100 } })
    const simulation = await new Simulation(plan).to(2)
    expect(simulation.isDrained).toBe(true)
    expect(simulation.snapshots.at(-1)).toMatchObject({ second: 2, users: 0, inFlight: 0 })
  })

  test.each([true, false])(
    'what is not done after the graceful stop is unfinished (cut at once: %s)',
    async (cutsAtOnce) => {
      const plan = aPlan({ durationS: 1, gracefulStopS: 2, stages: atOnce(4) })
      const simulation = new Simulation(plan, () => never, { cutsAtOnce })
      await simulation.to(2.9)
      expect(simulation.isDrained).toBe(false)
      await simulation.to(3)
      expect(simulation.isDrained).toBe(true)
      expect([
        simulation.count('sent'),
        simulation.count('finished'),
        simulation.count('unfinished'),
      ]).toEqual([4, 0, 4])
      // They count with the latency that they had reached.
      const { histograms } = simulation.snapshots.at(-1)!.tally.requests[0]!
      expect(histograms.latency).toMatchObject({ count: 4, minUs: 3e6, maxUs: 3e6 })
    },
  )

  test('a graceful stop of 0 cuts at the end of the load', async () => {
    const plan = aPlan({ durationS: 1, gracefulStopS: 0, stages: atOnce(4) })
    const simulation = await new Simulation(plan, () => never).to(1)
    expect(simulation.isDrained).toBe(true)
    expect(simulation.count('unfinished')).toBe(4)
    expect(simulation.sent.every(({ doneUs }) => doneUs === 1e6)).toBe(true)
  })
})

describe('stop', () => {
  test('ends the load at the instant named, the same for all workers', async () => {
    const plan = aPlan({ stages: atOnce(8), wait: { kind: 'pacing', seconds: 0.1 } })
    const simulation = await new Simulation(plan, undefined, { workers: 2 }).to(1.33)
    for (const load of simulation.loads) load.stop(1.45)
    await simulation.to(3)
    expect(Math.max(...simulation.sentMs)).toBe(1400)
    expect(simulation.isDrained).toBe(true)
  })

  test('an instant that has passed is now', async () => {
    const simulation = await new Simulation(one({})).to(1.002)
    simulation.loads[0]!.stop(1)
    await simulation.to(2)
    expect(Math.max(...simulation.sentMs)).toBe(1000)
    expect(simulation.isDrained).toBe(true)
    // The request that ended at 1.005 s did so after the load.
    expect(simulation.count('finished') - simulation.count('finishedInLoad')).toBe(1)
  })

  test('never puts off the end that the plan has', async () => {
    const simulation = await new Simulation(one({ durationS: 1 })).to(0.5)
    simulation.loads[0]!.stop(7)
    await simulation.to(9)
    expect(Math.max(...simulation.sentMs)).toBeLessThan(1000)
  })

  test('said twice changes nothing: what is in flight has its time', async () => {
    const simulation = await new Simulation(aPlan({ stages: atOnce(3), gracefulStopS: 5 }), () => never).to(1)
    simulation.loads[0]!.stop(1.02)
    await simulation.to(1.5)
    expect(simulation.isDrained).toBe(false)
    simulation.loads[0]!.stop(1.52)
    await simulation.to(1.6)
    expect(simulation.isDrained).toBe(false)
    await simulation.to(7)
    expect(simulation.isDrained).toBe(true)
    expect([simulation.count('sent'), simulation.count('unfinished')]).toEqual([3, 3])
  })

  test('with a shorter time for what is in flight ends the drain earlier, also one that has begun', async () => {
    const plan = aPlan({ stages: atOnce(3), gracefulStopS: 30 })
    const early = await new Simulation(plan, () => never).to(1)
    early.loads[0]!.stop(1.02, 8)
    await early.to(9)
    expect(early.isDrained).toBe(false)
    await early.to(9.1)
    expect(early.isDrained).toBe(true)

    const late = await new Simulation({ ...plan, durationS: 1 }, () => never).to(5)
    late.loads[0]!.stop(5.02, 8)
    // It never puts off the end that the drain has.
    late.loads[0]!.stop(5.02, 50)
    await late.to(12.9)
    expect(late.isDrained).toBe(false)
    await late.to(13.1)
    expect(late.isDrained).toBe(true)
  })

  test('without an instant keeps the load span open to the last request', async () => {
    const simulation = await new Simulation(aPlan({ stages: atOnce(3) }), () => ({ afterUs: 700_000 })).to(1)
    simulation.loads[0]!.stop(null)
    await simulation.to(3)
    expect(simulation.isDrained).toBe(true)
    expect([simulation.count('finished'), simulation.count('finishedInLoad')]).toEqual([6, 6])
  })
})

describe('after a connection failure a user backs off', () => {
  const refused: Answer = { afterUs: 1000, connectUs: Infinity, outcome: 'connect.refused' }
  /** From the end of one request to the start of the next, in ms. */
  const pauses = (sent: readonly Sent[]): number[] =>
    sent.slice(1).map(({ atUs }, i) => (atUs - sent[i]!.doneUs!) / 1000)

  test('100 ms, doubling to 1 s', async () => {
    const { sent, outcomes } = await new Simulation(one({}), () => refused).to(6)
    expect(pauses(sent)).toEqual([100, 200, 400, 800, 1000, 1000, 1000, 1000])
    expect(outcomes).toEqual({ 'connect.refused': 9 })
  })

  test('on top of its wait', async () => {
    const plan = one({ wait: { kind: 'constant', seconds: 0.5 } })
    const { sent } = await new Simulation(plan, () => refused).to(3)
    expect(pauses(sent)).toEqual([600, 700, 900])
  })

  test('and anew after a success', async () => {
    const { sent } = await new Simulation(one({}), ({ turn }) =>
      turn === 3 ? { afterUs: 1000 } : refused,
    ).to(1.2)
    expect(pauses(sent)).toEqual([100, 200, 400, 0, 100, 200])
  })

  test('but not when the target answers, however badly', async () => {
    const { sent, outcomes } = await new Simulation(one({ durationS: 0.01 }), () => ({
      afterUs: 1000,
      status: 503,
    })).to(1)
    expect(pauses(sent)).toEqual(sent.slice(1).map(() => 0))
    expect(outcomes).toEqual({ status: 10 })
  })

  test('nor when it waited for a time-out', async () => {
    const { sent } = await new Simulation(one({ timeoutS: 1 }), () => never).to(3.5)
    expect(pauses(sent)).toEqual([1, 1, 1])
    expect(sent.map(({ outcome }) => outcome)).toEqual([...Array<string>(3).fill('headers.timeout'), null])
  })
})

describe('a request times out', () => {
  const ended = async (plan: Partial<ClosedPlan>, answer: (request: Sent) => Answer): Promise<Sent[]> =>
    (
      await new Simulation(one({ wait: { kind: 'constant', seconds: 100 }, ...plan }), answer).to(9)
    ).sent.slice()

  test('so long after it was sent, rounded up to the slots of the wheel', async () => {
    expect(await ended({ timeoutS: 1.5 }, () => never)).toMatchObject([
      { atUs: 0, doneUs: 1_500_000, outcome: 'headers.timeout' },
    ])
    expect(await ended({ timeoutS: 0.0105 }, () => never)).toMatchObject([{ doneUs: 11_000 }])
  })

  test('while it connects, after the time-out for connecting', async () => {
    const stuck: Answer = { afterUs: Infinity, connectUs: Infinity }
    expect(await ended({ timeoutS: 5, connectTimeoutS: 2 }, () => stuck)).toMatchObject([
      { doneUs: 2e6, outcome: 'connect.timeout' },
    ])
    expect(await ended({ timeoutS: 1, connectTimeoutS: 2 }, () => stuck)).toMatchObject([
      { doneUs: 1e6, outcome: 'connect.timeout' },
    ])
  })

  test('once connected, after the whole time-out, connecting included', async () => {
    const slow: Answer = { afterUs: Infinity, connectUs: 1_900_000 }
    expect(await ended({ timeoutS: 5, connectTimeoutS: 2 }, () => slow)).toMatchObject([
      { doneUs: 5e6, outcome: 'headers.timeout' },
    ])
  })

  test('sent again on a new connection, after the time-out for connecting or the whole one', async () => {
    const lost = (connectUs: number, afterUs = Infinity): ((request: Sent) => Answer) => {
      const again: Answer = { lostUs: 1_000_000, connectUs, afterUs }
      return ({ turn }) => (turn === 0 ? { afterUs: 1000 } : again)
    }
    const plan: Partial<ClosedPlan> = {
      wait: { kind: 'none' },
      timeoutS: 5,
      connectTimeoutS: 2,
      iterations: 2,
    }
    expect(await ended(plan, lost(Infinity))).toMatchObject([
      {},
      { atUs: 1000, doneUs: 3_001_000, outcome: 'connect.timeout' },
    ])
    expect(await ended(plan, lost(100_000))).toMatchObject([
      {},
      { doneUs: 5_001_000, outcome: 'headers.timeout' },
    ])
    expect(await ended(plan, lost(100_000, 4_000_000))).toMatchObject([
      {},
      { doneUs: 4_001_000, outcome: 'ok' },
    ])
  })

  test('not when it is just in time', async () => {
    expect(await ended({ timeoutS: 1 }, () => ({ afterUs: 999_999 }))).toMatchObject([
      { doneUs: 999_999, outcome: 'ok' },
    ])
  })

  test('and counts with its latency, among the failed as well', async () => {
    const simulation = new Simulation(one({ timeoutS: 1, durationS: 1.5 }), () => never)
    await simulation.to(4)
    const [request] = simulation.snapshots.find(({ second }) => second === 1)!.tally.requests
    expect(request!.histograms.latency).toMatchObject({ count: 1, maxUs: 1e6 })
    expect(request!.histograms.failedLatency).toMatchObject({ count: 1, maxUs: 1e6 })
    expect(simulation.snapshots.flatMap(({ tally }) => tally.errors)[0]).toMatchObject({
      outcome: 'headers.timeout',
      firstS: 1,
    })
  })
})

describe('seconds', () => {
  test('each is reported once, in order, with the requests that ended in it', async () => {
    const plan = one({ durationS: 4, wait: { kind: 'pacing', seconds: 0.1 } })
    const { snapshots } = await new Simulation(plan).to(5)
    expect(snapshots.map(({ second }) => second)).toEqual([0, 1, 2, 3, 4])
    expect(snapshots.map(({ tally }) => tally.requests[0]!.finished)).toEqual([10, 10, 10, 10, 0])
  })

  test('when the loop was blocked for 3 s, those missed are reported at once', async () => {
    const plan = one({ durationS: 10, wait: { kind: 'pacing', seconds: 0.1 } })
    const simulation = await new Simulation(plan).to(1.55)
    simulation.clock.block(3e6)
    await simulation.to(4.551)
    expect(simulation.snapshots.map(({ second }) => second)).toEqual([0, 1, 2, 3])
    await simulation.to(11)
    expect(simulation.snapshots.map(({ second }) => second)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('and the delay is seen: in the loop, and in the lag of the iteration that came late', async () => {
    const plan = one({ durationS: 10, wait: { kind: 'pacing', seconds: 0.1 } })
    const simulation = await new Simulation(plan).to(1.55)
    simulation.clock.block(100_000)
    await simulation.to(2.5)
    // It was due at 1.6 s and started at 1.65 s, and does not push back those that follow.
    expect(simulation.sentMs.slice(15, 20)).toEqual([1500, 1650, 1700, 1800, 1900])
    const [before, second] = simulation.snapshots
    expect(second!.vitals.lagMs!.max).toBe(50)
    expect(second!.vitals.loopDelayMs!.max).toBeGreaterThanOrEqual(50)
    expect(before!.vitals.lagMs!.max).toBe(0)
  })
})
