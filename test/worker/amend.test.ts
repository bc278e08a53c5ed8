import { describe, expect, test } from 'vitest'
import type { ClosedPlan } from '../../src/core/plan/plan.ts'
import { aPlan, anOpenPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'

const at = (users: number): ClosedPlan['stages'] => [{ fromUsers: users, toUsers: users, durationS: 0 }]
const usersOf = ({ snapshots }: Simulation): number[] => {
  const users: number[] = []
  for (const { second, users: n } of snapshots) users[second] = (users[second] ?? 0) + n
  return users
}

describe('a running load is amended', () => {
  const plan = aPlan({ durationS: 6, stages: at(4), wait: { kind: 'constant', seconds: 0.05 } })

  test('to more users than there were, then to fewer, over a while', async () => {
    const run = await new Simulation(plan, undefined, { workers: 3 }).to(1.2)
    run.amend({ atS: 1.22, users: 10, overS: 0 })
    await run.to(2.2)
    run.amend({ atS: 2.22, users: 2, overS: 2 })
    await run.to(8)
    // From 10 at 2.22 s to 2 at 4.22 s, four in a second.
    expect(usersOf(run)).toEqual([4, 10, 7, 3, 2, 2, 0])
    expect(run.isDrained).toBe(true)
    expect(run.total.iterations.due).toBe(run.sent.length)
    expect(run.total.lag.maxUs).toBeLessThanOrEqual(1001)
  })

  test('to a later end, to an earlier one, and to none until it is stopped', async () => {
    const run = await new Simulation(plan, undefined, { workers: 3 }).to(5)
    run.amend({ atS: 5.02, durationS: 9, overS: 0 })
    await run.to(8)
    run.amend({ atS: 8.02, durationS: null, overS: 0 })
    await run.to(12)
    run.amend({ atS: 12.02, durationS: 13.5, overS: 0 })
    await run.to(15)
    expect(usersOf(run)).toEqual([...Array<number>(13).fill(4), 0])
    expect(run.isDrained).toBe(true)
    const dueIn = (second: number): number =>
      run.snapshots
        .filter((one) => one.second === second)
        .reduce((sum, { tally }) => sum + tally.iterations.due, 0)
    expect(dueIn(8)).toBeGreaterThan(60)
    // Half of the last second is load.
    expect(Math.abs(dueIn(13) - dueIn(12) / 2)).toBeLessThanOrEqual(4)
    expect(run.total.iterations.due).toBe(run.sent.length)
  })

  test('to a later end with arrivals by the clock, which go on at the last rate', async () => {
    const open = anOpenPlan({ durationS: 3, stages: [{ fromPerS: 0, toPerS: 20, durationS: 2 }] })
    const run = await new Simulation(open, undefined, { workers: 2 }).to(2.4)
    run.amend({ atS: 2.42, durationS: 5, overS: 0 })
    await run.to(8)
    expect(run.total.iterations.due).toBe(20 + 3 * 20)
    expect(run.isDrained).toBe(true)
  })

  test('in the mix of its scenarios: fixed counts stay, the rest is shared by weight', async () => {
    const tasks = (path: string) => ({
      tasks: { T: ({ http }: { http: { get(p: string): unknown } }) => http.get(path) },
    })
    const run = await new Simulation(
      { ...plan, durationS: 3, wait: { kind: 'constant', seconds: 10 } },
      undefined,
      {
        workers: 2,
        script: [
          { name: 'admin', users: 2, ...tasks('/admin') },
          { name: 'few', weight: 1, ...tasks('/few') },
          { name: 'many', weight: 3, ...tasks('/many') },
        ] as never,
      },
    ).to(1)
    run.amend({ atS: 1.02, users: 10, overS: 0 })
    await run.to(5)
    const byPath: Record<string, number> = {}
    for (const { request } of run.sent) {
      const { pathname } = new URL(request.url)
      byPath[pathname] = (byPath[pathname] ?? 0) + 1
    }
    expect(byPath).toEqual({ '/admin': 2, '/few': 2, '/many': 6 })
  })

  test('which a user that has stopped does not come back for, and one without users may', async () => {
    const script = { tasks: { T: ({ stopUser }: { stopUser: () => never }) => stopUser() } } as never
    const run = await new Simulation({ ...plan, stages: at(1) }, undefined, { workers: 2, script }).to(1)
    // The second worker has no user, and the first one's has stopped.
    expect(run.asked).toEqual(['deserted 1', 'deserted 0'])
    run.amend({ atS: 1.02, users: 1, overS: 0 })
    expect(run.asked).toEqual(['deserted 1', 'deserted 0', 'deserted 0', 'deserted 1'])
    run.amend({ atS: 1.02, users: 2, overS: 0 })
    expect(run.asked.slice(4)).toEqual(['deserted 0'])
    await run.to(2)
    expect(run.asked.slice(4)).toEqual(['deserted 0', 'deserted 1'])
    expect(run.total.iterations.started).toBe(2)
  })

  test('down and up again while a request takes its time: waiting for a slow target is no lag', async () => {
    const slow = { ...plan, stages: at(1), wait: { kind: 'none' } } as const
    const run = await new Simulation(slow, ({ connection }) => ({
      afterUs: connection === 0 ? 1_500_000 : 100_000,
    })).to(0.2)
    run.amend({ atS: 0.22, users: 0, overS: 0 })
    await run.to(0.4)
    run.amend({ atS: 0.42, users: 1, overS: 0.5 })
    await run.to(8)
    // It ends at 1.5 s, and its user, who is wanted again since 0.42 s, goes on at once.
    expect(run.sentMs.slice(0, 3)).toEqual([0, 1500, 1600])
    expect(run.total.lag.maxUs).toBeLessThanOrEqual(1001)
  })

  test('up while its users are leaving: each comes back when it has left', async () => {
    const script = {
      tasks: { T: ({ http }: { http: { get(path: string): unknown } }) => http.get('/t') },
      onStop: ({ think }: { think: (pause: string) => unknown }) => think('0.3s'),
    } as never
    const run = await new Simulation(plan, undefined, { script }).to(1)
    run.amend({ atS: 1.02, users: 1, overS: 0 })
    await run.to(1.2)
    run.amend({ atS: 1.19, users: 4, overS: 0 })
    await run.to(8)
    expect(usersOf(run)).toEqual([4, 4, 4, 4, 4, 4, 0])
    // They leave within a round of 55 ms and for 300 ms more, and that is not the generator's lateness.
    expect(run.total.lag.maxUs).toBeLessThanOrEqual(1001)
  })

  test('late: a user that left by the load before is late since the amendment, not since it began', async () => {
    const stages = [{ fromUsers: 1, toUsers: 1, durationS: 2 }, ...at(0)]
    const run = await new Simulation({ ...plan, stages }).to(2.1)
    run.amend({ atS: 1.99, users: 1, overS: 0 })
    await run.to(8)
    expect(usersOf(run)).toEqual([1, 1, 1, 1, 1, 1, 0])
    const { maxUs } = run.total.lag
    expect(maxUs).toBeGreaterThanOrEqual(110_000)
    expect(maxUs).toBeLessThanOrEqual(112_000)
  })
})
