/** The socket that undici is given: what undici may ask of it, and that the bytes are those that were written, in their order. */
import fc from 'fast-check'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Client } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Gathering } from '../../../src/worker/transport/gathering.ts'
import { lightDoubt, TESTED_VERSION } from '../../../src/worker/transport/light-guard.ts'
import { joinable, LightSocket } from '../../../src/worker/transport/light-socket.ts'
import { plainUndiciTransport } from '../../../src/worker/transport/undici.ts'
import { response, startFaults } from '../../support/faults.ts'
import { Client as TransportClient, turns } from '../../support/transports.ts'

const server = createServer()
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())

/** A light socket over a new connection to this port, and the socket beneath it. */
async function open(
  port: number,
  gathering = new Gathering(),
): Promise<{ light: LightSocket; socket: Socket }> {
  const light = new LightSocket(gathering, () => undefined)
  const socket = connect({ host: '127.0.0.1', port, onread: light.onread })
  await once(socket, 'connect')
  return { light: light.over(socket), socket }
}

/** All bytes that the other end sees. */
async function received(use: (light: LightSocket, socket: Socket) => void): Promise<Buffer> {
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const { light, socket } = await open((server.address() as AddressInfo).port)
  const [other] = await accepted
  const pieces: Buffer[] = []
  other.on('data', (piece: Buffer) => pieces.push(piece))
  const ended = once(other, 'end')
  use(light, socket)
  socket.end()
  await ended
  return Buffer.concat(pieces)
}

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

test('a head and a body arrive as they are, every byte of them, as one write', async () => {
  const body = joinable(Buffer.from(everyByte))
  let writes = 0
  const bytes = await received((light, socket) => {
    const plain = socket._write.bind(socket)
    socket._write = (...args) => {
      writes++
      plain(...args)
    }
    light.cork()
    light.write('POST / HTTP/1.1\r\nx: \u00e9\r\n\r\n')
    light.write(body)
    light.uncork()
  })
  expect(bytes).toEqual(
    Buffer.concat([Buffer.from('POST / HTTP/1.1\r\nx: \u00e9\r\n\r\n', 'latin1'), everyByte]),
  )
  expect(writes).toBe(1)
})

test('whatever is written, corked or not, ready or not, arrives in its order', async () => {
  const ready = [Buffer.from('<a/>'), everyByte, Buffer.alloc(20_000, 'long')].map(joinable)
  const step = fc.oneof(
    fc.constantFrom<'cork' | 'uncork'>('cork', 'uncork'),
    fc.constantFrom('head 1\r\n\r\n', 'head 2: \u00ff\r\n\r\n'),
    fc.constantFrom(...ready, Buffer.from('not made ready')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const expected: Buffer[] = []
      const bytes = await received((light) => {
        for (const what of steps)
          if (what === 'cork' || what === 'uncork') light[what]()
          else {
            light.write(what)
            expected.push(typeof what === 'string' ? Buffer.from(what, 'latin1') : what)
          }
        light.uncork()
      })
      expect(bytes.equals(Buffer.concat(expected))).toBe(true)
    }),
    { numRuns: 50 },
  )
})

test('what is written while responses are read goes out when they have been, or when there is much of it', async () => {
  const gathering = new Gathering()
  const { port } = server.address() as AddressInfo
  const opened = await Promise.all(Array.from({ length: 40 }, () => open(port, gathering)))
  const out = (): number => opened.filter(({ socket }) => socket.bytesWritten > 0).length
  gathering.begin()
  for (const { light } of opened) light.write('x')
  gathering.end()
  expect(out()).toBe(32)
  await turns(1)
  expect(out()).toBe(40)
  opened[0]!.light.write('y')
  expect(opened[0]!.socket.bytesWritten).toBe(2)
  for (const { light } of opened) light.destroy()
})

test('the installed version of undici is the one that the list of its asking is of', async () => {
  const { version } = createRequire(import.meta.url)('undici/package.json') as { version: string }
  // After an upgrade: does the trial below still pass, and the conformance suite? Then the number may change.
  expect(version).toBe(TESTED_VERSION)
  expect(await lightDoubt(Client, version)).toBeNull()
})

test('another version is tried, and passes if it asks for no more', async () => {
  expect(await lightDoubt(Client, '7.99.0')).toBeNull()
})

/** A client that looks at its socket before it uses it. */
const curious = (look: (socket: Socket) => unknown): typeof Client =>
  class extends Client {
    constructor(origin: string, options: Client.Options) {
      const { connect: opening } = options as { connect: (...args: unknown[]) => void }
      super(origin, {
        ...options,
        connect: (to: unknown, callback: (error: Error | null, socket: Socket) => void) =>
          opening(to, (error: Error | null, socket: Socket) => {
            look(socket)
            callback(error, socket)
          }),
      } as Client.Options)
    }
  }

test.each([
  [
    'that asks for more',
    (socket: Socket) => (socket as { setSomethingNew?: unknown }).setSomethingNew,
    'asks them for what they do not have (setSomethingNew)',
  ],
  [
    'that wants a stream',
    (socket: Socket) => {
      socket.pipe(process.stdout)
    },
    'fails on them (a light socket is no stream)',
  ],
])('a version %s falls back to plain sockets, and the reason says so', async (_, look, why) => {
  const doubt = await lightDoubt(curious(look), '8.0.0')
  expect(doubt).toContain(why)
  expect(doubt).toMatch(/^undici 8\.0\.0 .*: plain sockets are used/)
})

test('without light sockets requests go as well, from within the end of the one before and with bodies', async () => {
  const faults = await startFaults(({ socket }) => socket.write(response('200 OK', 'ok')))
  const client = await TransportClient.of(plainUndiciTransport, faults.url)
  expect(await client.askAll(5)).toMatchObject(Array(5).fill({ outcome: 'ok', status: 200, bytesIn: 2 }))
  expect(await client.ask({ method: 'POST', body: { text: 'x'.repeat(50_000) } })).toMatchObject({
    outcome: 'ok',
    bytesOut: 50_000,
    reused: true,
  })
  expect([faults.accepted(), faults.requests()]).toEqual([1, 6])
  client.close()
  await faults.stop()
})
