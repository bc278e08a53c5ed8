/** A request as the bytes that go out, written once; the same bytes that undici writes, header for header. */
import type { RequestPlan } from '../../../core/request/request.ts'
import { EXPECT_BODY, hostHeader, isHost } from '../destination.ts'
import type { AddressedRequest } from '../socket-connection.ts'
import { bytesOf } from '../transport.ts'

export interface WireRequest extends AddressedRequest {
  readonly bytes: Buffer
  readonly isHead: boolean
}

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
