/** What tasks send and get back: paths, headers, redirects, expected failures, chance and waits; on a virtual clock. */
import { describe, expect, test } from 'vitest'
import type { Plan } from '../../src/core/plan/plan.ts'
import type { Context, ScenarioDefinition } from '../../src/scenario/scenario.ts'
import { A_REQUEST, aPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'
import type { Answer, Sent } from '../support/virtual.ts'

const ONE: Plan = {
  ...aPlan({ stages: [{ fromUsers: 1, toUsers: 1, durationS: 0 }], wait: { kind: 'pacing', seconds: 1 } }),
  iterations: 1,
  durationS: null,
}

type Script = Partial<ScenarioDefinition<unknown, unknown>>

/** One iteration, or as many as the plan says. */
async function play(
  script: Script | ((context: Context<unknown, unknown>) => unknown),
  { plan = ONE, answer }: { plan?: Plan; answer?: (sent: Sent) => Answer } = {},
): Promise<Simulation & { readonly errors: readonly string[] }> {
  const whole = typeof script === 'function' ? { tasks: { T: script } } : { tasks: {}, ...script }
  const run = new Simulation(plan, answer, { script: whole })
  await run.to(20)
  run.stop(20)
  await run.to(30)
  return Object.assign(run, { errors: [...run.total.taskErrors.values()].map(({ message }) => message) })
}

describe('where a path leads', () => {
  test.each([
    ['http://target.test/', 'GetPrograms', 'http://target.test/GetPrograms'],
    ['http://target.test:81', '/GetPrograms', 'http://target.test:81/GetPrograms'],
    ['http://target.test/api', 'programs', 'http://target.test/api/programs'],
    ['http://target.test/api/', '/programs?x=1', 'http://target.test/api/programs?x=1'],
    ['http://target.test/api', '?page=2', 'http://target.test/api?page=2'],
    ['http://target.test/', 'items:batch', 'http://target.test/items:batch'],
    ['http://target.test/api', 'HTTP://other.test/x', 'http://other.test/x'],
  ])('from %s, %s leads to %s', async (base, path, url) => {
    const plan = { ...ONE, request: { ...A_REQUEST, url: base } }
    const { sent, errors } = await play(({ http }) => http.get(path), { plan })
    expect([sent.map(({ request }) => request.url), errors]).toEqual([[url], []])
  })

  test.each([
    ['localhost:8080/x', 'got "localhost:8080/x"; did you mean http://localhost:8080/x?'],
    ['ftp://target.test/x', 'a request needs a path or an http URL with a host, got "ftp://target.test/x"'],
    ['', 'got nothing'],
    [
      '/a/../b',
      'a request must have no . or .. in its path, which would be sent as /b: write that, got "/a/../b"',
    ],
    ['./b', 'which would be sent as /b: write that'],
    ['http://target.test/%2e%2E/x?q=../y', 'which would be sent as /x: write that'],
  ])('%j is no path', async (path, problem) => {
    const { sent, errors } = await play(({ http }) => http.get(path))
    expect(sent).toEqual([])
    expect(errors.join()).toContain(problem)
  })
})

describe('headers that a user sets', () => {
  const headersOf = ({ request, added }: Sent): string =>
    [...request.headers, ...added]
      .filter(([name]) => !/user-agent/i.test(name))
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')

  test('go with all its requests, in place of those of the run, not of those of the request, and secrets to no other origin', async () => {
    const headers = [...A_REQUEST.headers, ['x-run', 'run'], ['x-lang', 'de']] as const
    const { sent, errors } = await play(
      {
        onStart: ({ http, user }) => {
          http.headers.set('Authorization', `Bearer token-${user}`)
          http.headers.set('x-run', 'user')
        },
        tasks: {
          async T({ http }) {
            await http.get('/a')
            await http.get('/a', { headers: { authorization: 'mine' } })
            await http.get('http://other.test/b')
            http.headers.delete('authorization')
            await http.get('/a')
            if (http.headers.get('X-Run') !== 'user' || http.headers.has('authorization'))
              throw new Error('lost')
          },
        },
      },
      { plan: { ...ONE, request: { ...A_REQUEST, headers } } },
    )
    expect(errors).toEqual([])
    expect(sent.map(headersOf)).toEqual([
      'x-lang=de Authorization=Bearer token-0 x-run=user',
      'x-lang=de authorization=mine x-run=user',
      'x-lang=de x-run=user',
      'x-lang=de x-run=user',
    ])
  })

  test('users with different tokens share one prepared request, and a new life has none', async () => {
    const plan = { ...ONE, stages: [{ fromUsers: 3, toUsers: 3, durationS: 0 }], iterations: 6 } as Plan
    const { sent } = await play(
      {
        onStart: ({ http, user }) => http.headers.set('authorization', String(user)),
        tasks: { T: ({ http }) => http.get('/a') },
      },
      { plan },
    )
    expect(new Set(sent.map(({ request }) => request)).size).toBe(1)
    expect(new Set(sent.map(({ added }) => added[0]![1]))).toEqual(new Set(['0', '1', '2']))
    const stages = [1, 0, 1].map((users) => ({ fromUsers: users, toUsers: users, durationS: 2 }))
    const lives = await play(
      {
        tasks: {
          async T({ http }) {
            await http.get('/a')
            http.headers.set('x-was', 'here')
          },
        },
      },
      { plan: { ...ONE, stages, iterations: null, durationS: 6 } as Plan },
    )
    expect(lives.sent.map(({ added }) => added.length)).toEqual([0, 1, 0, 1])
  })

  test.each([
    ['content-length', '3', 'must not set content-length'],
    ['x-a', '\n', 'printable'],
    ['x-a', {}, 'as text, got an object'],
    ['', 'x', 'needs a name'],
  ])('%j: %j is refused', async (name, value, problem) => {
    const { errors } = await play(({ http }) => http.headers.set(name, value as string))
    expect(errors.join()).toContain(problem)
  })
})

describe('redirects of a call', () => {
  const hops = ({ request }: Sent): Answer => {
    const { pathname } = new URL(request.url)
    const next = { '/1': '/2', '/2': '/3' }[pathname]
    return next === undefined
      ? { afterUs: 1000 }
      : { afterUs: 1000, status: 302, location: next, userHeaders: [['set-cookie', `at=${pathname}`]] }
  }

  test('as many as the request says; the response knows its URL, its redirects, their cookies and how long all took', async () => {
    const seen: unknown[] = []
    const { sent, total } = await play(
      async ({ http, think }) => {
        // At 0 nothing counts as sent.
        await think('1s')
        for (const redirects of [undefined, false, 1, true] as const) {
          let checked = 0
          const response = await http.post('/1', {
            redirects,
            name: 'call',
            check: ({ latencyMs }) => (checked = latencyMs) > 0,
          })
          const { status, url, redirects: followed, latencyMs } = response
          expect(checked).toBe(latencyMs)
          seen.push([
            status,
            latencyMs,
            url.slice(-2),
            followed.map(({ url: from, status: was, location, cookies }) =>
              [from.slice(-2), was, location, ...cookies].join(' '),
            ),
          ])
        }
      },
      { answer: hops },
    )
    const [first, second] = ['/1 302 /2 at=/1', '/2 302 /3 at=/2']
    expect(seen).toEqual([
      [302, 1, '/1', []],
      [302, 1, '/1', []],
      [302, 2, '/2', [first]],
      [200, 3, '/3', [first, second]],
    ])
    expect(sent.map(({ request }) => request.method).join(' ')).toBe('POST POST POST GET POST GET GET')
    // Each call counts once under its name.
    expect([...total.requests].map(([row, { finished }]) => [row, finished])).toEqual([
      ['POST call', 4],
      ['GET call (redirect)', 3],
    ])
  })

  test.each([[-1], [101], [1.5], ['2']])('%j is refused', async (redirects) => {
    const { sent, errors } = await play(({ http }) => http.get('/', { redirects: redirects as number }))
    expect(sent).toEqual([])
    expect(errors.join()).toContain('redirects must be false, true or a whole number up to 100')
  })
})

describe('a failure that is expected', () => {
  const refused = (): Answer => ({ afterUs: 1000, outcome: 'connect.refused' })
  test.each<[boolean | string, () => Answer, readonly [ok: boolean, status: number]]>([
    [true, refused, [true, 0]],
    ['connect', refused, [true, 0]],
    ['timeout,connect.refused', refused, [true, 0]],
    ['timeout', refused, [false, 0]],
    [false, refused, [false, 0]],
    [true, () => ({ afterUs: 1000 }), [false, 200]],
    [true, () => ({ afterUs: 1000, status: 500 }), [false, 500]],
  ])('%j', async (expectFailure, answer, expected) => {
    const seen: unknown[] = []
    const { total } = await play(
      async ({ http }) => {
        const { ok, status } = await http.get('/', { expectFailure })
        seen.push(ok, status)
      },
      { answer },
    )
    expect(seen).toEqual(expected)
    expect(total.iterations.failed).toBe(expected[0] ? 0 : 1)
  })

  test.each([
    [{ expectFailure: 'conect' }, 'did you mean'],
    [{ expectFailure: 1 }, 'must be true or outcomes'],
    [{ expectFailure: true, expectStatus: 200 }, 'expects no response'],
  ])('%j is refused', async (options, problem) => {
    const { sent, errors } = await play(({ http }) => http.get('/', options as never))
    expect(sent).toEqual([])
    expect(errors.join()).toContain(problem)
  })
})

describe('chance', () => {
  test('pick, int and sample draw from the stream of the user, with every value', async () => {
    const drawn = { picks: new Set<string>(), ints: new Set<number>(), samples: new Set<string>() }
    const draw = ({ random }: Context<unknown, unknown>): void => {
      for (let n = 0; n < 200; n++) {
        drawn.picks.add(random.pick(['a', 'b', 'c']))
        drawn.ints.add(random.int(-1, 2))
        drawn.samples.add(random.sample([1, 2, 3], 2).join(''))
      }
    }
    const { errors } = await play(draw)
    expect(errors).toEqual([])
    expect([...drawn.picks].sort()).toEqual(['a', 'b', 'c'])
    expect([...drawn.ints].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2])
    expect([...drawn.samples].sort()).toEqual(['12', '13', '21', '23', '31', '32'])
  })

  test.each<[string, (random: Context<unknown, unknown>['random']) => unknown]>([
    ['at least one value', (random) => random.pick([])],
    ['needs a list', (random) => random.pick('abc' as never)],
    ['two whole numbers', (random) => random.int(2, 1)],
    ['two whole numbers', (random) => random.int(0.5, 1)],
    ['from 0 to the 1 values', (random) => random.sample([1], 2)],
  ])('%s', async (problem, draw) => {
    const { errors } = await play(({ random }) => draw(random))
    expect(errors.join()).toContain(problem)
  })
})

