/** Connections that users share: how many there are, who waits for one, and how all ends, over every transport. */
import { afterEach, describe, expect, test } from 'vitest'
import { PLAIN_HTTP } from '../../src/core/resolve/request/http-options.ts'
import type { TransportName } from '../../src/core/resolve/transport-options.ts'
import { RunClock } from '../../src/worker/time/clock.ts'
import { Addresses } from '../../src/worker/transport/addresses.ts'
import { transportOf } from '../../src/worker/transport-choice.ts'
import { Connector } from '../../src/worker/transport/connector.ts'
import { shared, type Sharing } from '../../src/worker/transport/pool.ts'
import { Exchange, type Connection, type Transport } from '../../src/worker/transport/transport.ts'
import { Turn } from '../../src/worker/time/turn.ts'
import { response, startFaults } from '../support/faults.ts'
import { data, frame, goaway, numbers, ok, rst, startFrames } from '../support/frames.ts'
import { A_REQUEST } from '../support/plan.ts'
import { turns } from '../support/transports.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

/** Users that share connections to one target. */
class Sharers {
  readonly clock = new RunClock()
  readonly #transport: Transport
  readonly #url: string
  readonly connections: Connection[] = []
  /** All exchanges, in the order in which they were sent. */
  readonly exchanges: Exchange[] = []
  sent = 0
  connecting = 0

  private constructor(make: (clock: RunClock) => Transport, url: string) {
    this.#transport = make(this.clock)
    this.#url = url
  }

  static async of(
    name: TransportName,
    url: string,
    sharing: Partial<Sharing> = {},
    options: { retryStale?: boolean } = {},
  ): Promise<Sharers> {
    const make = await transportOf(name)
    const all = {
      ...PLAIN_HTTP,
      insecure: false,
      keepAlive: true,
      longestIdleS: 0,
      retryStale: true,
      ...options,
    }
    const sharers = new Sharers((clock) => {
      const turn = new Turn(clock.nowUs)
      const transport = make(all, new Connector(all, new Addresses(null, clock.nowUs)), clock, turn)
      const share = { index: 0, of: 1 }
      return shared(
        transport,
        { connections: 1, streams: null, share, isOpen: false, ...sharing },
        clock,
        turn,
      )
    }, url)
    closing.push(() => sharers.connections.forEach((connection) => connection.close()))
    return sharers
  }

  /** One more user asks; resolves when its exchange is done. */
  ask({
    path = '',
    body = null,
    method = 'GET',
  }: { path?: string; body?: string | null; method?: string } = {}): Promise<Exchange> {
    const request = this.#transport.prepare({
      ...A_REQUEST,
      url: `${this.#url}/${path}`,
      method,
      body: body === null ? null : { text: body },
    })
    const connection = this.#transport.connection(this.connections.length, request)
    this.connections.push(connection)
    return new Promise((resolve) => {
      const exchange: Exchange = new Exchange({
        sent: () => {
          this.sent++
        },
        connecting: () => {
          this.connecting++
        },
        done: () => resolve(exchange),
      })
      this.exchanges.push(exchange)
      connection.send(exchange, request)
    })
  }

  askAll(count: number, asking = {}): Promise<Exchange[]> {
    return Promise.all(Array.from({ length: count }, () => this.ask(asking)))
  }
}

const outcomes = (exchanges: readonly Exchange[]): string[] => exchanges.map(({ outcome }) => outcome)
const all = (count: number, outcome: string): string[] => Array<string>(count).fill(outcome)

