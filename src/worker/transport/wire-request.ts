/** A request as the bytes that go out, written once; the same bytes that undici writes, header for header. */
import { isIP } from 'node:net'
import type { RequestPlan } from '../../core/request/request.ts'
import { bareHost, portOf } from '../../core/request/route.ts'
import type { Destination } from './connector.ts'
import { bytesOf, type Prepared } from './transport.ts'

export interface WireRequest extends Prepared {
  /** Where its connection goes; the same object for the same destination. */
  readonly to: Destination
  readonly bytes: Buffer
  readonly isHead: boolean
}

/** Of these methods servers expect a body, so its absence is said. */
const EXPECT_BODY = new Set(['PUT', 'POST', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH'])

export function serialise(plan: RequestPlan, keepAlive: boolean): Buffer {
  const url = new URL(plan.url)
  const body = plan.body === null ? Buffer.alloc(0) : bytesOf(plan.body)
  const lines = [
    `${plan.method} ${url.pathname}${url.search} HTTP/1.1`,
    `host: ${hostHeader(plan) ?? url.host}`,
    `connection: ${keepAlive ? 'keep-alive' : 'close'}`,
    ...plan.headers.filter(([name]) => !isHost(name)).map(([name, value]) => `${name}: ${value}`),
  ]
  if (body.length > 0 || EXPECT_BODY.has(plan.method)) lines.push(`content-length: ${body.length}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

/** Where the request goes. A Host header names the server that is wanted, wherever the connection goes. */
export function destinationOf(plan: RequestPlan): Destination {
  const url = new URL(plan.url)
  const name = bareHost((hostHeader(plan) ?? url.hostname).replace(/:\d*$/, ''))
  return {
    protocol: url.protocol === 'https:' ? 'https:' : 'http:',
    host: bareHost(url.hostname),
    port: portOf(url),
    // Without TLS nobody asks for it, and it is no other place.
    servername: url.protocol === 'https:' && isIP(name) === 0 ? name : null,
  }
}

const isHost = (name: string): boolean => name.toLowerCase() === 'host'

const hostHeader = (plan: RequestPlan): string | null =>
  plan.headers.find(([name]) => isHost(name))?.[1] ?? null
