import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { OpenPlan } from '../../src/core/plan/plan.ts'
import { portion } from '../../src/core/share.ts'
import { duesBefore, rate } from '../support/arrivals.ts'
import { anOpenPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'
import { moody, type Answer } from '../support/virtual.ts'

const stage = fc
  .tuple(fc.nat({ max: 150 }), fc.nat({ max: 150 }), fc.nat({ max: 12 }))
  .map(([from, to, tenths]) => rate(from, to, tenths / 10))
const plan: fc.Arbitrary<OpenPlan> = fc
  .record({
    stages: fc.array(stage, { minLength: 1, maxLength: 4 }),
    arrival: fc.constantFrom('uniform', 'poisson'),
    onFull: fc.constantFrom('queue', 'drop'),
    maxUsers: fc.integer({ min: 4, max: 12 }),
    durationS: fc.integer({ min: 1, max: 3000 }).map((ms) => ms / 1000),
    requests: fc.option(fc.integer({ min: 1, max: 150 })),
    iterations: fc.option(fc.integer({ min: 1, max: 150 })),
    gracefulStopS: fc.constantFrom(0, 0.3, 2),
    timeoutS: fc.constantFrom(0.2, 1),
    connectTimeoutS: fc.constantFrom(0.1, 2),
    seed: fc.nat(),
  })
  .map((different) => anOpenPlan(different))

const how = fc.record({
  seed: fc.nat(),
  workers: fc.integer({ min: 1, max: 4 }),
  cutsAtOnce: fc.boolean(),
  looksFirst: fc.boolean(),
  /** The loop is blocked now and then: after so many s, for so many ms. */
  blocks: fc.array(
    fc.record({ afterS: fc.double({ min: 0, max: 2, noNaN: true }), forMs: fc.nat({ max: 1500 }) }),
    { maxLength: 3 },
  ),
  /** Somebody stops the run at this second, if it still goes on. */
  stopsAtS: fc.option(fc.double({ min: 0, max: 3, noNaN: true })),
})
type How = typeof how extends fc.Arbitrary<infer T> ? T : never

async function live(
  made: OpenPlan,
  { seed, workers, blocks, stopsAtS, ...ways }: How,
  mayRefuse = true,
): Promise<Simulation> {
  const simulation = new Simulation(made, moody(seed, mayRefuse), { workers, ...ways })
  if (stopsAtS !== null) simulation.clock.at(stopsAtS * 1e6, () => simulation.stop(stopsAtS))
  let atS = 0
  for (const { afterS, forMs } of blocks) {
    await simulation.to((atS += afterS))
    simulation.clock.block(forMs * 1000)
    atS += forMs / 1000
  }
  return simulation.to(40)
}
/** The due times of one worker, or of all. */
const duesOf = (made: OpenPlan, share = { index: 0, of: 1 }): number[] =>
  duesBefore(made.stages, made.durationS! - 1e-9, { arrival: made.arrival, seed: made.seed, share })
const RUNS = { numRuns: 100 }

test('due = started + dropped + unstarted, and every request is accounted for, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(plan, how, async (made, around) => {
      const simulation = await live(made, around)
      expect(simulation.isDrained).toBe(true)
      const { total, sent, snapshots } = simulation
      const { due, started, dropped, unstarted, finished, failed } = total.iterations
      expect(due).toBe(started + dropped + unstarted)
      if (made.onFull === 'queue') expect(dropped).toBe(0)
      // Nothing waits for a user, but an end without a drain may come before a request has gone out.
      else if (made.gracefulStopS > 0) expect(unstarted).toBe(0)
      expect(started).toBe(sent.length)
      expect(total.lag.count).toBe(started)
      const request = total.request('GET /')
      expect(request.sent).toBe(request.finished + request.unfinished)
      expect([finished, failed]).toEqual([request.finished, request.failed])
      // Nobody is forgotten in the latencies but those that failed at once.
      const cut = sent.filter(({ outcome }) => outcome!.endsWith('.timeout')).length
      expect(request.histogram('latency').count).toBe(
        request.succeeded + cut + request.unfinished + unstarted,
      )
      expect(request.histogram('service').count).toBe(request.succeeded + cut + request.unfinished)
      for (let worker = 0; worker < around.workers; worker++)
        expect(snapshots.filter((s) => s.worker === worker).at(-1)).toMatchObject({ users: 0, inFlight: 0 })
    }),
    RUNS,
  )
})

