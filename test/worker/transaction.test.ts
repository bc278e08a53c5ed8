/** Transactions of scripted users, on a virtual clock. */
import { expect, test } from 'vitest'
import type { Context, ScenarioDefinition } from '../../src/scenario/scenario.ts'
import type { TransactionCounts } from '../../src/core/measure/transaction-tally.ts'
import { aPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'

const plan = aPlan({
  stages: [{ fromUsers: 1, toUsers: 1, durationS: 0 }],
  wait: { kind: 'pacing', seconds: 1 },
  durationS: 2,
  gracefulStopS: 1,
})

type Run = (context: Context<unknown, unknown>) => unknown

async function simulate(
  task: Run,
  { users = 1, ...more }: Partial<ScenarioDefinition<unknown, unknown>> & { users?: number } = {},
) {
  const script: ScenarioDefinition<unknown, unknown> = { ...more, tasks: { T: task } }
  const many = { ...plan, stages: [{ fromUsers: users, toUsers: users, durationS: 0 }] }
  const answer = ({ request }: { request: { url: string } }) =>
    request.url.endsWith('/bad') ? { afterUs: 100_000, status: 500 } : { afterUs: 100_000 }
  const run = await new Simulation(many, answer, { script }).to(9)
  expect(run.isDrained).toBe(true)
  const counts = Object.fromEntries(
    [...run.total.transactions].map(([name, { started, finished, failed, unended }]): [string, unknown] => [
      name,
      [started, finished, failed, unended] satisfies TransactionCounts[keyof TransactionCounts][],
    ]),
  )
  return { run, counts, errors: [...run.total.taskErrors.values()].map(({ message }) => message) }
}

test('lasts from its start to its end, pauses and all, and gives back what its function returns', async () => {
  const seen: unknown[] = []
  const { run, counts } = await simulate(async ({ http, think, transaction }) => {
    await http.get('/before')
    seen.push(
      await transaction('checkout', async () => {
        await http.get('/a')
        await think('0.3s')
        return (await http.get('/b')).status
      }),
    )
  })
  expect(counts).toEqual({ checkout: [2, 2, 0, 0] })
  expect(seen).toEqual([200, 200])
  const { duration, finishedInLoad } = run.total.transaction('checkout')
  expect(finishedInLoad).toBe(2)
  expect([duration.minUs! / 500_000, duration.maxUs! / 500_000]).toEqual([
    expect.closeTo(1, 2),
    expect.closeTo(1, 2),
  ])
})

test('fails when it throws, or when a request in it failed, and not for one beside it', async () => {
  const { counts, errors, run } = await simulate(async ({ http, transaction }) => {
    await http.get('/bad')
    await transaction('well', () => http.get('/a'))
    await transaction('outer', async () => {
      await transaction('inner', () => http.get('/bad'))
      await transaction('sibling', () => http.get('/a'))
    })
    await transaction('throws', () => {
      throw new Error('no stock')
    })
  })
  expect(counts).toEqual({
    well: [2, 2, 0, 0],
    outer: [2, 2, 2, 0],
    inner: [2, 2, 2, 0],
    sibling: [2, 2, 0, 0],
    throws: [2, 2, 2, 0],
  })
  expect(errors).toEqual(['no stock'])
  expect(run.total.transaction('outer').duration.count).toBe(0)
  expect(run.total.transaction('outer').failedDuration.count).toBe(2)
})

test('knows its requests among those that run at the same time, of this user and of others', async () => {
  const { counts } = await simulate(
    async ({ http, transaction, think, user }) => {
      await Promise.all([
        transaction('good', async () => {
          await think('0.05s')
          await http.get('/a')
          await http.get('/a')
        }),
        transaction('bad', async () => {
          await http.get('/a')
          await http.get(user === 0 ? '/bad' : '/a')
        }),
        http.get('/bad'),
      ])
      // The timer that wakes this user may have been set within a transaction.
      await think('0.1s')
      await http.get('/bad')
    },
    { users: 3 },
  )
  expect(counts).toEqual({ good: [6, 6, 0, 0], bad: [6, 6, 2, 0] })
})

test('is unended where its task, its user or the run ends before it', async () => {
  const left = await simulate(({ transaction }) => {
    void transaction('left open', () => new Promise<void>(() => undefined))
  })
  expect(left.counts).toEqual({ 'left open': [2, 0, 0, 2] })
  const cut = await simulate(({ think, transaction }) => transaction('cut', () => think('1h')))
  expect(cut.counts).toEqual({ cut: [1, 0, 0, 1] })
  const stopped = await simulate(({ stopUser, transaction }) => transaction('stopped', () => stopUser()))
  expect(stopped.counts).toEqual({ stopped: [1, 0, 0, 1] })
  expect([left.errors, cut.errors, stopped.errors]).toEqual([[], [], []])
})

test('of onStart and onStop counts as well', async () => {
  const { counts } = await simulate(({ http }) => http.get('/t'), {
    onStart: ({ transaction, http }) => transaction('login', () => http.get('/login')),
    onStop: ({ transaction, http }) => transaction('logout', () => http.get('/bad')),
  })
  expect(counts).toEqual({ login: [1, 1, 0, 0], logout: [1, 1, 1, 0] })
})

test('with a name or a function that is none ends the task before anything of it is sent', async () => {
  const run = (one: (transaction: (...given: unknown[]) => Promise<unknown>) => unknown) =>
    simulate(({ transaction }) => one(transaction as never))
  for (const [bad, message] of [
    [
      await run((transaction) => transaction('', () => 1)),
      'transaction needs a name that is not empty, got "", a string',
    ],
    [
      await run((transaction) => transaction(7, () => 1)),
      'transaction needs a name that is not empty, got 7',
    ],
    [
      await run((transaction) => transaction('x', 'y')),
      'transaction needs a function to run, got "y", a string',
    ],
  ] as const) {
    expect(bad.errors).toEqual([message])
    expect(bad.counts).toEqual({})
  }
})

test('more names than are kept are counted under one', async () => {
  let n = 0
  const { counts } = await simulate(async ({ transaction }) => {
    for (let i = 0; i < 150; i++) await transaction(`t${n++}`, () => undefined)
  })
  expect(Object.keys(counts)).toHaveLength(201)
  expect(counts['(other transactions)']).toEqual([100, 100, 0, 0])
})
