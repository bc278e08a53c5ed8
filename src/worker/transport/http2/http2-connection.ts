/** One connection slot of HTTP/2: a session when a request needs it, with one stream open at a time. */
import type { Socket } from 'node:net'
import { oneLine } from '../fault.ts'
import { isStale } from '../stale.ts'
import { SocketConnection, type AddressedRequest, type SocketParts } from '../socket-connection.ts'
import type { Exchange } from '../transport.ts'
import { codeName, NO_ERROR } from './frames.ts'
import { Http2Session, type Http2Message } from './http2-session.ts'

export interface Http2Request extends AddressedRequest, Http2Message {}

/** Larger bodies go out in many frames: gathered, or each would be a write of its own. */
const SMALL_BODY_BYTES = 8192

export class Http2Connection extends SocketConnection {
  readonly #parts: SocketParts
  #session: Http2Session | null = null

  constructor(parts: SocketParts, user: number) {
    super(parts, user)
    this.#parts = parts
  }

  protected established(socket: Socket): void {
    this.#session = new Http2Session((bytes) => socket.write(bytes))
  }

  protected write(socket: Socket, exchange: Exchange): void {
    const session = this.#session!
    const request = exchange.request as Http2Request
    if (!session.isNew && request.bytesOut <= SMALL_BODY_BYTES) {
      session.open(request, exchange.added, exchange.sink)
      return
    }
    socket.cork()
    session.open(request, exchange.added, exchange.sink)
    socket.uncork()
  }

  protected read(length: number): void {
    const { clock, buffer } = this.#parts
    const session = this.#session!
    const nowUs = clock.nowUs()
    if (session.ackBytes > 0 && this.socket!.writableLength === 0) session.ackBytes = 0
    session.read(buffer, 0, length)
    const { exchange } = this
    if (exchange === null || !this.isWritten) {
      if (!session.canOpen) this.drop()
      return
    }
    if (session.hasBegun) this.began(exchange, nowUs)
    exchange.bytesIn = session.bodyBytes
    if (session.status !== 0) this.#takeHead(exchange, session)
    if (session.isComplete) {
      exchange.bytesOut -= exchange.request!.bytesOut - session.sentBytes
      this.complete(exchange, nowUs, this.#idleUs(session))
    } else if (session.fault !== '') {
      const { fault } = session
      this.drop()
      this.#fail(exchange, 'malformed', fault)
    } else if (session.isRefused) {
      const message = oneLine(goaway(session))
      this.drop()
      // The server has not processed it, and says so (RFC 9113, 6.8).
      if (isStale(exchange, 'headers.closed')) this.stale(exchange, message, true)
      else this.#fail(exchange, 'closed', message)
    } else if (session.resetCode >= 0) {
      const message = `the server ended the stream with ${codeName(session.resetCode)}`
      this.rest(nowUs, this.#idleUs(session))
      this.#fail(exchange, 'reset', message)
    }
  }

  #takeHead(exchange: Exchange, { status, head }: Http2Session): void {
    if (exchange.status !== 0) return
    exchange.status = status
    exchange.phase = 'body'
    exchange.location = head.location
    if (exchange.wantsUserHeaders) exchange.userHeaders = head.userHeaders
  }

  #idleUs(session: Http2Session): number {
    return session.canOpen ? this.#parts.idleUs : 0
  }

  #fail(exchange: Exchange, reason: 'malformed' | 'closed' | 'reset', message: string): void {
    this.finish(exchange, `${exchange.phase === 'body' ? 'body' : 'headers'}.${reason}`, oneLine(message))
  }

  protected override lost(error: Error): void {
    const session = this.#session
    const isTold = session !== null && session.goawayCode !== NO_ERROR
    super.lost(isTold ? Object.assign(new Error(goaway(session)), { code: 'UND_ERR_SOCKET' }) : error)
  }

  /** Only its stream ends with a request that is cut off. */
  protected override giveUp(): void {
    const session = this.#session
    if (session === null || !this.isWritten) {
      this.close()
      return
    }
    session.cancel()
    this.rest(this.#parts.clock.nowUs(), this.#idleUs(session))
  }

  protected completesAtEnd(): boolean {
    return false
  }

  protected release(socket: Socket | null): void {
    const session = this.#session
    this.#session = null
    if (socket === null) return
    if (session !== null && socket.writable && socket.writableLength === 0) {
      session.leave()
      socket.destroySoon()
    } else socket.destroy()
  }
}

/** What the peer has said of its going away. */
function goaway({ goawayCode, goawayText }: Http2Session): string {
  const text = goawayText === '' ? '' : `: ${goawayText}`
  return `the server closed the connection with GOAWAY ${codeName(goawayCode)}${text}`
}
