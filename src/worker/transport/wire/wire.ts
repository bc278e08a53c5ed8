/**
 * The cheap transport: HTTP/1.1 over plain sockets, and no more of it than a load needs. Requests are texts that were made
 * once; responses are counted and dropped, unless a task reads them.
 *
 * What keeps it cheap: all sockets of a worker read into one buffer (`onread`), which spares an allocation for each
 * read and the streams, and whose bytes have been dealt with when the callback returns; a response is read by any free
 * reader, so an idle connection holds none; nothing is allocated for a request but what `net` itself needs
 * for a write.
 */
import type { RequestPlan } from '../../../core/request/request.ts'
import type { Clock } from '../../time/clock.ts'
import type { Turn } from '../../time/turn.ts'
import type { Connector } from '../connector.ts'
import { SocketTransport } from '../socket-transport.ts'
import { targetOf } from '../target-url.ts'
import type { Connection, Prepared, ResponseSink, Transport, TransportOptions } from '../transport.ts'
import { WireConnection, type WireParts } from './wire-connection.ts'
import { WireRequest } from './wire-request.ts'
import { WireResponse } from './wire-response.ts'

export const wireTransport = (
  options: TransportOptions,
  connector: Connector,
  clock: Clock,
  turn: Turn,
): Transport => new Wire(options, connector, clock, turn)

class Wire extends SocketTransport implements WireParts {
  readonly #readers: WireResponse[] = []

  prepare(plan: RequestPlan): Prepared {
    const target = targetOf(plan.url)
    return new WireRequest(plan, target, this.keepAlive, this.destination(plan, target.origin))
  }

  connection(user: number): Connection {
    return new WireConnection(this, user)
  }

  takeReader(isHead: boolean, sink: ResponseSink | null): WireResponse {
    const reader = this.#readers.pop() ?? new WireResponse()
    reader.begin(isHead, sink)
    return reader
  }

  giveBack(reader: WireResponse): void {
    this.#readers.push(reader)
  }
}
