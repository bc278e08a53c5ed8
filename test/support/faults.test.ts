import { once } from 'node:events'
import { request } from 'node:https'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { FAULTS, startFaults, type FaultName, type Faults } from './faults.ts'
import { startTlsTarget } from './tls.ts'

let server: Faults
afterEach(() => server.stop())

/** What fetch makes of the server's behaviour: status and body, or the code of the error. */
async function fetched(behaviour: FaultName): Promise<string> {
  server = await startFaults(behaviour)
  try {
    const response = await fetch(server.url, { method: 'POST', body: 'x' })
    return `${response.status} ${await response.text()}`.trim()
  } catch (error) {
    const cause = (error as Error).cause as { code?: string } | undefined
    return cause?.code ?? String(error)
  }
}

describe('the faults, as fetch sees them', () => {
  const seen: Record<Exclude<FaultName, 'silent' | 'drip'>, string> = {
    ok: '200 ok',
    reset: 'ECONNRESET',
    resetMidBody: 'ECONNRESET',
    closeBeforeHeaders: 'UND_ERR_SOCKET',
    truncated: 'UND_ERR_SOCKET',
    truncatedChunk: 'UND_ERR_SOCKET',
    garbage: 'HPE_INVALID_CONSTANT',
    closeAfterEach: '200 ok',
    http10: '200 ok',
    notModified: '304',
    noContent: '204',
    chunked: '200 0123456789',
    status503: '503 busy',
  }
  test.each(Object.entries(seen))('%s: %s', async (name, expected) => {
    expect(await fetched(name as FaultName)).toBe(expected)
    expect(server.requests()).toBe(1)
  })

  test('silent reads, and sends nothing', async () => {
    server = await startFaults('silent')
    const socket = connect(server.port, '127.0.0.1').end('GET / HTTP/1.1\r\n\r\n')
    await once(socket.resume(), 'close')
    expect(socket.bytesRead).toBe(0)
    expect(server.requests()).toBe(1)
  })

  test('drip sends a head, then bytes one by one', async () => {
    server = await startFaults('drip')
    const response = await fetch(server.url)
    expect(response.headers.get('content-length')).toBe('1000000000')
    const reader = response.body!.getReader()
    expect((await reader.read()).value).toHaveLength(1)
    await reader.cancel()
  })
})

describe('reading requests', () => {
  test('pipelined requests with bodies are counted exactly, however their bytes arrive', async () => {
    const read: string[] = []
    server = await startFaults((exchange) => {
      read.push(
        `${exchange.connection} ${exchange.index} ${exchange.head.split(' ')[0]} ${exchange.body.toString()}`,
      )
      FAULTS.ok(exchange)
    })
    const socket = connect(server.port, '127.0.0.1').setNoDelay(true)
    let got = ''
    socket.on('data', (bytes) => (got += String(bytes)))
    // The first body looks like a request, and is none.
    const bytes =
      'POST / HTTP/1.1\r\nContent-Length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\n' +
      'GET / HTTP/1.1\r\n\r\n' +
      'PUT / HTTP/1.1\r\ncontent-length:3\r\n\r\nxyz'
    for (const byte of bytes) {
      socket.write(byte)
      await new Promise(setImmediate)
    }
    while (got.split('\r\n\r\nok').length < 4) await once(socket, 'data')
    expect(read).toEqual(['0 0 POST GET / HTTP/1.1\r\n\r\n', '0 1 GET ', '0 2 PUT xyz'])
    expect([server.accepted(), server.requests()]).toEqual([1, 3])
  })
})

test('the TLS target is refused by who does not trust it, and answers who does', async (context) => {
  server = await startFaults('ok')
  const tls = await startTlsTarget()
  if (tls === null) return context.skip('this machine has no openssl command')
  const get = (ca: string[]) =>
    new Promise<string>((resolve) =>
      request(tls.url, { ca, agent: false }, (res) => resolve(String(res.resume().statusCode)))
        .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
        .end(),
    )
  expect(await get([])).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  expect(tls.requests()).toBe(0)
  expect(await get([tls.cert])).toBe('200')
  expect(tls.requests()).toBe(1)
  await tls.stop()
})
