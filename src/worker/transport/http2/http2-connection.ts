/** One connection slot of HTTP/2: a session when a request needs it, with one stream open at a time. */
import type { Socket } from 'node:net'
import type { Outcome } from '../../../core/request/outcome.ts'
import { oneLine } from '../fault.ts'
import { isStale } from '../stale.ts'
import { SocketConnection, type AddressedRequest, type SocketParts } from '../socket-connection.ts'
import type { Exchange } from '../transport.ts'
import { codeName, NO_ERROR } from './frames.ts'
import { Http2Session } from './http2-session.ts'
import { Http2Stream, type Http2Message } from './http2-stream.ts'

export interface Http2Request extends AddressedRequest, Http2Message {}

/** Larger bodies go out in many frames: gathered, or each would be a write of its own. */
const SMALL_BODY_BYTES = 8192

export class Http2Connection extends SocketConnection {
  readonly #parts: SocketParts
  #session: Http2Session | null = null
  /** The one stream, which each request opens anew. */
  readonly #stream = new Http2Stream()

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
      session.open(this.#stream, request, exchange.added, exchange.sink)
      return
    }
    socket.cork()
    session.open(this.#stream, request, exchange.added, exchange.sink)
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
    const stream = this.#stream
    if (stream.hasBegun) this.began(exchange, nowUs)
    exchange.bytesIn = stream.bodyBytes
    if (stream.status !== 0) takeHead(exchange, stream)
    if (stream.isComplete) {
      exchange.bytesOut -= exchange.request!.bytesOut - stream.sentBytes
      this.complete(exchange, nowUs, this.#idleUs(session))
    } else if (session.fault !== '') {
      const { fault } = session
      this.drop()
      this.#fail(exchange, 'malformed', fault)
    } else if (stream.isRefused) {
      const message = oneLine(goaway(session))
      this.drop()
      // The server has not processed it, and says so (RFC 9113, 6.8).
      if (isStale(exchange, 'headers.closed')) this.stale(exchange, message, true)
      else this.#fail(exchange, 'closed', message)
    } else if (stream.resetCode >= 0) {
      this.rest(nowUs, this.#idleUs(session))
      this.#fail(exchange, 'reset', resetBy(stream))
    }
  }

  #idleUs(session: Http2Session): number {
    return session.canOpen ? this.#parts.idleUs : 0
  }

  #fail(exchange: Exchange, reason: Reason, message: string): void {
    this.finish(exchange, failureOf(exchange, reason), oneLine(message))
  }

  protected override lost(error: Error): void {
    super.lost(lossOf(error, this.#session))
  }

  /** Only its stream ends with a request that is cut off. */
  protected override giveUp(): void {
    const session = this.#session
    if (session === null || !this.isWritten) {
      this.close()
      return
    }
    session.cancel(this.#stream)
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

export type Reason = 'malformed' | 'closed' | 'reset'

/** How an exchange fails for this reason. */
export const failureOf = ({ phase }: Exchange, reason: Reason): Outcome =>
  `${phase === 'body' ? 'body' : 'headers'}.${reason}`

/** Notes the head of a response that has come as a whole. */
export function takeHead(exchange: Exchange, { status, head }: Http2Stream): void {
  if (exchange.status !== 0) return
  exchange.status = status
  exchange.phase = 'body'
  exchange.location = head.location
  if (exchange.wantsUserHeaders) exchange.userHeaders = head.userHeaders
}

export const resetBy = ({ resetCode }: Http2Stream): string =>
  `the server ended the stream with ${codeName(resetCode)}`

/** What the peer has said of its going away. */
export function goaway({ goawayCode, goawayText }: Pick<Http2Session, 'goawayCode' | 'goawayText'>): string {
  const text = goawayText === '' ? '' : `: ${goawayText}`
  return `the server closed the connection with GOAWAY ${codeName(goawayCode)}${text}`
}

/** The loss of a connection, in the words of its GOAWAY if that named a fault. */
export const lossOf = (
  error: Error,
  session: Pick<Http2Session, 'goawayCode' | 'goawayText'> | null,
): Error =>
  session !== null && session.goawayCode !== NO_ERROR
    ? Object.assign(new Error(goaway(session)), { code: 'UND_ERR_SOCKET' })
    : error
