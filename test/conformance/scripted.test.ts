/** What scripts need of a transport: over each of them their tasks see the same, and so do their servers. */
import { createServer as createTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { TRANSPORTS } from '../../src/core/resolve/transport-options.ts'
import type { ScenarioDefinition } from '../../src/scenario/scenario.ts'
import { CREDENTIALS, DigestServer } from '../support/digest-server.ts'
import { response, startFaults, type FaultExchange, type Faults } from '../support/faults.ts'
import { playOver } from '../support/scripted.ts'
import { selfSigned } from '../support/tls.ts'

type Tasks = ScenarioDefinition<unknown, unknown>['tasks']
type Pieces = string | Buffer | readonly (string | Buffer)[]
/** What the server says to a request, each piece in a packet of its own. */
type Answer = (path: string, exchange: FaultExchange) => Pieces

const servers: Faults[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())))

async function serve(answer: Answer): Promise<Faults> {
  const say = async ({ socket }: FaultExchange, pieces: Pieces): Promise<void> => {
    for (const [n, piece] of [pieces].flat().entries()) {
      if (n > 0) await pause(5)
      if (socket.writable) socket.write(piece)
    }
  }
  const server = await startFaults(
    (exchange) => void say(exchange, answer(exchange.head.split(' ')[1]!, exchange)),
  )
  servers.push(server)
  return server
}

interface Played {
  /** What the tasks have noted. */
  readonly noted: readonly unknown[]
  /** The heads that the servers received, without what each of them has, and the length of a body. */
  readonly received: readonly string[]
  readonly outcomes: Readonly<Record<string, number>>
  readonly errors: readonly string[]
  /** Accepted by the server of the scenario, and by another one. */
  readonly connections: readonly number[]
}

/** Plays the tasks, which know how to note what they see, and the URL of another server. */
async function play(
  transport: (typeof TRANSPORTS)[number],
  tasks: (note: (...what: unknown[]) => void, elsewhere: string) => Tasks,
  answer: Answer,
  plan: Parameters<typeof playOver>[2] = {},
): Promise<Played> {
  const received: string[] = []
  const listening: Answer = (path, exchange) => {
    const { head, body } = exchange
    const lines = head.split('\r\n').filter((line) => !/^(connection|user-agent|content-length):/i.test(line))
    received.push(named([...lines, ...(body.length === 0 ? [] : [String(body.length)])].join(' | ')))
    return answer(path, exchange)
  }
  const [here, there] = [await serve(listening), await serve(listening)]
  const named = (text: string): string =>
    text
      .replace(new RegExp(`(http://)?127.0.0.1:${here.port}`, 'g'), 'HERE')
      .replaceAll(new URL(there.url).host, 'THERE')
  const noted: unknown[] = []
  const note = (...what: unknown[]): void => void noted.push(JSON.parse(named(JSON.stringify(what))))
  const tally = await playOver(here.url, { tasks: tasks(note, there.url) }, { transport, ...plan })
  const outcomes: Record<string, number> = {}
  for (const { outcomes: ended } of tally.requests.values())
    for (const [outcome, n] of ended) outcomes[outcome] = (outcomes[outcome] ?? 0) + n
  const errors = [...tally.taskErrors.values()].map(({ task, message }) => `${task}: ${message}`)
  return { noted, received, outcomes, errors, connections: [here.accepted(), there.accepted()] }
}

