/** The fault matrix: everything that can go wrong on the way ends in the same counted class with both transports. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { closedPort, response, startFaults, type FaultBehaviour, type Faults } from '../support/faults.ts'
import { selfSigned, startTlsTarget } from '../support/tls.ts'
import { Client, TRANSPORT_NAMES, turns, type Asking } from '../support/transports.ts'
import type { Exchange } from '../../src/worker/transport/transport.ts'

const OK = response('200 OK', 'ok')
/** Time for what was written to reach the client, who would otherwise only see the reset that overtakes it. */
const BEFORE_RESET_MS = 20

const closing: (() => unknown)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

async function serve(behaviour: FaultBehaviour): Promise<Faults> {
  const server = await startFaults(behaviour)
  closing.push(() => server.stop())
  return server
}
const says =
  (text: string, then: (socket: Socket) => unknown = () => undefined): FaultBehaviour =>
  ({ socket }) =>
    void socket.write(text, () => then(socket))
/** The request is out; the response has not begun. */
const isWritten = ({ phase, connectUs }: Exchange): boolean => phase === 'headers' && connectUs >= 0
const resets = (socket: Socket): unknown => setTimeout(() => socket.resetAndDestroy(), BEFORE_RESET_MS)

describe.each(TRANSPORT_NAMES)('over %s', (name) => {
  async function clientOf(url: string, options?: Parameters<typeof Client.of>[2]): Promise<Client> {
    const client = await Client.of(name, url, options)
    closing.push(() => client.close())
    return client
  }
  /** One request to a server that behaves so. */
  async function asked(behaviour: FaultBehaviour, asking: Asking = {}) {
    const client = await clientOf((await serve(behaviour)).url)
    return client.ask({ cutAfterMs: 5000, ...asking })
  }

  describe('a connection is reset', () => {
    test('before the headers', async () => {
      expect(await asked(({ socket }) => void socket.resetAndDestroy())).toMatchObject({
        outcome: 'headers.reset',
        status: 0,
      })
    })
    test('inside the headers', async () => {
      expect(await asked(says('HTTP/1.1 200 OK\r\ncont', resets))).toMatchObject({
        outcome: 'headers.reset',
        status: 0,
      })
    })
    test('after the headers', async () => {
      expect(await asked(says('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n', resets))).toMatchObject({
        outcome: 'body.reset',
        status: 200,
        bytesIn: 0,
      })
    })
    test.each([
      ['a length', 'content-length: 9\r\n\r\nhello', 5],
      ['chunks', 'transfer-encoding: chunked\r\n\r\n9\r\nhello', 5],
      ['a length, with close', 'connection: close\r\ncontent-length: 9\r\n\r\nhello', 5],
      ['chunks, with close', 'connection: close\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhello', 5],
      ['the end of the connection', 'x: y\r\n\r\nhello', 5],
    ])('inside a body framed by %s', async (_, rest, bytesIn) => {
      expect(await asked(says(`HTTP/1.1 200 OK\r\n${rest}`, resets))).toMatchObject({
        outcome: 'body.reset',
        status: 200,
        bytesIn,
      })
    })
    test('after the response: the next request has a new one', async () => {
      const server = await serve(says(OK, resets))
      const client = await clientOf(server.url)
      expect(await client.ask()).toMatchObject({ outcome: 'ok', reused: false })
      await turns(BEFORE_RESET_MS * 2)
      expect(await client.ask()).toMatchObject({ outcome: 'ok', reused: false })
    })
  })

  describe('a connection that was kept', () => {
    test('is closed by the server while it is idle: seen before the next request is written', async () => {
      const server = await serve(says(OK, (socket) => setTimeout(() => socket.end(), BEFORE_RESET_MS)))
      const client = await clientOf(server.url)
      for (let i = 0; i < 3; i++) {
        expect(await client.ask()).toMatchObject({ outcome: 'ok', reused: false })
        await turns(BEFORE_RESET_MS * 2)
      }
      expect([server.requests(), server.accepted()]).toEqual([3, 3])
    })

    test('is closed while the loop is busy: seen before the next request is written', async () => {
      let idle: Socket | undefined
      const server = await serve(({ socket }) => void (idle = socket).write(OK))
      const client = await clientOf(server.url)
      await client.ask()
      idle!.end()
      // Nothing of it was read yet when the next request is sent.
      expect(await client.ask()).toMatchObject({ outcome: 'ok', reused: false })
      expect(server.requests()).toBe(2)
    })

    test('says something unasked: closed, and what it said is no answer', async () => {
      let idle: Socket | undefined
      const server = await serve(({ socket }) => void (idle = socket).write(OK))
      const client = await clientOf(server.url)
      await client.ask()
      const first = idle!
      first.write(response('500 Smuggled', 'bad'))
      expect(await client.ask()).toMatchObject({ outcome: 'ok', status: 200, reused: false })
      first.destroy()
    })

    test('had more behind its response, and the next request follows at once: the same', async () => {
      const server = await serve(says(OK + response('500 Smuggled', 'bad')))
      const client = await clientOf(server.url)
      const seen = await client.askAll(5, { cutAfterMs: 5000 })
      expect(seen).toEqual(
        Array(5).fill({ outcome: 'ok', status: 200, bytesIn: 2, bytesOut: 0, reused: false }),
      )
      expect([server.requests(), server.accepted()]).toEqual([5, 5])
    })

    test('is used again at once, and again after a rest', async () => {
      const server = await serve(says(OK))
      const client = await clientOf(server.url)
      const seen = [...(await client.askAll(20))]
      await turns(5)
      seen.push(await client.ask())
      expect(seen.map(({ reused }) => reused)).toEqual([false, ...Array<boolean>(20).fill(true)])
      expect([server.requests(), server.accepted(), client.sent]).toEqual([21, 1, 21])
    })

    test('is not used again when the server said that it closes it about then', async () => {
      const server = await serve(
        says('HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 2\r\n\r\nok'),
      )
      const client = await clientOf(server.url)
      expect(await client.ask()).toMatchObject({ reused: false })
      expect(await client.ask()).toMatchObject({ reused: true })
      await new Promise((resolve) => setTimeout(resolve, 600))
      expect(await client.ask()).toMatchObject({ outcome: 'ok', reused: false })
    })
  })

  test('without keep-alive every request has a connection of its own, and says so', async () => {
    const heads: string[] = []
    const server = await serve((exchange) => {
      heads.push(exchange.head)
      says(OK)(exchange)
    })
    const client = await clientOf(server.url, { keepAlive: false })
    const seen = await client.askAll(4)
    expect(seen.map(({ outcome, reused }) => [outcome, reused])).toEqual(Array(4).fill(['ok', false]))
    expect(server.accepted()).toBe(4)
    for (const head of heads) expect(head).toMatch(/^connection: close$/m)
  })

  describe('a response that does not end', () => {
    const drips =
      (before: string, everyMs: number): FaultBehaviour =>
      ({ socket }) => {
        socket.write(before)
        const timer = setInterval(() => socket.write('x'), everyMs)
        socket.once('close', () => clearInterval(timer))
      }
    test('no byte of it', async () => {
      expect(await asked(() => undefined, { cutWhen: isWritten })).toMatchObject({
        outcome: 'headers.timeout',
        status: 0,
      })
    })
    test('headers in drops', async () => {
      expect(
        await asked(drips('HTTP/1.1 200 OK\r\nx: ', 5), { cutWhen: ({ firstByteUs }) => firstByteUs > 0 }),
      ).toMatchObject({
        outcome: 'headers.timeout',
        status: 0,
        bytesIn: 0,
      })
    })
    test('a body in drops, past the time-out of the whole request', async () => {
      const seen = await asked(drips('HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n', 5), {
        cutWhen: ({ bytesIn }) => bytesIn > 3,
      })
      expect(seen).toMatchObject({ outcome: 'body.timeout', status: 200 })
      expect(seen.bytesIn).toBeGreaterThan(3)
    })
    test.each([
      ['the end of the connection', '\r\n', 'x'.repeat(65_536)],
      ['chunks', 'transfer-encoding: chunked\r\n\r\n', `10000\r\n${'x'.repeat(65_536)}\r\n`],
    ])('an endless body framed by %s', async (_, rest, piece) => {
      const seen = await asked(
        ({ socket }) => {
          const pour = (): void => {
            while (socket.writable && socket.write(piece));
          }
          socket.on('drain', pour).write(`HTTP/1.1 200 OK\r\n${rest}`)
          pour()
        },
        { cutWhen: ({ bytesIn }) => bytesIn > 1_000_000 },
      )
      expect(seen).toMatchObject({ outcome: 'body.timeout', status: 200 })
      expect(seen.bytesIn).toBeGreaterThan(1_000_000)
    })
    test('at the end of the drain it is unfinished', async () => {
      expect(await asked(() => undefined, { cutWhen: isWritten, cutAs: 'unfinished' })).toMatchObject({
        outcome: 'unfinished',
        status: 0,
        bytesOut: 0,
      })
    })
  })

  test('a body of 100 MB is counted to the byte', async () => {
    const bytes = 100_000_000
    const piece = Buffer.alloc(1_000_000, 120)
    const seen = await asked(
      ({ socket }) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes}\r\n\r\n`)
        let left = bytes / piece.length
        const pour = (): void => {
          while (left-- > 0 && socket.write(piece));
        }
        socket.on('drain', pour)
        pour()
      },
      { cutAfterMs: 30_000 },
    )
    expect(seen).toMatchObject({ outcome: 'ok', bytesIn: bytes })
  })

  test('a request body of 5 MB arrives whole', async () => {
    let got = 0
    const seen = await asked(
      ({ socket, body }) => {
        got = body.length
        socket.write(OK)
      },
      { method: 'PUT', body: { text: 'x'.repeat(5_000_000) } },
    )
    expect(seen).toMatchObject({ outcome: 'ok', bytesOut: 5_000_000 })
    expect(got).toBe(5_000_000)
  })

  test('a request that is answered before its body was sent: the next one has a connection of its own', async () => {
    // The server reads no more, and says nothing about its connection.
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        socket.pause()
        socket.write(response('413 Content Too Large', 'no'))
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    const client = await clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const asking = { method: 'PUT', body: { text: 'x'.repeat(20_000_000) }, cutAfterMs: 5000 }
    for (let i = 0; i < 3; i++)
      expect(await client.ask(asking)).toMatchObject({ outcome: 'ok', status: 413, reused: false })
  })

  describe('no connection', () => {
    test('refused, each time it is tried', async () => {
      const port = await closedPort()
      const client = await clientOf(`http://127.0.0.1:${port}`)
      const seen = await client.askAll(30)
      expect(seen).toEqual(
        Array(30).fill({ outcome: 'connect.refused', status: 0, bytesIn: 0, bytesOut: 0, reused: false }),
      )
      expect(client.sent).toBe(30)
      expect(client.last!.message).toContain('ECONNREFUSED')
    })

    test('a name that does not exist', async () => {
      const client = await clientOf('http://no-such-host.invalid/')
      const seen = await client.ask({ cutAfterMs: 3000 })
      expect(seen.outcome).toMatch(/^dns\.(not-found|failed|timeout)$/)
      expect(client.sent).toBe(1)
    })

    test('then the server comes back', async () => {
      const server = await startFaults(says(OK))
      const client = await clientOf(server.url)
      expect(await client.ask()).toMatchObject({ outcome: 'ok' })
      await server.stop()
      await turns(2)
      expect(await client.ask()).toMatchObject({ outcome: 'connect.refused' })
      const again = createServer(
        (socket) => void socket.on('data', () => socket.write(OK)).on('error', () => undefined),
      )
      again.listen(server.port, '127.0.0.1')
      await once(again, 'listening')
      closing.push(() => again.close())
      expect(await client.ask()).toMatchObject({ outcome: 'ok', reused: false })
      expect(await client.ask()).toMatchObject({ outcome: 'ok', reused: true })
      client.close()
    })
  })

  describe('TLS', () => {
    test.for([
      { names: undefined, isExpired: false, isTrusted: false, problem: /self.signed/ },
      {
        names: 'DNS:other.test',
        isExpired: false,
        isTrusted: true,
        problem: /not in the cert's list|does not match/,
      },
      { names: undefined, isExpired: true, isTrusted: true, problem: /expired/ },
    ])(
      'a certificate that will not do ($problem), and the same where any will',
      async ({ names, isExpired, isTrusted, problem }, context) => {
        const server = await startTlsTarget(names, isExpired)
        if (server === null) return context.skip('no openssl on this machine')
        closing.push(() => server.stop())
        const strict = await clientOf(server.url, { ca: isTrusted ? server.cert : null })
        for (let i = 0; i < 2; i++) {
          expect(await strict.ask()).toEqual({
            outcome: 'tls.certificate',
            status: 0,
            bytesIn: 0,
            bytesOut: 0,
            reused: false,
          })
          expect(strict.last!.message).toMatch(problem)
        }
        expect(server.requests()).toBe(0)

        const lax = await clientOf(server.url, { insecure: true })
        expect(await lax.ask()).toMatchObject({ outcome: 'ok', bytesIn: 2, reused: false })
        expect(lax.last!.tlsUs).toBeGreaterThan(0)
        expect(lax.last!.connectUs).toBeGreaterThanOrEqual(0)
        expect(await lax.ask()).toMatchObject({ outcome: 'ok', bytesIn: 2, reused: true })
        expect(server.requests()).toBe(2)
      },
    )

    test('a certificate that is trusted, for this host, in its time', async (context) => {
      const server = await startTlsTarget()
      if (server === null) return context.skip('no openssl on this machine')
      closing.push(() => server.stop())
      const client = await clientOf(server.url, { ca: server.cert })
      expect(await client.ask()).toMatchObject({ outcome: 'ok', bytesIn: 2 })
    })

    test('connections after the first resume its session', async (context) => {
      const server = await startTlsTarget()
      if (server === null) return context.skip('no openssl on this machine')
      closing.push(() => server.stop())
      const client = await clientOf(server.url, { insecure: true, keepAlive: false })
      for (let i = 0; i < 3; i++) expect(await client.ask()).toMatchObject({ outcome: 'ok', reused: false })
      expect(server.resumed()).toBeGreaterThan(0)
    })

    test.each([
      ['before the headers', '', 'headers.failed'],
      ['inside a body', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello', 'body.failed'],
    ])('a record that cannot be read %s', async (_, text, outcome) => {
      const identity = selfSigned('IP:127.0.0.1')
      if (identity === null) return
      const server = createServer((socket) => {
        const secure = new TLSSocket(socket, { isServer: true, ...identity })
        for (const one of [socket, secure]) one.on('error', () => undefined)
        secure.once('data', () => {
          secure.write(text)
          setTimeout(
            () => socket.write(Buffer.from([0x17, 3, 3, 0, 32, ...Array<number>(32).fill(120)])),
            BEFORE_RESET_MS,
          )
        })
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      closing.push(() => server.close())
      const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
      const client = await clientOf(url, { insecure: true })
      expect(await client.ask({ cutAfterMs: 5000 })).toMatchObject({ outcome })
      // OpenSSL's words, without its pointers and paths.
      expect(client.last!.message).toMatch(/^[a-z ]+ \(SSL routines\)$/)
    })

    test('a handshake that stalls', async () => {
      const client = await clientOf((await serve(() => undefined)).url.replace('http', 'https'))
      expect(await client.ask({ cutWhen: ({ phase }) => phase === 'tls' })).toMatchObject({
        outcome: 'tls.timeout',
        bytesOut: 0,
      })
    })

    test('plain HTTP on the port', async () => {
      const plain = createServer(
        (socket) =>
          void socket
            .on('error', () => undefined)
            .end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'),
      )
      plain.listen(0, '127.0.0.1')
      await once(plain, 'listening')
      closing.push(() => plain.close())
      const client = await clientOf(`https://127.0.0.1:${(plain.address() as AddressInfo).port}`)
      expect(await client.ask()).toMatchObject({ outcome: 'tls.failed', status: 0 })
    })

    test('a peer that hangs up in the handshake', async () => {
      const rude = createServer((socket) => void socket.on('error', () => undefined).end())
      rude.listen(0, '127.0.0.1')
      await once(rude, 'listening')
      closing.push(() => rude.close())
      const client = await clientOf(`https://127.0.0.1:${(rude.address() as AddressInfo).port}`)
      expect(await client.ask()).toMatchObject({ outcome: 'tls.failed', status: 0 })
    })
  })

  test('a name is looked up, and the phases of connecting are distinguished', async () => {
    const server = await serve(says(OK))
    const client = await clientOf(`http://localhost:${server.port}`)
    expect(await client.ask()).toMatchObject({ outcome: 'ok', reused: false })
    const { sentUs, dnsUs, connectUs, tlsUs, firstByteUs, doneUs } = client.last!
    expect(Math.min(dnsUs, connectUs)).toBeGreaterThanOrEqual(0)
    expect(tlsUs).toBe(-1)
    expect([sentUs + dnsUs + connectUs, firstByteUs, doneUs]).toEqual(
      [sentUs + dnsUs + connectUs, firstByteUs, doneUs].sort((a, b) => a - b),
    )
  })

  test('a request that was closed is not reported, and the next one is', async () => {
    const server = await serve(says(OK))
    const client = await clientOf(server.url)
    let told = false
    void client.ask().then(() => (told = true))
    client.close()
    await turns(10)
    expect(told).toBe(false)
    expect(await client.ask()).toMatchObject({ outcome: 'ok' })
  })
})

describe('both transports', () => {
  test.each<[string, Asking]>([
    ['GET', {}],
    ['GET with a query and an odd path', { url: '/a%20b/?q=1&r=%C3%A9' }],
    ['POST', { body: { text: 'grüße' }, headers: [['Content-Type', 'text/plain; charset=utf-8']] }],
    ['POST without a body', { method: 'POST' }],
    ['PATCH without a body', { method: 'PATCH' }],
    ['DELETE', { method: 'DELETE' }],
    ['DELETE with a body', { method: 'DELETE', body: { text: 'x' } }],
    ['HEAD', { method: 'HEAD' }],
    ['OPTIONS', { method: 'OPTIONS' }],
    ['a method of its own', { method: 'QUERY', body: { base64: 'AP8=' } }],
    [
      'a Host header',
      {
        headers: [
          ['X-First', '1'],
          ['Host', 'other.test:81'],
          ['x-LAST', '\xe9'],
        ],
      },
    ],
    [
      'two headers alike',
      {
        headers: [
          ['Cookie', 'a=1'],
          ['Cookie', 'b=2'],
        ],
      },
    ],
  ])('write the same bytes: %s', async (_, asking) => {
    const read: Buffer[] = []
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => {
        read.push(bytes)
        socket.end(
          asking.method === 'HEAD'
            ? 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n'
            : response('200 OK', 'ok', 'connection: close'),
        )
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const written: string[] = []
    for (const keepAlive of [true, false])
      for (const name of TRANSPORT_NAMES) {
        const client = await Client.of(name, url, { keepAlive })
        expect(await client.ask({ ...asking, url: url + (asking.url ?? '/') })).toMatchObject({
          outcome: 'ok',
        })
        await turns(2)
        written.push(Buffer.concat(read.splice(0)).toString('latin1'))
      }
    server.close()
    expect(written[1]).toBe(written[0])
    expect(written[3]).toBe(written[2])
    expect(written[2]).toContain('connection: close')
  })
})
