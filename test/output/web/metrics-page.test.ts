/** The page that a Prometheus reads: what it says, and to whom. */
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { parseExposition, type Sample } from '../../../src/core/measure/exposition.ts'
import { listenAt, onLoopback } from '../../../src/output/web/page-address.ts'
import { MetricsPage } from '../../../src/output/web/metrics-page.ts'
import { startOf } from '../../support/live.ts'
import { planOf, reportOf, type Second } from '../../support/reports.ts'

const NAME = 'Get "all"\n\\of them'
const ROW = `GET ${NAME}`
const SECONDS: Second[] = [
  { ok: { [ROW]: [4, 5.002, 20], 'POST B': [20_000] }, failures: [[ROW, 'status', 'status 503', 1]] },
  { second: 1, ok: { [ROW]: [6] }, failures: [['POST B', 'headers.closed', 'closed', 1]], unfinished: 2 },
]

const pages: MetricsPage[] = []
afterEach(() => {
  for (const page of pages.splice(0)) page.close()
})
async function open(): Promise<MetricsPage> {
  const page = await MetricsPage.listen(onLoopback(0))
  pages.push(page)
  return page
}

async function get(url: string, { method = 'GET', headers = {} } = {}) {
  const asking = request(url, { method, headers, agent: false }).end()
  const [response] = (await once(asking, 'response')) as [import('node:http').IncomingMessage]
  return { status: response.statusCode!, type: response.headers['content-type'], page: await text(response) }
}

/** A whole run on the page, and what the page said after each of its seconds. */
async function runOn(page: MetricsPage) {
  const plan = planOf({ workers: 1 })
  const steps: string[] = []
  page.start({
    plan,
    version: '1.2.3',
    startedAt: '2026-01-02T03:04:05.678Z',
    warnings: [],
    elapsedS: () => 0,
  })
  steps.push((await get(page.url)).page)
  const settled: Parameters<MetricsPage['settled']>[0][] = []
  const report = reportOf(plan, SECONDS, {}, (second) => settled.push(second))
  for (const second of settled) {
    page.settled(second)
    steps.push((await get(page.url)).page)
  }
  page.finish(report)
  return { report, steps, last: await get(page.url) }
}

const samplesOf = (page: string, name: string): Sample[] => parseExposition(page, (one) => one === name)
const sumOf = (page: string, name: string): number =>
  samplesOf(page, name).reduce((sum, { value }) => sum + value, 0)

test('at the end of the run it says what the report says, to the request', async () => {
  const { report, last } = await runOn(await open())
  const { page, type, status } = last
  expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
  const { total, iterations, outcomes } = report
  expect(sumOf(page, 'http_client_request_duration_seconds_count')).toBe(total.finished)
  expect(sumOf(page, 'corerush_requests_finished_total')).toBe(total.finished)
  expect(sumOf(page, 'corerush_requests_sent_total')).toBe(total.sent)
  expect(sumOf(page, 'corerush_requests_unfinished_total')).toBe(total.unfinished)
  expect(sumOf(page, 'corerush_iterations_due_total')).toBe(iterations.due)
  expect(sumOf(page, 'corerush_body_received_bytes_total')).toBe(total.bytesIn)
  expect(
    samplesOf(page, 'corerush_requests_finished_total').filter(
      ({ labels }) => labels['corerush_outcome'] === 'ok',
    ),
  ).toEqual([
    {
      name: 'corerush_requests_finished_total',
      labels: { http_request_method: 'GET', corerush_request_name: NAME, corerush_outcome: 'ok' },
      value: 4,
    },
    {
      name: 'corerush_requests_finished_total',
      labels: { http_request_method: 'POST', corerush_request_name: 'B', corerush_outcome: 'ok' },
      value: 1,
    },
  ])
  expect(outcomes.ok).toBe(5)
  expect(samplesOf(page, 'corerush_verdict').filter(({ value }) => value === 1)).toEqual([
    { name: 'corerush_verdict', labels: { corerush_verdict_level: report.verdict.level }, value: 1 },
  ])
})

test('buckets are cumulative, and the last one is the count', async () => {
  const { page } = (await runOn(await open())).last
  for (const name of ['http_client_request_duration_seconds', 'corerush_request_latency_seconds']) {
    const counts = samplesOf(page, `${name}_count`)
    expect(counts.length).toBeGreaterThan(0)
    for (const { labels, value } of counts) {
      const buckets = samplesOf(page, `${name}_bucket`).filter(({ labels: { le, ...rest } }) => {
        expect(le).toMatch(/^(\d+(\.\d+)?|\+Inf)$/)
        return JSON.stringify(rest) === JSON.stringify(labels)
      })
      expect(buckets).toHaveLength(15)
      expect(buckets.at(-1)).toMatchObject({ labels: { le: '+Inf' }, value })
      for (const [i, { value: upTo }] of buckets.entries())
        expect(upTo).toBeGreaterThanOrEqual(buckets[i - 1]?.value ?? 0)
    }
  }
})

