/**
 * The cheap transport: HTTP/1.1 over plain sockets, and no more of it than a load needs. Requests are bytes that were
 * written once, responses are counted and dropped.
 *
 * What keeps it cheap: all sockets of a worker read into one buffer (`onread`), which spares an allocation for each read
 * and the streams, and whose bytes have been dealt with when the callback returns; a response is read by whichever reader is at hand, so that an idle connection holds none; nothing is
 * allocated for a request but what `net` itself needs for a write.
 */
import type { RequestPlan } from '../../core/request/request.ts'
import type { Clock } from '../clock.ts'
import type { Turn } from '../turn.ts'
import type { Connector, Destination } from './connector.ts'
import { idleLimitMs } from './idle.ts'
import type { Connection, Prepared, ResponseSink, Transport, TransportOptions } from './transport.ts'
import { WireConnection, type WireParts } from './wire-connection.ts'
import { destinationOf, serialise, type WireRequest } from './wire-request.ts'
import { WireResponse } from './wire-response.ts'

const BUFFER_BYTES = 65_536

export const wireTransport = (
  options: TransportOptions,
  connector: Connector,
  clock: Clock,
  turn: Turn,
): Transport => new Wire(options, connector, clock, turn)

class Wire implements Transport, WireParts {
  readonly clock: Clock
  readonly turn: Turn
  readonly idleUs: number
  readonly keepAlive: boolean
  readonly connector: Connector
  readonly buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  readonly #destinations = new Map<string, Destination>()
  readonly #readers: WireResponse[] = []
  #waiting: WireConnection[] = []

  constructor(options: TransportOptions, connector: Connector, clock: Clock, turn: Turn) {
    this.connector = connector
    this.clock = clock
    this.turn = turn
    this.idleUs = idleLimitMs(options.longestIdleS) * 1000
    this.keepAlive = options.keepAlive
  }

  prepare(plan: RequestPlan): Prepared {
    const bytes = serialise(plan, this.keepAlive)
    const headBytes = bytes.indexOf('\r\n\r\n') + 4
    const request: WireRequest = {
      plan,
      bytesOut: bytes.length - headBytes,
      bytes,
      isHead: plan.method === 'HEAD',
      to: this.#destination(plan),
    }
    return request
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

  afterPoll(connection: WireConnection): void {
    if (this.#waiting.push(connection) === 1) setImmediate(this.#goOn)
  }

  readonly #goOn = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    for (const connection of waiting) connection.goOn()
  }

  #destination(plan: RequestPlan): Destination {
    const to = destinationOf(plan)
    const key = JSON.stringify(to)
    const known = this.#destinations.get(key)
    if (known === undefined) this.#destinations.set(key, to)
    return known ?? to
  }
}