describe.each(['undici', 'wire'] as const)('over %s, users that share connections', (name) => {
  /** A server that answers each request after some turns, and knows how many it had at once. */
  async function slow(answer = response('200 OK', 'ok'), after = 5) {
    const at = { once: 0, most: 0 }
    const server = await startFaults(({ socket, head }) => {
      at.most = Math.max(at.most, ++at.once)
      void turns(after).then(() => {
        at.once--
        if (head.includes('/lost')) socket.destroy()
        else socket.write(answer)
      })
    })
    closing.push(() => server.stop())
    return { server, at }
  }

  test('have as many of them as are planned, and wait their turn: first come, first served', async () => {
    const { server, at } = await slow()
    const sharers = await Sharers.of(name, server.url, { connections: 3 })
    const done: Exchange[] = []
    const asked = Array.from({ length: 10 }, () => sharers.ask().then((exchange) => done.push(exchange)))
    await Promise.all(asked)
    expect(outcomes(done)).toEqual(all(10, 'ok'))
    expect([server.accepted(), server.requests(), at.most, sharers.sent]).toEqual([3, 10, 3, 10])
    expect(sharers.exchanges.map(({ blockedUs }) => blockedUs > 0)).toEqual([
      ...Array<boolean>(3).fill(false),
      ...Array<boolean>(7).fill(true),
    ])
    const begun = sharers.exchanges.map(({ sentUs, blockedUs }) => sentUs + Math.max(0, blockedUs))
    expect(begun).toEqual([...begun].sort((a, b) => a - b))
    expect(sharers.exchanges.map(({ reused }) => reused)).toEqual([
      ...Array<boolean>(3).fill(false),
      ...Array<boolean>(7).fill(true),
    ])
    // The wait lies between the instant at which it was sent and its first byte, and is part of the latency.
    for (const { sentUs, blockedUs, firstByteUs, doneUs } of done) {
      expect(sentUs + blockedUs).toBeLessThanOrEqual(firstByteUs)
      expect(firstByteUs).toBeLessThanOrEqual(doneUs)
    }
  })

  test('use all of them in turn, though one would do', async () => {
    const { server } = await slow(undefined, 0)
    const sharers = await Sharers.of(name, server.url, { connections: 4 })
    for (let i = 0; i < 8; i++) expect((await sharers.ask()).blockedUs).toBe(0)
    expect([server.accepted(), server.requests()]).toEqual([4, 8])
  })

  test('have this share of them', async () => {
    const { server } = await slow()
    const share = { index: 1, of: 3 }
    const sharers = await Sharers.of(name, server.url, { connections: 7, share })
    await sharers.askAll(12)
    expect(server.accepted()).toBe(2)
  })

  test('time out while they wait, with nothing sent, and the others go on', async () => {
    const { server } = await slow(undefined, 40)
    const sharers = await Sharers.of(name, server.url)
    const asked = [sharers.ask(), sharers.ask(), sharers.ask(), sharers.ask()]
    await turns(5)
    sharers.connections[1]!.cut('timeout')
    sharers.connections[2]!.cut('unfinished')
    const [first, second, third, fourth] = await Promise.all(asked)
    expect(outcomes([first!, second!, third!, fourth!])).toEqual([
      'ok',
      'blocked.timeout',
      'unfinished',
      'ok',
    ])
    expect(second).toMatchObject({
      phase: 'blocked',
      blockedUs: -1,
      reused: false,
      message: 'timed out in phase blocked',
    })
    expect(second!.doneUs - second!.sentUs).toBeGreaterThan(0)
    expect([server.requests(), sharers.sent]).toEqual([2, 4])
  })

  test('go on over a new connection where one was lost, and are timed while it is made', async () => {
    const { server } = await slow()
    const sharers = await Sharers.of(name, server.url)
    const [lost, next] = await Promise.all([sharers.ask({ path: 'lost' }), sharers.ask()])
    expect(outcomes([lost, next])).toEqual(['headers.closed', 'ok'])
    expect(next).toMatchObject({ reused: false })
    expect(next.connectUs).toBeGreaterThanOrEqual(0)
    expect(next.blockedUs).toBeGreaterThan(0)
    expect([server.accepted(), sharers.connecting]).toEqual([2, 1])
  })

  test('fail one after the other where nothing listens', async () => {
    const server = await startFaults(() => undefined)
    await server.stop()
    const sharers = await Sharers.of(name, server.url)
    expect(outcomes(await sharers.askAll(5))).toEqual(all(5, 'connect.refused'))
  })

  test('leave without a trace, and the connection is for the next one', async () => {
    const { server } = await slow(undefined, 20)
    const sharers = await Sharers.of(name, server.url)
    void sharers.ask()
    void sharers.ask()
    const third = sharers.ask()
    await turns(3)
    sharers.connections[0]!.close()
    sharers.connections[1]!.close()
    expect(await third).toMatchObject({ outcome: 'ok' })
    expect(sharers.exchanges.slice(0, 2).map(({ doneUs }) => doneUs)).toEqual([0, 0])
  })
})

