/** Users with a script from their first task to `onStop`, on a virtual clock. */
import { describe, expect, test } from 'vitest'
import type { FeederPlan } from '../../src/core/scenario/row-source.ts'
import type { Share } from '../../src/core/share.ts'
import { feeder } from '../../src/scenario/feeder.ts'
import { fail, type ScenarioDefinition } from '../../src/scenario/scenario.ts'
import { Feed } from '../../src/worker/user/feed.ts'
import { aPlan, anOpenPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'

/** One user from the beginning, who does something once a second for 10 s. */
const ONE = aPlan({
  stages: [{ fromUsers: 1, toUsers: 1, durationS: 0 }],
  wait: { kind: 'pacing', seconds: 1 },
})
const paths = (run: Simulation): string[] =>
  run.sent.map(({ atUs, request }) => `${(atUs / 1e6).toFixed(1)} ${new URL(request.url).pathname}`)
const script = (
  different: Partial<ScenarioDefinition<unknown, unknown>>,
): ScenarioDefinition<unknown, unknown> => ({
  onStart: ({ http }) => http.get('/hello'),
  onStop: ({ http }) => http.get('/bye'),
  tasks: { T: ({ http }) => http.get('/t') },
  ...different,
})

describe('onStop', () => {
  test('runs when the load ends, in the drain, and is no iteration', async () => {
    const run = await new Simulation({ ...ONE, durationS: 2 }, undefined, { script: script({}) }).to(5)
    expect(paths(run)).toEqual(['0.0 /hello', '0.0 /t', '1.0 /t', '2.0 /bye'])
    expect(run.total.iterations).toMatchObject({ due: 2, started: 2, finished: 2, failed: 0 })
    expect(run.count('finished')).toBe(4)
    expect(run.isDrained).toBe(true)
  })

  test('waits for the task under way, and is cut when the graceful stop is over', async () => {
    const slow = script({
      onStop: async ({ http, think }) => {
        await http.get('/bye')
        await think('1h')
        await http.get('/never')
      },
      tasks: { T: ({ think, http }) => think('0.5s').then(() => http.get('/t')) },
    })
    const plan = { ...ONE, durationS: 1.2, gracefulStopS: 2 }
    const run = await new Simulation(plan, undefined, { script: slow }).to(3.1)
    expect(paths(run)).toEqual(['0.0 /hello', '0.5 /t', '1.5 /t', '1.5 /bye'])
    expect(run.isDrained).toBe(false)
    await run.to(3.3)
    expect(run.isDrained).toBe(true)
    expect(run.total.iterations).toMatchObject({ started: 2, finished: 2 })
  })

  test('does not begin where there is no graceful stop', async () => {
    const plan = { ...ONE, durationS: 1.5, gracefulStopS: 0 }
    const run = await new Simulation(plan, undefined, { script: script({}) }).to(5)
    expect(paths(run)).toEqual(['0.0 /hello', '0.0 /t', '1.0 /t'])
    expect(run.isDrained).toBe(true)
  })

  test('runs when a stage takes the user down, and the next life begins with onStart', async () => {
    const stages = [1, 0, 1].map((users) => ({ fromUsers: users, toUsers: users, durationS: 2 }))
    const run = await new Simulation({ ...ONE, stages, durationS: 6 }, undefined, { script: script({}) }).to(
      9,
    )
    expect(paths(run)).toEqual([
      ...['0.0 /hello', '0.0 /t', '1.0 /t', '2.0 /bye'],
      ...['4.0 /hello', '4.0 /t', '5.0 /t', '6.0 /bye'],
    ])
  })

  test('is left out for users whose onStart never succeeded, and those that never began', async () => {
    const never = script({
      onStart: () => {
        throw new Error('no')
      },
    })
    expect(paths(await new Simulation({ ...ONE, durationS: 2 }, undefined, { script: never }).to(5))).toEqual(
      [],
    )
    const late = { ...ONE, stages: [{ fromUsers: 0, toUsers: 2, durationS: 20 }], durationS: 5 }
    const run = await new Simulation(late, undefined, { script: script({}) }).to(9)
    expect(paths(run).filter((path) => path.endsWith('/bye'))).toEqual(['5.0 /bye'])
  })

  test('of many users does not begin for all in one turn of the loop', async () => {
    const many = {
      ...ONE,
      stages: [{ fromUsers: 100, toUsers: 100, durationS: 0 }],
      wait: { kind: 'constant', seconds: 9 } as const,
      durationS: 1,
    }
    const run = await new Simulation(many, undefined, { script: script({}) }).to(2)
    const byes = run.sent.filter(({ request }) => request.url.endsWith('/bye'))
    expect(byes).toHaveLength(100)
    expect(byes.filter(({ atUs }) => atUs < 1_001_000)).toHaveLength(32)
    expect(byes.at(-1)!.atUs).toBeLessThan(1_010_000)
    expect(run.isDrained).toBe(true)
  })

  test('what it throws is reported', async () => {
    const throws = script({
      onStop: () => {
        throw new Error('no farewell')
      },
    })
    const run = await new Simulation({ ...ONE, durationS: 1 }, undefined, { script: throws }).to(5)
    expect([...run.total.taskErrors.values()]).toMatchObject([
      { task: 'onStop', message: 'no farewell', count: 1 },
    ])
    expect(run.total.lifecycle).toEqual({
      ...{ onStartStarted: 1, onStartFailed: 0 },
      ...{ onStopStarted: 1, onStopFailed: 1 },
    })
  })
})

describe('onStart', () => {
  test('is no iteration: a task that always throws fails every one of them', async () => {
    const bad = script({ tasks: { T: () => fail('no stock') } })
    const run = await new Simulation({ ...ONE, durationS: 3 }, undefined, { script: bad }).to(9)
    expect(run.total.iterations).toMatchObject({ started: 3, finished: 3, failed: 3, skipped: 0 })
  })

  test('that throws fails its iteration, whose task is not run, and is tried again', async () => {
    let left = 2
    const late = script({ onStart: () => (left-- > 0 ? fail('no login') : 'in') })
    const run = await new Simulation({ ...ONE, durationS: 4 }, undefined, { script: late }).to(9)
    expect(paths(run)).toEqual(['2.0 /t', '3.0 /t', '4.0 /bye'])
    expect(run.total.iterations).toMatchObject({ started: 4, finished: 4, failed: 2 })
    expect(run.total.lifecycle).toMatchObject({ onStartStarted: 3, onStartFailed: 2, onStopStarted: 1 })
  })

  test('its time and its failed requests are not those of the task', async () => {
    const answer = ({ request }: { request: { url: string } }) =>
      request.url.endsWith('/hello') ? { afterUs: 300_000, status: 503 } : { afterUs: 5000 }
    const run = await new Simulation({ ...ONE, durationS: 1 }, answer, { script: script({}) }).to(9)
    const { iterations, iterationDuration } = run.total
    expect(iterations).toMatchObject({ finished: 1, failed: 0 })
    expect(iterationDuration.maxUs).toBeLessThan(10_000)
    expect(run.count('failed')).toBe(1)
    expect(run.total.lifecycle).toMatchObject({ onStartStarted: 1, onStartFailed: 1 })
  })

  test('that never ends has failed when the drain is over', async () => {
    const hangs = script({ onStart: () => new Promise(() => undefined) })
    const plan = { ...ONE, durationS: 1, gracefulStopS: 1 }
    const run = await new Simulation(plan, undefined, { script: hangs }).to(9)
    expect(run.total.lifecycle).toMatchObject({ onStartStarted: 1, onStartFailed: 1, onStopStarted: 0 })
  })

  test('that stops its user or the run leaves an iteration without a task, which is none that ended well', async () => {
    const stops = script({ onStart: ({ stopUser }) => stopUser() })
    const run = await new Simulation({ ...ONE, durationS: 3 }, undefined, { script: stops }).to(9)
    expect(run.total.iterations).toMatchObject({ started: 1, finished: 0, failed: 0, skipped: 1 })
    expect(run.total.taskErrors.size).toBe(0)
    expect(run.total.lifecycle).toMatchObject({ onStartStarted: 1, onStartFailed: 0 })
    const caught = script({
      onStart: ({ stopUser }) =>
        void Promise.resolve()
          .then(stopUser)
          .catch(() => undefined),
    })
    const other = await new Simulation({ ...ONE, durationS: 0.5 }, undefined, { script: caught }).to(9)
    expect(other.total.iterations).toMatchObject({ started: 1, finished: 0, skipped: 1 })
  })
})

describe('the end of the drain', () => {
  const ended = async (T: ScenarioDefinition<unknown, unknown>['tasks'][string], afterUs = 5000) => {
    const plan = { ...ONE, durationS: 0.5, gracefulStopS: 1 }
    const tasks = script({ onStart: undefined, onStop: undefined, tasks: { T } })
    const run = await new Simulation(plan, () => ({ afterUs }), { script: tasks }).to(9)
    expect(run.isDrained).toBe(true)
    return [run.total.iterations, [...run.total.taskErrors.values()]] as const
  }

  test('counts what waits for nothing that the generator knows as stuck, and names it', async () => {
    const [iterations, errors] = await ended(() => new Promise(() => undefined))
    expect(iterations).toMatchObject({ started: 1, finished: 0, unfinished: 1, stuck: 1 })
    expect(errors).toMatchObject([{ task: 'T', message: expect.stringMatching(/^never ended/) as string }])
  })

  test.each([
    ['a pause', ({ think }: { think: (pause: string) => unknown }) => think('1h'), 5000],
    ['a response', ({ http }: { http: { get: (path: string) => unknown } }) => http.get('/'), Infinity],
    [
      'a response that its task does not wait for',
      ({ http }: { http: { get: (path: string) => unknown } }) => void http.get('/'),
      Infinity,
    ],
  ])('does not so where it waits for %s', async (_, task, afterUs) => {
    const [iterations, errors] = await ended(task, afterUs)
    expect(iterations).toMatchObject({ started: 1, finished: 0, unfinished: 1, stuck: 0 })
    expect(errors).toEqual([])
  })

  test('an onStop that never ends is no iteration, and is named', async () => {
    const hangs = script({ onStart: undefined, onStop: () => new Promise(() => undefined) })
    const run = await new Simulation({ ...ONE, durationS: 0.5, gracefulStopS: 1 }, undefined, {
      script: hangs,
    }).to(9)
    expect(run.total.iterations).toMatchObject({ started: 1, finished: 1, unfinished: 0 })
    expect([...run.total.taskErrors.values()]).toMatchObject([{ task: 'onStop' }])
  })
})

describe('stopUser', () => {
  const once = script({
    tasks: {
      async T({ http, stopUser }) {
        await http.get('/t')
        try {
          stopUser()
        } catch {
          // Whoever catches it changes nothing.
        }
      },
    },
  })

  test('ends the user for good in the closed model; when all have stopped, there is nothing left to do', async () => {
    const two = { ...ONE, stages: [{ fromUsers: 2, toUsers: 2, durationS: 0 }] }
    const run = await new Simulation(two, undefined, { script: once, workers: 2 }).to(9)
    expect(paths(run)).toEqual(['0.0 /hello', '0.0 /hello', '0.0 /t', '0.0 /t', '0.0 /bye', '0.0 /bye'])
    expect(run.asked.sort()).toEqual(['deserted 0', 'deserted 1'])
    expect(run.total.iterations).toMatchObject({ finished: 2, failed: 0 })
    expect(run.total.taskErrors.size).toBe(0)
  })

  test('a worker without a user has nobody to wait for; one whose users the plan took down waits for no one', async () => {
    const run = await new Simulation(ONE, undefined, { script: script({}), workers: 2 }).to(1)
    expect(run.asked).toEqual(['deserted 1'])
    const down = [
      { fromUsers: 1, toUsers: 1, durationS: 1 },
      { fromUsers: 0, toUsers: 0, durationS: 9 },
    ]
    const empty = await new Simulation({ ...ONE, stages: down }, undefined, { script: script({}) }).to(3)
    expect(empty.asked).toEqual([])
  })

  test('in the open model a new one takes its place', async () => {
    const plan = anOpenPlan({
      stages: [{ fromPerS: 1, toPerS: 1, durationS: 10 }],
      maxUsers: 1,
      durationS: 4,
    })
    const run = await new Simulation(plan, undefined, { script: once }).to(9)
    expect(paths(run)).toEqual(
      ['0', '1', '2', '3'].flatMap((s) => [`${s}.0 /hello`, `${s}.0 /t`, `${s}.0 /bye`]),
    )
    expect(run.total.iterations).toMatchObject({ due: 4, started: 4, finished: 4 })
    expect(run.isDrained).toBe(true)
  })

  test('ends a task that goes on, once it has ended', async () => {
    const goesOn = script({
      tasks: {
        T: ({ stopUser, http }) => Promise.allSettled([http.get('/t'), Promise.resolve().then(stopUser)]),
      },
    })
    const run = await new Simulation(ONE, undefined, { script: goesOn }).to(9)
    expect(paths(run)).toEqual(['0.0 /hello', '0.0 /t', '0.0 /bye'])
  })
})

test('stopRun asks for the end of the run, and ends its task', async () => {
  const stops = script({
    tasks: {
      T: ({ http, stopRun }) => {
        stopRun('enough')
        return http.get('/never')
      },
    },
  })
  const run = await new Simulation({ ...ONE, durationS: 2 }, undefined, { script: stops }).to(5)
  expect(new Set(run.asked)).toEqual(new Set(['stopRun enough']))
  expect(paths(run)).toEqual(['0.0 /hello', '2.0 /bye'])
  expect(run.total.taskErrors.size).toBe(0)
})

test('a scenario that keeps no cookies has none to read', async () => {
  const reads = script({
    cookies: false,
    tasks: { T: ({ cookies }) => cookies.get('id') },
  })
  const run = await new Simulation({ ...ONE, durationS: 1.5 }, undefined, { script: reads }).to(5)
  expect([...run.total.taskErrors.values()]).toMatchObject([{ message: 'the scenario keeps no cookies' }])
})

test('several scenarios: each user follows its own, with its own wait, whatever worker it belongs to', async () => {
  const kind = (name: string, more: object): ScenarioDefinition<unknown, unknown> => ({
    name,
    tasks: { T: ({ http }) => http.get(`/${name}`) },
    ...more,
  })
  const scripts = [
    kind('much', { weight: 3, wait: { kind: 'pacing', seconds: 1 } }),
    kind('some', { weight: 1, wait: { kind: 'pacing', seconds: 2 } }),
    kind('two', { users: 2, wait: { kind: 'pacing', seconds: 4 } }),
  ]
  const plan = {
    ...ONE,
    stages: [{ fromUsers: 10, toUsers: 10, durationS: 0 }],
    durationS: 3.5,
    gracefulStopS: 0,
  }
  const found: Record<string, number> = {}
  const run = await new Simulation(plan, undefined, { script: scripts, workers: 3 }).to(5)
  for (const path of paths(run)) found[path] = (found[path] ?? 0) + 1
  expect(found).toEqual({
    ...{ '0.0 /much': 6, '1.0 /much': 6, '2.0 /much': 6, '3.0 /much': 6 },
    ...{ '0.0 /some': 2, '2.0 /some': 2, '0.0 /two': 2 },
  })
})

test('errors of tasks say which scenario they are of, when there are several', async () => {
  const throws = (name: string): ScenarioDefinition<unknown, unknown> => ({
    name,
    tasks: {
      T: () => {
        throw new Error('no')
      },
    },
  })
  const two = { ...ONE, stages: [{ fromUsers: 2, toUsers: 2, durationS: 0 }], durationS: 0.5 }
  const run = await new Simulation(two, undefined, { script: [throws('a'), throws('b')] }).to(2)
  expect([...run.total.taskErrors.values()].map(({ task }) => task).sort()).toEqual(['a: T', 'b: T'])
  expect(Object.fromEntries(run.total.scenarios)).toEqual({
    a: { finished: 1, failed: 1, unfinished: 0, stuck: 0 },
    b: { finished: 1, failed: 1, unfinished: 0, stuck: 0 },
  })
})

describe('feeders', () => {
  const letters = feeder.json<string>('letters.json')
  const bytes = (view: ArrayLike<number> & ArrayBufferView): SharedArrayBuffer => {
    const shared = new SharedArrayBuffer(view.byteLength)
    new Uint8Array(shared).set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
    return shared
  }
  /** Three rows, "a", "b" and "c". */
  const fed =
    (end: FeederPlan['end']) =>
    (share: Share): ReadonlyMap<typeof letters, Feed> => {
      const rows = {
        columns: null,
        text: bytes(Buffer.from('"a""b""c"')),
        ends: bytes(new Float64Array([3, 6, 9])),
      }
      const plan = { path: 'letters.json', format: 'json', delimiter: ',', order: 'sequential', end } as const
      return new Map([[letters, new Feed(plan, rows, share, 1)]])
    }
  const takes = script({
    tasks: { T: ({ http, take }) => http.get(`/${take(letters)}`) },
    onStop: undefined,
    onStart: undefined,
  })
  const two = { ...ONE, stages: [{ fromUsers: 2, toUsers: 2, durationS: 0 }], durationS: 4 }

  test('users of all workers share the rows; when there are no more, they stop', async () => {
    const run = await new Simulation(two, undefined, { script: takes, workers: 2, feeds: fed('stop') }).to(9)
    expect(paths(run)).toEqual(['0.0 /a', '0.0 /b', '1.0 /c'])
    expect(run.asked.sort()).toEqual(['deserted 0', 'deserted 1'])
    expect(run.total.taskErrors.size).toBe(0)
  })

  test('or it is an error, or they begin again', async () => {
    const plan = { ...ONE, durationS: 4.5 }
    const wrong = await new Simulation(plan, undefined, { script: takes, feeds: fed('error') }).to(9)
    expect(paths(wrong)).toEqual(['0.0 /a', '1.0 /b', '2.0 /c'])
    expect([...wrong.total.taskErrors.values()]).toMatchObject([
      { message: 'all rows of letters.json are taken that this worker has', count: 2 },
    ])
    const again = await new Simulation(plan, undefined, { script: takes, feeds: fed('recycle') }).to(9)
    expect(paths(again).map((path) => path.at(-1))).toEqual(['a', 'b', 'c', 'a', 'b'])
  })

  test('where a rate makes users, the run stops', async () => {
    const plan = anOpenPlan({ stages: [{ fromPerS: 1, toPerS: 1, durationS: 10 }], durationS: 4 })
    const run = await new Simulation(plan, undefined, { script: takes, feeds: fed('stop') }).to(9)
    expect(paths(run)).toEqual(['0.0 /a', '1.0 /b', '2.0 /c'])
    expect(run.asked).toEqual(['stopRun all rows of letters.json are taken that this worker has'])
  })

  test('one that a task makes is refused', async () => {
    const late = script({ tasks: { T: ({ take }) => take(feeder.csv('late.csv')) } })
    const run = await new Simulation({ ...ONE, durationS: 1.5 }, undefined, { script: late }).to(9)
    expect([...run.total.taskErrors.values()]).toMatchObject([
      { message: 'take needs a feeder that the file makes when it is loaded, not one of a task' },
    ])
  })
})

test('a new life begins its sequence anew', async () => {
  const stages = [1, 0, 1].map((users) => ({ fromUsers: users, toUsers: users, durationS: 1.5 }))
  const inOrder = script({
    onStart: undefined,
    onStop: undefined,
    order: 'sequence',
    tasks: {
      A: ({ http }) => http.get('/a'),
      B: ({ http }) => http.get('/b'),
      C: ({ http }) => http.get('/c'),
    },
  })
  const run = await new Simulation({ ...ONE, stages, durationS: 4.5 }, undefined, { script: inOrder }).to(5)
  expect(run.sent.map(({ request }) => new URL(request.url).pathname)).toEqual(['/a', '/b', '/a', '/b'])
})

/** Anything can be thrown. */
const revoked = Proxy.revocable({}, {})
revoked.revoke()
const trap = (): never => {
  throw new Error('trap')
}
const ODD: readonly (readonly [thrown: unknown, message: string])[] = [
  [undefined, 'undefined'],
  [null, 'null'],
  [0, '0'],
  ['', 'an empty text was thrown'],
  [Symbol('x'), 'Symbol(x)'],
  [10n, '10'],
  [{ toString: trap }, '[object Object]'],
  [{ toJSON: trap }, 'a value without a text was thrown'],
  [Object.create(null), '[object Object]'],
  [{ status: 500 }, '{"status":500}'],
  [{ message: 'not an error' }, 'not an error'],
  [new Error(''), 'Error'],
  [Object.assign(new Error('m'), { message: undefined }), 'Error'],
  [Object.assign(new Error('m'), { message: { a: 1 } }), '{"a":1}'],
  [Object.assign(new Error('m'), { stack: 5 }), 'm'],
  [Object.defineProperty(new Error('m'), 'stack', { get: trap }), 'm'],
  [new AggregateError([new Error('first')], ''), 'first'],
  [new DOMException('dom', 'AbortError'), 'dom'],
  [new Error(`\u001b[31mred\u001b]0;t\u0007\n::error::x`), ' [31mred ]0;t ::error::x'],
  [new Error('x'.repeat(1e6)), 'x'.repeat(200)],
  [new Proxy({}, { get: trap, has: trap, getPrototypeOf: trap }), 'a value without a text was thrown'],
  [revoked.proxy, 'a value without a text was thrown'],
]

test.each([
  ['throws', (thrown: unknown) => Promise.reject(thrown as Error)],
  ['fails with as its message', (thrown: unknown) => fail(thrown as string)],
] as const)('whatever a task %s is a task error, and the user goes on', async (how, end) => {
  let i = 0
  const odd = script({
    onStart: undefined,
    onStop: undefined,
    tasks: { T: () => end(ODD[i++ % ODD.length]![0]) },
  })
  const run = await new Simulation({ ...ONE, durationS: ODD.length }, undefined, { script: odd }).to(99)
  expect(run.total.iterations).toMatchObject({ finished: ODD.length, failed: ODD.length })
  const messages = new Set([...run.total.taskErrors.values()].map(({ message }) => message))
  if (how === 'throws') expect(messages).toEqual(new Set(ODD.map(([, message]) => message)))
})

test('what setup returned is the data of every user, and of its scenario alone', async () => {
  const seen: unknown[] = []
  const of = (name: string): ScenarioDefinition<unknown, unknown> => ({
    name,
    onStart: ({ data }) => void seen.push(`${name} ${JSON.stringify(data)}`),
    tasks: { T: ({ data }) => void seen.push(data) },
  })
  const plan = { ...ONE, stages: [{ fromUsers: 2, toUsers: 2, durationS: 0 }], durationS: 0.5 }
  const a = { token: 'a' }
  await new Simulation(plan, undefined, { script: [of('a'), of('b')], setUp: [a, undefined] }).to(2)
  expect(seen).toHaveLength(4)
  expect(new Set(seen)).toEqual(new Set(['a {"token":"a"}', a, 'b undefined', undefined]))
})
