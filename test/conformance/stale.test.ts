/** Requests on connections that the server has closed: an outcome of their own, and sent once more where that is safe. */
import { afterEach, describe, expect, test } from 'vitest'
import { response, startFaults, type FaultExchange } from '../support/faults.ts'
import { data, goaway, ok, startFrames } from '../support/frames.ts'
import { OneUser } from '../support/exchanges.ts'
import { Client, turns } from '../support/transports.ts'

const OK = response('200 OK', 'ok')
const LOST = { outcome: 'reused.closed', status: 0, bytesIn: 0, reused: true }

const closing: (() => unknown)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

interface Server {
  readonly url: string
  accepted(): number
  requests(): number
  stop(): Promise<void>
}
/** What becomes of a request: an answer, the end of its connection, a part of an answer and the end, or nothing. */
type Fate = 'answer' | 'fin' | 'rst' | 'begin' | 'nothing'

const servers: Readonly<
  Record<string, (fate: (index: number, connection: number) => Fate) => Promise<Server>>
> = {
  'HTTP/1.1': (fate) =>
    startFaults(({ socket, index, connection }: FaultExchange) => {
      const what = fate(index, connection)
      if (what === 'answer') socket.write(OK)
      else if (what === 'rst') socket.resetAndDestroy()
      else if (what !== 'nothing') socket.end(what === 'begin' ? 'H' : '')
    }),
  'HTTP/2': (fate) =>
    startFrames(({ socket, stream, index, connection }) => {
      const what = fate(index, connection)
      if (what === 'answer') socket.write(Buffer.concat([ok(stream), data(stream, 'ok', true)]))
      else if (what === 'rst') socket.resetAndDestroy()
      else if (what !== 'nothing') socket.end(what === 'begin' ? ok(stream) : '')
    }),
}

describe.each([
  ['undici', 'HTTP/1.1'],
  ['wire', 'HTTP/1.1'],
  ['http2', 'HTTP/2'],
] as const)('over %s', (name, version) => {
  async function started(fate: (index: number, connection: number) => Fate, options = {}) {
    const server = await servers[version]!(fate)
    const client = await Client.of(name, server.url, options)
    closing.push(
      () => client.close(),
      () => server.stop(),
    )
    return { server, client }
  }
  /** The second request of a connection is lost. */
  const second =
    (what: Fate) =>
    (index: number): Fate =>
      index === 1 ? what : 'answer'

  test.each(['fin', 'rst'] as const)(
    'a request lost by a %s is sent again on a new connection, and counts once',
    async (what) => {
      const { server, client } = await started(second(what))
      expect(await client.ask()).toMatchObject({ outcome: 'ok', reused: false })
      expect(await client.ask()).toMatchObject({ outcome: 'ok', status: 200, bytesIn: 2, reused: false })
      expect(client.last).toMatchObject({ isRetried: true, message: '' })
      const { sentUs, connectUs, firstByteUs, doneUs } = client.last!
      expect(
        Math.min(connectUs, firstByteUs - sentUs - connectUs, doneUs - firstByteUs),
      ).toBeGreaterThanOrEqual(0)
      expect(await client.ask()).toMatchObject({ outcome: 'ok', reused: true })
      expect(client.last!.isRetried).toBe(false)
      expect([server.requests(), server.accepted(), client.sent, client.retried]).toEqual([4, 2, 3, 1])
    },
  )

  test('as are those that follow at once on a response', async () => {
    // The server closes after each answer, and does not say that it will.
    const { server, client } = await started((index) => (index % 2 === 0 ? 'answer' : 'fin'))
    const seen = await client.askAll(6)
    expect(seen.map(({ outcome, reused }) => [outcome, reused])).toEqual(Array(6).fill(['ok', false]))
    expect([server.requests(), client.sent, client.retried]).toEqual([11, 6, 5])
  })

  test('its body counts as often as it was sent', async () => {
    const { client } = await started(second('fin'))
    const asking = { method: 'PUT', body: { text: 'four' } }
    expect(await client.ask(asking)).toMatchObject({ outcome: 'ok', bytesOut: 4 })
    expect(await client.ask(asking)).toMatchObject({ outcome: 'ok', bytesOut: 8 })
  })

  test.each([
    ['whose method is not idempotent', { method: 'POST', body: { text: 'four' } }, {}],
    ['when retries are off', {}, { retryStale: false }],
  ])('one %s fails as reused.closed, and the next one has a new connection', async (_, asking, options) => {
    const { server, client } = await started(second('fin'), options)
    await client.ask(asking)
    expect(await client.ask(asking)).toMatchObject(LOST)
    expect(client.last!.message).not.toBe('')
    expect(await client.ask(asking)).toMatchObject({ outcome: 'ok', reused: false })
    expect([server.requests(), client.sent, client.retried]).toEqual([3, 3, 0])
  })

  test('it is sent again once, and then fails as any other', async () => {
    const { client } = await started((index) => (index === 0 ? 'answer' : 'fin'))
    await client.ask()
    expect(await client.ask()).toMatchObject({ outcome: 'headers.closed', reused: false })
    expect(client.retried).toBe(1)
  })

  test('it fails as a connection that cannot be made, when that is so', async () => {
    const { server, client } = await started(second('nothing'))
    await client.ask()
    const lost = client.ask()
    while (server.requests() < 2) await turns(1)
    await server.stop()
    expect(await lost).toMatchObject({ outcome: 'connect.refused', reused: false })
    expect([client.sent, client.retried]).toEqual([2, 1])
  })

  test('one on a new connection is not sent again, nor one whose answer has begun', async () => {
    const { client } = await started(() => 'fin')
    expect(await client.ask()).toMatchObject({ outcome: 'headers.closed', reused: false })
    const other = await started(second('begin'))
    await other.client.ask()
    const { outcome } = await other.client.ask()
    expect(outcome).toBe(version === 'HTTP/2' ? 'body.closed' : 'headers.closed')
    expect([client.retried, other.client.retried]).toEqual([0, 0])
  })

  test('it can be cut off while its new connection is made', async () => {
    const server = await servers[version]!(second('fin'))
    let lookUps = 0
    const user = new OneUser({
      plan: { transport: name, http2: name === 'http2', dnsTtlS: 0 },
      lookUp: (_, callback) => {
        if (++lookUps === 1) setImmediate(callback, null, ['127.0.0.1'])
      },
    })
    const url = server.url.replace('127.0.0.1', 'target.test')
    expect(await user.send({ url })).toMatchObject({ outcome: 'ok' })
    const cut = user.send({ url })
    while (lookUps < 2) await turns(1)
    user.connection.cut('timeout')
    expect(await cut).toMatchObject({ outcome: 'dns.timeout', reused: false })
    user.connection.close()
    await server.stop()
  })
})

test('over http2, a request that a GOAWAY leaves out is sent again whatever its method: the server has not processed it', async () => {
  const server = await startFrames(({ socket, stream, index }) =>
    socket.write(index === 1 ? goaway(stream - 2, 0) : Buffer.concat([ok(stream), data(stream, 'ok', true)])),
  )
  const client = await Client.of('http2', server.url)
  const asking = { method: 'POST', body: { text: 'four' } }
  expect(await client.ask(asking)).toMatchObject({ outcome: 'ok', reused: false })
  expect(await client.ask(asking)).toMatchObject({ outcome: 'ok', reused: false, bytesOut: 8 })
  expect([client.retried, server.accepted()]).toEqual([1, 2])
  client.close()
  await server.stop()
})
