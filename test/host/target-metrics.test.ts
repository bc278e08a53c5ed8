/** The server's own metrics beside the generator's: a small exporter, and what goes wrong with one. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderSummary, run, type Report } from '../../dist/index.js'
import { TargetMetrics } from '../../src/host/target-metrics.ts'

let server: Server
let origin: string
let busyS = 0
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url?.startsWith('/metrics') === true) {
      // A server that does nothing but work.
      busyS += 1
      response.end(
        `node_cpu_seconds_total{cpu="0",mode="idle"} 0\nnode_cpu_seconds_total{cpu="0",mode="user"} ${busyS}\nnode_memory_MemTotal_bytes 8e9\nnode_memory_MemAvailable_bytes 2e9\n`,
      )
    } else if (request.url === '/hangs') return
    else if (request.url === '/500') response.writeHead(500).end('no')
    else response.end('ok')
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const observed = (page: string): Promise<Report> =>
  run({
    url: `${origin}/`,
    users: 2,
    wait: '50ms',
    workers: 1,
    duration: '3s',
    gracefulStop: '1s',
    targetMetrics: page,
  })

describe.concurrent('a run that looks at the metrics of its target', () => {
  test('shows them beside its own, and names a busy target as the limit', async () => {
    const report = await observed(`${origin}/metrics?token=canary`)
    const seen = report.timeline.filter(({ target }) => target !== null)
    expect(seen.length).toBeGreaterThan(0)
    expect(seen[0]!.target).toMatchObject({ cores: [{ core: 0, busy: 1 }], memoryTotalBytes: 8e9 })
    expect(report.verdict.reasons).toContainEqual(
      expect.objectContaining({ code: 'target.busy', level: 'note' }),
    )
    expect(report.warnings.filter((warning) => warning.includes('metrics'))).toEqual([])
    expect(renderSummary(report, { color: false, width: 100 })).toMatch(
      /target +CPU 100% \(max 100%\) · memory 75%/,
    )
    expect(JSON.stringify(report)).not.toContain('canary')
  })

  test.each(['/500', '/'])('reports once that %s is no such page, and goes on', async (path) => {
    const report = await observed(origin + path)
    expect(report.timeline.every(({ target }) => target === null)).toBe(true)
    expect(report.warnings.filter((warning) => warning.includes('metrics could not be read'))).toHaveLength(1)
    expect(report.total.succeeded).toBeGreaterThan(0)
  })
})

test('one look at a time; a failure is null, with the first reason', async () => {
  let nowS = 0
  const metrics = new TargetMetrics(`${origin}/hangs`, () => nowS++)
  const first = metrics.look()
  expect(await metrics.look()).toBeNull()
  expect(metrics.problem).toBeNull()
  metrics.end()
  expect(await first).toBeNull()
  // It was given up; that is no problem of the page.
  expect(metrics.problem).toBeNull()

  const nobody = new TargetMetrics('http://127.0.0.1:1/metrics?token=canary', () => 0)
  expect(await nobody.look()).toBeNull()
  expect(nobody.problem).toMatch(/ECONNREFUSED|bad port/)
  expect(nobody.page).not.toContain('canary')
})
