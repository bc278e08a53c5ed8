/** Users in groups of tasks, on a virtual clock. */
import { describe, expect, test } from 'vitest'
import type { Plan } from '../../src/core/plan/plan.ts'
import type { Context, Tasks } from '../../src/scenario/scenario.ts'
import { aPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'

const ONE = aPlan({
  stages: [{ fromUsers: 1, toUsers: 1, durationS: 0 }],
  wait: { kind: 'pacing', seconds: 1 },
})

type Some = Context<unknown, unknown>

/** The tasks that one user does in this many seconds, one a second, and the messages of their errors. */
async function done(
  tasks: (does: (name: string) => (context: Some) => void) => Tasks<unknown, unknown>,
  {
    seconds = 8,
    order = 'sequence',
    plan = ONE,
  }: { seconds?: number; order?: 'sequence' | 'weights'; plan?: Plan } = {},
): Promise<{ readonly names: string; readonly errors: readonly string[]; readonly run: Simulation }> {
  const names: string[] = []
  const script = { order, tasks: tasks((name) => () => void names.push(name)) }
  const run = await new Simulation({ ...plan, durationS: seconds - 0.5 }, undefined, { script }).to(
    seconds + 1,
  )
  return {
    names: names.join(' '),
    errors: [...run.total.taskErrors.values()].map(({ message }) => message),
    run,
  }
}

const leaving = (does: (context: Some) => void) => (context: Some) => {
  does(context)
  context.leave()
}

describe('a user stays in a group until it leaves', () => {
  test('in order, to any depth, and then goes on around it', async () => {
    const { names, run } = await done(
      (does) => ({
        A: does('A'),
        G: {
          order: 'sequence',
          tasks: {
            B: does('B'),
            H: { order: 'sequence', tasks: { C: does('C'), D: leaving(does('D')) } },
            E: leaving(does('E')),
          },
        },
        F: does('F'),
      }),
      { seconds: 9 },
    )
    expect(names).toBe('A B C D E F A B C')
    expect(run.total.iterations).toMatchObject({ started: 9, finished: 9, failed: 0 })
  })

  test('a sequence that nobody leaves begins again', async () => {
    const { names } = await done((does) => ({
      G: { order: 'sequence', tasks: { A: does('A'), B: does('B') } },
      C: does('C'),
    }))
    expect(names).toBe('A B A B A B A B')
  })

  test('by weights: of the group as one, and of its tasks within it; 0 leaves out', async () => {
    const { names } = await done(
      (does) => ({
        A: does('A'),
        G: { weight: 3, tasks: { B: { weight: 3, run: leaving(does('B')) }, C: leaving(does('C')) } },
        Never: { weight: 0, tasks: { X: does('X') } },
      }),
      { seconds: 1000, order: 'weights', plan: { ...ONE, wait: { kind: 'pacing', seconds: 0.5 } } as Plan },
    )
    const share = (name: string): number => names.split(' ').filter((one) => one === name).length / 2000
    expect(share('A')).toBeCloseTo(0.25, 1)
    expect(share('B')).toBeCloseTo(0.5625, 1)
    expect(share('C')).toBeCloseTo(0.1875, 1)
    expect(share('X')).toBe(0)
  })

  test('a task that catches it, or leaves twice, leaves once', async () => {
    const { names, errors } = await done((does) => ({
      G: {
        order: 'sequence',
        tasks: {
          A: does('A'),
          H: {
            tasks: {
              B: (context: Some) => {
                does('B')(context)
                for (let i = 0; i < 2; i++)
                  try {
                    context.leave()
                  } catch {
                    // It ends the stay all the same.
                  }
              },
            },
          },
          C: does('C'),
        },
      },
    }))
    expect([names, errors]).toEqual(['A B C A B C A B', []])
  })

  test('a new life begins outside of it', async () => {
    const stages = [1, 0, 1].map((users) => ({ fromUsers: users, toUsers: users, durationS: 2 }))
    const { names } = await done(
      (does) => ({ A: does('A'), G: { order: 'sequence', tasks: { B: does('B'), C: does('C') } } }),
      { plan: { ...ONE, stages } as Plan, seconds: 6 },
    )
    expect(names).toBe('A B A B')
  })
})

test('leave() outside of a group is a task error with its place', async () => {
  const { errors } = await done(() => ({ A: ({ leave }: Some) => leave() }), { seconds: 2 })
  expect(errors).toEqual(['leave() outside of a group of tasks'])
})

test('task errors are reported under the path of their task', async () => {
  const { run } = await done(
    () => ({
      G: {
        tasks: {
          A: () => {
            throw new Error('no')
          },
        },
      },
    }),
    { seconds: 2 },
  )
  expect([...run.total.taskErrors.values()]).toMatchObject([{ task: 'G/A', message: 'no' }])
})
