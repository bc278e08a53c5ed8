/** The OTLP endpoint and its options, by the variables and rules of the OpenTelemetry specification. */
import { parseHttpUrl } from '../request/http-url.ts'
import { basicAuthorization, hasUserinfo, withoutUserinfo } from '../request/userinfo.ts'
import type { Attributes } from './exported-series.ts'

/** A collector, as the user and their environment name it. */
export interface OtlpTarget {
  /** The URL that metrics are posted to, without user and password. */
  readonly url: string
  /** The URL that spans are posted to; `null` if it is not known. */
  readonly tracesUrl: string | null
  /** By lower-case name; to be sent, never to be shown. */
  readonly headers: Readonly<Record<string, string>>
  /** The longest time for one export, repeated attempts included. */
  readonly timeoutMs: number
  readonly gzip: boolean
  /** Attributes of the run's resource, given by the user. */
  readonly resource: Attributes
}

type Environment = Readonly<Record<string, string | undefined>>
type Wrong = (message: string) => void

const METRICS_PATH = '/v1/metrics'
const TRACES_PATH = '/v1/traces'
export const TRACES_ENDPOINT = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
const DEFAULT_BASE = 'http://localhost:4318'
const DEFAULT_TIMEOUT_MS = 10_000
const LONGEST_TIMEOUT_MS = 3_600_000
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/
const NOT_IN_HEADER = /[^\t\x20-\x7e\x80-\xff]/

/**
 * The collector that `otlp=URL` names, or without a URL the environment. No complaint quotes a value, which may hold a
 * secret.
 */
export function readOtlpTarget(given: string | null, env: Environment, wrong: Wrong): OtlpTarget | null {
  let problems = 0
  const complain: Wrong = (message) => {
    problems++
    wrong(message)
  }
  const variable = variablesOf(env)
  const protocol = variable('PROTOCOL')
  if (given === null && protocol?.text === 'grpc')
    complain(`${protocol.name} says grpc, and only OTLP over HTTP is sent: give otlp=URL`)
  const url = given === null ? environmentUrl(variable('ENDPOINT'), complain) : givenUrl(given, complain)
  const authorization = url !== null && hasUserinfo(url) ? basicAuthorization(url) : null
  if (authorization === undefined) complain('has a user or password that is not percent-encoded')
  const headers = readHeaders(variable('HEADERS'), complain)
  const timeoutMs = readTimeoutMs(variable('TIMEOUT'), complain)
  const compression = variable('COMPRESSION')
  if (compression !== null && compression.text !== 'gzip' && compression.text !== 'none')
    complain(`${compression.name} must be gzip or none`)
  const resource = readResource(env, complain)
  const tracesUrl = url === null ? null : tracesUrlOf(url, env, complain)
  if (problems > 0 || url === null) return null
  return {
    url: withoutUserinfo(url).href,
    tracesUrl: tracesUrl === null ? null : withoutUserinfo(tracesUrl).href,
    headers: { ...headers, ...(authorization ? { authorization } : {}) },
    timeoutMs,
    gzip: compression?.text === 'gzip',
    resource,
  }
}

interface Variable {
  readonly name: string
  readonly text: string
}

/** An empty variable counts as unset, and the one for metrics goes before the one for all signals. */
const variablesOf =
  (env: Environment) =>
  (option: string): Variable | null => {
    for (const name of [`OTEL_EXPORTER_OTLP_METRICS_${option}`, `OTEL_EXPORTER_OTLP_${option}`]) {
      const text = (env[name] ?? '').trim()
      if (text !== '') return { name, text }
    }
    return null
  }

/** The endpoint for all signals is a base URL; the one for metrics is used unchanged. */
function environmentUrl(endpoint: Variable | null, wrong: Wrong): URL | null {
  if (endpoint === null) return withMetricsPath(new URL(DEFAULT_BASE))
  const url = parseHttpUrl(endpoint.text)
  if (url === null) wrong(`${endpoint.name} must be an absolute http or https URL`)
  return url === null || endpoint.name.includes('METRICS') ? url : withMetricsPath(url)
}

/** On the command line an origin without a path is a base URL; a URL with a path is used unchanged. */
function givenUrl(text: string, wrong: Wrong): URL | null {
  const url = parseHttpUrl(text)
  if (url === null) wrong('URL must be an absolute http or https URL')
  return url?.pathname === '/' ? withMetricsPath(url) : url
}

/** The endpoint for traces of the environment, or the sibling of the one for metrics; `null` if that has another path. */
function tracesUrlOf(metrics: URL, env: Environment, wrong: Wrong): URL | null {
  const text = (env[TRACES_ENDPOINT] ?? '').trim()
  if (text !== '') {
    const url = parseHttpUrl(text)
    if (url === null) wrong(`${TRACES_ENDPOINT} must be an absolute http or https URL`)
    return url
  }
  if (!metrics.pathname.endsWith(METRICS_PATH)) return null
  const url = new URL(metrics)
  url.pathname = metrics.pathname.slice(0, -METRICS_PATH.length) + TRACES_PATH
  return url
}

function withMetricsPath(base: URL): URL {
  const url = new URL(base)
  url.pathname = base.pathname.replace(/\/$/, '') + METRICS_PATH
  return url
}

function readHeaders(variable: Variable | null, wrong: Wrong): Record<string, string> {
  const pairs = variable === null ? [] : readPairs(variable.text)
  const isUsable = pairs?.every(([name, value]) => TOKEN.test(name) && !NOT_IN_HEADER.test(value)) === true
  if (!isUsable) wrong(`${variable!.name} must be NAME=VALUE with commas between, percent-encoded`)
  return Object.fromEntries((pairs ?? []).map(([name, value]) => [name.toLowerCase(), value]))
}

function readTimeoutMs(variable: Variable | null, wrong: Wrong): number {
  if (variable === null) return DEFAULT_TIMEOUT_MS
  const ms = Number(variable.text)
  if (!Number.isInteger(ms) || ms < 1 || ms > LONGEST_TIMEOUT_MS)
    wrong(`${variable.name} must be whole milliseconds from 1 to ${LONGEST_TIMEOUT_MS}`)
  return ms
}

function readResource(env: Environment, wrong: Wrong): Attributes {
  const pairs = readPairs(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '')
  if (pairs === null) wrong('OTEL_RESOURCE_ATTRIBUTES must be KEY=VALUE with commas between, percent-encoded')
  const serviceName = env['OTEL_SERVICE_NAME'] ?? ''
  return {
    'service.name': 'corerush',
    ...Object.fromEntries(pairs ?? []),
    ...(serviceName === '' ? {} : { 'service.name': serviceName }),
  }
}

/** `key=value,other=value%202`; `null` if it is not that. */
function readPairs(text: string): [string, string][] | null {
  const pairs: [string, string][] = []
  for (const member of text.split(',').filter((part) => part.trim() !== '')) {
    const at = member.indexOf('=')
    const key = member.slice(0, Math.max(0, at)).trim()
    if (key === '') return null
    try {
      pairs.push([decodeURIComponent(key), decodeURIComponent(member.slice(at + 1).trim())])
    } catch {
      return null
    }
  }
  return pairs
}
