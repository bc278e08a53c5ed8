/** HTTP as a user asks for it, through the built library and the built command, against real servers. */
import { writeFileSync } from 'node:fs'
import { createServer as createHttp, type ServerResponse } from 'node:http'
import { createServer as createHttp2, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { planRun, renderSummary, run, type Options } from '../../dist/index.js'
import { runCli, withFolder } from '../support/cli.ts'
import { expectConservation } from '../support/conservation.ts'
import { response, startFaults } from '../support/faults.ts'
import { startHttp, startHttp2, startProxy } from '../support/peers.ts'
import { selfSigned } from '../support/tls.ts'

const identity = selfSigned('DNS:localhost,IP:127.0.0.1')
const brief = (more: Options): Options => ({ users: 6, workers: 2, requests: 60, ...more })
const style = { color: false, width: Infinity }

/** `/a` leads to `/b`, that to `/c`, which answers; `/loop` leads to itself and `/out` nowhere. */
const startMaze = () =>
  startFaults(({ socket, head }) => {
    const path = head.split(' ')[1]!
    const to = { '/a': '/b', '/b': 'c', '/loop': '/loop', '/out': 'mailto:nobody' }[path]
    socket.write(to === undefined ? response('200 OK', 'ok') : response('302 Found', '', `Location: ${to}`))
  })

describe.concurrent('redirects', () => {
  test('each hop is a request: exactly the planned number is sent, and the server counts them', async () => {
    const maze = await startMaze()
    const report = await run(brief({ url: `${maze.url}/a`, maxRedirects: 5, requests: 61 }))
    expectConservation(report, { hops: true })
    expect([report.total.sent, maze.requests(), report.stoppedBy]).toEqual([61, 61, 'requests'])
    expect(report.total.statuses['302']).toBeGreaterThanOrEqual(40)
    expect(report.total.failed).toBe(0)
    expect(report.iterations.started).toBeLessThan(30)
    expect(renderSummary(report, style)).toContain('up to 5 redirects')
    await maze.stop()
  })

  test('exactly the planned iterations, each to its end', async () => {
    const maze = await startMaze()
    const report = await run(
      brief({ url: `${maze.url}/a`, maxRedirects: 5, requests: undefined, iterations: 20 }),
    )
    expectConservation(report, { hops: true })
    expect([report.iterations.started, report.total.sent, maze.requests()]).toEqual([20, 60, 60])
    expect([report.total.statuses, report.stoppedBy]).toEqual([{ 302: 40, 200: 20 }, 'iterations'])
    await maze.stop()
  })

  test('a loop ends, and what leads nowhere says so', async () => {
    const maze = await startMaze()
    const loop = brief({ url: `${maze.url}/loop`, maxRedirects: 3, expectStatus: 200, iterations: 5 })
    const report = await run({ ...loop, requests: undefined })
    expect([report.total.sent, report.outcomes]).toEqual([20, { ok: 15, status: 5 }])
    const out = await run(brief({ url: `${maze.url}/out`, maxRedirects: 3, requests: 5 }))
    expect(out.errors.map(({ outcome, message, count }) => [outcome, message, count])).toEqual([
      ['status', 'status 302 with a location that is no http URL: mailto:nobody', 5],
    ])
    await maze.stop()
  })
})

describe.concurrent('the way to the target', () => {
  test('HTTP/2, and the report says so', async () => {
    const server = await startHttp2()
    const report = await run(brief({ url: `http://127.0.0.1:${server.port}/`, http2: true }))
    expectConservation(report)
    expect([report.total.succeeded, server.seen.length]).toEqual([60, 60])
    // One connection is the probe's.
    expect(server.from.length).toBe(report.connections.opened + 1)
    expect(report.plan.http2).toBe(true)
    expect(renderSummary(report, style)).toContain('HTTP/2 only')
    await server.stop()
  })

  test.each([
    ['undici', {}, 5],
    ['wire', { transport: 'wire' }, 5],
    ['http2', { http2: true, streams: 3 }, 15],
  ] as const)('connections that users share over %s, divided exactly', async (name, how, most) => {
    let [atOnce, atMost] = [0, 0]
    const answer = (reply: ServerResponse | Http2ServerResponse): void => {
      atMost = Math.max(atMost, ++atOnce)
      setTimeout(() => {
        atOnce--
        reply.end('ok')
      }, 5)
    }
    const server =
      name === 'http2' ? createHttp2((_, reply) => answer(reply)) : createHttp((_, reply) => answer(reply))
    let accepted = 0
    server.on('connection', () => accepted++)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const report = await run(brief({ url, users: 40, connections: 5, requests: 300, ...how }))
    server.close()
    expectConservation(report)
    // One connection is the probe's.
    expect([report.total.succeeded, report.connections.opened, accepted, atMost]).toEqual([300, 5, 6, most])
    expect(report.plan).toMatchObject({ connections: 5, witness: null })
    const { blocked, firstByte } = report.total.phasesMs
    const { latencyMs } = report.total
    expect(blocked!.max! + firstByte.min!).toBeLessThanOrEqual(latencyMs.max! + 0.01)
    expect(blocked!.mean! + firstByte.mean!).toBeLessThanOrEqual(latencyMs.mean! + 0.01)
    expect(blocked!.mean!).toBeGreaterThan(report.total.lagMs.mean!)
    expect(renderSummary(report, style)).toMatch(/5 shared connections[^]*\nblocked +p50/)
  })

  test('a plan of HTTP/2 against HTTP/1.1 does not pass', async () => {
    const server = await startHttp('127.0.0.1')
    const report = await run(brief({ url: `http://127.0.0.1:${server.port}/`, http2: true, requests: 4 }))
    expect([report.exitCode, report.total.succeeded, report.total.failed]).toEqual([99, 0, 4])
    expect(report.errors[0]!.message).toMatch(/HTTP\/2/)
    await server.stop()
  })

  test('a proxy; it is the one that is probed, and its password is shown nowhere', async () => {
    const server = await startHttp('127.0.0.1')
    const proxy = await startProxy('us:sesame')
    const url = `http://127.0.0.1:${server.port}/`
    const report = await run(brief({ url, proxy: `http://us:sesame@127.0.0.1:${proxy.port}` }))
    expectConservation(report)
    expect([
      report.total.succeeded,
      proxy.asked.length,
      report.warnings.filter((text) => !text.startsWith('the load average')),
    ]).toEqual([60, 60, []])
    expect(proxy.from.length).toBe(report.connections.opened + 1)
    const shown = JSON.stringify(report) + renderSummary(report, style)
    expect(shown).not.toContain(Buffer.from('us:sesame').toString('base64'))
    expect(shown).not.toContain('sesame')
    expect(shown).toContain(`proxy 127.0.0.1:${proxy.port}`)
    await Promise.all([server.stop(), proxy.stop()])
  })

  test('addresses of one’s own are taken in turn over all workers, and names are shown with what they stand for', async () => {
    const server = await startHttp('127.0.0.1')
    const report = await run(
      brief({
        url: `http://localhost:${server.port}/`,
        localAddress: ['127.0.0.1', '127.0.0.2', '127.0.0.3'],
        requests: undefined,
        duration: '1.5s',
        wait: '100ms',
      }),
    )
    expectConservation(report)
    const users = server.from.slice(1).sort()
    expect(users).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.2', '127.0.0.2', '127.0.0.3', '127.0.0.3'])
    expect(report.addresses['localhost']).toContain('127.0.0.1')
    expect(renderSummary(report, style)).toMatch(/addresses +localhost .*127\.0\.0\.1/)
    await server.stop()
  })
})

describe.concurrent('what cannot be used is reported before anything is sent', () => {
  const complaint = async (words: string): Promise<string> => {
    const { code, stderr } = await runCli(words.split(' '))
    expect(code).toBe(2)
    return stderr
  }

  test('files of certificates', async () => {
    await withFolder(async (folder) => {
      const bad = join(folder, 'bad.pem')
      writeFileSync(bad, '-----BEGIN CERTIFICATE-----\nsesame\n-----END CERTIFICATE-----\n')
      const said = await complaint(
        `--url https://127.0.0.1:1/ --ca ${folder}/none.pem --cert ${folder}/x --key ${bad}`,
      )
      expect(said).toContain('--ca names a file that cannot be read: ENOENT')
      expect(said).toContain('--cert names a file that cannot be read: ENOENT')
      const unusable = await complaint(`--url https://127.0.0.1:1/ --cert ${bad} --key ${bad}`)
      expect(unusable).toContain('--cert cannot be used: ')
      expect(unusable).not.toContain('sesame')
    })
  })

  test.skipIf(identity === null)('a key that belongs to another certificate', () => {
    const { key } = selfSigned('DNS:other.test')!
    const { cert } = identity!
    expect(() => planRun({ url: 'https://127.0.0.1/', cert, key })).toThrow(/^key cannot be used: /)
    expect(planRun({ url: 'https://127.0.0.1/', ...identity! })).toMatchObject(identity!)
  })

  test('ways that go against each other, each flag by its name', async () => {
    const said = await complaint(
      '--url http://127.0.0.1:1/ --http2 --proxy p:1 --unix-socket s --connect-to x --local-address nowhere ' +
        '--max-redirects many --auth x --dns-ttl often',
    )
    for (const flag of 'http2 unix-socket connect-to local-address max-redirects auth dns-ttl'.split(' '))
      expect(said).toMatch(new RegExp(`^corerush: --${flag} `, 'm'))
  })

  test('an address that is not of this host', async () => {
    const said = await complaint('--url http://127.0.0.1:1/ --local-address 192.0.2.1')
    expect(said).toMatch(/^corerush: nothing can connect from 192.0.2.1: /)
  })
})