describe('a wait of one’s own', () => {
  const plan = { ...ONE, wait: { kind: 'none' }, iterations: null, durationS: 10 } as Plan

  test('lasts as long as the function says', async () => {
    let waits = 0
    const { sentMs } = await play(
      { wait: () => ++waits, tasks: { T: ({ http }) => http.get('/') } },
      { plan },
    )
    expect(sentMs.map((ms) => Math.round(ms / 100) / 10)).toEqual([0, 1, 3, 6, 10].slice(0, sentMs.length))
    expect(sentMs.length).toBeGreaterThan(3)
  })

  test.each([
    [() => -1, 'wait must return seconds from 0 to 3600, got -1'],
    [() => '1s' as never, 'got "1s", a string'],
    [
      () => {
        throw new Error('no wait')
      },
      'no wait',
    ],
  ])('that is none is a task error, and a wait of a second', async (wait, problem) => {
    const { errors, sent } = await play({ wait, tasks: { T: ({ http }) => http.get('/') } }, { plan })
    expect(errors.join()).toContain(problem)
    expect(sent.length).toBeLessThan(12)
  })
})

test('with traces each call of a task has one of its own, in which its redirects are; a request with one keeps it', async () => {
  const plan: Plan = { ...ONE, trace: 1, captureSlowest: 9, maxRedirects: 3 }
  const own = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`
  const { sent, errors, snapshots } = await play(
    async ({ http }) => {
      await http.get('/from')
      await http.get('/own', { headers: { TraceParent: own } })
      await http.get('/plain', { headers: { 'x-y': '1' } })
    },
    {
      plan,
      answer: ({ request }) => ({
        afterUs: 1000,
        ...(request.url.endsWith('/from') ? { status: 302, location: '/to' } : {}),
      }),
    },
  )
  expect(errors).toEqual([])
  const traces = sent.map(({ request, added }) =>
    [...request.headers, ...added].flatMap(([name, value]) =>
      name.toLowerCase() === 'traceparent' ? [value.slice(3, 35)] : [],
    ),
  )
  expect(traces.map(({ length }) => length)).toEqual([1, 1, 1, 1])
  const [from, to, kept, plain] = traces.flat()
  expect(from).toBe(to)
  expect(kept).toBe('1'.repeat(32))
  expect(new Set([from, kept, plain]).size).toBe(3)
  // What the target did not receive is not reported as the trace of a request.
  const reported = snapshots.flatMap(({ slow = [] }) => slow.map(({ name, traceId }) => [name, traceId]))
  expect(reported).toEqual([
    ['GET /from', from],
    ['GET /from (redirect)', from],
    ['GET /own', null],
    ['GET /plain', plain],
  ])
  expect(snapshots.flatMap(({ spans = [] }) => spans)).toHaveLength(3)
})
