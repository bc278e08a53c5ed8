/**
 * HTTP/2 over plain sockets (RFC 9113): a connection for each user, as in HTTP/1.1, with one request at a time on it; or
 * connections that users share, with a stream for each request.
 * Over TLS the connector agrees on it; in cleartext both sides know it beforehand.
 */
import { isIdempotent, type RequestPlan } from '../../../core/request/request.ts'
import type { Clock } from '../../time/clock.ts'
import type { Turn } from '../../time/turn.ts'
import type { Connector } from '../connector.ts'
import { EXPECT_BODY, hostHeader, isHost } from '../destination.ts'
import { SocketTransport } from '../socket-transport.ts'
import { targetOf, type TargetUrl } from '../target-url.ts'
import {
  bytesOf,
  type Channel,
  type Connection,
  type Prepared,
  type Transport,
  type TransportOptions,
} from '../transport.ts'
import type { Field } from './field-tables.ts'
import { Http2Channel } from './http2-channel.ts'
import { Http2Connection, type Http2Request } from './http2-connection.ts'

export const http2Transport = (
  options: TransportOptions,
  connector: Connector,
  clock: Clock,
  turn: Turn,
): Transport => new Http2(options, connector, clock, turn)

const NO_BODY = Buffer.alloc(0)

class Http2 extends SocketTransport {
  prepare(plan: RequestPlan): Prepared {
    const body = plan.body === null ? NO_BODY : bytesOf(plan.body)
    const target = targetOf(plan.url)
    const request: Http2Request = {
      plan,
      bytesOut: body.length,
      fields: fieldsOf(plan, target, body.length),
      body,
      isHead: plan.method === 'HEAD',
      isIdempotent: isIdempotent(plan.method),
      to: this.destination(plan, target.origin),
    }
    return request
  }

  connection(user: number): Connection {
    return new Http2Connection(this, user)
  }

  channel(number: number, most: number | null, grew: () => void): Channel {
    return new Http2Channel(this, number, most, grew)
  }
}

/** The fields of a request: the same that HTTP/1.1 would have, without what is about its connection. */
function fieldsOf(plan: RequestPlan, { origin, host, path }: TargetUrl, bodyBytes: number): readonly Field[] {
  const fields: Field[] = [
    { name: ':method', value: plan.method },
    { name: ':scheme', value: origin.slice(0, origin.indexOf(':')) },
    { name: ':authority', value: hostHeader(plan) ?? host },
    { name: ':path', value: path },
  ]
  for (const [name, value] of plan.headers)
    if (!isHost(name)) fields.push({ name: name.toLowerCase(), value: value.replace(/^[ \t]+|[ \t]+$/g, '') })
  if (bodyBytes > 0 || EXPECT_BODY.has(plan.method))
    fields.push({ name: 'content-length', value: String(bodyBytes) })
  return fields
}
