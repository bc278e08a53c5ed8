/** One line of an access log: the request in it, and its instant. */
import { epochUs, parseStampUs } from './log-time.ts'

export type LogFormat = 'combined' | 'load balancer' | 'JSON'

export interface LoggedRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
}

/** A request with the text, or the number, of its instant; `null` if the line has none. */
export interface StampedRequest {
  readonly request: LoggedRequest | null
  readonly stamp: string | number | null
}

/** The format of a line; `null` if it is none that is known. */
export function lineFormat(line: string): LogFormat | null {
  if (COMBINED.test(line)) return 'combined'
  if (BALANCER.test(line)) return 'load balancer'
  return line.startsWith('{') && fieldsOf(line) !== null ? 'JSON' : null
}

/** Host, two names, the time, the request. */
const COMBINED = /^\S+ \S+ .*?\[([^\]]{10,40})\] "((?:[^"\\]|\\.)*)" \d{3} /
/** AWS: type, time, balancer, client, target, three durations, two statuses, two sizes, the request. */
const BALANCER =
  /^(?:https?|h2|wss?|grpcs?) (\d{4}-\d\d-\d\dT\S+) (?:\S+ ){6}\S+ \S+ \S+ \S+ "((?:[^"\\]|\\.)*)" /

/** The instant at which a load balancer received the request; its first field is that of the response. */
const RECEIVED = /" (?:\d+|-) (\d{4}-\d\d-\d\dT[\d:.]+Z?) "/

/** The request of a line; `null` if the line has none, such as one for a broken request. */
export const requestOf = (line: string, format: LogFormat): LoggedRequest | null =>
  stampedRequest(line, format)?.request ?? null

/** The request of a line and its instant; `null` if the line is not of this format. */
export function stampedRequest(line: string, format: LogFormat): StampedRequest | null {
  if (format === 'JSON') {
    const fields = line.startsWith('{') ? fieldsOf(line) : null
    return fields && { request: requestOfFields(fields), stamp: stampOfFields(fields) }
  }
  const found = (format === 'combined' ? COMBINED : BALANCER).exec(line)
  if (found === null) return null
  const [whole, time, text] = found
  const received = format === 'combined' ? null : RECEIVED.exec(line.slice(whole.length - 1))
  return { request: requestLine(text!), stamp: received?.[1] ?? time! }
}

/** The instant in µs since 1970; `null` if it is none. */
export const stampToUs = (stamp: string | number): number | null =>
  typeof stamp === 'number' ? epochUs(stamp) : parseStampUs(stamp)

function requestLine(text: string): LoggedRequest | null {
  const [, method, target] = /^([A-Z]+) (\S+)(?: HTTP\/[\d.]+)?$/.exec(text) ?? []
  return method === undefined ? null : requested(method, target!)
}

/** A path, also that of an absolute URL; `null` for `*` and what is no URL. */
function requested(method: string, target: string): LoggedRequest | null {
  const url = target.startsWith('/') ? `http://h${target}` : /^https?:\/\//i.test(target) ? target : null
  if (url === null) return null
  try {
    const { pathname, search } = new URL(url)
    return { method: method.toUpperCase(), path: pathname + search }
  } catch {
    return null
  }
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

const METHODS = ['method', 'request_method', 'verb', 'http_method', 'requestMethod', 'RequestMethod']
const TARGETS = [
  'request_uri',
  'uri',
  'path',
  'url',
  'requestUri',
  'RequestPath',
  'requestUrl',
  'request_path',
]

/** `request` as a line, or a method and a path by names that servers give them. */
function requestOfFields(fields: Readonly<Record<string, unknown>>): LoggedRequest | null {
  const inner = fields['request'] ?? fields['httpRequest']
  if (typeof inner === 'string') return requestLine(inner)
  if (typeof inner === 'object' && inner !== null) return requestOfFields(inner as Record<string, unknown>)
  const text = (names: readonly string[]): string | null => {
    const found = names.map((name) => fields[name]).find((value) => typeof value === 'string')
    return typeof found === 'string' ? found : null
  }
  const [method, target] = [text(METHODS), text(TARGETS)]
  return method === null || target === null ? null : requested(method, target)
}

const STAMPS = [
  'time',
  'timestamp',
  '@timestamp',
  'ts',
  'time_iso8601',
  'time_local',
  'msec',
  'start_time',
  'StartUTC',
  'datetime',
  'date',
  'requestTime',
  'request_time_iso8601',
]

/** The first field with an instant by a name that servers give it; `null` if there is none. */
function stampOfFields(fields: Readonly<Record<string, unknown>>): string | number | null {
  for (const name of STAMPS) {
    const value = fields[name]
    if ((typeof value === 'string' || typeof value === 'number') && stampToUs(value) !== null) return value
  }
  return null
}
