/** A request as the bytes that go out, written once; the same bytes that undici writes, header for header. */
import { isIP } from 'node:net'
import type { RequestPlan } from '../../core/plan.ts'
import { bytesOf, type Prepared } from './transport.ts'

/** Where connections go, and whom they must find there. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  /** The host is an address: there is nothing to look up. */
  readonly isAddress: boolean
  readonly isTls: boolean
  /** The name that the certificate must have, unless that is the address itself. */
  readonly servername: string | null
}

export interface WireRequest extends Prepared {
  readonly endpoint: Endpoint
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

export function endpointOf(plan: RequestPlan): Endpoint {
  const url = new URL(plan.url)
  const isTls = url.protocol === 'https:'
  const host = withoutBrackets(url.hostname)
  // A Host header names the server that is wanted, wherever the connection goes.
  const name = withoutBrackets((hostHeader(plan) ?? url.hostname).replace(/:\d*$/, ''))
  return {
    host,
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    isAddress: isIP(host) !== 0,
    isTls,
    servername: isTls && isIP(name) === 0 ? name : null,
  }
}

const isHost = (name: string): boolean => name.toLowerCase() === 'host'

const hostHeader = (plan: RequestPlan): string | null =>
  plan.headers.find(([name]) => isHost(name))?.[1] ?? null

const withoutBrackets = (host: string): string =>
  host.startsWith('[') ? host.replace(/^\[|\].*$/g, '') : host
