import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { CorerushError, EXIT } from '../../src/errors.ts'
import { startTarget, type Target, type TargetCounts, type TargetOptions } from '../../src/target/server.ts'

let target: Target
let agent: Agent
afterEach(async () => {
  agent.destroy()
  await target.stop()
})

async function start(options: TargetOptions = {}): Promise<void> {
  target = await startTarget({ port: 0, ...options })
  agent = new Agent({ keepAlive: true, maxSockets: 8 })
}

interface Got {
  readonly status: number
  readonly body: Buffer
  readonly headers: IncomingMessage['headers']
  readonly tookMs: number
}

async function ask(method = 'GET', path = '/', body?: Buffer): Promise<Got> {
  const startMs = performance.now()
  const req = request(target.url + path, { method, agent }).end(body)
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  const tookMs = performance.now() - startMs
  const chunks = await res.toArray()
  return { status: res.statusCode!, body: Buffer.concat(chunks), headers: res.headers, tookMs }
}

const inTurn = async (n: number, one: () => Promise<Got>): Promise<Got[]> => {
  const got: Got[] = []
  while (got.length < n) got.push(await one())
  return got
}

describe('answers', () => {
  test.each([0, 1, 200, 100_000])('a body of exactly %i bytes', async (bodyBytes) => {
    await start({ bodyBytes })
    const { status, body, headers } = await ask()
    expect([status, body.length]).toEqual([200, bodyBytes])
    expect(headers).toMatchObject({ 'content-type': 'text/plain', 'content-length': String(bodyBytes) })
  })

  test('any method on any path', async () => {
    await start()
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])
      expect((await ask(method, `/${method}?x=1`)).status).toBe(200)
  })

  test('HEAD gets the headers and no body', async () => {
    await start()
    const { body, headers } = await ask('HEAD')
    expect([body.length, headers['content-length']]).toEqual([0, '200'])
    expect((await ask()).body).toHaveLength(200)
    expect(target.counts().connections).toBe(1)
  })

  test.each([204, 304])('%i has neither body nor length', async (status) => {
    await start({ statuses: [{ status, ratio: 1 }] })
    const got = await ask()
    expect([got.status, got.body.length, got.headers['content-length']]).toEqual([status, 0, undefined])
  })

  test('a large body is read to its end before the answer, so that the connection lives on', async () => {
    await start()
    for (let i = 0; i < 3; i++) expect((await ask('POST', '/', Buffer.alloc(5_000_000))).status).toBe(200)
    expect(target.counts()).toEqual({ requests: 3, connections: 1, statuses: { 200: 3 } })
  })

  test('never before the latency is over', async () => {
    for (const ms of [0.3, 1, 2.7, 10]) {
      await start({ latency: { kind: 'constant', seconds: ms / 1000 } })
      for (const { tookMs } of await inTurn(20, ask)) expect(tookMs).toBeGreaterThanOrEqual(ms)
      await target.stop()
    }
  })

  test('statuses in their ratios, the same with the same seed', async () => {
    const statuses = [503, 404].map((status) => ({ status, ratio: 0.25 }))
    const run = async (seed: number): Promise<number[]> => {
      await start({ statuses, seed })
      const got = (await inTurn(400, ask)).map(({ status }) => status)
      const count = (wanted: number): number => got.filter((status) => status === wanted).length
      expect(target.counts().statuses).toEqual({ 200: count(200), 404: count(404), 503: count(503) })
      for (const status of [404, 503]) expect(Math.abs(count(status) - 100)).toBeLessThan(40)
      await target.stop()
      return got
    }
    const first = await run(1)
    expect(await run(1)).toEqual(first)
    expect(await run(2)).not.toEqual(first)
  })
})

describe('counts', () => {
  test('every request and every connection, exactly', async () => {
    await start()
    await Promise.all(Array.from({ length: 500 }, () => ask('POST', '/', Buffer.from('<GetPrograms/>'))))
    expect(target.counts()).toEqual({ requests: 500, connections: 8, statuses: { 200: 500 } })
  })

  test('pipelined requests are requests too', async () => {
    await start()
    const socket = connect(target.port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\n\r\n'.repeat(10) + 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n')
    await once(socket.resume(), 'close')
    expect(target.counts()).toEqual({ requests: 11, connections: 1, statuses: { 200: 11 } })
  })

  test('a request counts when its headers have arrived, and its answer when it is sent', async () => {
    await start({ latency: { kind: 'constant', seconds: 3600 } })
    const req = request(target.url, { agent }).on('error', () => {})
    req.end()
    while (target.counts().requests === 0) await new Promise(setImmediate)
    expect(target.counts()).toEqual({ requests: 1, connections: 1, statuses: {} })
    req.destroy()
  })

  test('asking for the counts does not change them', async () => {
    await start()
    const asked = async (): Promise<TargetCounts> =>
      JSON.parse((await ask('GET', '/__corerush/count')).body.toString()) as TargetCounts
    expect(await asked()).toEqual({ requests: 0, connections: 0, statuses: {} })
    await ask()
    expect(await asked()).toEqual({ requests: 1, connections: 1, statuses: { 200: 1 } })
    expect(await asked()).toEqual(target.counts())
  })
})

describe('start and stop', () => {
  test('stop lets requests in flight finish and closes idle connections', async () => {
    await start({ latency: { kind: 'constant', seconds: 0.1 } })
    await Promise.all([ask(), ask()])
    const last = ask()
    while (target.counts().requests < 3) await new Promise(setImmediate)
    const stopped = target.stop()
    expect(await last).toMatchObject({ status: 200, headers: { connection: 'close' } })
    expect(await stopped).toEqual({ requests: 3, connections: 2, statuses: { 200: 3 } })
    expect(await target.stop()).toEqual(await stopped)
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('stop cuts what does not finish', async () => {
    await start({ latency: { kind: 'constant', seconds: 3600 } })
    const cut = ask().catch((error: unknown) => (error as NodeJS.ErrnoException).code)
    while (target.counts().requests < 1) await new Promise(setImmediate)
    expect(await target.stop()).toEqual({ requests: 1, connections: 1, statuses: {} })
    expect(await cut).toBe('ECONNRESET')
  })

  test('a port in use is an error that says so', async () => {
    await start()
    const error = await startTarget({ port: target.port }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CorerushError)
    expect(error).toMatchObject({
      code: 'CORERUSH_TARGET',
      exitCode: EXIT.usage,
      message: `the target cannot listen on 127.0.0.1:${target.port}: the port is already in use`,
      hint: 'give another port with --port, or --port 0 for any free one',
    })
  })

  test('an address of somebody else is one too', async () => {
    await expect(startTarget({ port: 0, host: '192.0.2.1' })).rejects.toMatchObject({
      message: 'the target cannot listen on 192.0.2.1:0: it is not an address of this machine',
    })
  })
})
