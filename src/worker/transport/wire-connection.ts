/**
 * One connection slot of the wire transport: a socket when it is needed, and the exchange that is on it.
 *
 * When a request is sent from within the end of the last response, its connection has just been heard of. Otherwise it
 * may have been closed while it was idle, and the loop may not have looked: the write waits until it has, one turn, as
 * undici's does.
 */
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import type { Turn } from '../turn.ts'
import type { Connector, Destination } from './connector.ts'
import { classify } from './fault.ts'
import { HINT_MARGIN_MS, LONGEST_IDLE_MS } from './idle.ts'
import { Opening } from './opening.ts'
import type { Connection, Exchange, Prepared, ResponseSink } from './transport.ts'
import type { WireRequest } from './wire-request.ts'
import type { WireResponse } from './wire-response.ts'

/** What the connections of a worker share. */
export interface WireParts {
  readonly clock: Clock
  readonly turn: Turn
  readonly connector: Connector
  /** What was read last, by whichever socket. */
  readonly buffer: Buffer
  readonly keepAlive: boolean
  /** How long a connection may be idle where the server hints nothing. */
  readonly idleUs: number
  /** A reader at the beginning of a response. */
  takeReader(isHead: boolean, sink: ResponseSink | null): WireResponse
  giveBack(reader: WireResponse): void
  /** Calls `goOn` when the loop has asked the network once more. */
  afterPoll(connection: WireConnection): void
}

export class WireConnection implements Connection {
  readonly #wire: WireParts
  /** Number of the user among all users of the run. */
  readonly #user: number
  /** The connection being made, and the one that stands. */
  #opening: Opening | null = null
  #socket: Socket | null = null
  #to: Destination | null = null
  #exchange: Exchange | null = null
  /** The exchange waits for the loop to have looked at its connection. */
  #isWaiting = false
  /** The request has been written, and what comes now is its response. */
  #isWritten = false
  /** A response has just been completed, and its user is being told. */
  #isFollowing = false
  /** Reads the response that has begun to arrive. */
  #reader: WireResponse | null = null
  /** When the connection is too long idle to be used again. */
  #untilUs = 0

  constructor(wire: WireParts, user: number) {
    this.#wire = wire
    this.#user = user
  }

  send(exchange: Exchange, request: Prepared): void {
    exchange.begin(request)
    this.#exchange = exchange
    this.#isWritten = false
    if (this.#socket === null || this.#isFollowing) this.#start(exchange)
    else {
      this.#isWaiting = true
      this.#wire.afterPoll(this)
    }
  }

  /** The loop has looked: a connection that its peer had closed is gone. */
  goOn(): void {
    if (!this.#isWaiting) return
    this.#isWaiting = false
    this.#start(this.#exchange!)
  }

  cut(reason: 'timeout' | 'unfinished'): void {
    const exchange = this.#exchange
    if (exchange === null) return
    const { phase } = exchange
    this.close()
    if (reason === 'unfinished') this.#finish(exchange, reason, '')
    else this.#finish(exchange, `${phase}.timeout`, `timed out in phase ${phase}`)
  }

  close(): void {
    this.#exchange = null
    this.#isWaiting = false
    this.#drop()
  }

  #start(exchange: Exchange): void {
    const request = exchange.request as WireRequest
    const nowUs = this.#wire.clock.nowUs()
    if (this.#socket !== null && (nowUs >= this.#untilUs || this.#to !== request.to)) this.#drop()
    exchange.sentUs = nowUs
    if (this.#socket === null) this.#open(exchange, request.to)
    else {
      exchange.listener.sent()
      this.#write(this.#socket, exchange)
    }
  }

  #write(socket: Socket, exchange: Exchange): void {
    exchange.bytesOut = exchange.request!.bytesOut
    this.#isWritten = true
    socket.write((exchange.request as WireRequest).bytes)
  }

  /** Makes a connection for the exchange. */
  #open(exchange: Exchange, to: Destination): void {
    const { connector, clock, turn, buffer } = this.#wire
    exchange.reused = false
    exchange.phase = 'connect'
    exchange.listener.sent()
    // What was given up may still speak when the exchange, or the connection, is another one.
    let socket: Socket | null = null
    const opening = new Opening(exchange, clock, turn, (error, opened) => {
      if (this.#opening !== opening) opened?.destroy()
      else if (error !== null) this.#lost(error)
      else this.#connected((socket = opened), exchange)
    })
    const callback = (length: number): boolean => {
      if (socket !== null && this.#socket === socket) this.#read(length)
      return true
    }
    this.#opening = opening
    this.#to = to
    opening.open(connector, to, this.#user, exchange.sentUs, { buffer, callback })
  }

  #connected(socket: Socket, exchange: Exchange): void {
    this.#opening = null
    this.#socket = socket
    this.#untilUs = Infinity
    const isOurs = (): boolean => this.#socket === socket
    socket.on('error', (error) => {
      if (isOurs()) this.#lost(error)
    })
    const end = (): void => {
      if (isOurs()) this.#ended()
    }
    socket.on('end', end)
    socket.on('close', end)
    this.#write(socket, exchange)
  }

  /** Bytes have come, into the shared buffer. */
  #read(length: number): void {
    const exchange = this.#exchange
    if (exchange === null || !this.#isWritten) {
      // Nobody has asked: whatever this is, it must not be taken for the next answer.
      this.#drop()
      return
    }
    const wire = this.#wire
    const nowUs = wire.clock.nowUs()
    if (exchange.firstByteUs === 0) {
      exchange.firstByteUs = nowUs
      wire.turn.poll(nowUs)
    }
    const reader = (this.#reader ??= wire.takeReader((exchange.request as WireRequest).isHead, exchange.sink))
    const end = reader.read(wire.buffer, 0, length)
    exchange.bytesIn = reader.bodyBytes
    if (reader.status !== 0 && exchange.status === 0) {
      exchange.status = reader.status
      exchange.phase = 'body'
    }
    if (reader.isComplete) this.#complete(exchange, reader, nowUs, end === length)
    else if (reader.fault !== '') {
      this.#drop()
      this.#finish(exchange, exchange.phase === 'body' ? 'body.malformed' : 'headers.malformed', reader.fault)
    }
  }

  /** The peer sends no more. */
  #ended(): void {
    const reader = this.#reader
    if (this.#exchange !== null && reader !== null && reader.end())
      this.#complete(this.#exchange, reader, this.#wire.clock.nowUs(), false)
    else this.#lost(CLOSED)
  }

  /** The connection is gone. An exchange that was not written yet does not mind. */
  #lost(error: Error): void {
    const exchange = this.#exchange
    this.#drop()
    if (exchange === null || this.#isWaiting) return
    const { outcome, message } = classify(error, exchange.phase)
    this.#finish(exchange, outcome, message)
  }

  #drop(): void {
    const opening = this.#opening
    const socket = this.#socket
    const reader = this.#reader
    this.#opening = this.#socket = this.#reader = null
    opening?.cancel(CLOSED)
    socket?.destroy()
    if (reader !== null) this.#wire.giveBack(reader)
  }

  /** The response is complete; `isClean`: and nothing came behind it. */
  #complete(exchange: Exchange, reader: WireResponse, nowUs: number, isClean: boolean): void {
    const { keepAliveS } = reader
    const idleUs =
      keepAliveS < 0
        ? this.#wire.idleUs
        : Math.min(LONGEST_IDLE_MS, keepAliveS * 1000 - HINT_MARGIN_MS) * 1000
    if (isClean && idleUs > 0 && this.#wire.keepAlive && reader.keepsConnection) {
      this.#untilUs = nowUs + idleUs
      this.#reader = null
      this.#wire.giveBack(reader)
    } else this.#drop()
    exchange.canFollow = true
    this.#isFollowing = true
    this.#finish(exchange, 'ok', '', nowUs)
    this.#isFollowing = false
  }

  #finish(
    exchange: Exchange,
    outcome: Exchange['outcome'],
    message: string,
    nowUs = this.#wire.clock.nowUs(),
  ): void {
    exchange.doneUs = nowUs
    // Cut before its network work began: it was never sent, and counts from here to here.
    if (exchange.sentUs === 0) exchange.sentUs = nowUs
    exchange.outcome = outcome
    exchange.message = message
    this.#exchange = null
    exchange.listener.done()
  }
}

/** In undici's words, so that both are classified alike. */
const CLOSED = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })
