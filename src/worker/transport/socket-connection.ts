/**
 * A connection slot on a socket of its own: opens the socket when a request needs it, and carries one exchange at a
 * time. What is written and how answers are read is up to the protocol that extends it.
 *
 * A request that is sent from within the end of the last response is written in the same turn: its connection has just
 * been active. Any other one waits one turn of the event loop, so that a close that has arrived meanwhile is seen first.
 */
import type { Socket } from 'node:net'
import type { Clock } from '../time/clock.ts'
import type { Turn } from '../time/turn.ts'
import type { Connector, Destination } from './connector.ts'
import { classify } from './fault.ts'
import type { Gathering, Writer } from './gathering.ts'
import { Opening } from './opening.ts'
import { isStale, retry } from './stale.ts'
import type { Connection, Exchange, Prepared } from './transport.ts'

/** A request that knows where its connection goes. */
export interface AddressedRequest extends Prepared {
  /** The same object for the same destination. */
  readonly to: Destination
}

/** What the connections of a worker share. */
export interface SocketParts {
  readonly clock: Clock
  readonly turn: Turn
  readonly connector: Connector
  /** The bytes that were read last, by any socket. */
  readonly buffer: Buffer
  /** What is written while sockets read. */
  readonly gathering: Gathering
  readonly keepAlive: boolean
  /** How long a connection may be idle where the server hints nothing, in µs. */
  readonly idleUs: number
  readonly retryStale: boolean
  /** Calls `resume` when the event loop has asked the network once more. */
  afterPoll(connection: Resumed): void
}

/** Waits for the next turn of the event loop. */
export interface Resumed {
  resume(): void
}

export abstract class SocketConnection implements Connection, Writer, Resumed {
  readonly #parts: SocketParts
  /** Number of the user among all users of the run. */
  readonly #user: number
  /** The connection being made, and the open one. */
  #opening: Opening | null = null
  protected socket: Socket | null = null
  #to: Destination | null = null
  protected exchange: Exchange | null = null
  /** The exchange waits until the event loop has polled its connection. */
  #isWaiting = false
  /** The request has been written, and what comes now is its response. */
  protected isWritten = false
  /** A response has just completed, and its listener is being called. */
  #isFollowing = false
  /** When the connection has been idle for too long to be used again. */
  #untilUs = 0

  constructor(parts: SocketParts, user: number) {
    this.#parts = parts
    this.#user = user
  }

  /** A new connection is open. */
  protected abstract established(socket: Socket): void
  /** Writes the request of the exchange. */
  protected abstract write(socket: Socket, exchange: Exchange): void
  /** Bytes have come, into the shared buffer. */
  protected abstract read(length: number): void
  /** The peer sends no more; whether that completes the response. */
  protected abstract completesAtEnd(): boolean
  /** The connection is given up. Ends its socket. */
  protected abstract release(socket: Socket | null): void

  send(exchange: Exchange, request: Prepared): void {
    exchange.begin(request)
    this.exchange = exchange
    this.isWritten = false
    if (this.socket === null) {
      this.#start(exchange)
      return
    }
    this.#isWaiting = true
    if (this.#isFollowing) this.#parts.gathering.add(this)
    else this.#parts.afterPoll(this)
  }

  flush(): void {
    this.resume()
  }

  /** The event loop has polled: a connection that its peer had closed is gone. */
  resume(): void {
    if (!this.#isWaiting) return
    this.#isWaiting = false
    this.#start(this.exchange!)
  }

  cut(reason: 'timeout' | 'unfinished'): void {
    const { exchange } = this
    if (exchange === null) return
    const { phase } = exchange
    this.giveUp()
    if (reason === 'unfinished') this.finish(exchange, reason, '')
    else this.finish(exchange, `${phase}.timeout`, `timed out in phase ${phase}`)
  }

  stopReading(): void {
    this.socket?.pause()
  }

  startReading(): void {
    this.socket?.resume()
  }

  /** The exchange is cut off. */
  protected giveUp(): void {
    this.close()
  }

  close(): void {
    this.exchange = null
    this.#isWaiting = false
    this.drop()
  }

  #start(exchange: Exchange): void {
    const { to } = exchange.request as AddressedRequest
    const nowUs = this.#parts.clock.nowUs()
    if (this.socket !== null && (nowUs >= this.#untilUs || this.#to !== to)) this.drop()
    exchange.sentUs = nowUs
    if (this.socket === null) {
      exchange.reused = false
      exchange.phase = 'connect'
      exchange.listener.sent()
      this.#open(exchange, to, nowUs)
    } else {
      exchange.listener.sent()
      this.#write(this.socket, exchange)
    }
  }

  #write(socket: Socket, exchange: Exchange): void {
    exchange.bytesOut += exchange.request!.bytesOut
    this.isWritten = true
    this.write(socket, exchange)
  }

  /** Makes a connection for the exchange. */
  #open(exchange: Exchange, to: Destination, startUs: number): void {
    const { connector, clock, turn, buffer, gathering } = this.#parts
    // An abandoned attempt may still report when the exchange, or the connection, is another one.
    let socket: Socket | null = null
    const opening = new Opening(exchange, clock, turn, (error, opened) => {
      if (this.#opening !== opening) opened?.destroy()
      else if (error !== null) this.lost(error)
      else this.#connected((socket = opened), exchange)
    })
    const callback = (length: number): boolean => {
      if (socket === null || this.socket !== socket) return true
      gathering.begin()
      try {
        this.read(length)
      } finally {
        gathering.end()
      }
      return true
    }
    this.#opening = opening
    this.#to = to
    opening.open(connector, to, this.#user, startUs, { buffer, callback })
  }

  #connected(socket: Socket, exchange: Exchange): void {
    this.#opening = null
    this.socket = socket
    this.#untilUs = Infinity
    const isOurs = (): boolean => this.socket === socket
    socket.on('error', (error) => {
      if (isOurs()) this.lost(error)
    })
    const end = (): void => {
      if (isOurs()) this.#ended()
    }
    socket.on('end', end)
    socket.on('close', end)
    this.established(socket)
    this.#write(socket, exchange)
  }

  /** Whether a part of the request's body is still to be written. */
  protected isUploading({ bytesOut }: Exchange): boolean {
    return bytesOut > 0 && this.socket!.writableLength > 0
  }

  /** Stamps the first byte of an answer. */
  protected began(exchange: Exchange, nowUs: number): void {
    if (exchange.firstByteUs !== 0) return
    exchange.firstByteUs = nowUs
    this.#parts.turn.poll(nowUs)
  }

  #ended(): void {
    const { exchange } = this
    if (exchange !== null && this.completesAtEnd()) this.complete(exchange, this.#parts.clock.nowUs(), 0)
    else this.lost(CLOSED)
  }

  /** The connection is gone. An exchange that was not written yet is not affected. */
  protected lost(error: Error): void {
    const { exchange } = this
    this.drop()
    if (exchange === null || this.#isWaiting) return
    const { outcome, message } = classify(error, exchange.phase)
    if (isStale(exchange, outcome)) this.stale(exchange, message, exchange.request!.isIdempotent)
    else this.finish(exchange, outcome, message)
  }

  /** The exchange was lost on a reused connection, before any of its answer: sent again if it may, else it fails. */
  protected stale(exchange: Exchange, message: string, isSafe: boolean): void {
    const { clock, turn, retryStale } = this.#parts
    if (!retryStale || !isSafe) {
      this.finish(exchange, 'reused.closed', message)
      return
    }
    const nowUs = clock.nowUs()
    retry(exchange, nowUs, turn)
    this.#open(exchange, (exchange.request as AddressedRequest).to, nowUs)
  }

  protected drop(): void {
    const opening = this.#opening
    const { socket } = this
    this.#opening = this.socket = null
    opening?.cancel(CLOSED)
    this.release(socket)
  }

  /** The connection has nothing to do: it may be idle for `idleUs` from now, and is dropped if that is 0 or less. */
  protected rest(nowUs: number, idleUs: number): void {
    if (idleUs > 0 && this.#parts.keepAlive) this.#untilUs = nowUs + idleUs
    else this.drop()
  }

  /** The response is complete, and the connection rests. */
  protected complete(exchange: Exchange, nowUs: number, idleUs: number): void {
    this.rest(nowUs, idleUs)
    exchange.canFollow = true
    this.#isFollowing = true
    this.finish(exchange, 'ok', '', nowUs)
    this.#isFollowing = false
  }

  protected finish(
    exchange: Exchange,
    outcome: Exchange['outcome'],
    message: string,
    nowUs = this.#parts.clock.nowUs(),
  ): void {
    exchange.doneUs = nowUs
    // Cut before its network work began: it was never sent, and counts from here to here.
    if (exchange.sentUs === 0) exchange.sentUs = nowUs
    exchange.outcome = outcome
    exchange.message = message
    this.exchange = null
    exchange.listener.done()
  }
}

/** With undici's message and code, so that both transports are classified alike. */
export const CLOSED = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })
