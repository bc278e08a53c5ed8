import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ClosedPlan, Plan } from '../../src/core/plan/plan.ts'
import type { Wait } from '../../src/core/load/wait-time.ts'
import { aPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'
import { moody, type Answer } from '../support/virtual.ts'

const wait = fc.constantFrom<Wait>(
  { kind: 'none' },
  { kind: 'constant', seconds: 0.05 },
  { kind: 'between', minS: 0.01, maxS: 0.3 },
  { kind: 'pacing', seconds: 0.1 },
  { kind: 'throughput', perS: 7 },
)
const stage = fc.record({
  fromUsers: fc.nat({ max: 6 }),
  toUsers: fc.nat({ max: 6 }),
  durationS: fc.integer({ min: 0, max: 15 }).map((tenths) => tenths / 10),
})
const plan: fc.Arbitrary<ClosedPlan> = fc
  .record({
    wait,
    stages: fc.array(stage, { minLength: 1, maxLength: 3 }),
    durationS: fc.integer({ min: 1, max: 3000 }).map((ms) => ms / 1000),
    requests: fc.option(fc.integer({ min: 1, max: 200 })),
    gracefulStopS: fc.constantFrom(0, 0.3, 2),
    timeoutS: fc.constantFrom(0.2, 1),
    connectTimeoutS: fc.constantFrom(0.1, 2),
    seed: fc.nat(),
    witness: fc.constantFrom(null, 3),
  })
  .map((different) => aPlan(different))

/** The loop is blocked now and then: after so many s, for so many ms. */
const blocks = fc.array(
  fc.record({ afterS: fc.double({ min: 0, max: 2, noNaN: true }), forMs: fc.nat({ max: 5000 }) }),
  { maxLength: 3 },
)
const workers = fc.integer({ min: 1, max: 4 })

async function live(
  made: Plan,
  options: { seed: number; workers: number; cutsAtOnce: boolean; looksFirst: boolean },
  blocked: readonly { afterS: number; forMs: number }[],
): Promise<Simulation> {
  const simulation = new Simulation(made, moody(options.seed), options)
  let atS = 0
  for (const { afterS, forMs } of blocked) {
    await simulation.to((atS += afterS))
    simulation.clock.block(forMs * 1000)
    atS += forMs / 1000
  }
  return simulation.to(40)
}
const options = fc.record({
  seed: fc.nat(),
  workers,
  cutsAtOnce: fc.boolean(),
  looksFirst: fc.boolean(),
})
const RUNS = { numRuns: 60 }

test('at the end of every second, sent so far = finished so far + unfinished + in flight', async () => {
  await fc.assert(
    fc.asyncProperty(plan, options, blocks, async (made, how, blocked) => {
      const { snapshots } = await live(made, how, blocked)
      for (let worker = 0; worker < how.workers; worker++) {
        let open = 0
        for (const { tally, inFlight } of snapshots.filter((s) => s.worker === worker)) {
          for (const { sent, finished, unfinished, succeeded, failed } of tally.requests) {
            open += sent - finished - unfinished
            expect(finished).toBe(succeeded + failed)
          }
          expect(inFlight).toBe(open)
        }
        expect(open).toBe(0)
      }
    }),
    RUNS,
  )
})

test('every run drains, nobody is left, and all that the network saw is counted', async () => {
  await fc.assert(
    fc.asyncProperty(plan, options, blocks, async (made, how, blocked) => {
      const simulation = await live(made, how, blocked)
      expect(simulation.isDrained).toBe(true)
      expect(simulation.count('sent')).toBe(simulation.sent.length)
      const unfinished = simulation.sent.filter(({ outcome }) => outcome === 'unfinished').length
      expect(simulation.count('unfinished')).toBe(unfinished)
      expect(simulation.sent.every(({ doneUs }) => doneUs !== null)).toBe(true)
      for (let worker = 0; worker < how.workers; worker++)
        expect(simulation.snapshots.filter((s) => s.worker === worker).at(-1)).toMatchObject({
          users: 0,
          inFlight: 0,
        })
    }),
    RUNS,
  )
})

test('nothing is sent before the start or after the end, and never more than there are tickets', async () => {
  await fc.assert(
    fc.asyncProperty(plan, options, blocks, async (made, how, blocked) => {
      // What was handed over in time may go out a look at the network later.
      const { sent } = await live(made, { ...how, looksFirst: false }, blocked)
      for (const { atUs, outcome } of sent) {
        expect(atUs).toBeGreaterThanOrEqual(0)
        if (outcome !== 'headers.malformed') expect(atUs).toBeLessThan(made.durationS! * 1e6)
      }
      expect(sent.length).toBeLessThanOrEqual(made.requests ?? Infinity)
    }),
    RUNS,
  )
})

test('every worker reports every second once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(plan, options, blocks, async (made, how, blocked) => {
      const { snapshots } = await live(made, how, blocked)
      for (let worker = 0; worker < how.workers; worker++) {
        const seconds = snapshots.filter((s) => s.worker === worker).map(({ second }) => second)
        expect(seconds).toEqual([...seconds.keys()])
      }
    }),
    RUNS,
  )
})

