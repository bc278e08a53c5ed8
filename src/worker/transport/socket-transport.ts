/** What the transports on sockets of their own have in common. */
import type { RequestPlan } from '../../core/request/request.ts'
import type { Clock } from '../time/clock.ts'
import type { Turn } from '../time/turn.ts'
import type { Connector, Destination } from './connector.ts'
import { destinationOf, hostHeader } from './destination.ts'
import { Gathering } from './gathering.ts'
import { idleLimitMs } from './idle.ts'
import type { Resumed, SocketParts } from './socket-connection.ts'
import type { Connection, Prepared, Transport, TransportOptions } from './transport.ts'

const MOST_KEPT = 1000

export abstract class SocketTransport implements Transport, SocketParts {
  readonly clock: Clock
  readonly turn: Turn
  readonly idleUs: number
  readonly keepAlive: boolean
  readonly retryStale: boolean
  readonly connector: Connector
  readonly gathering = new Gathering()
  readonly buffer = this.gathering.buffer
  readonly #destinations = new Map<string, Destination>()
  /** The same by origin, and by the Host header of the request if it has one, which tasks can make any number of. */
  readonly #byOrigin = new Map<string, Destination>()
  #waiting: Resumed[] = []

  constructor(options: TransportOptions, connector: Connector, clock: Clock, turn: Turn) {
    this.connector = connector
    this.clock = clock
    this.turn = turn
    this.idleUs = idleLimitMs(options.longestIdleS) * 1000
    this.keepAlive = options.keepAlive
    this.retryStale = options.retryStale
  }

  abstract prepare(plan: RequestPlan): Prepared
  abstract connection(user: number): Connection

  afterPoll(connection: Resumed): void {
    if (this.#waiting.push(connection) === 1) setImmediate(this.#resume)
  }

  readonly #resume = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    for (const connection of waiting) connection.resume()
  }

  /** Where a request to this origin goes: the same object for the same destination. */
  protected destination(plan: RequestPlan, origin: string): Destination {
    const host = hostHeader(plan)
    const key = host === null ? origin : `${origin}\n${host}`
    let to = this.#byOrigin.get(key)
    if (to !== undefined) return to
    to = this.#known(destinationOf(plan))
    if (this.#byOrigin.size >= MOST_KEPT) this.#byOrigin.clear()
    this.#byOrigin.set(key, to)
    return to
  }

  #known(to: Destination): Destination {
    const key = JSON.stringify(to)
    const known = this.#destinations.get(key)
    if (known === undefined) this.#destinations.set(key, to)
    return known ?? to
  }
}
