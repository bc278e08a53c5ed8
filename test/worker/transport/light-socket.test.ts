/** The socket that undici is given: what undici may ask of it, and that the bytes are those that were written, in their order. */
import fc from 'fast-check'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Client } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Gathering } from '../../../src/worker/transport/gathering.ts'
import { joinable, LightSocket } from '../../../src/worker/transport/light-socket.ts'
import { response, startFaults } from '../../support/faults.ts'
import { turns } from '../../support/transports.ts'

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

/** All that undici 7 asks of a socket of HTTP/1.1; an upgrade that asks for more fails here first. */
const ASKED = [
  ...['alpnProtocol', 'errored', 'destroyed', 'destroy', 'on', 'listeners', 'off', 'removeListener'],
  ...['read', 'unshift', 'write', 'cork', 'uncork', 'pipe', 'setTypeOfService', 'ref', 'unref'],
  ...['localAddress', 'localPort', 'remoteAddress', 'remotePort', 'remoteFamily', 'timeout'],
  ...['bytesWritten', 'bytesRead', 'constructor', '_readableState', '_writableState', '_events'],
  ...['readable', 'writable', 'readableAborted', 'writableAborted', 'req', 'closed', 'emit'],
]

test('undici asks no more of a socket than is known', async () => {
  const faults = await startFaults(({ socket, head }) => {
    if (head.startsWith('GET /closed')) socket.destroy()
    else if (head.startsWith('GET /malformed')) socket.end('HTTP/9 nonsense\r\n\r\n')
    else socket.write(response('200 OK', 'ok'))
  })
  const asked = new Set<string>()
  const client = new Client(new URL(faults.url).origin, {
    pipelining: 2,
    connect: (options: { port: string }, callback: (error: null, socket: Socket) => void) => {
      void open(Number(options.port)).then(({ light }) => {
        const watched = new Proxy(light, {
          get: (target, key) => {
            if (typeof key === 'string') asked.add(key)
            const value: unknown = Reflect.get(target, key, target)
            return typeof value === 'function' ? (value.bind(target) as unknown) : value
          },
        })
        callback(null, watched as unknown as Socket)
      })
    },
  })
  const get = (path: string, body?: string): Promise<unknown> =>
    client
      .request({ path, method: body === undefined ? 'GET' : 'POST', ...(body === undefined ? {} : { body }) })
      .then(async (reply) => reply.body.text())
      .catch((error: unknown) => error)
  expect(await get('/')).toBe('ok')
  expect(await get('/', 'story')).toBe('ok')
  expect(await get('/', 'x'.repeat(100_000))).toBe('ok')
  expect(await get('/closed')).toBeInstanceOf(Error)
  expect(await get('/malformed')).toBeInstanceOf(Error)
  await client.destroy()
  await faults.stop()
  expect([...asked].filter((name) => !ASKED.includes(name))).toEqual([])
  expect([...asked]).toEqual(expect.arrayContaining(['read', 'write', 'destroyed', 'on']))
})
