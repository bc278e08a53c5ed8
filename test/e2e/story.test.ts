/** The story and its counts, on the built command against the embedded target in a process of its own. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  run,
  startTarget as startInside,
  type Options,
  type Report,
  type TargetCounts,
} from '../../dist/index.js'
import { runCli, runForReport, startTarget, withFolder, withTarget } from '../support/cli.ts'
import { exitUnlessVoid, expectConservation } from '../support/conservation.ts'
import { response, startFaults } from '../support/faults.ts'

/** Runs against a target in this process, and gives what the target counted. */
async function against(options: Options): Promise<{ report: Report; counts: TargetCounts }> {
  const target = await startInside({ port: 0 })
  try {
    const report = await run({ workers: 2, ...options, url: target.url })
    expectConservation(report)
    return { report, counts: target.counts() }
  } finally {
    await target.stop()
  }
}

const BODY = '<?xml version="1.0"?><GetPrograms channel="世界"/>'

test('the story: users that wait and post a file, on two workers, add up to the last byte', async () => {
  const latencyMs = 20
  await withFolder((folder) =>
    withTarget(['--latency', `${latencyMs}ms`, '--body-bytes', '321'], async (target) => {
      const bodyFile = join(folder, 'body.xml')
      const reportFile = join(folder, 'report.json')
      writeFileSync(bodyFile, BODY)
      const { code, stdout } = await runCli([
        ...['--users', '50', '--workers', '2', '--wait', '0.9s-1.1s', '--duration', '3s'],
        ...['--url', `${target.url}/GetPrograms`, '-H', 'Content-Type: application/xml'],
        ...['--body', `@${bodyFile}`, '--name', 'GetPrograms', '--out', `json=${reportFile}`],
      ])
      const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report
      expectConservation(report)

      expect([code, report.exitCode]).toEqual(Array(2).fill(exitUnlessVoid(report, 0)))
      const { total } = report
      const served = await target.counts()
      expect(served.requests).toBe(total.sent)
      expect(served.statuses).toEqual({ 200: total.sent })
      expect(total.statuses).toEqual({ 200: total.sent })
      expect(report.outcomes).toEqual({ ok: total.sent })
      expect(total.bytesOut).toBe(total.sent * Buffer.byteLength(BODY))
      expect(total.bytesIn).toBe(total.sent * 321)

      expect(Object.keys(report.byName)).toEqual(['POST GetPrograms'])
      expect(report.byName['POST GetPrograms']!.latencyMs).toEqual(total.latencyMs)
      expect(total.latencyMs.min).toBeGreaterThanOrEqual(latencyMs)
      expect(report.connections).toMatchObject({ opened: 50, failed: 0 })
      // One more is the probe before the run.
      expect(served.connections).toBe(51)
      // Each user comes at least once, and no faster than its wait lets it.
      expect(total.sent).toBeGreaterThanOrEqual(50)
      expect(total.sent).toBeLessThanOrEqual(50 * 4)

      expect(report).toMatchObject({ schema: 'corerush.report/1', model: 'closed', workers: 2 })
      expect(report).toMatchObject({ stoppedBy: 'duration', loadS: 3, errors: [] })
      expect(report.warnings.filter((warning) => !warning.startsWith('the load average'))).toEqual([])
      expect(report.plan.request).toMatchObject({ method: 'POST', body: { text: BODY } })
      for (const row of report.timeline.slice(0, 3)) {
        expect(row.phase).toBe('load')
        expect(row.host?.cores?.length ?? 1).toBeGreaterThan(0)
        for (const vitals of row.workers) expect(vitals.utilization).toBeGreaterThanOrEqual(0)
      }
      expect(report.timeline[0]!.workers.map(({ worker }) => worker)).toEqual([0, 1])

      expect(stdout).toContain('GetPrograms')
      expect(stdout).toContain(`measurement: ${report.verdict.level}.`)
    }),
  )
})

