/** Scenario files, run by the built library and command against a server of the test's own. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  run,
  startTarget,
  type Options,
  type Report,
  type RequestEvent,
  type RunHooks,
} from '../../dist/index.js'
import { runCli, withFolder } from '../support/cli.ts'
import { exitUnlessVoid, expectConservation } from '../support/conservation.ts'

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** The port that it came from: one for each connection. */
  readonly port: number
}

type Answer = (seen: Seen, response: ServerResponse) => void

async function withServer<T>(answer: Answer, use: (url: string, seen: Seen[]) => Promise<T>): Promise<T> {
  const all: Seen[] = []
  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')))
    request.on('end', () => {
      const { method, url, headers, socket } = request
      const seen: Seen = { method: method!, url: url!, headers, body, port: socket.remotePort! }
      all.push(seen)
      answer(seen, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, all)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const IMPORTS = "import { scenario, between, check, fail } from 'corerush'\n"
const ok: Answer = (_, response) => response.end('{"n":1}')

/** Runs the scenario that this code makes. */
const runs = (
  code: string,
  options: Options,
  answer: Answer = ok,
  hooks: RunHooks = {},
): Promise<{ report: Report; seen: readonly Seen[] }> =>
  withFolder((folder) =>
    withServer(answer, async (url, seen) => {
      const file = join(folder, 'scenario.ts')
      writeFileSync(file, `${IMPORTS}export default ${code}\n`)
      const whole = { scenario: file, url, workers: 1, rampUp: 0, gracefulStop: 20, ...options }
      const report = await run(whole, hooks)
      return { report, seen }
    }),
  )

test('compressed responses are decoded where they are read, and onRequest sees each request', async () => {
  const bodies: Record<string, Buffer> = {
    '/good': gzipSync(Buffer.alloc(50_000, 'ab')),
    '/bomb': gzipSync(Buffer.alloc(1_000_000)),
    '/broken': Buffer.from('no gzip'),
  }
  const { report, seen } = await runs(
    `scenario({
      compressed: true,
      order: 'sequence',
      onRequest(event) {
        console.log(JSON.stringify(event))
        if (event.name === 'bomb') throw new Error('hook')
        if (event.name === 'broken') return Promise.reject(new Error('later'))
      },
      tasks: {
        async Good({ http }) {
          const { ok, text } = await http.get('/good', { name: 'good', read: true }).then((r) => ({ ok: r.ok, text: r.text() }))
          check(ok && text.length === 50_000 && text.startsWith('abab'), 'not decoded')
        },
        async Unread({ http }) { await http.get('/broken', { name: 'unread' }) },
        async Raw({ http }) { await http.get('/good', { name: 'raw', compressed: false, check: (r) => r.bytes()[0] === 0x1f }) },
        async Own({ http }) { await http.get('/good', { name: 'own', headers: { 'Accept-Encoding': 'br' } }) },
        async Bomb({ http }) { await http.get('/bomb', { name: 'bomb', read: true }) },
        async Broken({ http }) { await http.get('/broken', { name: 'broken', read: true }) },
      },
    })`,
    { users: 1, iterations: 6, maxReadBytes: 100_000 },
    ({ url }, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bodies[url]),
    { onLog: ({ text }) => events.push(JSON.parse(text) as RequestEvent) },
  )
  const encodings = seen.map(({ headers }) => headers['accept-encoding'])
  expect(encodings.map((one) => one?.replace(', zstd', ''))).toEqual([
    ...['gzip, br', 'gzip, br', undefined, 'br', 'gzip, br', 'gzip, br'],
  ])
  expect(report.outcomes).toEqual({ ok: 4, 'body.too-large': 1, 'body.encoding': 1 })
  expect(report.byName['GET good']).toMatchObject({ bytesIn: bodies['/good']!.length, bytesDecoded: 50_000 })
  expect(report.total.bytesDecoded).toBe(50_000)
  expect(report.taskErrors.map(({ task, message }) => `${task}: ${message}`).sort()).toEqual([
    'onRequest: hook',
    'onRequest: later',
  ])
  expect(report.iterations).toMatchObject({ finished: 6, failed: 2 })
  expect(events).toHaveLength(6)
  expect(events[0]).toMatchObject({ name: 'good', method: 'GET', ok: true, status: 200, error: '', user: 0 })
  expect(events[0]!.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/good$/)
  expect(events[0]!.latencyMs).toBeGreaterThan(0)
  expect(events[0]!.bytes).toBe(bodies['/good']!.length)
  expect(events[5]).toMatchObject({
    ok: false,
    status: 200,
    error: expect.stringContaining('body.encoding') as string,
  })
})
const events: RequestEvent[] = []

describe.concurrent('what tasks send', () => {
  test('requests arrive as they were worded, are counted by name, over the user’s own connection', async () => {
    const { report, seen } = await runs(
      `scenario({ order: 'sequence', tasks: {
        async Json({ http }) { await http.post('/a', { json: { x: [1] }, query: { q: 'ä b' }, name: 'a' }) },
        async Form({ http }) { await http.put('/b?c=1', { form: { k: 'v w' }, headers: { 'X-Own': 'y' } }) },
        async Bytes({ http }) { await http.request('patch', '/c', { body: new Uint8Array([0, 255]) }) },
        async Pair({ http }) { await Promise.all([http.get('/d'), http.delete('/e')]) },
      } })`,
      { users: 1, iterations: 8, headers: { 'x-all': 'z' } },
    )
    const words = seen
      .slice(0, 3)
      .map(({ method, url, headers, body }) => [
        method,
        url,
        headers['content-type'],
        headers['x-own'],
        headers['x-all'],
        body,
      ])
    expect(words).toEqual([
      ['POST', '/a?q=%C3%A4+b', 'application/json', undefined, 'z', '{"x":[1]}'],
      ['PUT', '/b?c=1', 'application/x-www-form-urlencoded', 'y', 'z', 'k=v+w'],
      ['PATCH', '/c', undefined, undefined, 'z', '\u0000ÿ'],
    ])
    expect(Object.keys(report.byName)).toEqual(['DELETE /e', 'GET /d', 'PATCH /c', 'POST a', 'PUT /b'])
    expect(report.total.succeeded).toBe(10)
    expect(report.iterations).toMatchObject({ started: 8, finished: 8, failed: 0 })
    expect(seen).toHaveLength(10)
    // One for what goes one after the other, one more for the pair.
    expect(new Set(seen.map(({ port }) => port)).size).toBe(2)
    expectConservation(report, { tasks: true })
  })

  test('tasks are left out by their tags, in the workers too', async () => {
    const { report } = await runs(
      `scenario({ order: 'sequence', tasks: {
        A: { tags: ['slow'], run: ({ http }) => http.get('/a') },
        B: { tags: ['quick'], weight: 2, run: ({ http }) => http.get('/b') },
      } })`,
      { users: 2, workers: 2, iterations: 6, excludeTags: 'slow' },
    )
    expect(Object.keys(report.byName)).toEqual(['GET /b'])
    expect(report.total.succeeded).toBe(6)
  })

  test('a request that differs from the last one of its URL in anything is sent anew, not as it was', async () => {
    const { seen } = await runs(
      `scenario({ tasks: { async T({ http }) {
        for (const n of ['1', '2', '2', '3']) await http.post('/', { body: n === '3' ? '2' : n, headers: { n } })
      } } })`,
      { users: 1, iterations: 1 },
    )
    expect(seen.map(({ body, headers }) => `${body} ${String(headers['n'])}`)).toEqual([
      '1 1',
      '2 2',
      '2 2',
      '2 3',
    ])
  })

  test('a body that a task fills anew is sent as it is then', async () => {
    const { seen } = await runs(
      `scenario({ tasks: { async T({ http }) {
        const body = Buffer.from('1')
        for (const n of ['1', '2', '2', '3']) {
          body.write(n)
          await http.post('/', { body })
        }
      } } })`,
      { users: 1, iterations: 1 },
    )
    expect(seen.map(({ body }) => body)).toEqual(['1', '2', '2', '3'])
  })

  test('a path is added to a base that has one', async () => {
    const { seen } = await withServer(ok, async (url, all) => {
      await withFolder((folder) => {
        const file = join(folder, 's.ts')
        writeFileSync(
          file,
          `${IMPORTS}export default scenario({ baseUrl: '${url}/v1/', tasks: { T: ({ http }) => http.get('/x') } })`,
        )
        return run({ scenario: file, users: 1, iterations: 1, workers: 1 })
      })
      return { seen: all }
    })
    expect(seen.map(({ url }) => url)).toEqual(['/v1/x'])
  })

  test('a response is read when asked, and says how when it was not', async () => {
    const { report } = await runs(
      `scenario({ order: 'sequence', tasks: {
        async Read({ http }) {
          const response = await http.get('/', { read: true })
          check(response.ok && response.status === 200, 'status')
          check(response.headers.get('x-a') === 'b', 'header')
          check(response.text() === '{"n":1}' && response.json().n === 1 && response.bytes().length === 7, 'body')
        },
        async NotRead({ http }) { (await http.get('/')).text() },
      } })`,
      { users: 1, iterations: 2 },
      (_, response) => response.setHeader('x-a', 'b').end('{"n":1}'),
    )
    expect(report.taskErrors).toMatchObject([
      {
        task: 'NotRead',
        message: 'this response was not kept: send its request with { read: true }',
        count: 1,
      },
    ])
    expect(report.total).toMatchObject({ succeeded: 2, failed: 0 })
  })
})

describe.concurrent('what fails', () => {
  test('a body that is read is kept up to --max-read-bytes; a longer one fails, however it comes', async () => {
    const { report } = await runs(
      `scenario({ order: 'sequence', tasks: {
        async Fits({ http }) { check((await http.get('/fits', { read: true })).bytes().length === 10_000, 'cut') },
        async Long({ http }) { await http.get('/long', { read: true }) },
        async Endless({ http }) { await http.get('/endless', { check: () => true }) },
        async Unread({ http }) { check((await http.get('/long', { name: 'unread' })).ok, 'not ok') },
      } })`,
      { users: 1, iterations: 8, maxReadBytes: '10k' },
      ({ url }, response) => {
        if (url !== '/endless') return void response.end('x'.repeat(url === '/fits' ? 10_000 : 10_001))
        const more = (): void => {
          while (response.write('x'.repeat(1000)));
          response.once('drain', more)
        }
        response.on('close', () => response.removeAllListeners('drain'))
        more()
      },
    )
    expect(report.outcomes).toEqual({ ok: 4, 'body.too-large': 4 })
    expect(report.errors[0]).toMatchObject({
      message: 'the body is longer than the 10k bytes of --max-read-bytes',
    })
    expect(report.taskErrors).toEqual([])
    expectConservation(report, { tasks: true })
  })

  test('status, check and time-out are failures, not errors of the task, unless they are to throw', async () => {
    const { report } = await runs(
      `scenario({ order: 'sequence', tasks: {
        async Status({ http }) { check(!(await http.get('/404')).ok, 'is ok') },
        async Expected({ http }) { check((await http.get('/404', { name: 'e', expectStatus: '2xx,404' })).ok, 'is not ok') },
        async Check({ http }) { await http.get('/', { name: 'c', check: (r) => r.text() === 'x' || 'not x' }) },
        async Slow({ http }) { check((await http.get('/never', { timeout: '50ms' })).status === 0, 'has a status') },
        async Throws({ http }) { await http.get('/404', { throws: true }); fail('goes on') },
      } })`,
      { users: 1, iterations: 5 },
      ({ url }, response) => {
        if (url === '/never') return
        response.statusCode = url === '/404' ? 404 : 200
        response.end('y')
      },
    )
    expect(report.outcomes).toEqual({ status: 2, ok: 1, check: 1, 'headers.timeout': 1 })
    expect(report.errors).toContainEqual(
      expect.objectContaining({ name: 'GET c', outcome: 'check', message: 'not x' }),
    )
    expect(report.taskErrors).toMatchObject([
      { task: 'Throws', message: 'GET /404: status: status 404', count: 1 },
    ])
    expect(report.iterations).toMatchObject({ finished: 5, failed: 4 })
    expect(report.exitCode).toBe(99)
    expectConservation(report, { tasks: true })
  })

  test('what a task throws is counted by message, and the user goes on', async () => {
    const { report, seen } = await runs(
      `scenario({ tasks: { async T({ http }) { await http.get('/'); fail('no programs') } } })`,
      { users: 2, iterations: 20 },
    )
    expect(report.taskErrors).toMatchObject([{ task: 'T', message: 'no programs', count: 20 }])
    expect(report.iterations).toMatchObject({ finished: 20, failed: 20 })
    expect(report.total.failed).toBe(0)
    expect(seen).toHaveLength(20)
  })

  test('an onStart that always throws is a failed run, though its requests succeed', async () => {
    const { report, seen } = await runs(
      `scenario({
        wait: between('10ms', '20ms'),
        async onStart({ http }) { await http.get('/login'); fail('no login') },
        tasks: { T: ({ http }) => http.get('/') },
      })`,
      { users: 2, duration: '1s' },
    )
    expect(new Set(seen.map(({ url }) => url))).toEqual(new Set(['/login']))
    expect(report.total.failed).toBe(0)
    expect(report.warnings).toContain('every iteration failed, so the run failed')
    expect(report.taskErrors[0]).toMatchObject({ task: 'onStart', message: 'no login' })
    expect(report.exitCode).toBe(exitUnlessVoid(report, 99))
  })

  test('of several scenarios one whose every iteration fails is a failed run', async () => {
    const { report } = await runs(
      `[
        scenario({ name: 'browse', users: 1, wait: between('10ms', '20ms'), tasks: { T: ({ http }) => http.get('/') } }),
        scenario({ name: 'buy', users: 1, wait: between('10ms', '20ms'), onStart() { fail('no login') }, tasks: { T() {} } }),
      ]`,
      { users: 2, duration: '0.5s' },
    )
    expect(report.iterations.byScenario['browse']).toMatchObject({ failed: 0 })
    expect(report.warnings).toContain('every iteration of buy failed, so the run failed')
    expect(report.exitCode).toBe(exitUnlessVoid(report, 99))
  })

  test('a request that its task does not wait for is nobody else’s, however it ends', async () => {
    // A loser that answers, and one that is cut off by its time-out, after their tasks have ended.
    const { report } = await runs(
      `scenario({ order: 'sequence', tasks: {
        async Race({ http }) { void http.get('/late', { name: 'late' }); void http.get('/never', { name: 'never', timeout: '80ms' }) },
        async Next({ http }) {
          const { status } = await http.get('/next', { name: 'next' })
          check(status === 200, 'a response that is not mine: ' + status)
        },
      } })`,
      { users: 1, iterations: 6, duration: '20s' },
      ({ url }, response) => {
        if (url === '/never') return
        setTimeout(() => response.end('{}'), url === '/late' ? 30 : 0)
      },
    )
    expect(report.taskErrors).toEqual([])
    expect(report).toMatchObject({ stoppedBy: 'iterations', iterations: { started: 6, finished: 6 } })
    const { ok, ...others } = report.outcomes
    // On a busy machine a time-out of 80 ms may come while the connection is being made.
    expect(Object.keys(others).filter((outcome) => !outcome.endsWith('.timeout'))).toEqual([])
    expect([ok, Object.values(others).reduce((sum, n) => sum + n, 0)]).toEqual([6, 3])
    expectConservation(report, { tasks: true })
  })

  test('what is meant for the origin of the scenario goes to no other, unless the task says it', () =>
    withServer(ok, async (other, seenThere) => {
      const { seen } = await runs(
        `scenario({ order: 'sequence', tasks: {
          Own: ({ http }) => http.get('/own'),
          Other: ({ http }) => http.get('${other}/other'),
          Said: ({ http }) => http.get('${other}/said', { headers: { authorization: 'for you' } }),
        } })`,
        { users: 1, iterations: 3, headers: { authorization: 'mine', 'x-all': 'z' } },
      )
      const sent = (all: readonly Seen[]) =>
        all.map(({ headers }) => [headers.authorization, headers['x-all']])
      expect(sent(seen)).toEqual([['mine', 'z']])
      expect(sent(seenThere)).toEqual([
        [undefined, 'z'],
        ['for you', 'z'],
      ])
    }))

  test('stopRun ends the load of every worker, and the report says so', async () => {
    const { report, seen } = await runs(
      `scenario({ wait: between('20ms', '40ms'), onStop: ({ http, user }) => http.get('/bye/' + user), tasks: {
        async T({ http, user, stopRun }) { await http.get('/t/' + user); if (user === 1) stopRun('seen enough') },
      } })`,
      { users: 4, workers: 2, duration: '1m' },
    )
    expect(report).toMatchObject({ stoppedBy: 'scenario', taskErrors: [], iterations: { failed: 0 } })
    expect(report.warnings).toContain('the scenario stopped the run: seen enough')
    expect(report.durationS).toBeLessThan(30)
    const who = (path: string): string[] =>
      [...new Set(seen.flatMap(({ url }) => (url.startsWith(path) ? url.slice(path.length) : [])))].sort()
    expect(who('/t/')).toContain('1')
    expect(who('/bye/')).toEqual(who('/t/'))
    expectConservation(report, { tasks: true })
  })

  test('a run without users left is over, whatever it has still to do', async () => {
    const { report, seen } = await runs(
      `scenario({ tasks: { async T({ http, stopUser }) { await http.get('/'); stopUser() } } })`,
      { users: 3, workers: 2, iterations: 1000 },
    )
    expect(report).toMatchObject({ stoppedBy: 'users', iterations: { started: 3, finished: 3, failed: 0 } })
    expect(seen).toHaveLength(3)
    expectConservation(report, { tasks: true })
  })

  // It says that it has no users when it begins: after the amendment was ordered, or before.
  test.for([0, 100])(
    'a worker that an amendment gives its first user after %i ms keeps the run going',
    async (afterMs) => {
      let hasSecond = false
      const { report } = await runs(
        // The first user stops when the other one has come.
        `scenario({ tasks: { async T({ http, think, user, stopUser }) {
          const reply = await http.get('/' + user, { read: true })
          if (user === 0 && reply.json().hasSecond) stopUser()
          await think('40ms')
        } } })`,
        { users: 1, workers: 2, iterations: 20 },
        ({ url }, response) => {
          hasSecond ||= url === '/1'
          response.end(JSON.stringify({ hasSecond }))
        },
        {
          // On a host so busy that it comes too late, there is nothing to see.
          onStart: ({ amend }) =>
            void pause(afterMs)
              .then(() => amend({ users: 2, overS: 0 }))
              .catch(() => undefined),
        },
      )
      expect(report).toMatchObject({ stoppedBy: 'iterations', taskErrors: [] })
      expectConservation(report, { tasks: true })
    },
  )

  test('tasks that send nothing and never wait leave the loop to the end of the run', async () => {
    const { report } = await runs(`scenario({ tasks: { Nothing() {} } })`, { users: 3, duration: '1s' })
    expect(report.stoppedBy).toBe('duration')
    expect(report.iterations.finished).toBeGreaterThan(3)
  })
})

describe.concurrent('users', () => {
  test('each has the state of its own onStart, its number, and the same random numbers in every run', async () => {
    const code = `scenario({
      async onStart({ http, user }) { await http.get('/start'); return { user, n: 0 } },
      tasks: { async T({ http, state, user, random }) {
        check(state.user === user, 'state of another user')
        await http.get('/t/' + user + '/' + state.n++ + '/' + random().toFixed(6), { name: 't' })
      } },
    })`
    const firsts = async (): Promise<string[]> => {
      const options = { users: 4, workers: 2, duration: '1.5s', wait: 'pacing:100ms' }
      const { report, seen } = await runs(code, options)
      expect(report.taskErrors).toEqual([])
      expect(seen.filter(({ url }) => url === '/start')).toHaveLength(4)
      // How many follow is the machine's to say; the first of each user is the plan's.
      return seen
        .map(({ url }) => url)
        .filter((url) => /^\/t\/\d\/0\//.test(url))
        .sort()
    }
    const first = await firsts()
    expect(first).toHaveLength(4)
    expect(await firsts()).toEqual(first)
  })

  test('each keeps the cookies that it is sent, by their rules, over redirects and origins', async () => {
    const { report, seen } = await runs(
      `scenario({ order: 'sequence', tasks: {
        async A({ http, user, cookies }) {
          await http.get('/set/' + user, { name: 'set' })
          const id = cookies.get('id', '/set/x')
          check(id === String(user) && cookies.get('id') === undefined, 'not mine: ' + id)
        },
        async B({ http, cookies }) {
          await http.get('/deep/er', { name: 'deep' })
          await http.get('/own', { headers: { Cookie: 'own=1' } })
          await http.get('/redirect', { name: 'redirect' })
          cookies.set('mine=m; Path=/'); await http.get('/mine')
          cookies.clear(); await http.get('/none')
        },
      } })`,
      { users: 2, workers: 1, iterations: 4, maxRedirects: 1 },
      ({ url }, response) => {
        if (url.startsWith('/set/')) {
          const id = url.slice(5)
          response.setHeader('Set-Cookie', [`id=${id}; HttpOnly`, `deep=d; Path=/deep`, `s=x; Secure`, 'bad'])
        }
        if (url === '/redirect') response.writeHead(302, { location: '/hop', 'Set-Cookie': 'hop=h' })
        response.end()
      },
    )
    expect(report.taskErrors).toEqual([])
    expect(report.byName).toMatchObject({
      'GET redirect': { sent: 2 },
      'GET redirect (redirect)': { sent: 2 },
    })
    const sent = (path: string): unknown[] =>
      seen.filter(({ url }) => url === path).map(({ headers }) => headers.cookie)
    expect(sent('/set/0')).toEqual([undefined])
    // The path of a cookie without one is the folder of its URL: /set.
    expect(sent('/deep/er')).toEqual(['deep=d', 'deep=d'])
    expect(sent('/own')).toEqual(['own=1', 'own=1'])
    expect(sent('/hop')).toEqual(['hop=h', 'hop=h'])
    expect(sent('/mine')).toEqual(['hop=h; mine=m', 'hop=h; mine=m'])
    expect(sent('/none')).toEqual([undefined, undefined])
    // Each user was sent `bad`, which is no cookie.
    expect(report.cookies).toEqual({ refused: 2, tooLarge: 0, evicted: 0 })
    expect(report.warnings.join()).toContain('2 cookies were not kept')
  })

  test('metrics of their own are merged over workers, judged and reported', async () => {
    const { report } = await withFolder((folder) =>
      withServer(ok, async (url) => {
        const file = join(folder, 's.ts')
        writeFileSync(
          file,
          `import { counter, scenario, trend } from 'corerush'
          const sold = counter('sold')
          const basket = trend('basket')
          export default scenario({ tasks: { async T({ http, user }) {
            await http.get('/')
            sold.add(2)
            basket.add(user + 0.5)
          } } })`,
        )
        const thresholds = ['custom.sold == 20', 'custom.basket.max < 0.4']
        const options = { scenario: file, url, users: 2, workers: 2, rampUp: 0, iterations: 10, thresholds }
        return { report: await run(options) }
      }),
    )
    expect(report.custom).toMatchObject({
      sold: { kind: 'counter', sum: 20 },
      basket: { kind: 'trend', count: 10 },
    })
    expect(report.thresholds.slice(-2)).toMatchObject([
      { expression: 'custom.sold == 20', ok: true, actual: 20, unit: 'number' },
      { expression: 'custom.basket.max < 0.4', ok: false, samples: 10 },
    ])
  })

  test('rows of a file beside the scenario are taken once in the whole run, and the run ends with them', async () => {
    const { report, seen } = await withFolder((folder) =>
      withServer(ok, async (url, all) => {
        writeFileSync(join(folder, 'users.csv'), `name,word\nann,"a,b"\nbob,c\n世,d\neve,e\nliz,f\n`)
        const file = join(folder, 's.ts')
        writeFileSync(
          file,
          `import { feeder, scenario } from 'corerush'
          const users = feeder.csv('users.csv', { order: 'unique' })
          export default scenario({ tasks: { T({ http, take }) {
            const { name, word } = take(users)
            return http.get('/', { query: { name, word }, name: 't' })
          } } })`,
        )
        const report = await run({ scenario: file, url, users: 2, workers: 2, duration: '1m', rampUp: 0 })
        return { report, seen: all }
      }),
    )
    expect(report.stoppedBy).toBe('users')
    const taken = seen.map(({ url }) => [...new URL(url, 'http://a').searchParams.values()].join(' ')).sort()
    expect(taken).toEqual(['ann a,b', 'bob c', 'eve e', 'liz f', '世 d'])
  })

  test('the drain waits for a task under way, and cuts one that thinks too long', async () => {
    const { report, seen } = await runs(
      `scenario({ order: 'sequence', tasks: {
        async Short({ http, think }) { await http.get('/1'); await think('400ms'); await http.get('/2') },
        async Long({ http, think }) { await http.get('/3'); await think('1h'); await http.get('/4') },
      } })`,
      { users: 1, duration: '1.5s', gracefulStop: '0.3s' },
    )
    expect(seen.map(({ url }) => url)).toEqual(['/1', '/2', '/3'])
    expect(report.iterations).toMatchObject({ started: 2, finished: 1 })
    expectConservation(report, { tasks: true })
  })

  test('open model: the first request counts from when its task was due, pauses of the task left out', async () => {
    const { report } = await runs(
      `scenario({ tasks: { async T({ http, think }) { await think('100ms'); await http.get('/'); await http.get('/') } } })`,
      { rate: 50, duration: '0.5s' },
    )
    expect(report.iterations).toMatchObject({ due: 25, started: 25, finished: 25 })
    expect(report.total.succeeded).toBe(50)
    expect(report.total.latencyMs.min).toBeLessThan(100)
    expect(report.iterations.durationMs.min).toBeGreaterThanOrEqual(100)
    expectConservation(report, { tasks: true })
  })
})

describe.concurrent('what cannot run, exits with 2 and sends nothing', () => {
  test.each([
    [
      'an error at load',
      'const x = nothing.here\nexport default 1',
      /s\.ts:2:11: nothing is not defined\n.*\n> 2 \| const x = nothing\.here\n {4}\| {11}\^/,
    ],
    ['a syntax error', 'const x = = 3', /s\.ts:2:\d+: .*Unexpected token/],
    ['no scenario', 'export default {}', /s\.ts must default-export a scenario, or a list of them/],
    [
      'an unknown field',
      'export default scenario({ taks: {} })',
      /s\.ts:2: taks is not a field of a scenario; did you mean tasks\?\n.*\n> 2 \|/,
    ],
    ['no base URL', 'export default scenario({ tasks: { T() {} } })', /--url is required/],
  ])('%s', async (_, code, message) => {
    const { code: exit, stderr } = await withFolder((folder) => {
      writeFileSync(join(folder, 's.ts'), IMPORTS + code)
      return runCli(['s.ts', '-d', '1s'], { cwd: folder })
    })
    expect(stderr).toMatch(message)
    expect(exit).toBe(2)
  })

  test('flags about the one request, and wire through a proxy', async () => {
    const { code, stderr } = await withFolder((folder) => {
      writeFileSync(
        join(folder, 's.ts'),
        `${IMPORTS}export default scenario({ baseUrl: 'http://127.0.0.1:1', tasks: { T() {} } })`,
      )
      return runCli(
        [
          ...['s.ts', '--method', 'PUT', '--body', 'x', '--name', 'n', '-n', '5'],
          ...['--transport', 'wire', '--proxy', '127.0.0.1:1'],
        ],
        { cwd: folder },
      )
    })
    expect(code).toBe(2)
    for (const flag of ['method', 'body', 'name', 'requests', 'transport'])
      expect(stderr).toContain(`--${flag} `)
  })
})

describe.concurrent('code at the top of a file', () => {
  const TASKS = "export default scenario({ baseUrl: 'http://127.0.0.1:1', tasks: { T() {} } })"
  const ends = (code: string, ...args: string[]): ReturnType<typeof runCli> =>
    withFolder((folder) => {
      writeFileSync(join(folder, 's.ts'), `${IMPORTS}${code}\n${TASKS}`)
      return runCli([...args, 's.ts'], { cwd: folder })
    })

  test.each([
    ['ends the process', 'process.exit(0)', /s\.ts:2:9: process\.exit\(0\) while the file is loaded/],
    [
      'awaits what never comes',
      'await new Promise(() => {})',
      /s\.ts cannot be loaded: a top-level await never ends/,
    ],
    ['rejects', "void Promise.reject(new Error('lost'))", /s\.ts:2:21: lost/],
    [
      'ends the process later',
      'setTimeout(() => process.exit(0), 1)\nawait new Promise((done) => setTimeout(done, 50))',
      /process\.exit\(0\) while the file is loaded/,
    ],
  ])('that %s is an error, not a run that was well', async (_, code, message) => {
    for (const args of [[], ['debug']]) {
      const { code: exit, stderr } = await ends(code, ...args)
      expect(stderr).toMatch(message)
      expect(exit).toBe(1)
    }
  })

  test('that leaves a timer and a server open does not keep the process', async () => {
    const open = `import { createServer } from 'node:http'
      setInterval(() => undefined, 1000)
      createServer().listen(0, '127.0.0.1')`
    const all = await Promise.all([
      ends(open, '--dry-run'),
      ends(open, '--print-config'),
      ends(open, 'debug'),
    ])
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0])
  })

  test('that ends the process in the middle of a run does not make it one that went well', async () => {
    const { code, stderr } = await ends('setTimeout(() => process.exit(0), 900)', '-d', '30s', '-w', '1')
    expect(stderr).toContain('corerush: the process ended before its command')
    expect(code).toBe(1)
  })
})

describe.concurrent('debug', () => {
  const debug = (args: readonly string[]): ReturnType<typeof runCli> =>
    withFolder((folder) =>
      withServer(
        ({ url }, response) => {
          response.statusCode = url === '/404' ? 404 : 200
          response.end(`hello ${url}`)
        },
        (url) => {
          writeFileSync(
            join(folder, 's.ts'),
            `${IMPORTS}export default [
  scenario({ name: 'a', users: 5, baseUrl: '${url}', wait: between('1h', '2h'),
    onStart: ({ http }) => http.post('/start', { form: { password: 'canary' } }),
    onStop: ({ http }) => http.get('/stop'),
    tasks: {
      Good: { weight: 9, run: ({ http }) => http.get('/good', { check: (r) => r.text() === 'hello /good' }) },
      Bad: async ({ http }) => {
        await http.get('/404')
        fail('no good')
      },
    } }),
  scenario({ name: 'b', users: 1, tasks: { Good: ({ http }) => http.get('/b') } }),
]`,
          )
          return runCli(['debug', 's.ts', ...args], { cwd: folder })
        },
      ),
    )

  test('every task once, with each request and response, and the place of an error', async () => {
    const { code, stdout } = await debug([])
    expect(stdout.match(/^(──|✓|✗) .*|→ \w+|hello .*|failed.*/gm)).toEqual([
      ...['── a: onStart', '→ POST', 'hello /start', '✓ a: onStart'],
      ...['── a: Good', '→ GET', 'hello /good', '✓ a: Good'],
      ...['── a: Bad', '→ GET', 'hello /404', 'failed, status: status 404', '✗ a: Bad: no good'],
      ...['── a: onStop', '→ GET', 'hello /stop', '✓ a: onStop'],
      ...['── b: Good', '→ GET', 'hello /b', '✓ b: Good'],
    ])
    expect(stdout).toContain('  ok, the check passed\n')
    expect(stdout).toMatch(/s\.ts:10\n.*\n.*\n {2}> +10 \| +fail\('no good'\)/)
    expect(stdout).not.toContain('canary')
    expect(code).toBe(99)
  })

  test('one task, or none', async () => {
    const { code, stdout } = await debug(['--task', 'Good'])
    expect([code, stdout.match(/^── .*/gm)]).toEqual([
      0,
      ['── a: onStart', '── a: Good', '── a: onStop', '── b: Good'],
    ])
    const { code: wrong, stderr } = await debug(['--task', 'Godo', '--users', '3'])
    expect([wrong, stderr.split('\n')[0]]).toEqual([2, 'corerush: --users is not a flag'])
    expect((await debug(['--task', 'Goood'])).stderr).toContain('did you mean Good?')
  })
})

describe.concurrent('the examples run as they stand, against the embedded target', () => {
  const example = async (file: string, options: Options): Promise<Report> => {
    const target = await startTarget({ port: 0 })
    try {
      const report = await run({
        scenario: `examples/${file}`,
        url: target.url,
        workers: 1,
        rampUp: 0,
        ...options,
      })
      expect(report.taskErrors).toEqual([])
      expect(report.outcomes).toEqual({ ok: report.total.finished })
      return report
    } finally {
      await target.stop()
    }
  }

  test('the shop', async () => {
    const { byName } = await example('shop.ts', { users: 3, wait: '1ms', iterations: 60 })
    expect(Object.keys(byName)).toEqual(
      expect.arrayContaining([
        'PUT basket',
        'GET item',
        'GET items',
        'POST login',
        'POST logout',
        'POST order',
      ]),
    )
    expect(byName['POST logout']!.succeeded).toBe(byName['POST login']!.succeeded)
  })

  test('the programme guide', async () => {
    const { byName, custom } = await example('epg.ts', { users: 2, wait: '1ms', iterations: 9 })
    expect(byName['GET programs']!.succeeded).toBe(63)
    expect(custom).toEqual({ sweeps: { kind: 'counter', sum: 9 } })
  })

  test('the API, in the open model', async () => {
    const { byName, iterations } = await example('api.ts', { rate: 100, duration: '0.5s' })
    expect(iterations).toMatchObject({ due: 50, started: 50, finished: 50 })
    expect(byName['PUT document']?.succeeded).toBe(byName['POST event']?.succeeded)
  })
})

test('the example of the story runs as it stands', async () => {
  const { report, seen } = await withServer(ok, async (url, all) => ({
    report: await run({
      scenario: 'examples/getprograms.ts',
      url,
      users: 4,
      iterations: 4,
      workers: 2,
      rampUp: 0,
    }),
    seen: all,
  }))
  expect(report.byName).toMatchObject({ 'POST GetPrograms': { succeeded: 4, failed: 0 } })
  expect(seen[0]).toMatchObject({ method: 'POST', url: '/GetPrograms' })
  expect(seen[0]!.headers['content-type']).toBe('application/xml')
})
