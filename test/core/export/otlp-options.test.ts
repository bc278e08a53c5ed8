/** Where OTLP goes, by the variables of the OpenTelemetry specification. */
import { expect, test } from 'vitest'
import { readOtlpTarget } from '../../../src/core/export/otlp-options.ts'

function read(given: string | null, env: Record<string, string> = {}) {
  const problems: string[] = []
  const target = readOtlpTarget(given, env, (message) => problems.push(message))
  return { target, problems }
}

test.each([
  [null, {}, 'http://localhost:4318/v1/metrics'],
  [null, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }, 'http://localhost:4318/v1/metrics'],
  [null, { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c:1' }, 'https://c:1/v1/metrics'],
  [null, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c/mine/' }, 'http://c/mine/v1/metrics'],
  [null, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c/mine' }, 'http://c/mine/v1/metrics'],
  [null, { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c/mine' }, 'http://c/mine'],
  [null, { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c' }, 'http://c/'],
  [
    null,
    { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://m/x', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c' },
    'http://m/x',
  ],
  ['http://given:4318', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c' }, 'http://given:4318/v1/metrics'],
  ['http://given/api/v1/otlp/v1/metrics', {}, 'http://given/api/v1/otlp/v1/metrics'],
])('otlp=%s with %o goes to %s', (given, env, url) => {
  expect(read(given, env as Record<string, string>).target?.url).toBe(url)
})

test('headers, time-out, compression and resource; those for metrics go first', () => {
  const { target } = read('http://user:p%40ss@c/x', {
    OTEL_EXPORTER_OTLP_HEADERS: 'ignored=1',
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: ' api-key = a%20b , X-Tenant=t=1,',
    OTEL_EXPORTER_OTLP_TIMEOUT: '2500',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=ci%2Cnight',
    OTEL_SERVICE_NAME: 'checkout-load',
  })
  expect(target).toEqual({
    url: 'http://c/x',
    tracesUrl: null,
    headers: { 'api-key': 'a b', 'x-tenant': 't=1', authorization: `Basic ${btoa('user:p@ss')}` },
    timeoutMs: 2500,
    gzip: true,
    resource: { 'service.name': 'checkout-load', 'deployment.environment.name': 'ci,night' },
  })
  expect(read(null).target).toMatchObject({
    headers: {},
    timeoutMs: 10_000,
    gzip: false,
    resource: { 'service.name': 'corerush' },
  })
})

test.each([
  ['nowhere', {}, 'URL must be an absolute http or https URL'],
  ['', {}, 'URL must be an absolute http or https URL'],
  ['ftp://secret@c', {}, 'URL must be an absolute http or https URL'],
  ['http://secret%@c', {}, 'has a user or password that is not percent-encoded'],
  [
    null,
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'c:4318' },
    'OTEL_EXPORTER_OTLP_ENDPOINT must be an absolute http or https URL',
  ],
  [null, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTEL_EXPORTER_OTLP_PROTOCOL says grpc'],
  [
    null,
    { OTEL_EXPORTER_OTLP_TIMEOUT: '10s' },
    'OTEL_EXPORTER_OTLP_TIMEOUT must be whole milliseconds from 1 to 3600000',
  ],
  [null, { OTEL_EXPORTER_OTLP_HEADERS: 'secret' }, 'OTEL_EXPORTER_OTLP_HEADERS must be NAME=VALUE'],
  [null, { OTEL_EXPORTER_OTLP_HEADERS: 'a b=secret' }, 'OTEL_EXPORTER_OTLP_HEADERS must be NAME=VALUE'],
  [null, { OTEL_EXPORTER_OTLP_HEADERS: 'a=%0d%0asecret' }, 'OTEL_EXPORTER_OTLP_HEADERS must be NAME=VALUE'],
  [
    null,
    { OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: 'br' },
    'OTEL_EXPORTER_OTLP_METRICS_COMPRESSION must be gzip or none',
  ],
  [null, { OTEL_RESOURCE_ATTRIBUTES: 'a=%zz' }, 'OTEL_RESOURCE_ATTRIBUTES must be KEY=VALUE'],
])('otlp=%s with %o is refused, without a word of its values', (given, env, message) => {
  const { target, problems } = read(given, env)
  expect(target).toBeNull()
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(message)
  expect(problems[0]).not.toContain('secret')
})