const OK = response('200 OK', 'ok')
const bytewise = (text: string): string[] => text.match(/[^]{1,7}/g) ?? []

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('redirects are followed, with their cookies, also to another origin, and their locations are UTF-8', async () => {
    const { noted, received, errors, connections } = await play(
      transport,
      (note, elsewhere) => ({
        async T({ http }) {
          for (const path of ['/hop', '/pieces', '/see-other', `/away?to=${elsewhere}/x`]) {
            const { ok, status, url, redirects } = await http.post(path, { redirects: 2, body: 'x' })
            note(
              ok,
              status,
              url,
              ...redirects.map(({ status, location, cookies }) => [status, location, ...cookies]),
            )
          }
          note((await http.get('/hop')).status)
        },
      }),
      (path) => {
        if (path === '/hop')
          return response(
            '307 Temporary',
            'moved',
            'Location: /ü?q=1',
            'Set-Cookie: a=1; Path=/',
            'set-cookie:b=2; Path=/',
          )
        if (path === '/pieces')
          return bytewise(
            response('302 Found', 'moved', 'LOCATION: \t/landed ', 'location: /not', 'Last-Modified: never'),
          )
        if (path === '/see-other') return response('303 See Other', '', 'Location: landed')
        if (path.startsWith('/away')) return response('308 Permanent', '', `Location: ${path.slice(9)}`)
        // A location that leads nowhere.
        return response('200 OK', 'ok', 'Location: /nowhere')
      },
    )
    expect(errors).toEqual([])
    expect(noted).toEqual([
      [true, 200, 'HERE/%C3%BC?q=1', [307, '/ü?q=1', 'a=1; Path=/', 'b=2; Path=/']],
      [true, 200, 'HERE/landed', [302, '/landed']],
      [true, 200, 'HERE/landed', [303, 'landed']],
      [true, 200, 'http://THERE/x', [308, 'http://THERE/x']],
      [307],
    ])
    const cookie = 'cookie: a=1; b=2'
    expect(received).toEqual([
      'POST /hop HTTP/1.1 | host: HERE | 1',
      `POST /%C3%BC?q=1 HTTP/1.1 | host: HERE | ${cookie} | 1`,
      `POST /pieces HTTP/1.1 | host: HERE | ${cookie} | 1`,
      `GET /landed HTTP/1.1 | host: HERE | ${cookie}`,
      `POST /see-other HTTP/1.1 | host: HERE | ${cookie} | 1`,
      `GET /landed HTTP/1.1 | host: HERE | ${cookie}`,
      `POST /away?to=http://THERE/x HTTP/1.1 | host: HERE | ${cookie} | 1`,
      `POST /x HTTP/1.1 | host: THERE | ${cookie} | 1`,
      `GET /hop HTTP/1.1 | host: HERE | ${cookie}`,
    ])
    expect(connections).toEqual([1, 1])
  })

  test('cookies are those of each response, whether its head is like the one before, comes in pieces, or has no body', async () => {
    const { noted, received, errors, connections } = await play(
      transport,
      (note) => ({
        async T({ http, cookies }) {
          const paths = ['/n', '/n', '/same', '/same', '/pieces', '/none', '/early', '/gone', '/unchanged']
          for (const path of paths) {
            await http.request(path === '/gone' ? 'HEAD' : 'GET', path)
            note(cookies.get('n'))
          }
          cookies.set('own=1; Path=/')
          await http.put('/put', { body: 'x'.repeat(100_000) })
        },
      }),
      (path, { index }) => {
        if (path === '/n') return response('200 OK', 'ok', `Set-Cookie: n=${index}; Path=/`)
        if (path === '/same') return response('200 OK', 'ok', 'SET-COOKIE: n=same; Path=/')
        if (path === '/pieces') return bytewise(response('200 OK', 'ok', 'Set-Cookie: n=pieces; Path=/'))
        if (path === '/early') return ['HTTP/1.1 103 Early Hints\r\nSet-Cookie: n=early; Path=/\r\n\r\n', OK]
        if (path === '/gone') return response('204 No Content', '', 'Set-Cookie: n=gone; Path=/')
        if (path === '/unchanged') return 'HTTP/1.1 304 Not Modified\r\nSet-Cookie: n=304; Path=/\r\n\r\n'
        return OK
      },
    )
    expect(errors).toEqual([])
    const values = ['0', '1', 'same', 'same', 'pieces', 'pieces', 'pieces', 'gone', '304']
    expect(noted).toEqual(values.map((value) => [value]))
    expect(received.map((line) => /n=(\w+)/.exec(line)?.[1])).toEqual([undefined, ...values])
    expect(received.at(-1)).toBe('PUT /put HTTP/1.1 | host: HERE | cookie: n=304; own=1 | 100000')
    expect(connections[0]).toBe(1)
  })

  test('headers that a task has set go with its requests, a Host among them, with and without a body', async () => {
    const { received, errors } = await play(
      transport,
      () => ({
        async T({ http, cookies }) {
          cookies.set('own=1; Path=/')
          http.headers.set('X-First', '\xe9')
          await http.get('/a')
          http.headers.set('Host', 'other.test')
          await http.post('/b', { body: 'grüße' })
          await http.post('/c', { headers: { Host: 'its.own' } })
          await http.request('DELETE', '/d')
        },
      }),
      () => OK,
    )
    expect(errors).toEqual([])
    expect(received).toEqual([
      'GET /a HTTP/1.1 | host: HERE | X-First: \xe9 | cookie: own=1',
      'POST /b HTTP/1.1 | host: other.test | X-First: \xe9 | cookie: own=1 | 7',
      'POST /c HTTP/1.1 | host: its.own | X-First: \xe9 | cookie: own=1',
      'DELETE /d HTTP/1.1 | host: other.test | X-First: \xe9 | cookie: own=1',
    ])
  })

  test('bodies are read, decoded and limited, however they are framed and cut', async () => {
    const text = 'ab'.repeat(60_000)
    const packed = gzipSync(text)
    const { noted, outcomes, errors, connections } = await play(
      transport,
      (note) => ({
        async T({ http }) {
          for (const path of ['/length', '/chunks', '/close', '/packed']) {
            const reply = await http.get(path, { read: true, compressed: true })
            note(reply.ok, reply.text().length, reply.headers.get('x-a'), reply.headers.get('content-type'))
          }
          const { ok } = await http.get('/chunks', {
            check: (reply) => reply.bytes()[0] === 97 || 'not that',
          })
          const { error } = await http.get('/long', { read: true })
          note(ok, error, (await http.get('/length', { read: true })).text() === text)
        },
      }),
      (path) => {
        const head = 'HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Type: text/plain \r\nx-a:\t2\r\n'
        if (path === '/chunks')
          return [
            ...bytewise(`${head}transfer-encoding: chunked\r\n\r\n1`),
            'd4c0;a=b\r\n',
            text,
            '\r\n0\r\nx-a: 3\r\n\r\n',
          ]
        if (path === '/close') return [`${head}connection: close\r\ncontent-length: 120000\r\n\r\n`, text]
        if (path === '/long') return [`${head}content-length: 300000\r\n\r\n`, text, text, text.slice(60_000)]
        if (path === '/packed')
          return [
            `${head}content-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`,
            packed.subarray(0, 10),
            packed.subarray(10),
          ]
        return [`${head}content-length: 120000\r\n\r\n${text.slice(0, 9)}`, text.slice(9)]
      },
      { maxReadBytes: 200_000 },
    )
    expect(errors).toEqual([])
    expect(noted).toEqual([
      ...Array<unknown>(4).fill([true, 120_000, '1, 2', 'text/plain']),
      [true, 'body.too-large: the body is longer than the 200k bytes of --max-read-bytes', true],
    ])
    expect(outcomes).toEqual({ ok: 6, 'body.too-large': 1 })
    // One after the response that closed, and one after the body that was not read to its end.
    expect(connections[0]).toBe(3)
  })

  test('a stream is read while it comes, ended early, and fails with its response', async () => {
    const events = Array.from({ length: 5 }, (_, id) => `id: ${id}\ndata: ${'x'.repeat(10)}\n\n`)
    const { noted, outcomes, errors, connections } = await play(
      transport,
      (note) => ({
        async Whole({ http }) {
          const stream = await http.stream('/whole')
          const ids: string[] = []
          for await (const { id } of stream.events()) ids.push(id)
          note(ids.join(''), stream.ok, stream.status, stream.headers.get('x-a'), stream.error)
        },
        async Early({ http }) {
          for await (const { id } of (await http.stream('/endless')).events()) if (id === '1') break
          note((await http.get('/after')).ok)
        },
        async Cut({ http }) {
          const stream = await http.stream('/cut')
          let bytes = 0
          for await (const chunk of stream.chunks()) bytes += chunk.length
          note(bytes, stream.ok, stream.error.split(':')[0])
        },
        async Refused({ http }) {
          const stream = await http.stream('/refused')
          for await (const { id } of stream.events()) note(`the event ${id}`)
          note(stream.ok, stream.status)
        },
      }),
      (path, { socket }) => {
        const head = 'HTTP/1.1 200 OK\r\nx-a: 1\r\ntransfer-encoding: chunked\r\n\r\n'
        const chunks = events.map((event) => `${event.length.toString(16)}\r\n${event}\r\n`)
        if (path === '/whole') return [head, ...chunks, '0\r\n\r\n']
        if (path === '/endless') return [head, ...chunks]
        if (path === '/cut') {
          setTimeout(() => socket.end(), 60)
          return [head, chunks[0]!]
        }
        return path === '/refused' ? response('503 Busy', 'no') : OK
      },
    )
    expect(errors).toEqual([])
    expect(noted).toEqual([
      ['01234', true, 200, '1', ''],
      [true],
      [events[0]!.length, false, 'body.closed'],
      [false, 503],
    ])
    expect(outcomes).toEqual({ ok: 3, 'body.closed': 1, status: 1 })
    expect(connections[0]).toBe(3)
  })

  test('digest challenges are answered, once for each user', async () => {
    const rules = new DigestServer({ qop: 'auth-int', nextNonce: true })
    const { noted, errors, connections } = await play(
      transport,
      (note) => ({
        async T({ http }) {
          for (let n = 0; n < 3; n++) note((await http.post('/a?b=%20c', { body: 'café' })).status)
        },
      }),
      (path, { head, body }) => {
        const authorization = /^authorization: (.*)$/im.exec(head)?.[1]
        const { status, headers } = rules.reply('POST', path, body.toString(), authorization)
        return response(`${status} So`, '', ...headers.map(([name, value]) => `${name}: ${value}`))
      },
      { request: { digest: CREDENTIALS } },
    )
    expect([noted, errors, rules.seen]).toEqual([[[200], [200], [200]], [], ['none', 'good', 'good', 'good']])
    expect(connections[0]).toBe(1)
  })

  test('cookies, redirects and bodies come over TLS as well', async (context) => {
    const identity = selfSigned('IP:127.0.0.1')
    if (identity === null) return context.skip('no openssl on this machine')
    const server = createTls(identity, ({ url, headers }, reply) => {
      if (url === '/') reply.writeHead(302, { location: '/b', 'set-cookie': 'a=1' }).end()
      else reply.end(headers.cookie)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const seen: string[] = []
    await playOver(
      `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      {
        tasks: {
          async T({ http }) {
            seen.push((await http.get('/', { read: true, redirects: true })).text())
          },
        },
      },
      { transport, insecure: true },
    )
    server.closeAllConnections()
    server.close()
    expect(seen).toEqual(['a=1'])
  })
})
