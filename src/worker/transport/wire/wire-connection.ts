/** One connection slot of the wire transport: HTTP/1.1, one request and its response at a time. */
import type { Socket } from 'node:net'
import { isRedirect } from '../../../core/request/redirect.ts'
import { HINT_MARGIN_MS, LONGEST_IDLE_MS } from '../idle.ts'
import { SocketConnection, type SocketParts } from '../socket-connection.ts'
import type { Exchange, ResponseSink } from '../transport.ts'
import type { WireRequest } from './wire-request.ts'
import type { WireResponse } from './wire-response.ts'

export interface WireParts extends SocketParts {
  /** A reader at the beginning of a response. */
  takeReader(isHead: boolean, sink: ResponseSink | null): WireResponse
  giveBack(reader: WireResponse): void
}

export class WireConnection extends SocketConnection {
  readonly #wire: WireParts
  /** Reads the response that has begun to arrive. */
  #reader: WireResponse | null = null

  constructor(wire: WireParts, user: number) {
    super(wire, user)
    this.#wire = wire
  }

  protected established(): void {
    // Nothing to agree on.
  }

  protected write(socket: Socket, exchange: Exchange): void {
    const { added } = exchange
    const request = exchange.request as WireRequest
    const text = added.length === 0 ? request.text : request.textWith(added)
    if (request.body === null) {
      socket.write(text, 'latin1')
      return
    }
    socket.cork()
    socket.write(text, 'latin1')
    socket.write(request.body)
    socket.uncork()
  }

  protected read(length: number): void {
    const { exchange } = this
    if (exchange === null || !this.isWritten) {
      // Nobody has asked: whatever this is, it must not be taken for the next answer.
      this.drop()
      return
    }
    const wire = this.#wire
    const nowUs = wire.clock.nowUs()
    this.began(exchange, nowUs)
    const reader = (this.#reader ??= wire.takeReader((exchange.request as WireRequest).isHead, exchange.sink))
    const end = reader.read(wire.buffer, 0, length)
    exchange.bytesIn = reader.bodyBytes
    if (reader.status !== 0 && exchange.status === 0) {
      exchange.status = reader.status
      exchange.phase = 'body'
      if (isRedirect(reader.status)) exchange.location = reader.location
      if (exchange.wantsUserHeaders) exchange.userHeaders = reader.userHeaders
    }
    if (reader.isComplete) {
      const idleUs = end === length && !this.isUploading(exchange) ? this.#idleUs(reader) : 0
      this.#reader = null
      wire.giveBack(reader)
      this.complete(exchange, nowUs, idleUs)
    } else if (reader.fault !== '') {
      const { fault } = reader
      this.drop()
      this.finish(exchange, exchange.phase === 'body' ? 'body.malformed' : 'headers.malformed', fault)
    }
  }

  /** How long the connection may be idle after this response; 0 or less when it must not be used again. */
  #idleUs(reader: WireResponse): number {
    if (!reader.keepsConnection) return 0
    const { keepAliveS } = reader
    return keepAliveS < 0
      ? this.#wire.idleUs
      : Math.min(LONGEST_IDLE_MS, keepAliveS * 1000 - HINT_MARGIN_MS) * 1000
  }

  protected completesAtEnd(): boolean {
    return this.#reader?.end() === true
  }

  protected release(socket: Socket | null): void {
    const reader = this.#reader
    this.#reader = null
    socket?.destroy()
    if (reader !== null) this.#wire.giveBack(reader)
  }
}