describe('over HTTP/2, users that share connections', () => {
  const NO_SETTINGS = frame(4, 0, 0)
  const streams = (most: number): Buffer => frame(4, 0, 0, Buffer.concat([Buffer.of(0, 3), numbers(most)]))
  const answer = (stream: number): Buffer => Buffer.concat([ok(stream), data(stream, 'ok', true)])

  /** A peer that answers after some turns, and knows how many streams a connection had at once. */
  async function slow(opening = NO_SETTINGS, after = 5) {
    const open = new Map<number, number>()
    const at = { most: 0 }
    const peer = await startFrames(async ({ socket, stream, connection }) => {
      const now = (open.get(connection) ?? 0) + 1
      open.set(connection, now)
      at.most = Math.max(at.most, now)
      await turns(after)
      open.set(connection, open.get(connection)! - 1)
      socket.write(answer(stream))
    }, opening)
    closing.push(() => peer.stop())
    return { peer, at }
  }

  test('send on streams of one connection, as many as the server allows', async () => {
    const { peer, at } = await slow(streams(5))
    const sharers = await Sharers.of('http2', peer.url)
    const done = await sharers.askAll(30)
    expect(outcomes(done)).toEqual(all(30, 'ok'))
    expect([peer.accepted(), peer.requests(), at.most, sharers.sent]).toEqual([1, 30, 5, 30])
    expect(done.filter(({ reused }) => !reused)).toHaveLength(1)
    expect(done.filter(({ blockedUs }) => blockedUs > 0)).toHaveLength(29)
    expect(done.every(({ status, bytesIn }) => status === 200 && bytesIn === 2)).toBe(true)
  })

  test('open at most as many as are planned, on each of the connections', async () => {
    const { peer, at } = await slow(streams(100))
    const sharers = await Sharers.of('http2', peer.url, { connections: 3, streams: 2 })
    expect(outcomes(await sharers.askAll(30))).toEqual(all(30, 'ok'))
    expect([peer.accepted(), peer.requests(), at.most]).toEqual([3, 30, 2])
  })

  test('obey a server that lowers its limit, and one that raises it again', async () => {
    let limit = 8
    let open = 0
    const over: number[] = []
    const peer = await startFrames(async ({ socket, stream, index }) => {
      open++
      if (index >= 8 && open > limit) over.push(index)
      // The first answer says that there may be one at a time, the 20th that there may be eight again.
      if (index === 0) socket.write(streams((limit = 1)))
      if (index === 20) socket.write(streams((limit = 8)))
      await turns(index < 8 ? 10 : 2)
      open--
      socket.write(answer(stream))
    }, streams(8))
    closing.push(() => peer.stop())
    const sharers = await Sharers.of('http2', peer.url)
    // The limit is lowered while the first one is on its own.
    expect(outcomes(await sharers.askAll(40))).toEqual(all(40, 'ok'))
    expect([peer.accepted(), over]).toEqual([1, []])
  })

  test('wait for a server that allows no stream at first', async () => {
    const peer = await startFrames(({ socket, stream }) => {
      socket.write(answer(stream))
      if (stream === 1) setTimeout(() => socket.write(streams(2)), 30)
    }, streams(0))
    closing.push(() => peer.stop())
    const sharers = await Sharers.of('http2', peer.url)
    const done = await sharers.askAll(4)
    expect(outcomes(done)).toEqual(all(4, 'ok'))
    expect(done.slice(1).every(({ blockedUs }) => blockedUs > 10_000)).toBe(true)
  })

  test('send refused streams again, whatever their method, and once', async () => {
    const peer = await startFrames(({ socket, stream, index }) =>
      socket.write(index === 1 || index === 2 ? rst(stream, 7) : answer(stream)),
    )
    closing.push(() => peer.stop())
    const sharers = await Sharers.of('http2', peer.url)
    expect(outcomes(await sharers.askAll(5, { body: 'four', method: 'POST' }))).toEqual(all(5, 'ok'))
    expect([
      peer.accepted(),
      peer.requests(),
      sharers.exchanges.filter(({ isRetried }) => isRetried).length,
    ]).toEqual([1, 7, 2])
    const always = await startFrames(({ socket, stream, index }) =>
      socket.write(index === 0 ? answer(stream) : rst(stream, 7)),
    )
    closing.push(() => always.stop())
    const refused = await Sharers.of('http2', always.url)
    expect(outcomes(await refused.askAll(3))).toEqual(['ok', 'headers.reset', 'headers.reset'])
    expect(always.requests()).toBe(5)
  })

  test('finish on a connection that the server leaves what it has accepted, and send the rest on the next one', async () => {
    const peer = await startFrames(async ({ socket, stream, connection }) => {
      if (connection === 0 && stream === 9) {
        // Of streams 3 to 9, two are accepted.
        socket.write(goaway(5, 0))
        await turns(10)
        socket.write(Buffer.concat([answer(3), answer(5)]))
      } else if (connection > 0 || stream === 1) socket.write(answer(stream))
    })
    closing.push(() => peer.stop())
    const sharers = await Sharers.of('http2', peer.url, { streams: 4 })
    const done = await sharers.askAll(12, { body: 'four', method: 'POST' })
    expect(outcomes(done)).toEqual(all(12, 'ok'))
    expect([peer.accepted(), done.filter(({ isRetried }) => isRetried).length]).toEqual([2, 2])
    await turns(10)
    expect(peer.goaways).toEqual([0])
  })

  test('close a connection that the server has left when the last of its requests is cut off', async () => {
    const peer = await startFrames(({ socket }) => socket.write(goaway(1, 0)))
    closing.push(() => peer.stop())
    const sharers = await Sharers.of('http2', peer.url)
    const done = sharers.ask()
    while (peer.requests() === 0) await turns(1)
    await turns(10)
    sharers.connections[0]!.cut('timeout')
    expect((await done).outcome).toBe('headers.timeout')
    await turns(10)
    expect(peer.goaways).toEqual([0])
  })

  test('lose with a connection what was under way: sent again where that is safe, once', async () => {
    const peer = await startFrames(({ socket, stream, connection }) => {
      if (connection === 0 && stream === 9) socket.destroy()
      else if (connection > 0 || stream === 1) socket.write(answer(stream))
    })
    closing.push(() => peer.stop())
    const safe = await Sharers.of('http2', peer.url, { streams: 4 })
    const done = await safe.askAll(12)
    expect(outcomes(done)).toEqual(all(12, 'ok'))
    expect([peer.accepted(), done.filter(({ isRetried }) => isRetried).length]).toEqual([2, 4])
  })

  test.each([
    ['that may not be sent again', { body: 'four', method: 'POST' }, {}],
    ['when retries are off', {}, { retryStale: false }],
  ])('fail as reused.closed with a connection that is lost, %s', async (_, asking, options) => {
    const peer = await startFrames(({ socket, stream, connection }) => {
      if (connection === 0 && stream === 9) socket.destroy()
      else if (connection > 0 || stream === 1) socket.write(answer(stream))
    })
    closing.push(() => peer.stop())
    const sharers = await Sharers.of('http2', peer.url, { streams: 4 }, options)
    const done = await sharers.askAll(8, asking)
    expect(outcomes(done)).toEqual(['ok', ...all(4, 'reused.closed'), ...all(3, 'ok')])
  })

  test('do not go round for ever with a server that ends every connection', async () => {
    const peer = await startFrames(({ socket, stream }) => {
      if (stream === 1) socket.write(answer(stream))
      else socket.destroy()
    })
    closing.push(() => peer.stop())
    const sharers = await Sharers.of('http2', peer.url)
    const done = await sharers.askAll(6)
    expect(done.every(({ outcome }) => outcome === 'ok' || outcome === 'headers.closed')).toBe(true)
    expect(peer.requests()).toBeLessThanOrEqual(12)
  })

  test('end a stream that is cut off, and no other', async () => {
    const peer = await startFrames(async ({ socket, stream }) => {
      if (stream === 3) return
      await turns(stream === 1 ? 0 : 20)
      socket.write(answer(stream))
    })
    closing.push(() => peer.stop())
    const sharers = await Sharers.of('http2', peer.url)
    const asked = Array.from({ length: 5 }, () => sharers.ask())
    await turns(10)
    sharers.connections[1]!.cut('timeout')
    expect(outcomes(await Promise.all(asked))).toEqual(['ok', 'headers.timeout', 'ok', 'ok', 'ok'])
    await turns(3)
    expect([peer.accepted(), peer.resets]).toEqual([1, [8]])
  })

  test('fail together when the server breaks the protocol, and what waits goes on', async () => {
    const peer = await startFrames(({ socket, stream, connection }) => {
      if (connection === 0 && stream === 7) socket.write(data(99, 'x'))
      else if (connection > 0 || stream === 1) socket.write(answer(stream))
    })
    closing.push(() => peer.stop())
    const sharers = await Sharers.of('http2', peer.url, { streams: 3 })
    const done = await sharers.askAll(8)
    expect(outcomes(done)).toEqual(['ok', ...all(3, 'headers.malformed'), ...all(4, 'ok')])
    expect(done[1]!.message).toMatch(/never opened/)
  })

  test('can be cut off while the connection is made, which the next one makes', async () => {
    const { peer } = await slow()
    const sharers = await Sharers.of('http2', peer.url)
    const asked = [sharers.ask(), sharers.ask(), sharers.ask()]
    sharers.connections[0]!.cut('timeout')
    expect(outcomes(await Promise.all(asked))).toEqual(['connect.timeout', 'ok', 'ok'])
    expect(sharers.exchanges.map(({ reused }) => reused)).toEqual([false, false, true])
  })

  test('upload side by side through one window, each its own body', async () => {
    const { createServer } = await import('node:http2')
    const server = createServer((request, reply) => {
      let bytes = 0
      request.on('data', (piece: Buffer) => (bytes += piece.length))
      request.on('end', () => reply.end(`${request.url} ${bytes}`))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => server.close())
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    const sharers = await Sharers.of('http2', url, { connections: 2, streams: 20 })
    const sizes = Array.from({ length: 60 }, (_, i) => 1 + i * 4001)
    const done = await Promise.all(
      sizes.map((size) => sharers.ask({ path: String(size), body: 'x'.repeat(size), method: 'POST' })),
    )
    expect(outcomes(done)).toEqual(all(60, 'ok'))
    expect(done.map(({ bytesIn }) => bytesIn)).toEqual(sizes.map((size) => `/${size} ${size}`.length))
    expect(done.map(({ bytesOut }) => bytesOut)).toEqual(sizes)
  })

  test('let a server wait that sends to one of them, and not the others', async () => {
    const { createServer } = await import('node:http2')
    let written = 0
    const server = createServer((request, reply) => {
      if (request.url !== '/endless') {
        reply.end('ok')
        return
      }
      const piece = Buffer.alloc(65_536)
      const pour = (): void => {
        while (reply.write(piece)) written += piece.length
        written += piece.length
      }
      reply.on('drain', pour)
      pour()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => server.close())
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    const sharers = await Sharers.of('http2', url)
    const endless = sharers.ask({ path: 'endless' })
    while (sharers.exchanges[0]!.status === 0) await turns(1)
    sharers.connections[0]!.stopReading()
    let before = -1
    while (written !== before) {
      before = written
      await turns(20)
    }
    expect(sharers.exchanges[0]!.bytesIn).toBeLessThanOrEqual(14_000_000)
    expect(await sharers.ask()).toMatchObject({ outcome: 'ok', reused: true })
    sharers.connections[0]!.startReading()
    while (written === before) await turns(1)
    sharers.connections[0]!.cut('timeout')
    expect(await endless).toMatchObject({ outcome: 'body.timeout' })
    sharers.connections.forEach((connection) => connection.close())
  })
})