test('a line of the page for each kind of series', async () => {
  const { steps } = await runOn(await open())
  const lines = steps.at(-1)!.split('\n')
  expect(lines.at(-1)).toBe('')
  for (const line of lines.slice(0, -1))
    expect(line).toMatch(/^# (HELP|TYPE) [a-z_]+ .+$|^[a-z_]+(\{.*\})? \S+$/)
  expect(lines.filter((line) => /^# TYPE/.test(line))).toMatchInlineSnapshot(`
    [
      "# TYPE http_client_request_duration_seconds histogram",
      "# TYPE corerush_request_latency_seconds histogram",
      "# TYPE corerush_requests_sent_total counter",
      "# TYPE corerush_requests_finished_total counter",
      "# TYPE corerush_requests_unfinished_total counter",
      "# TYPE corerush_responses_total counter",
      "# TYPE corerush_body_received_bytes_total counter",
      "# TYPE corerush_body_decoded_bytes_total counter",
      "# TYPE corerush_body_sent_bytes_total counter",
      "# TYPE corerush_iterations_due_total counter",
      "# TYPE corerush_iterations_started_total counter",
      "# TYPE corerush_iterations_finished_total counter",
      "# TYPE corerush_iterations_failed_total counter",
      "# TYPE corerush_iterations_unfinished_total counter",
      "# TYPE corerush_iterations_stuck_total counter",
      "# TYPE corerush_iterations_skipped_total counter",
      "# TYPE corerush_iterations_dropped_total counter",
      "# TYPE corerush_iterations_unstarted_total counter",
      "# TYPE corerush_users gauge",
      "# TYPE corerush_requests_in_flight gauge",
      "# TYPE corerush_iteration_lag_seconds gauge",
      "# TYPE corerush_worker_utilization_ratio gauge",
    ]
  `)
  expect(lines).toContain(
    'corerush_requests_sent_total{http_request_method="POST",corerush_request_name="B"} 2',
  )
  expect(lines).toContain(
    'http_client_request_duration_seconds_bucket{server_address="127.0.0.1",server_port="8080",http_request_method="GET",corerush_request_name="Get \\"all\\"\\n\\\\of them",le="0.005"} 1',
  )
})

test('it is empty before the run; then no counter ever goes down', async () => {
  const page = await open()
  expect(await get(page.url)).toMatchObject({ status: 200, page: '' })
  const { steps } = await runOn(page)
  const isCounter = (name: string): boolean => /_total$|_count$|_bucket$|_sum$/.test(name)
  const values = steps.map(
    (step) =>
      new Map(
        parseExposition(step, isCounter).map(({ name, labels, value }) => [
          JSON.stringify([name, labels]),
          value,
        ]),
      ),
  )
  expect(values[0]!.size).toBe(9)
  for (const [i, now] of values.entries())
    for (const [key, before] of values[i - 1] ?? []) expect(now.get(key), key).toBeGreaterThanOrEqual(before)
})

test('it answers GET /metrics to this host, and nothing else', async () => {
  const { url } = await open()
  const ask = async (path: string, how = {}): Promise<number> =>
    (await get(new URL(path, url).href, how)).status
  const port = new URL(url).port
  expect(new URL(url).hostname).toBe('127.0.0.1')
  expect(await ask('/metrics?name[]=x')).toBe(200)
  expect(await ask('/metrics', { headers: { host: `localhost:${port}` } })).toBe(200)
  for (const host of [
    'attacker.test',
    `attacker.test:${port}`,
    '127.0.0.1.attacker.test',
    'localhost@attacker.test',
  ])
    expect(await ask('/metrics', { headers: { host } }), host).toBe(403)
  for (const path of ['/', '/metrics/', '/metricsx', '/x/metrics']) expect(await ask(path), path).toBe(404)
  for (const method of ['POST', 'HEAD', 'OPTIONS'])
    expect(await ask('/metrics', { method }), method).toBe(405)
})

test('a port that is taken is refused; a scraper that is stuck is dropped at the end', async () => {
  const page = await open()
  const { hostname, port } = new URL(page.url)
  await expect(MetricsPage.listen(onLoopback(Number(port)))).rejects.toThrow('EADDRINUSE')
  const stuck = connect(Number(port), hostname)
  stuck.write('GET /metrics HTTP/1.1\r\nHost: lo')
  await once(stuck, 'connect')
  await get(page.url)
  const dropped = once(stuck, 'close')
  stuck.on('error', () => undefined)
  page.close()
  await dropped
})

test('a connection that cannot be taken, however often, ends nothing', async () => {
  const server = await listenAt(onLoopback(0), 1)
  for (let i = 0; i < 3; i++) expect(server.emit('error', new Error('EMFILE'))).toBe(true)
  server.close()
})

test('beyond loopback a token is needed, a random one or that of the user; the name of another host is refused', async () => {
  const read = (page: MetricsPage, token?: string, host?: string) =>
    get(page.url, {
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(host === undefined ? {} : { host }),
      },
    })
  const shown = await MetricsPage.listen({ ...onLoopback(0), host: '0.0.0.0' })
  const set = await MetricsPage.listen({ ...onLoopback(0), host: '0.0.0.0', token: 'a-token-of-the-user' })
  pages.push(shown, set)
  for (const page of pages) page.start(startOf(reportOf(planOf(), SECONDS)))
  expect([set.shownToken, shown.shownToken?.length]).toEqual([null, 32])
  expect(await read(shown)).toMatchObject({
    status: 401,
    page: expect.not.stringContaining('corerush_') as string,
  })
  expect(await read(shown, shown.shownToken!)).toMatchObject({ status: 200 })
  expect(await read(shown, 'a-token-of-the-user')).toMatchObject({ status: 401 })
  expect(await read(set, 'a-token-of-the-user')).toMatchObject({ status: 200 })
  expect(await read(set, 'a-token-of-the-user', 'attacker.test')).toMatchObject({ status: 403 })
  // On loopback there is one only if it was set.
  const local = await MetricsPage.listen({ ...onLoopback(0), token: 'a-token-of-the-user' })
  pages.push(local)
  expect(await read(local)).toMatchObject({ status: 401 })
})
