/** Where the connection of a request goes, and what its Host header says. */
import { isIP } from 'node:net'
import type { RequestPlan } from '../../core/request/request.ts'
import { bareHost, portOf } from '../../core/request/route.ts'
import type { Destination } from './connector.ts'

/** Where the request goes. A Host header names the server that is wanted, wherever the connection goes. */
export function destinationOf(plan: RequestPlan): Destination {
  const url = new URL(plan.url)
  const name = bareHost((hostHeader(plan) ?? url.hostname).replace(/:\d*$/, ''))
  return {
    protocol: url.protocol === 'https:' ? 'https:' : 'http:',
    host: bareHost(url.hostname),
    port: portOf(url),
    // Without TLS it is not used, and the place is the same.
    servername: url.protocol === 'https:' && isIP(name) === 0 ? name : null,
  }
}

export const isHost = (name: string): boolean => name.length === 4 && name.toLowerCase() === 'host'

/** The value of the Host header among headers; `null` without one. */
export function hostHeader({ headers }: Pick<RequestPlan, 'headers'>): string | null {
  for (const [name, value] of headers) if (isHost(name)) return value
  return null
}

/** Methods with which servers expect a body: its absence is said by a length of 0. */
export const EXPECT_BODY: ReadonlySet<string> = new Set([
  'PUT',
  'POST',
  'PATCH',
  'QUERY',
  'PROPFIND',
  'PROPPATCH',
])
