/** OTLP: what is sent, to a real collector on loopback, and what comes of a collector that is not well. */
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { readOtlpTarget } from '../../../src/core/export/otlp-options.ts'
import { Outputs } from '../../../src/host/output-set.ts'
import { OtlpPush } from '../../../src/output/push/otlp-push.ts'
import type { Report } from '../../../src/core/report/report.ts'
import type { RequestSpan } from '../../../src/core/measure/request-record.ts'
import type { SettledSecond } from '../../../src/core/measure/timeline.ts'
import { planOf, reportOf, type Second } from '../../support/reports.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

interface Pushed {
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** A collector that answers with these one after the other, and with the last one from then on. */
async function startCollector(...answers: RequestListener[]) {
  const pushed: Pushed[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      pushed.push({ url: request.url!, headers: request.headers, body: Buffer.concat(parts) })
      answers[Math.min(pushed.length, answers.length) - 1]!(request, response)
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { pushed, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const answer =
  (status: number, body = '{}', headers = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(body)

/** A run of these seconds that is pushed; what was told of the output's failure. */
async function push(url: string, { seconds = [{ ok: { A: [5, 20] } }] as Second[], env = {} } = {}) {
  const target = readOtlpTarget(url, env, (message) => {
    throw new Error(message)
  })!
  const told: string[] = []
  const output = new OtlpPush(target, 'this-run', 5)
  const outputs = new Outputs({
    outputs: [output],
    onOutputError: (name, error) => told.push(`${name} ${(error as Error).message}`),
  })
  const plan = planOf({ duration: `${Math.max(2, ...seconds.map(({ second = 0 }) => second + 1))}s` })
  const settled: SettledSecond[] = []
  const report: Report = reportOf(plan, seconds, {}, (second) => settled.push(second))
  outputs.start({ plan, version: '1.2.3', startedAt: report.startedAt, warnings: [], elapsedS: () => 0 })
  for (const second of settled) outputs.settled(second)
  await outputs.finish(report)
  return { told, report }
}

test('a run of one request: the JSON that OTLP prescribes', async () => {
  const { pushed, origin } = await startCollector(answer(200))
  const { told } = await push(origin, { seconds: [{ ok: { 'GET A': [20, 20.02] } }] })
  expect(told).toEqual([])
  expect(pushed).toHaveLength(1)
  expect(pushed[0]).toMatchObject({ url: '/v1/metrics', headers: { 'content-type': 'application/json' } })
  const { resourceMetrics } = JSON.parse(pushed[0]!.body.toString()) as {
    resourceMetrics: { resource: object; scopeMetrics: { scope: object; metrics: { name: string }[] }[] }[]
  }
  const [{ resource, scopeMetrics }] = resourceMetrics as [(typeof resourceMetrics)[number]]
  const [{ scope, metrics }] = scopeMetrics as [(typeof scopeMetrics)[number]]
  expect({ resource, scope }).toEqual({
    resource: {
      attributes: [
        { key: 'service.instance.id', value: { stringValue: 'this-run' } },
        { key: 'service.name', value: { stringValue: 'corerush' } },
      ],
    },
    scope: { name: 'corerush', version: '1.2.3' },
  })
  const times = { startTimeUnixNano: '1767323045678000000', timeUnixNano: '1767323046678000000' }
  const row = [
    { key: 'http.request.method', value: { stringValue: 'GET' } },
    { key: 'corerush.request.name', value: { stringValue: 'A' } },
  ]
  const metric = (wanted: string) => metrics.find((one) => one.name === wanted)
  expect(metric('http.client.request.duration')).toEqual({
    name: 'http.client.request.duration',
    description: 'Service time of requests that ended, connecting included; those with an error type failed',
    unit: 's',
    exponentialHistogram: {
      aggregationTemporality: 2,
      dataPoints: [
        {
          attributes: [
            { key: 'server.address', value: { stringValue: '127.0.0.1' } },
            { key: 'server.port', value: { intValue: '8080' } },
            ...row,
          ],
          ...times,
          count: '2',
          sum: 0.04002,
          min: 0.02,
          max: 0.02002,
          scale: 8,
          zeroCount: '0',
          positive: { offset: -1445, bucketCounts: ['2'] },
        },
      ],
    },
  })
  expect(metric('corerush.requests.sent')).toEqual({
    name: 'corerush.requests.sent',
    description: 'Requests whose network work began',
    unit: '{request}',
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [{ attributes: row, ...times, asInt: '2' }],
    },
  })
  expect(metric('corerush.users')).toMatchObject({
    gauge: { dataPoints: [{ attributes: [], timeUnixNano: times.timeUnixNano, asDouble: 5 }] },
  })
})

test('every 10 s of run time and at the end; headers and compression of the environment', async () => {
  const { pushed, origin } = await startCollector(answer(200, ''))
  const seconds = Array.from({ length: 25 }, (_, second) => ({ second, ok: { A: [5] } }))
  const env = { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k', OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }
  const { told } = await push(`${origin}/mine?tenant=1`, { seconds, env })
  expect(told).toEqual([])
  // All seconds came at once: the end did not wait for what was under way.
  const last = pushed.at(-1)!
  expect(last).toMatchObject({
    url: '/mine?tenant=1',
    headers: { 'api-key': 'k', 'content-encoding': 'gzip' },
  })
  expect(gunzipSync(last.body).toString()).toContain('"timeUnixNano":"1767323070678000000"')
  expect(gunzipSync(last.body).toString()).toContain('"asInt":"25"')
})

test('retryable answers are tried again, and other ones are not', async () => {
  const passing = await startCollector(answer(503), answer(429, '', { 'retry-after': '0' }), answer(200))
  expect((await push(passing.origin)).told).toEqual([])
  expect(passing.pushed).toHaveLength(3)

  const stays = await startCollector(answer(502, 'no upstream'))
  expect((await push(stays.origin)).told).toEqual([
    `otlp=${stays.origin}/v1/metrics did not accept all metrics: status 502: no upstream`,
  ])
  expect(stays.pushed).toHaveLength(4)

  const refuses = await startCollector(answer(500, '{"code":3,"message":"bad\\u001b[2J k3y"}'))
  const { told } = await push(refuses.origin, { env: { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k3y' } })
  expect(refuses.pushed).toHaveLength(1)
  expect(told).toHaveLength(1)
  expect(told[0]).toMatch(/status 500: bad.*\*\*\*$/)
  expect(told[0]).not.toMatch(/\u001b|k3y/)

  const moved = await startCollector(answer(301, '', { location: 'http://127.0.0.1:1/' }))
  expect((await push(moved.origin)).told[0]).toMatch(/status 301$/)
})

test('a collector that quotes what it was sent says no password and no token', async () => {
  const basic = Buffer.from('ann:p4ssword').toString('base64')
  const quoting = await startCollector(
    answer(401, `p4ssword ann:p4ssword ${basic} tok-123456 q-secret sid=q`),
  )
  const env = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20tok-123456' }
  const { told: token } = await push(`${quoting.origin}/?sid=q-secret`, { env })
  expect(token[0]).toMatch(/: p4ssword ann:p4ssword \S+ \*\*\* \*\*\* sid=\*\*\*$/)
  const { told: password } = await push(quoting.origin.replace('//', '//ann:p4ssword@'))
  expect(password[0]).toMatch(/: \*\*\* \*\*\* \*\*\* tok-123456 q-secret sid=\*\*\*$/)
})

test('what was rejected of a push is reported once, and not tried again', async () => {
  const partial = '{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"too old"}}'
  const { pushed, origin } = await startCollector(answer(200, partial))
  const seconds = Array.from({ length: 11 }, (_, second) => ({ second, ok: { A: [5] } }))
  const { told } = await push(origin, { seconds })
  expect(told).toEqual([
    `otlp=${origin}/v1/metrics did not accept all metrics: 3 data points were rejected: too old`,
  ])
  expect(pushed.length).toBeLessThanOrEqual(2)

  const warned = await startCollector(answer(200, '{"partialSuccess":{"errorMessage":"old schema"}}'))
  expect((await push(warned.origin)).told).toEqual([])
})

test('a collector that answers in the middle of another protocol ends the push', async () => {
  const raw = async (bytes: string, { again = 0 } = {}): Promise<string> => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        socket.write(bytes)
        if (again === 0) return
        const timer = setInterval(() => socket.write(bytes), again)
        socket.on('close', () => clearInterval(timer))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const env = { OTEL_EXPORTER_OTLP_TIMEOUT: '150' }
      const { told } = await push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { env })
      return told.join().replace(/.* did not accept all metrics: /, '')
    } finally {
      server.close()
    }
  }
  const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
  expect(await raw(upgrade)).toBe('status 101: the collector changed the protocol')
  expect(await raw('HTTP/1.1 101 Switching Protocols\r\n\r\n')).toMatch(/101|no response within 150 ms/)
  expect(await raw('HTTP/1.1 100 Continue\r\n\r\n', { again: 5 })).toBe('no response within 150 ms')
  expect(await raw('HTTP/1.1 103 Early Hints\r\n\r\n')).toBe('no response within 150 ms')
  expect(await raw('HTTP/1.1 204 No Content\r\n\r\n')).toBe('')
  expect(await raw('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx')).toBe('no response within 150 ms')
  expect(await raw('SSH-2.0-OpenSSH_9.2\r\n')).toMatch(/Parse Error/)
})

test('a collector that is down, hangs, or closes is reported within the time-out', async () => {
  const silent = await startCollector(() => undefined)
  const env = { OTEL_EXPORTER_OTLP_TIMEOUT: '100' }
  expect((await push(silent.origin, { env })).told).toEqual([
    `otlp=${silent.origin}/v1/metrics did not accept all metrics: no response within 100 ms`,
  ])
  const patient = await startCollector(answer(503, '', { 'retry-after': '60' }))
  expect((await push(patient.origin)).told[0]).toMatch(/status 503$/)
  expect(patient.pushed).toHaveLength(1)

  const closing = await startCollector((request) => request.socket.destroy())
  expect((await push(closing.origin)).told[0]).toMatch(/did not accept all metrics: socket hang up$/)
  const { told } = await push('http://user:hidden@127.0.0.1:1/?token=hidden')
  expect(told).toEqual([
    'otlp=http://127.0.0.1:1/v1/metrics?token=*** did not accept all metrics: connect ECONNREFUSED 127.0.0.1:1',
  ])
})

describe('spans of traced requests', () => {
  const span = (n: number): RequestSpan => {
    const traceId = String(n).padStart(32, '0')
    const request = {
      ...{ name: 'GET /a', method: 'GET', url: 'http://127.0.0.1:8080/a?b=1', worker: 0, user: n },
      ...{
        dueS: 1,
        sentS: 1.5,
        doneS: 2,
        latencyMs: 1000,
        blockedMs: 0.5,
        dnsMs: null,
        connectMs: 0.25,
        tlsMs: null,
      },
      ...{ firstByteMs: 100, status: 503, outcome: 'status' as const, traceId },
    }
    return { request, traceId, spanId: String(n).padStart(16, '0'), parentSpanId: null }
  }
  const spansOf = (pushed: readonly Pushed[]) =>
    pushed
      .filter(({ url }) => url === '/v1/traces')
      .map(
        ({ body }) =>
          (
            JSON.parse(body.toString()) as {
              resourceSpans: [{ scopeSpans: [{ spans: { traceId: string }[] }] }]
            }
          ).resourceSpans[0].scopeSpans[0].spans,
      )

  /** Spans that are pushed in a run of a second; what was reported of the output's failure. */
  async function trace(url: string, spans: readonly RequestSpan[], lost = 0, env = {}): Promise<string[]> {
    const target = readOtlpTarget(url, env, (message) => {
      throw new Error(message)
    })!
    const told: string[] = []
    const outputs = new Outputs({
      outputs: [new OtlpPush(target, 'this-run', 5)],
      onOutputError: (_, error) => told.push((error as Error).message),
    })
    const plan = planOf({ duration: '2s', trace: 1 })
    const report = reportOf(plan, [{ ok: { A: [5, 20] } }], {})
    outputs.start({ plan, version: '1.2.3', startedAt: report.startedAt, warnings: [], elapsedS: () => 0 })
    if (spans.length > 0) outputs.traced(spans, lost)
    await outputs.finish(report)
    return told
  }

  test('are the JSON that OTLP prescribes, at the sibling of the URL for metrics', async () => {
    const { pushed, origin } = await startCollector(answer(200))
    expect(await trace(origin, [span(1)])).toEqual([])
    const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
    const int = (key: string, intValue: string) => ({ key, value: { intValue } })
    expect(spansOf(pushed)).toEqual([
      [
        {
          traceId: '00000000000000000000000000000001',
          spanId: '0000000000000001',
          name: 'GET /a',
          kind: 3,
          startTimeUnixNano: '1767323047178000000',
          endTimeUnixNano: '1767323047678000000',
          attributes: [
            text('http.request.method', 'GET'),
            text('url.full', 'http://127.0.0.1:8080/a?b=1'),
            text('server.address', '127.0.0.1'),
            int('server.port', '8080'),
            int('http.response.status_code', '503'),
            text('error.type', '503'),
            int('corerush.worker', '0'),
            int('corerush.user', '1'),
            int('corerush.late_ms', '500'),
            { key: 'corerush.blocked_ms', value: { doubleValue: 0.5 } },
            { key: 'corerush.connect_ms', value: { doubleValue: 0.25 } },
          ],
          events: [{ timeUnixNano: '1767323047278000000', name: 'first byte' }],
          status: { code: 2, message: 'status' },
        },
      ],
    ])
  })

  test('go out in batches, each once', async () => {
    const { pushed, origin } = await startCollector(answer(200))
    const spans = Array.from({ length: 4500 }, (_, n) => span(n))
    expect(await trace(origin, spans)).toEqual([])
    expect(spansOf(pushed).map(({ length }) => length)).toEqual([2000, 2000, 500])
    expect(
      spansOf(pushed)
        .flat()
        .map(({ traceId }) => Number(traceId)),
    ).toEqual(spans.map((_, n) => n))
  })

  test('that are missing are counted, with the reason', async () => {
    const { origin } = await startCollector((request, response) =>
      answer(request.url === '/v1/traces' ? 400 : 200, 'no')(request, response),
    )
    expect(await trace(origin, [span(1), span(2)], 3)).toEqual(['5 spans were not sent: status 400: no'])
    const fine = await startCollector(answer(200))
    expect(await trace(fine.origin, [span(1)], 3)).toEqual([
      '3 spans were not sent: there were more than workers keep in a second, or than the collector took in time; trace fewer',
    ])
    expect(await trace(`${fine.origin}/otlp`, [span(1)])).toEqual([
      '1 spans were not sent: the URL for metrics does not end in /v1/metrics, so set OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    ])
    const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${fine.origin}/v1/traces` }
    expect(await trace(`${fine.origin}/otlp`, [span(7)], 0, env)).toEqual([])
    expect(spansOf(fine.pushed).flat().at(-1)!.traceId).toMatch(/7$/)
  })
})
