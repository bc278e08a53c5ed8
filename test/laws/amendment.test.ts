import fc from 'fast-check'
import { expect, test } from 'vitest'
import { amendedPlan, type Amendment } from '../../src/core/plan/amendment.ts'
import { arrivalsBy, rateAt } from '../../src/core/load/arrivals.ts'
import type { ClosedPlan, OpenPlan } from '../../src/core/plan/plan.ts'
import { activeSpans, peakUsers, usersAt } from '../../src/core/load/stages.ts'
import { duesBefore, rate } from '../support/arrivals.ts'
import { aPlan, anOpenPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'
import type { Answer } from '../support/virtual.ts'

const value = fc.nat({ max: 12 })
const tenths = fc.nat({ max: 20 }).map((n) => n / 10)
const stages = fc.array(fc.tuple(value, value, tenths), { minLength: 1, maxLength: 3 })
const witness = fc.constantFrom(null, 3)
const closed: fc.Arbitrary<ClosedPlan> = fc.tuple(stages, witness).map(([all, every]) =>
  aPlan({
    durationS: 6,
    witness: every,
    wait: { kind: 'constant', seconds: 0.02 },
    stages: all.map(([fromUsers, toUsers, durationS]) => ({ fromUsers, toUsers, durationS })),
  }),
)
const open: fc.Arbitrary<OpenPlan> = fc
  .tuple(stages, fc.constantFrom('uniform', 'poisson'), fc.nat(), witness)
  .map(([all, arrival, seed, every]) =>
    anOpenPlan({
      ...{ durationS: 6, arrival, seed, witness: every },
      stages: all.map(([from, to, durationS]) => rate(10 * from, 10 * to, durationS)),
    }),
  )
/** Up to three changes, each some time after the one before it. */
const changes = fc
  .array(fc.record({ afterMs: fc.integer({ min: 1, max: 2500 }), to: value, overS: tenths }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((all) => {
    let atMs = 0
    return all.map(({ afterMs, to, overS }) => ({ atS: (atMs += afterMs) / 1000, to, overS }))
  })
type Change = { readonly atS: number; readonly to: number; readonly overS: number }
const ofUsers = (all: readonly Change[]): Amendment[] =>
  all.map(({ atS, to, overS }) => ({ atS, users: to, overS }))
const ofRate = (all: readonly Change[]): Amendment[] =>
  all.map(({ atS, to, overS }) => ({ atS, ratePerS: 10 * to, overS }))
const closedAs = (plan: ClosedPlan, all: readonly Change[]) => amendedPlan(plan, ofUsers(all)) as ClosedPlan
const openAs = (plan: OpenPlan, all: readonly Change[]) => amendedPlan(plan, ofRate(all)) as OpenPlan
const workers = fc.integer({ min: 1, max: 4 })
const quick = (): Answer => ({ afterUs: 3000 })

/** Each change is ordered a little ahead of its instant, in time or, where the loop is blocked across it, late. */
async function live(
  plan: ClosedPlan | OpenPlan,
  amendments: readonly Amendment[],
  of: number,
  lateMs = -20,
): Promise<Simulation> {
  const simulation = new Simulation(plan, quick, { workers: of })
  for (const amendment of amendments) {
    const orderedS = Math.max(0, amendment.atS - 0.02)
    await simulation.to(orderedS)
    simulation.clock.block((lateMs + 20) * 1000)
    simulation.amend(amendment)
  }
  return simulation.to(20)
}

test('before its instant an amendment changes nothing, from there on the load goes to the new value and holds it', () => {
  fc.assert(
    fc.property(
      closed,
      open,
      changes,
      fc.double({ min: 0, max: 9, noNaN: true }),
      (users, rates, all, atS) => {
        const last = all.at(-1)!
        const [was, is] = [closedAs(users, all.slice(0, -1)), closedAs(users, all)]
        const [wasOpen, isOpen] = [openAs(rates, all.slice(0, -1)), openAs(rates, all)]
        if (atS < last.atS) {
          expect(usersAt(is.stages, atS)).toBeCloseTo(usersAt(was.stages, atS), 9)
          expect(arrivalsBy(isOpen.stages, atS)).toBeCloseTo(arrivalsBy(wasOpen.stages, atS), 6)
          return
        }
        const part = last.overS === 0 ? 1 : Math.min(1, (atS - last.atS) / last.overS)
        const between = (from: number, to: number): number => from + (to - from) * part
        expect(usersAt(is.stages, atS)).toBeCloseTo(between(usersAt(was.stages, last.atS), last.to), 6)
        expect(rateAt(isOpen.stages, atS)).toBeCloseTo(
          between(rateAt(wasOpen.stages, last.atS), 10 * last.to),
          5,
        )
      },
    ),
    { numRuns: 300 },
  )
})

test('spans of users that were over before the amendment stay as they were', () => {
  fc.assert(
    fc.property(closed, changes, (plan, all) => {
      const first = all[0]!
      const was = plan.stages
      const is = closedAs(plan, [first]).stages
      for (let k = 0; k < Math.max(peakUsers(was), peakUsers(is)); k++) {
        const over = (spans: ReturnType<typeof activeSpans>): number[] =>
          spans
            .filter(({ stopS }) => stopS < first.atS - 1e-9)
            .flatMap(({ startS, stopS }) => [startS, stopS].map((at) => Math.round(at * 1e9)))
        expect(over(activeSpans(is, k))).toEqual(over(activeSpans(was, k)))
      }
    }),
    { numRuns: 100 },
  )
})

test('open: whatever the number of workers, all that the amended plan has due is sent, once, within a millisecond', async () => {
  await fc.assert(
    fc.asyncProperty(open, changes, workers, async (plan, all, of) => {
      const { sent, total } = await live(plan, ofRate(all), of)
      const amended = openAs(plan, all)
      const dues = duesBefore(amended.stages, plan.durationS! - 1e-9, plan)
      expect(total.iterations).toMatchObject({ due: dues.length, started: dues.length })
      for (const [n, { atUs }] of sent.entries()) {
        expect(atUs).toBeGreaterThanOrEqual(dues[n]! * 1e6 - 1e-3)
        expect(atUs - dues[n]! * 1e6).toBeLessThanOrEqual(1001)
      }
    }),
    { numRuns: 25 },
  )
})

/** How many users the plan asks for at the end of a second, where the line stands still or is between two whole numbers. */
function usersAfter({ stages }: ClosedPlan, second: number): number | null {
  const [before, after] = [0.985, 1.015].map((ms) => Math.ceil(usersAt(stages, second + ms)))
  return before === after ? before! : null
}

test('closed: whatever the number of workers, users are as many as the amended plan asks for', async () => {
  await fc.assert(
    fc.asyncProperty(closed, changes, workers, async (plan, all, of) => {
      const { snapshots } = await live(plan, ofUsers(all), of)
      const amended = closedAs(plan, all)
      for (let second = 0; second < plan.durationS! - 1; second++) {
        const users = snapshots.filter((s) => s.second === second).reduce((sum, s) => sum + s.users, 0)
        const planned = usersAfter(amended, second)
        if (planned !== null) expect([second, users]).toEqual([second, planned])
      }
    }),
    { numRuns: 25 },
  )
})

test('workers that hear of it late lose nothing and count nothing twice, and then have the users that it asks for', async () => {
  await fc.assert(
    fc.asyncProperty(
      closed,
      open,
      changes,
      workers,
      fc.nat({ max: 300 }),
      async (plan, rates, all, of, lateMs) => {
        const late = await live(plan, ofUsers(all.slice(0, 1)), of, lateMs)
        const { snapshots, total, sent } = late
        const amended = closedAs(plan, all.slice(0, 1))
        for (let second = Math.ceil(all[0]!.atS + 0.5); second < plan.durationS! - 1; second++) {
          const users = snapshots.filter((s) => s.second === second).reduce((sum, s) => sum + s.users, 0)
          const planned = usersAfter(amended, second)
          if (planned !== null) expect([second, users]).toEqual([second, planned])
        }
        expect(total.iterations).toMatchObject({ due: sent.length, started: sent.length })

        const other = await live(rates, ofRate(all.slice(0, 1)), of, lateMs)
        const dues = duesBefore(openAs(rates, all.slice(0, 1)).stages, rates.durationS! - 1e-9, rates)
        const { due, started, dropped, unstarted } = other.total.iterations
        expect(due).toBe(started + dropped + unstarted)
        expect(started).toBe(other.sent.length)
        // Too late to take back what came by the plan before; all else is due by the one after.
        expect(due).toBeGreaterThanOrEqual(dues.length)
        expect(due).toBeLessThanOrEqual(dues.length + (0.12 * (lateMs + 20) + of))
      },
    ),
    { numRuns: 20 },
  )
})
