/** Traces in real runs: what the target receives is what the report and the collector have. */
import { createServer as createHttp1, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createHttp2, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { planRun, run, type Options } from '../../dist/index.js'
import { readOtlpTarget } from '../../dist/core/export/otlp-options.js'
import { OtlpPush } from '../../dist/output/push/otlp-push.js'

interface Received {
  readonly path: string
  readonly traceId: string | null
  readonly spanId: string | null
}

/** A server that leads from /to to /ok, and keeps the traces that it is sent. */
async function startTarget(isHttp2: boolean) {
  const received: Received[] = []
  const answer = (
    request: IncomingMessage | Http2ServerRequest,
    response: { writeHead(status: number, headers: Record<string, string>): unknown; end(): unknown },
  ): void => {
    const header = request.headers['traceparent']
    const [, traceId = null, spanId = null] =
      /^00-([\da-f]{32})-([\da-f]{16})-01$/.exec(typeof header === 'string' ? header : '') ?? []
    received.push({ path: request.url!, traceId, spanId })
    if (request.url === '/to') response.writeHead(302, { location: '/ok' })
    else if (request.url === '/bad') response.writeHead(500, {})
    response.end()
  }
  const server = isHttp2
    ? createHttp2((request: Http2ServerRequest, response: Http2ServerResponse) => answer(request, response))
    : createHttp1(answer as RequestListener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, received, close: () => void server.close() }
}

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status: { readonly code: number }
}

/** A collector that decodes what it is sent. */
async function startCollector() {
  const spans: Span[] = []
  const server = createHttp1((request, response) => {
    let text = ''
    request.on('data', (part: Buffer) => (text += part.toString()))
    request.on('end', () => {
      if (request.url === '/v1/traces') {
        const { resourceSpans } = JSON.parse(text) as {
          resourceSpans: { scopeSpans: { spans: Span[] }[] }[]
        }
        spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
      }
      response.end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const target = readOtlpTarget(`http://127.0.0.1:${port}`, {}, (problem) => {
    throw new Error(problem)
  })!
  return { spans, output: new OtlpPush(target, 'test'), close: () => void server.close() }
}

test.concurrent.each<[string, Options]>([
  ['undici', {}],
  ['wire', { transport: 'wire' }],
  ['http2', { http2: true }],
])(
  'over %s each call has one trace with a span for each request, in header, report and export',
  async (name, how) => {
    const [target, collector] = [await startTarget(name === 'http2'), await startCollector()]
    const report = await run(
      {
        url: `${target.url}/to`,
        users: 3,
        workers: 2,
        iterations: 12,
        maxRedirects: 3,
        trace: 1,
        captureSlowest: 20,
        ...how,
      },
      { outputs: [collector.output] },
    )
    target.close()
    collector.close()
    expect(target.received).toHaveLength(24)
    const byTrace = new Map<string, Received[]>()
    for (const one of target.received) byTrace.set(one.traceId!, [...(byTrace.get(one.traceId!) ?? []), one])
    expect(byTrace.size).toBe(12)
    for (const [traceId, requests] of byTrace) {
      expect(requests.map(({ path }) => path)).toEqual(['/to', '/ok'])
      const [first, second] = requests.map(({ spanId }) =>
        collector.spans.find((span) => span.traceId === traceId && span.spanId === spanId),
      )
      expect(first).toMatchObject({ name: 'GET /to', kind: 3, status: { code: 0 } })
      expect(second).toMatchObject({ name: 'GET /to (redirect)', parentSpanId: first!.spanId })
      expect(first).not.toHaveProperty('parentSpanId')
      expect(BigInt(first!.endTimeUnixNano)).toBeGreaterThan(BigInt(first!.startTimeUnixNano))
    }
    expect(collector.spans).toHaveLength(24)
    expect(report.slowest).toHaveLength(24)
    expect(new Set(report.slowest!.map(({ traceId }) => traceId))).toEqual(new Set(byTrace.keys()))
    const latencies = report.slowest!.map(({ latencyMs }) => latencyMs)
    expect(latencies).toEqual([...latencies].sort((a, b) => b - a))
  },
)

test.concurrent(
  'one request in N has a trace, and a failing one is found by it; none has one by default',
  async () => {
    const target = await startTarget(false)
    const plain = { url: `${target.url}/bad`, users: 1, workers: 1, requests: 60, captureFailures: 60 }
    const report = await run({ ...plain, trace: 4 })
    const sent = target.received.flatMap(({ traceId }) => traceId ?? [])
    expect(sent.length).toBeGreaterThan(5)
    expect(sent.length).toBeLessThan(30)
    expect(report.capturedFailures.flatMap(({ traceId }) => traceId ?? [])).toEqual(sent)
    expect(report).not.toHaveProperty('slowest')
    target.received.length = 0
    await run({ ...plain, requests: 10 })
    target.close()
    expect(target.received.filter(({ traceId }) => traceId !== null)).toEqual([])
  },
)

test('traces do not go with a header of the user, links not without traces, and a link has a place', () => {
  const problem = (options: Options): string => {
    try {
      planRun({ url: 'http://h/', ...options })
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(problem({ trace: 1, headers: ['Traceparent: x'] })).toContain('headers have one already')
  expect(problem({ traceUrl: 'http://j/{traceId}' })).toContain('it needs trace')
  expect(problem({ trace: 1, traceUrl: 'http://j/' })).toContain('must contain {traceId}')
  expect(problem({ trace: 1, traceUrl: 'ftp://j/{traceId}' })).toContain('must be an http or https URL')
  expect(problem({ trace: 1, traceUrl: 'http://u:p@j/{traceId}' })).toContain('must have no user')
  expect(problem({ trace: 0 })).toContain('must be a whole number from 1')
  expect(problem({ trace: 100, traceUrl: 'http://j/{traceId}?a=1' })).toBe('')
})
