/** Runs that only a count ends: tasks that wait for nothing that the generator knows are found, others are left alone. */
import { describe, expect, test } from 'vitest'
import type { ClosedPlan } from '../../src/core/plan/plan.ts'
import type { ScenarioDefinition } from '../../src/scenario/scenario.ts'
import { aPlan, anOpenPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'
import type { Answer } from '../support/virtual.ts'

const counted = (different: Partial<ClosedPlan> = {}): ClosedPlan =>
  aPlan({
    stages: [{ fromUsers: 2, toUsers: 2, durationS: 0 }],
    durationS: null,
    iterations: 100,
    gracefulStopS: 5,
    ...different,
  })
type Script = ScenarioDefinition<unknown, unknown>
const never = (): Promise<never> => new Promise(() => undefined)

describe('stuck are tasks that wait for ever', () => {
  test.each<[string, Script]>([
    ['in a task', { tasks: { T: never } }],
    ['in a task, after a request', { tasks: { T: ({ http }) => http.get('/t').then(never) } }],
    ['in onStart', { onStart: never, tasks: { T() {} } }],
    ['in onStop of users that stopped', { onStop: never, tasks: { T: ({ stopUser }) => stopUser() } }],
    [
      'while others have stopped',
      { tasks: { T: ({ user, stopUser }) => (user === 0 ? stopUser() : never()) } },
    ],
  ])('%s', async (_, script) => {
    const run = await new Simulation(counted(), undefined, { script }).to(118)
    expect(run.asked).toEqual([])
    // A request that has ended may leave the alarm of its time-out behind.
    await run.to(153)
    expect(run.asked).toEqual(['stuck 0'])
    // The main thread ends the run.
    run.stop(153)
    await run.to(159)
    expect(run.isDrained).toBe(true)
  })

  test('where arrivals go on', async () => {
    const plan = anOpenPlan({ durationS: null, iterations: 100_000, maxUsers: 2 })
    const run = await new Simulation(plan, undefined, { script: { tasks: { T: never } } }).to(123)
    expect(run.asked).toEqual(['stuck 0'])
  })

  test('until one of them goes on', async () => {
    let goOn = (): void => undefined
    const script: Script = { tasks: { T: () => new Promise((resolve) => (goOn = () => resolve(null))) } }
    const run = await new Simulation(counted(), undefined, { script }).to(123)
    goOn()
    await run.to(126)
    expect(run.asked).toEqual(['stuck 0', 'not stuck 0'])
  })
})

describe('not stuck are', () => {
  const slow = (): Answer => ({ afterUs: 500e6 })
  test.each<[string, ClosedPlan, Script]>([
    ['a task in think()', counted(), { tasks: { T: ({ think }) => think('1h') } }],
    ['a request', counted({ timeoutS: 900 }), { tasks: { T: ({ http }) => http.get('/slow') } }],
    [
      'users that wait beside one that hangs',
      counted({ wait: { kind: 'constant', seconds: 900 } }),
      { tasks: { T: ({ user }) => (user === 0 ? never() : undefined) } },
    ],
    [
      'users that have not started',
      counted({
        stages: [
          { fromUsers: 1, toUsers: 1, durationS: 400 },
          { fromUsers: 2, toUsers: 2, durationS: 0 },
        ],
      }),
      { tasks: { T: never } },
    ],
    ['those of a run with a duration', counted({ durationS: 1000 }), { tasks: { T: never } }],
  ])('%s', async (_, plan, script) => {
    const run = await new Simulation(plan, slow, { script }).to(300)
    expect(run.asked).toEqual([])
  })
})