describe.concurrent('the bytes on the wire are what the plan says', () => {
  test('method, headers, body and path, on each of two workers', async () => {
    const heads = new Set<string>()
    const bodies = new Set<string>()
    const server = await startFaults(({ socket, head, body }) => {
      heads.add(head.replace(/^host: .*$/im, 'host: HOST'))
      bodies.add(body.toString())
      socket.write(response('200 OK', 'ok'))
    })
    try {
      const url = `${server.url.replace('://', '://me:secret@')}/path/x?y=1#part`
      const words = ['-n', '10', '-u', '4', '-w', '2', '--ramp-up', '0', '-X', 'put']
      const headers = ['-H', 'X-One: 1', '-H', 'Content-Type: text/plain; charset=utf-8']
      const { report } = await runForReport([...words, ...headers, '-b', '{"a":"é"}', '--url', url])
      expectConservation(report)
      expect([...bodies]).toEqual(['{"a":"é"}'])
      expect(
        [...heads].map((head) =>
          head
            .split('\r\n')
            .map((line) => line.toLowerCase())
            .sort(),
        ),
      ).toEqual([
        [
          'authorization: basic bwu6c2vjcmv0',
          'connection: keep-alive',
          'content-length: 10',
          'content-type: text/plain; charset=utf-8',
          'host: host',
          'put /path/x?y=1 http/1.1',
          expect.stringMatching(/^user-agent: corerush\/\d/),
          'x-one: 1',
        ],
      ])
      // Secrets are sent, and never shown.
      expect(JSON.stringify(report)).not.toContain('bWU6c2VjcmV0')
      expect(JSON.stringify(report)).not.toContain('me:secret')
    } finally {
      await server.stop()
    }
  })

  test('without keep-alive every request has a connection of its own', async () => {
    const { report, counts } = await against({ keepAlive: false, requests: 40, users: 4, rampUp: 0 })
    expect(report.connections).toEqual({ opened: 40, reused: 0, failed: 0, retried: 0 })
    expect(counts).toMatchObject({ requests: 40, connections: 41 })
  })

  test('a body of bytes that are no text arrives byte for byte', async () => {
    const bytes = Buffer.from(Array.from({ length: 1024 }, (_, i) => (i * 7) % 256))
    const bodies = new Set<string>()
    const server = await startFaults(({ socket, body }) => {
      bodies.add(body.toString('base64'))
      socket.write(response('200 OK'))
    })
    try {
      await withFolder(async (folder) => {
        writeFileSync(join(folder, 'body.bin'), bytes)
        const words = ['-n', '3', '--body', '@body.bin', '--url', server.url]
        const { report } = await runForReport(words, { cwd: folder })
        expect(report.total.bytesOut).toBe(3 * bytes.length)
      })
      expect([...bodies]).toEqual([bytes.toString('base64')])
    } finally {
      await server.stop()
    }
  })
})

describe.concurrent('counts are exact, however many workers share them', () => {
  test('1,003 requests over 2 workers are 1,003 at the target', async () => {
    const { report, counts } = await against({ requests: 1003, users: 20 })
    expect([report.exitCode, report.stoppedBy]).toEqual([0, 'requests'])
    expect([report.total.sent, report.total.succeeded]).toEqual([1003, 1003])
    expect(counts.requests).toBe(1003)
  })

  test('10 users on 3 workers open 10 connections, not 9', async () => {
    const connections = new Set<number>()
    const server = await startFaults(({ socket, connection }) => {
      connections.add(connection)
      socket.write(response('200 OK', 'ok'))
    })
    try {
      const words = ['-c', '10', '-w', '3', '-d', '1s', '--ramp-up', '0', '--wait', '0.3s']
      const { report } = await runForReport([...words, '--url', server.url])
      expectConservation(report)
      expect(connections.size).toBe(10)
      expect(report.connections).toMatchObject({ opened: 10, failed: 0 })
      expect(server.requests()).toBe(report.total.sent)
    } finally {
      await server.stop()
    }
  })

  test('more workers than users and fewer requests than users: nothing is lost, nothing hangs', async () => {
    const { report, counts } = await against({ users: 2, requests: 1, workers: 4 })
    expect([report.workers, report.total.sent]).toEqual([4, 1])
    expect(counts.requests).toBe(1)
  })
})

test('a target that answers a part with another status: counted by status, and failed unless expected', async () => {
  const target = await startTarget(['--status', '503:0.3', '--status', '404:0.2'])
  const words = ['-n', '300', '-u', '10', '-w', '2', '--expect-status', '2xx,404']
  const { code, report } = await runForReport([...words, '--url', target.url])
  expectConservation(report)
  const { statuses } = await target.counts()
  expect(report.total.statuses).toEqual(statuses)
  expect(Object.keys(statuses)).toEqual(['200', '404', '503'])
  expect(report.outcomes).toEqual({ ok: 300 - statuses['503']!, status: statuses['503'] })
  expect(code).toBe(99)
  const said = await target.kill('SIGTERM')
  expect(said).toMatchObject({ code: 0, signal: null })
  const connections = report.connections.opened + 1
  expect(said.stdout).toContain(`answered 300 requests on ${connections} connections\n`)
})
