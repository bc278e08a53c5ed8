/** Heads and bodies that go out as one write: the bytes must be those that were written, in their order, whatever the order is. */
import fc from 'fast-check'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { joinable, joinWrites } from '../../../src/worker/transport/joined-write.ts'

const server = createServer()
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())

/** All bytes that the other end sees. */
async function received(use: (socket: Socket) => void): Promise<Buffer> {
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  joinWrites(socket)
  const [other] = await accepted
  const pieces: Buffer[] = []
  other.on('data', (piece: Buffer) => pieces.push(piece))
  const ended = once(other, 'end')
  use(socket)
  socket.end()
  await ended
  return Buffer.concat(pieces)
}

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

test('a head and a body arrive as they are, every byte of them', async () => {
  const body = joinable(Buffer.from(everyByte))
  const bytes = await received((socket) => {
    socket.cork()
    socket.write('POST / HTTP/1.1\r\nx: \u00e9\r\n\r\n', 'latin1')
    socket.write(body)
    socket.uncork()
  })
  expect(bytes).toEqual(
    Buffer.concat([Buffer.from('POST / HTTP/1.1\r\nx: \u00e9\r\n\r\n', 'latin1'), everyByte]),
  )
})

test('they are one write', async () => {
  const body = joinable(Buffer.from('<story/>'))
  let writes = 0
  await received((socket) => {
    const plain = socket._write.bind(socket)
    socket._write = (...args) => {
      writes++
      plain(...args)
    }
    socket._writev = () => expect.unreachable('gathered instead of joined')
    socket.cork()
    socket.write('head\r\n\r\n', 'latin1')
    socket.write(body)
    socket.uncork()
  })
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
      const bytes = await received((socket) => {
        for (const what of steps)
          if (what === 'cork' || what === 'uncork') socket[what]()
          else if (typeof what === 'string') {
            socket.write(what, 'latin1')
            expected.push(Buffer.from(what, 'latin1'))
          } else {
            socket.write(what)
            expected.push(what)
          }
        socket.uncork()
      })
      expect(bytes.equals(Buffer.concat(expected))).toBe(true)
    }),
    { numRuns: 100 },
  )
})
