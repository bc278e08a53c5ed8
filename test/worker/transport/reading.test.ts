/** A connection that stops reading: its server has to wait, nothing is lost, and the next request goes out over it. */
import { createServer } from 'node:http'
import { createSecureServer, createServer as createHttp2 } from 'node:http2'
import { createServer as createTls } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { OneUser, type UserParts } from '../../support/exchanges.ts'
import { selfSigned } from '../../support/tls.ts'

const LENGTH = 24_000_000
/** What the buffers of both kernels hold is far less than the body, and what is read is next to nothing. */
const MOST_AFTER_STOP = 300_000

const body = Buffer.alloc(LENGTH, 'x')
const answer = (
  request: { url?: string | undefined },
  response: { end(body: Buffer | string): unknown },
): void => {
  response.end(request.url === '/long' ? body : 'ok')
}
const identity = selfSigned('IP:127.0.0.1')

const WAYS: [string, (() => Server) | null, string, UserParts['plan']][] = [
  ['undici over http', () => createServer(answer), 'http', {}],
  ['undici over https', identity && (() => createTls(identity, answer)), 'https', { insecure: true }],
  ['wire', () => createServer(answer), 'http', { transport: 'wire' }],
  [
    'wire over https',
    identity && (() => createTls(identity, answer)),
    'https',
    { transport: 'wire', insecure: true },
  ],
  [
    'http2',
    () => createHttp2({ maxSessionMemory: 100 }, (request, response) => answer(request, response)),
    'http',
    { http2: true },
  ],
  [
    'http2 over https',
    identity &&
      (() =>
        createSecureServer({ ...identity, maxSessionMemory: 100 }, (request, response) =>
          answer(request, response),
        )),
    'https',
    { http2: true, insecure: true },
  ],
]

test.each(WAYS)('%s', async (_, start, protocol, plan) => {
  if (start === null) return
  const server = start()
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`
  const user = new OneUser({ plan: plan ?? {} })
  let bytes = 0
  let atStop = 0
  const sink = {
    head: (): void => undefined,
    data(chunk: Uint8Array): void {
      bytes += chunk.length
      if (atStop !== 0) return
      atStop = bytes
      user.connection.stopReading()
    },
  }
  const whole = user.send({ url: `${url}/long` }, undefined, sink)
  while (atStop === 0) await pause(5)
  await pause(300)
  expect(bytes - atStop).toBeLessThan(MOST_AFTER_STOP)
  user.connection.startReading()
  expect(await whole).toMatchObject({ outcome: 'ok', bytesIn: LENGTH })
  expect(bytes).toBe(LENGTH)
  expect(await user.send({ url })).toMatchObject({ outcome: 'ok', reused: true, bytesIn: 2 })

  // One that is cut while it does not read, and one whose server goes away meanwhile.
  for (const ends of ['cut', 'server'] as const) {
    atStop = 0
    const ended = user.send({ url: `${url}/long` }, undefined, sink)
    while (atStop === 0) await pause(5)
    if (ends === 'cut') user.connection.cut('timeout')
    else {
      for (const socket of sockets) socket.resetAndDestroy()
      await pause(50)
      user.connection.startReading()
    }
    expect((await ended).outcome).toMatch(ends === 'cut' ? 'body.timeout' : /^body\.(reset|closed)$/)
    user.connection.startReading()
    expect(await user.send({ url })).toMatchObject({ outcome: 'ok', bytesIn: 2 })
  }
  user.connection.close()
  for (const socket of sockets) socket.destroy()
  server.close()
})