test('a request belongs to the second in which it was sent, and to the one in which it ended', async () => {
  await fc.assert(
    fc.asyncProperty(plan, options, blocks, async (made, how, blocked) => {
      const { snapshots, sent } = await live(made, how, blocked)
      const reported = new Map<number, [sent: number, ended: number]>()
      for (const { second, tally } of snapshots)
        for (const request of tally.requests) {
          const [before, ended] = reported.get(second) ?? [0, 0]
          reported.set(second, [before + request.sent, ended + request.finished + request.unfinished])
        }
      const within = (second: number, us: number): boolean => Math.floor(us / 1e6) === second
      for (const [second, [begun, ended]] of reported) {
        expect(begun).toBe(sent.filter(({ atUs }) => within(second, atUs)).length)
        expect(ended).toBe(sent.filter(({ doneUs }) => within(second, doneUs!)).length)
      }
    }),
    RUNS,
  )
})

test('in the closed model every iteration that was due was started', async () => {
  await fc.assert(
    fc.asyncProperty(plan, options, blocks, async (made, how, blocked) => {
      const { snapshots } = await live(made, how, blocked)
      for (const { tally } of snapshots) {
        const { due, started, dropped, unstarted } = tally.iterations
        expect(due).toBe(started + dropped + unstarted)
        expect(tally.lag?.count ?? 0).toBe(started)
      }
    }),
    RUNS,
  )
})

test('no request outlives its time-out by more than a slot of the wheel and a tick of the timer, as long as the loop is free', async () => {
  await fc.assert(
    fc.asyncProperty(plan, options, async (made, how) => {
      const { sent } = await live(made, how, [])
      for (const { atUs, doneUs } of sent)
        expect(doneUs! - atUs).toBeLessThanOrEqual(made.timeoutS * 1e6 + 2000)
    }),
    RUNS,
  )
})

/** The same stages, but nobody leaves before the end: whoever does may start once more or not by a tick. */
function growing(made: ClosedPlan): ClosedPlan {
  let most = 0
  const stages = made.stages.map(({ fromUsers, toUsers, durationS }) => ({
    fromUsers: (most = Math.max(most, fromUsers)),
    toUsers: (most = Math.max(most, toUsers)),
    durationS,
  }))
  return { ...made, stages }
}

test('how many workers share the load changes no send by more than the ticks of the timer before it', async () => {
  await fc.assert(
    fc.asyncProperty(plan, workers, async (made, of) => {
      const quiet = (): Answer => ({ afterUs: 7000 })
      const whole = { ...growing(made), requests: null }
      const alone = (await new Simulation(whole, quiet).to(10)).sentMs
      const together = (await new Simulation(whole, quiet, { workers: of }).to(10)).sentMs
      const ticks = 3
      const endMs = made.durationS! * 1000 - ticks
      const by = (sentMs: readonly number[], ms: number): number => sentMs.filter((at) => at <= ms).length
      for (const [one, other] of [
        [alone, together],
        [together, alone],
      ] as const)
        for (const ms of one.filter((at) => at < endMs))
          expect(by(other, ms + ticks)).toBeGreaterThanOrEqual(by(one, ms))
    }),
    RUNS,
  )
})
