/**
 * A connection slot of HTTP/2 that several users share, each exchange on a stream of its own. One connection at a time
 * takes new requests; one that the server leaves (GOAWAY) finishes those that it has accepted beside the next.
 */
import { retry } from '../stale.ts'
import type { SocketParts } from '../socket-connection.ts'
import type { Channel, Exchange, Prepared } from '../transport.ts'
import type { Http2Request } from './http2-connection.ts'
import { Http2Multiplex, Lane, type MultiplexOwner } from './http2-multiplex.ts'

export class Http2Channel implements Channel, MultiplexOwner {
  readonly parts: SocketParts
  readonly number: number
  readonly most: number
  readonly #grew: () => void
  /** The connection that takes new requests; `null` if there is none. */
  #current: Http2Multiplex | null = null
  readonly #lanes = new Map<Exchange, Lane>()
  /** Lanes that were used and can be again. */
  readonly #spare: Lane[] = []

  /** See `Transport`; `number` is that of the connection among all shared ones. */
  constructor(parts: SocketParts, number: number, most: number | null, grew: () => void) {
    this.parts = parts
    this.number = number
    this.most = most ?? Infinity
    this.#grew = grew
  }

  /** One while there is no connection: the first request opens it, and how many others it takes is not known before. */
  get room(): number {
    return this.#current === null ? 1 : this.#current.room
  }

  get isIdle(): boolean {
    return this.#lanes.size === 0
  }

  send(exchange: Exchange, request: Prepared): void {
    exchange.begin(request)
    const lane = this.#spare.pop() ?? new Lane()
    lane.exchange = exchange
    lane.request = request as Http2Request
    this.#lanes.set(exchange, lane)
    this.#add(lane)
  }

  ended(exchange: Exchange): void {
    const lane = this.#lanes.get(exchange)!
    this.#lanes.delete(exchange)
    lane.exchange = lane.request = lane.home = null
    this.#spare.push(lane)
  }

  cut(exchange: Exchange, reason: 'timeout' | 'unfinished'): void {
    const lane = this.#lanes.get(exchange)!
    const { phase } = exchange
    lane.home!.remove(lane)
    if (reason === 'unfinished') lane.home!.finish(lane, reason, '')
    else lane.home!.finish(lane, `${phase}.timeout`, `timed out in phase ${phase}`)
  }

  drop(exchange: Exchange): void {
    const lane = this.#lanes.get(exchange)!
    lane.home!.remove(lane)
  }

  stopReading(exchange: Exchange): void {
    const lane = this.#lanes.get(exchange)!
    lane.home!.stopReading(lane)
  }

  startReading(exchange: Exchange): void {
    const lane = this.#lanes.get(exchange)!
    lane.home!.startReading(lane)
  }

  close(): void {
    this.#current?.close()
    this.#current = null
  }

  left(connection: Http2Multiplex): void {
    if (this.#current === connection) this.#current = null
  }

  grew(): void {
    if (this.room > 0) this.#grew()
  }

  moved(lane: Lane): void {
    this.#add(lane)
  }

  retried(lane: Lane): void {
    const { clock, turn } = this.parts
    retry(lane.exchange!, clock.nowUs(), turn)
    this.#add(lane)
  }

  #add(lane: Lane): void {
    if (this.#current?.isExpired === true) {
      this.#current.close()
      this.#current = null
    }
    this.#current ??= new Http2Multiplex(this)
    this.#current.add(lane)
  }
}
