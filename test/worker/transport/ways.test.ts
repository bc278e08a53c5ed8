/** The ways to a target, over real sockets: versions of HTTP, proxies, sockets, addresses, certificates. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConnectTo } from '../../../src/core/request/route.ts'
import { TRANSPORTS } from '../../../src/core/resolve/transport-options.ts'
import type { DigestCredentials } from '../../../src/core/request/digest.ts'
import { CREDENTIALS, DigestServer } from '../../support/digest-server.ts'
import { OneUser, sendAll, type UserParts } from '../../support/exchanges.ts'
import { startFaults, type Faults } from '../../support/faults.ts'
import { startHttp, startHttp2, startProxy } from '../../support/peers.ts'
import { selfSigned, startTlsTarget, type TlsTarget } from '../../support/tls.ts'

const identity = selfSigned('DNS:localhost,DNS:target.test,IP:127.0.0.1')
const at = (toPort: number, toHost = '127.0.0.1'): readonly ConnectTo[] => [
  { host: 'target.test', port: null, toHost, toPort },
]
const OK = { outcome: 'ok', status: 200, bytesIn: 2 }

let plain: Faults
beforeAll(async () => {
  plain = await startFaults('ok')
})
afterAll(() => plain.stop())

test.each(TRANSPORTS)('%s keeps its connection where plain http asks for another Host', async (transport) => {
  const server = await startFaults('ok')
  const requests = ['a.test', 'b.test'].map((host) => ({
    url: server.url,
    headers: [['Host', host]] as const,
  }))
  expect(await sendAll(requests, { plan: { transport } })).toMatchObject([OK, { ...OK, reused: true }])
  expect(server.accepted()).toBe(1)
  await server.stop()
})

describe('HTTP/2', () => {
  test('in cleartext by prior knowledge, over one connection that stays', async () => {
    const server = await startHttp2()
    const url = `http://127.0.0.1:${server.port}/a?b=1`
    const went = await sendAll(
      [
        { url },
        { url, method: 'POST', body: { text: 'hello' }, headers: [['Content-Type', 'text/plain']] },
        { url, method: 'HEAD' },
      ],
      {
        plan: { http2: true },
      },
    )
    expect(went).toMatchObject([
      { ...OK, reused: false, phases: ['connect'] },
      { ...OK, reused: true, bytesOut: 5 },
      { outcome: 'ok', status: 200, bytesIn: 0, reused: true },
    ])
    expect(server.seen).toEqual(['GET /a?b=1 http', 'POST /a?b=1 http', 'HEAD /a?b=1 http'])
    expect(server.from.length).toBe(1)
    await server.stop()
  })

  test('without keep-alive over a connection for each request', async () => {
    const server = await startHttp2()
    const url = `http://127.0.0.1:${server.port}/`
    const went = await sendAll([{ url }, { url }], { plan: { http2: true, keepAlive: false } })
    expect(went.map(({ outcome, reused }) => [outcome, reused])).toEqual([
      ['ok', false],
      ['ok', false],
    ])
    expect(server.from.length).toBe(2)
    await server.stop()
  })

  test('a reset stream and a status end as classes; the next request goes out nevertheless', async () => {
    const server = await startHttp2(undefined, (path) => ({ status: Number(path.slice(1)) }))
    const url = (status: number): string => `http://127.0.0.1:${server.port}/${status}`
    const went = await sendAll([{ url: url(503) }, { url: url(0) }, { url: url(204) }], {
      plan: { http2: true },
    })
    expect(went).toMatchObject([
      { outcome: 'ok', status: 503 },
      { outcome: 'headers.reset', status: 0 },
      { outcome: 'ok', status: 204 },
    ])
    await server.stop()
  })

  test('a cut ends a request that gets no answer, and the next one goes out on the same connection', async () => {
    const server = await startHttp2(undefined, (path) => ({ status: path === '/never' ? -1 : 200 }))
    const user = new OneUser({ plan: { http2: true } })
    const url = `http://127.0.0.1:${server.port}`
    const cut = user.send({ url: `${url}/never` })
    while (server.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    user.connection.cut('timeout')
    expect(await cut).toMatchObject({ outcome: 'headers.timeout' })
    expect(await user.send({ url })).toMatchObject({ outcome: 'ok', reused: true })
    user.connection.close()
    await server.stop()
  })

  test('whatever ends the session, each request ends once, and in a class', async () => {
    const old = await startHttp('127.0.0.1')
    const server = await startHttp2(undefined, (path) => ({
      status: path === '/reset' ? 0 : 200,
      body: path,
    }))
    // Sessions end right behind an answer, when the next request is on its way.
    server.ends = (path) => path === '/last'
    const origin = `http://127.0.0.1:${server.port}`
    const urls = [
      `${origin}/`,
      `${origin}/last`,
      `${origin}/`,
      `${origin}/reset`,
      `http://127.0.0.1:${old.port}/`,
    ]
    const users = Array.from({ length: 20 }, (_, user) => new OneUser({ user, plan: { http2: true } }))
    const seen = new Set<string>()
    await Promise.all(
      users.map(async (user, k) => {
        for (let i = 0; i < 20; i++) {
          const url = urls[(k + i) % urls.length]!
          const { outcome } = await user.send({ url })
          seen.add(`${new URL(url).origin === origin ? new URL(url).pathname : 'old'} ${outcome}`)
        }
        user.connection.close()
      }),
    )
    for (const [path, outcome] of [...seen].map((one) => one.split(' ')))
      expect(
        {
          '/': ['ok', 'headers.closed', 'headers.reset'],
          '/last': ['ok', 'headers.closed', 'headers.reset', 'body.closed', 'body.reset'],
          '/reset': ['headers.reset', 'headers.closed'],
          old: ['headers.malformed'],
        }[path!],
      ).toContain(outcome)
    expect(seen).toContain('/ ok')
    expect(seen).toContain('/reset headers.reset')
    await Promise.all([server.stop(), old.stop()])
  })

  test('is never replaced by HTTP/1.1: a server that does not speak it fails the request', async () => {
    const [went] = await sendAll([{ url: plain.url }], { plan: { http2: true, timeoutS: 1 } })
    expect(went).toMatchObject({
      outcome: 'headers.malformed',
      message: expect.stringMatching(/^not HTTP\/2: a frame of \d+ bytes$/) as string,
      status: 0,
    })
  })

  test.skipIf(identity === null)('over TLS it is negotiated, or the connection fails', async () => {
    const server = await startHttp2(identity!)
    const old = createServer(identity!, (_, res) => res.end('old'))
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve))
    const { port } = old.address() as { port: number }
    const plan = { http2: true, ca: identity!.cert }
    const [good] = await sendAll([{ url: `https://127.0.0.1:${server.port}/` }], { plan })
    const [bad] = await sendAll([{ url: `https://127.0.0.1:${port}/` }], { plan })
    expect(good).toMatchObject({ ...OK, phases: ['connect', 'tls'] })
    expect(server.seen).toEqual(['GET / https'])
    expect(bad).toMatchObject({ outcome: 'tls.failed', message: expect.stringContaining('HTTP/2') as string })
    await server.stop()
    old.close()
  })
})

describe('through a proxy', () => {
  let proxy: Awaited<ReturnType<typeof startProxy>>
  beforeAll(async () => {
    proxy = await startProxy('us:er')
  })
  afterAll(() => proxy.stop())
  const way = (authorization: string | null = `Basic ${Buffer.from('us:er').toString('base64')}`) => ({
    proxy: { host: '127.0.0.1', port: proxy.port, authorization, digest: null },
  })

  test('plain http is forwarded, by the whole URL', async () => {
    const went = await sendAll([{ url: `${plain.url}/x?y` }, { url: plain.url }], { plan: way() })
    expect(went).toMatchObject([
      { ...OK, reused: false },
      { ...OK, reused: true },
    ])
    expect(proxy.asked.splice(0)).toEqual([`GET ${plain.url}/x?y`, `GET ${plain.url}/`])
    expect(await sendAll([{ url: plain.url }], { plan: way(null) })).toMatchObject([
      { outcome: 'ok', status: 407 },
    ])
  })

  test.skipIf(identity === null)('https goes through a tunnel, made once', async () => {
    const target: TlsTarget = (await startTlsTarget())!
    proxy.asked.length = 0
    const plan = { ...way(), ca: target.cert }
    const went = await sendAll([{ url: target.url }, { url: target.url }], { plan })
    expect(went).toMatchObject([
      { ...OK, reused: false, phases: ['connect', 'tls'] },
      { ...OK, reused: true },
    ])
    expect(proxy.asked.splice(0)).toEqual([`CONNECT 127.0.0.1:${target.port}`])
    const [refused] = await sendAll([{ url: target.url }], { plan: { ...plan, ...way(null) } })
    expect(refused).toMatchObject({
      outcome: 'connect.failed',
      message: 'the proxy answered CONNECT with 407 Proxy Authentication Required',
    })
    const untrusted = await sendAll([{ url: target.url }], { plan: way() })
    expect(untrusted).toMatchObject([{ outcome: 'tls.certificate' }])
    await target.stop()
  })

  test.skipIf(identity === null)('the tunnel of a proxy that asks for digest authentication', async () => {
    const target: TlsTarget = (await startTlsTarget())!
    const rules = new DigestServer({ isProxy: true })
    const asking = await startProxy(rules)
    const plan = (digest: DigestCredentials | null) => ({
      ca: target.cert,
      keepAlive: false,
      proxy: { host: '127.0.0.1', port: asking.port, authorization: null, digest },
    })
    const requests = [{ url: target.url }, { url: target.url }]
    const went = await sendAll(requests, { plan: plan(CREDENTIALS) })
    // Asked once; the answer of the second connection has the number 2.
    expect(went).toMatchObject([
      { ...OK, phases: ['connect', 'tls'] },
      { ...OK, phases: ['connect', 'tls'] },
    ])
    expect(rules.seen).toEqual(['none', 'good', 'good'])
    const [wrong] = await sendAll(requests, { plan: plan({ user: 'a', password: 'b' }) })
    expect(wrong).toMatchObject({
      outcome: 'connect.failed',
      message:
        'the proxy answered CONNECT with 407 Proxy Authentication Required: the digest credentials were refused',
    })
    const [none] = await sendAll(requests, { plan: plan(null) })
    expect(none!.message).toBe('the proxy answered CONNECT with 407 Proxy Authentication Required')
    await Promise.all([asking.stop(), target.stop()])
  })

  test.each([
    ['closes', '', 'the proxy closed the connection instead of answering CONNECT'],
    ['speaks something else', 'SSH-2.0-x\r\n\r\n', 'the proxy did not answer CONNECT in HTTP/1.1'],
    ['says too much', 'HTTP/1.1 200 OK\r\n\r\nhello', 'the proxy sent more than its answer to CONNECT'],
    ['never ends', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`, 'with too long a header'],
  ])('one that %s is a failed connection', async (_, answer, message) => {
    const odd = await startFaults(({ socket }) => {
      if (answer === '') socket.end()
      else socket.write(answer)
    })
    const plan = { proxy: { host: '127.0.0.1', port: odd.port, authorization: null, digest: null } }
    const [went] = await sendAll([{ url: 'https://target.test/' }], { plan })
    expect(went!.outcome).toBe('connect.failed')
    expect(went!.message).toContain(message)
    await odd.stop()
  })

  test('one that is silent is cut off', async () => {
    const silent = await startFaults('silent')
    const user = new OneUser({
      plan: { proxy: { host: '127.0.0.1', port: silent.port, authorization: null, digest: null } },
    })
    const cut = user.send({ url: 'https://target.test/' })
    while (silent.requests() === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    user.connection.cut('timeout')
    expect(await cut).toMatchObject({ outcome: 'connect.timeout' })
    await silent.stop()
  })
})

describe.each(TRANSPORTS)('over %s,', (transport) => {
  const over = (parts: UserParts): UserParts => ({ ...parts, plan: { ...parts.plan, transport } })
  const send = (requests: Parameters<typeof sendAll>[0], parts: UserParts = {}) =>
    sendAll(requests, over(parts))
  const oneUser = (parts: UserParts) => new OneUser(over(parts))

  describe('to another place', () => {
    test('a Unix socket, whatever the host is; one that is not there is refused', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'corerush-test-'))
      const path = join(folder, 's')
      const hosts: (string | undefined)[] = []
      const server = await startHttp({ path }, (req, res) => {
        hosts.push(req.headers.host)
        res.end('ok')
      })
      const url = 'http://target.test:81/'
      expect(await send([{ url }, { url }], { plan: { unixSocket: path } })).toMatchObject([
        { ...OK, phases: ['connect'] },
        { ...OK, reused: true },
      ])
      expect(hosts).toEqual(['target.test:81', 'target.test:81'])
      await server.stop()
      expect(await send([{ url }], { plan: { unixSocket: join(folder, 'none') } })).toMatchObject([
        { outcome: 'connect.failed', message: expect.stringContaining('ENOENT') as string },
      ])
      rmSync(folder, { recursive: true })
    })

    test.skipIf(identity === null)(
      'with connect-to, while host and certificate stay those of the URL',
      async () => {
        const hosts: (string | undefined)[] = []
        const server = createServer(identity!, (req, res) => {
          hosts.push(req.headers.host)
          res.end('ok')
        })
        const names: unknown[] = []
        server.on('secureConnection', (socket) => names.push(socket.servername))
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
        const { port } = server.address() as { port: number }
        const plan = { ca: identity!.cert, connectTo: at(port) }
        expect(await send([{ url: 'https://target.test/' }], { plan })).toMatchObject([OK])
        expect([hosts, names]).toEqual([['target.test'], ['target.test']])
        const other = [{ host: null, port: null, toHost: '127.0.0.1', toPort: port }]
        expect(
          await send([{ url: 'https://other.test/' }], { plan: { ...plan, connectTo: other } }),
        ).toMatchObject([{ outcome: 'tls.certificate' }])
        server.closeAllConnections()
        server.close()
      },
    )

    test('from addresses of one’s own, which users take in turn by their number', async () => {
      const server = await startHttp('127.0.0.1')
      const url = `http://127.0.0.1:${server.port}/`
      const plan = { localAddresses: ['127.0.0.2', '127.0.0.3'] }
      for (const user of [0, 1, 2, 5]) expect(await send([{ url }], { plan, user })).toMatchObject([OK])
      expect(server.from).toEqual(['127.0.0.2', '127.0.0.3', '127.0.0.2', '127.0.0.3'])
      await server.stop()
    })

    test.skipIf(identity === null)('with a client certificate, for a server that wants one', async () => {
      const server = createServer(
        { ...identity!, ca: identity!.cert, requestCert: true, rejectUnauthorized: true },
        (_, res) => res.end('ok'),
      )
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as { port: number }
      const url = `https://127.0.0.1:${port}/`
      const ca = identity!.cert
      expect(await send([{ url }], { plan: { ca, ...identity! } })).toMatchObject([OK])
      const [without] = await send([{ url }], { plan: { ca } })
      expect(without!.outcome).not.toBe('ok')
      server.closeAllConnections()
      server.close()
    })
  })

  describe('names', () => {
    const resolving =
      (...addresses: string[]) =>
      (_: string, callback: (error: Error | null, addresses: readonly string[]) => void) =>
        void setImmediate(() => callback(null, addresses))

    test('the look-up is a phase of the exchange that waited for it, and of no other', async () => {
      const user = oneUser({ lookUp: resolving('127.0.0.1'), plan: { keepAlive: false } })
      const url = `http://target.test:${plain.port}/`
      expect((await user.send({ url })).phases).toEqual(['dns', 'connect'])
      expect((await user.send({ url })).phases).toEqual(['connect'])
      expect(user.addresses.seen).toEqual({ 'target.test': ['127.0.0.1'] })
    })

    test('users take the addresses in turn', async () => {
      const peer = await startHttp('127.0.0.4')
      const url = `http://target.test:${peer.port}/`
      const lookUp = resolving('127.0.0.5', '127.0.0.4')
      expect(await send([{ url }], { lookUp, user: 0 })).toMatchObject([OK])
      // Nobody listens at the other address: that is a finding, and no reason to go elsewhere.
      expect(await send([{ url }], { lookUp, user: 1 })).toMatchObject([{ outcome: 'connect.refused' }])
      await peer.stop()
    })

    test('a family that does not answer is left for the other', async () => {
      const url = `http://target.test:${plain.port}/`
      const user = oneUser({ lookUp: resolving('::1', '127.0.0.1'), plan: { keepAlive: false } })
      expect(await user.send({ url })).toMatchObject({ ...OK, phases: ['dns', 'connect'] })
      expect(user.addresses.known('target.test')!.proven).toBe(4)
      expect(await user.send({ url })).toMatchObject(OK)
    })

    test('a look-up that fails, and one that is cut off', async () => {
      const failing = Object.assign(new Error('getaddrinfo ENOTFOUND target.test'), { code: 'ENOTFOUND' })
      const url = 'http://target.test/'
      const went = await send([{ url }, { url }], {
        lookUp: (_, callback) => void setImmediate(() => callback(failing, [])),
      })
      expect(went.map(({ outcome }) => outcome)).toEqual(['dns.not-found', 'dns.not-found'])
      const user = oneUser({ lookUp: () => undefined })
      const cut = user.send({ url })
      user.connection.cut('timeout')
      expect(await cut).toMatchObject({ outcome: 'dns.timeout', phases: [] })
    })
  })

  test('nothing is asked for that the plan does not ask for, and a body is counted as it came', async () => {
    const seen: string[][] = []
    const packed = gzipSync('x'.repeat(1000))
    const server = await startHttp('127.0.0.1', (req, res) => {
      seen.push(Object.keys(req.headers).sort())
      res.setHeader('content-encoding', 'gzip')
      res.end(packed)
    })
    const [went] = await send([{ url: `http://127.0.0.1:${server.port}/` }])
    expect(went).toMatchObject({ outcome: 'ok', bytesIn: packed.length })
    expect(seen).toEqual([['connection', 'host', 'user-agent']])
    await server.stop()
  })
})