test('at the end of every second, no more has started than was due, and what finds no user is in the queue', async () => {
  await fc.assert(
    fc.asyncProperty(plan, how, async (made, around) => {
      // What the transport looks at first, or refuses, is sent a moment after its user was found: a second may end between.
      const { snapshots } = await live(made, { ...around, looksFirst: false }, false)
      for (let worker = 0; worker < around.workers; worker++) {
        let waiting = 0
        let open = 0
        const most = portion(made.maxUsers, { index: worker, of: around.workers })
        for (const { tally, queued, inFlight, users } of snapshots.filter((s) => s.worker === worker)) {
          const { due, started, dropped, unstarted } = tally.iterations
          waiting += due - started - dropped - unstarted
          expect(waiting).toBeGreaterThanOrEqual(0)
          // While there are users to be made, what waits does so for the next turn of the loop only.
          if (users === most) expect(waiting).toBeLessThanOrEqual(queued)
          for (const { sent, finished, unfinished } of tally.requests) open += sent - finished - unfinished
          expect(inFlight).toBe(open)
        }
        expect(waiting).toBe(0)
      }
    }),
    RUNS,
  )
})

test('no arrival starts before it is due, and each worker serves its own in their order', async () => {
  await fc.assert(
    fc.asyncProperty(plan, how, async (made, around) => {
      const { networks } = await live({ ...made, onFull: 'queue' }, around)
      for (const [index, { sent }] of networks.entries()) {
        const dues = duesOf(made, { index, of: around.workers })
        expect(sent.length).toBeLessThanOrEqual(dues.length)
        for (const [n, { atUs }] of sent.entries()) expect(atUs).toBeGreaterThanOrEqual(dues[n]! * 1e6 - 1e-3)
      }
    }),
    RUNS,
  )
})

test('never are there more users than planned, or more requests than were asked for', async () => {
  await fc.assert(
    fc.asyncProperty(plan, how, async (made, around) => {
      const { networks, sent, snapshots } = await live(made, around)
      for (const [index, { connections }] of networks.entries())
        expect(connections).toBeLessThanOrEqual(portion(made.maxUsers, { index, of: around.workers }))
      for (const { users, inFlight } of snapshots) {
        expect(users).toBeLessThanOrEqual(made.maxUsers)
        expect(inFlight).toBeLessThanOrEqual(made.maxUsers)
      }
      expect(sent.length).toBeLessThanOrEqual(
        Math.min(made.requests ?? Infinity, made.iterations ?? Infinity),
      )
    }),
    RUNS,
  )
})

test('with users enough and a loop that is never late, all that is due is sent within a millisecond', async () => {
  const quick = (): Answer => ({ afterUs: 7000 })
  await fc.assert(
    fc.asyncProperty(plan, fc.integer({ min: 1, max: 4 }), async (made, workers) => {
      const whole = { ...made, requests: null, iterations: null, maxUsers: 1000 }
      const { sent, total } = await new Simulation(whole, quick, { workers }).to(10)
      const dues = duesOf(whole)
      expect(sent).toHaveLength(dues.length)
      for (const [n, { atUs }] of sent.entries()) expect(atUs - dues[n]! * 1e6).toBeLessThanOrEqual(1001)
      expect(total.iterations).toMatchObject({ due: dues.length, started: dues.length })
    }),
    RUNS,
  )
})
