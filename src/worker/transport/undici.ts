/**
 * The default transport: undici, one `Client` for each user's connection, `dispatch` with a legacy-style handler. The
 * only importer of undici; version 8 knows only the newer handler form, and then this file is what changes. Of its 110
 * modules only the client's 19 are loaded, which spares each worker 50 ms of CPU and 8 MB.
 *
 * What undici does that shapes this file:
 * - `onConnect` means "about to write the request", not that a connection was made; the connector is our own, so that
 *   the start and the phases of making a connection are known, and it can be cut.
 * - Its time-outs tick every half second, so they are off and deadlines are the worker's.
 * - Dispatching from `onError` after a failed connection trips an assertion that kills the thread: the worker never
 *   sends from within a failure.
 * - When a request under way is aborted, it connects anew at once, with nothing left to send: the exchange after it
 *   would wait for a connection that was not timed. So the Client goes with its aborted request.
 * - What a callback throws is handed to `onError`, as if the network had failed; see `#crash`.
 */
import { createRequire } from 'node:module'
import type { buildConnector, Client, Dispatcher } from 'undici'
import type { Socket } from 'node:net'
import type { Phase } from '../../core/request/outcome.ts'
import { isRedirect } from '../../core/request/redirect.ts'
import type { Clock } from '../time/clock.ts'
import type { Turn } from '../time/turn.ts'
import type { Connector, Destination } from './connector.ts'
import {
  locationOf,
  prepare,
  textsOf,
  userHeadersOf,
  withHeaders,
  type DispatchOptions,
  type PreparedDispatch,
} from './dispatch.ts'
import { classify } from './fault.ts'
import { Gathering } from './gathering.ts'
import { HINT_MARGIN_MS, idleLimitMs, LONGEST_IDLE_MS } from './idle.ts'
import { lightDoubt } from './light-guard.ts'
import { LightSocket } from './light-socket.ts'
import { Opening } from './opening.ts'
import { isStale, retry } from './stale.ts'
import type { Connection, Exchange, Prepared, Transport, TransportOptions } from './transport.ts'

/** The package of undici has types for the whole only. */
const load = createRequire(import.meta.url)
const UndiciClient = load('undici/lib/dispatcher/client.js') as typeof import('undici').Client

/** Why light sockets cannot be used with the installed version; `null` if they can. */
export const doubtOfLight = (): Promise<string | null> =>
  lightDoubt(UndiciClient, (load('undici/package.json') as { readonly version: string }).version)

export const undiciTransport = (
  options: TransportOptions,
  connector: Connector,
  clock: Clock,
  turn: Turn,
): Transport => undiciOver(true, options, connector, clock, turn)

/** On the sockets that undici was made for. */
export const plainUndiciTransport = (
  options: TransportOptions,
  connector: Connector,
  clock: Clock,
  turn: Turn,
): Transport => undiciOver(false, options, connector, clock, turn)

function undiciOver(
  isLight: boolean,
  options: TransportOptions,
  connector: Connector,
  clock: Clock,
  turn: Turn,
): Transport {
  const { proxy, keepAlive, longestIdleS, retryStale } = options
  const idleMs = idleLimitMs(longestIdleS)
  const gathering = new Gathering()
  const ofConnections: ConnectionOptions = { proxy, keepAlive, retryStale, idleMs, gathering, isLight }
  return {
    prepare: (plan) => prepare(plan, options),
    connection: (user, request) =>
      new UndiciConnection(connector, clock, turn, user, ofConnections, request as PreparedDispatch),
  }
}

interface ConnectionOptions extends DispatchOptions {
  readonly retryStale: boolean
  readonly idleMs: number
  readonly gathering: Gathering
  /** Whether plain HTTP goes over light sockets. */
  readonly isLight: boolean
}

/** The error of an exchange whose connection was closed on purpose; it is not reported. */
const CLOSED = new Error('closed')
/** The error of one whose connection brought more than the answer before it. */
const EARLY = new Error('bytes behind the response before')

class UndiciConnection implements Connection, Dispatcher.DispatchHandler {
  readonly #connector: Connector
  readonly #clock: Clock
  readonly #turn: Turn
  readonly #user: number
  readonly #options: ConnectionOptions
  #client: Client | null
  #origin: string
  #exchange: Exchange | null = null
  /** The connection being made; `null` once it is open. */
  #connecting: Opening | null = null
  /** The open connection, and the reset that ended it, if any. After `Connection: close`, undici takes a reset for the end of the response. */
  #socket: Socket | LightSocket | null = null
  #reset: Error | null = null
  #isLight = false
  /** The request has been written; until then, what comes is no answer to it. */
  #hasGone = false
  #abort: ((error: Error) => void) | null = null
  #cut: 'timeout' | 'unfinished' | null = null
  #isSending = false
  /** Why the request failed before `send` was over. */
  #failure: Error | null = null

  constructor(
    connector: Connector,
    clock: Clock,
    turn: Turn,
    user: number,
    options: ConnectionOptions,
    { to: origin }: PreparedDispatch,
  ) {
    this.#connector = connector
    this.#clock = clock
    this.#turn = turn
    this.#user = user
    this.#options = options
    this.#origin = origin
    this.#client = this.#open(origin)
  }

  send(exchange: Exchange, request: Prepared): void {
    const { to: origin, dispatch } = request as PreparedDispatch
    exchange.begin(request)
    this.#exchange = exchange
    this.#cut = null
    this.#abort = null
    if (this.#client === null || this.#origin !== origin) {
      this.close()
      this.#exchange = exchange
      this.#client = this.#open(origin)
      this.#origin = origin
    }
    this.#dispatch(this.#client, exchange, dispatch)
  }

  #dispatch(client: Client, exchange: Exchange, dispatch: PreparedDispatch['dispatch']): void {
    this.#isSending = true
    client.dispatch(exchange.added.length === 0 ? dispatch : withHeaders(dispatch, exchange.added), this)
    this.#isSending = false
    if (this.#failure !== null) this.#failSent(this.#failure)
  }

  cut(reason: 'timeout' | 'unfinished'): void {
    this.#cut = reason
    if (this.#abort !== null) {
      this.#abort(new Error(`cut: ${reason}`))
      this.close()
    } else if (this.#connecting !== null) this.#connecting.cancel(new Error(`cut: ${reason}`))
    else if (this.#exchange !== null) {
      // Neither written nor connecting: that is the one turn in which undici looks at an idle connection. It waits for
      // nothing else with one request at a time, so no deadline is needed before `sent`.
      const { phase } = this.#exchange
      this.#finish(reason === 'unfinished' ? reason : `${phase}.timeout`, '')
      this.close()
    }
  }

  /** A TLS socket is read by undici whenever it is readable: it is given nothing, and the stream beneath fills up and stops. */
  stopReading(): void {
    const socket = this.#socket!
    if (socket instanceof LightSocket) socket.pause()
    else socket.read = () => null
  }

  startReading(): void {
    const socket = this.#socket
    if (socket === null || socket.destroyed) return
    if (socket instanceof LightSocket) socket.resume()
    else {
      delete (socket as { read?: Socket['read'] }).read
      socket.emit('readable')
    }
  }

  close(): void {
    const client = this.#client
    this.#client = this.#exchange = null
    client?.destroy(CLOSED, () => undefined)
    this.#connecting?.cancel(CLOSED)
    this.#connecting = null
  }

  /** On a light socket a request may be written from within the end of the last response: it goes out later. */
  #open(origin: string): Client {
    const isLight = this.#options.isLight && origin.startsWith('http:')
    return new UndiciClient(origin, {
      connect: (options: buildConnector.Options, callback: buildConnector.Callback) =>
        this.#connect(options, callback),
      pipelining: isLight ? 2 : 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: this.#options.idleMs,
      keepAliveMaxTimeout: LONGEST_IDLE_MS,
      keepAliveTimeoutThreshold: HINT_MARGIN_MS,
    })
  }

  /** Makes a connection for the exchange that waits for one. */
  #connect(options: buildConnector.Options, callback: buildConnector.Callback): void {
    const exchange = this.#exchange
    const startUs = this.#clock.nowUs()
    if (exchange !== null) {
      exchange.reused = false
      exchange.phase = 'connect'
      if (exchange.sentUs === 0) {
        exchange.sentUs = startUs
        this.#reportSent(exchange)
      }
    }
    const to = destinationOf(options)
    const light =
      this.#options.isLight && to.protocol === 'http:'
        ? new LightSocket(this.#options.gathering, () => this.#written())
        : null
    const opening = new Opening(exchange, this.#clock, this.#turn, (error, socket) => {
      if (this.#connecting === opening) this.#connecting = null
      if (socket === null) {
        callback(error, null)
        return
      }
      const given = light === null ? socket : (light.over(socket) as unknown as Socket)
      this.#watch(given)
      callback(null, given)
    })
    this.#socket = this.#reset = null
    this.#connecting = opening.open(this.#connector, to, this.#user, startUs, light?.onread)
  }

  /** Prepares an open connection. */
  #watch(socket: Socket): void {
    this.#socket = socket
    this.#isLight = socket instanceof LightSocket
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' && this.#socket === socket) this.#reset = error
      // Node leaves a TLS socket open after a record that it cannot read, and undici waits for its close.
      socket.destroy()
    })
  }

  // ── undici's handler: the exchange as it happens ──

  onConnect(abort: (error?: Error) => void): void {
    this.#abort = abort
    if (this.#cut !== null) {
      abort(new Error(`cut: ${this.#cut}`))
      return
    }
    this.#hasGone = false
    if (!this.#isLight) this.#written()
  }

  /** The request goes out. */
  #written(): void {
    const exchange = this.#exchange
    if (exchange === null) return
    this.#hasGone = true
    exchange.bytesOut += exchange.request!.bytesOut
    if (exchange.sentUs === 0) {
      exchange.sentUs = this.#clock.nowUs()
      this.#reportSent(exchange)
    }
  }

  onResponseStarted(): void {
    // Called anew after each 1xx; the first byte of them all counts.
    const exchange = this.#exchange!
    if (!this.#hasGone) {
      this.#abort!(EARLY)
      return
    }
    if (exchange.firstByteUs !== 0) return
    exchange.firstByteUs = this.#clock.nowUs()
    this.#turn.poll(exchange.firstByteUs)
  }

  onHeaders(status: number, headers: Buffer[]): boolean {
    if (status >= 200) {
      const exchange = this.#exchange!
      exchange.status = status
      if (isRedirect(status)) exchange.location = locationOf(headers)
      if (exchange.wantsUserHeaders) exchange.userHeaders = userHeadersOf(headers)
      exchange.phase = 'body'
      exchange.sink?.head(status, textsOf(headers))
    }
    // undici made the array when the response before this one ended. While its user waited it has grown old, and what
    // an old object refers to outlives the collections of the young, even when both are garbage: 1 kB a request.
    headers.length = 0
    return true
  }

  onData(chunk: Buffer): boolean {
    const exchange = this.#exchange!
    exchange.bytesIn += chunk.length
    exchange.sink?.data(chunk)
    return true
  }

  onComplete(): void {
    const exchange = this.#exchange!
    if (this.#reset !== null) {
      const { outcome, message } = classify(this.#reset, exchange.phase)
      this.#finish(outcome, message)
      return
    }
    exchange.canFollow = true
    // The server need not read the rest of a body that it has answered, and the next request would wait behind it.
    if (exchange.bytesOut > 0 && this.#socket!.writableLength > 0) this.#discardClient()
    this.#finish('ok', '')
  }

  onError(error: Error): void {
    this.#fail(error)
  }

  /** The request failed while it was being handed over: its Client must forget it, or it would fail twice. */
  #failSent(error: Error): void {
    this.#failure = null
    this.#client?.destroy(CLOSED, () => undefined)
    this.#client = null
    queueMicrotask(() => this.#fail(error))
  }

  #fail(error: Error): void {
    const exchange = this.#exchange
    if (error === CLOSED) return
    if (exchange === null) {
      this.#crash(error)
      return
    }
    if (this.#isSending) {
      this.#failure = error
      return
    }
    if (isConnecting(exchange.phase)) this.#discardClient()
    else if (!this.#hasGone && this.#cut === null && this.#abort !== null) {
      // The connection was lost before the request was written: it begins on another one.
      this.#resend(exchange)
      return
    }
    if (this.#cut === 'unfinished') this.#finish('unfinished', '')
    else if (this.#cut === 'timeout')
      this.#finish(`${exchange.phase}.timeout`, `timed out in phase ${exchange.phase}`)
    // Statuses 204 and 304 have no body, and may name the length of one; undici treats that as an error.
    else if ((exchange.status === 304 || exchange.status === 204) && exchange.bytesIn === 0)
      this.#finish('ok', '')
    else {
      const { outcome, message } = classify(this.#reset ?? error, exchange.phase)
      if (!isStale(exchange, outcome)) this.#finish(outcome, message)
      else if (this.#options.retryStale && exchange.request!.isIdempotent) this.#retry(exchange)
      else this.#finish('reused.closed', message)
    }
  }

  /** Sends the exchange again on a new connection. The Client is still running when it reports the loss, so a new one is used. */
  #retry(exchange: Exchange): void {
    retry(exchange, this.#clock.nowUs(), this.#turn)
    this.#resend(exchange)
  }

  #resend(exchange: Exchange): void {
    this.#discardClient()
    this.#abort = null
    queueMicrotask(() => {
      if (this.#exchange !== exchange) return
      this.#client = this.#open(this.#origin)
      this.#dispatch(this.#client, exchange, (exchange.request as PreparedDispatch).dispatch)
    })
  }

  /**
   * Discards the Client. After a certificate for another name it counts a request as running and sends no other
   * one, so none outlives a failed connection. It is still running when it reports, so it is destroyed in a microtask.
   */
  #discardClient(): void {
    const client = this.#client
    this.#client = null
    queueMicrotask(() => client?.destroy(CLOSED, () => undefined))
  }

  #reportSent(exchange: Exchange): void {
    try {
      exchange.listener.sent()
    } catch (error) {
      this.#crash(error)
    }
  }

  #finish(outcome: Exchange['outcome'], message: string): void {
    const exchange = this.#exchange!
    exchange.doneUs = this.#clock.nowUs()
    // Cut or refused before its network work began: it counts from here to here, if at all.
    if (exchange.sentUs === 0) exchange.sentUs = exchange.doneUs
    exchange.outcome = outcome
    exchange.message = message
    this.#exchange = null
    this.#abort = null
    try {
      exchange.listener.done()
    } catch (error) {
      this.#crash(error)
    }
  }

  /** A fault of our own must end the thread and void the run, never be counted as one of the network's. */
  #crash(error: unknown): void {
    setImmediate(() => {
      throw error
    })
  }
}

const isConnecting = (phase: Phase): boolean => phase === 'dns' || phase === 'connect' || phase === 'tls'

function destinationOf({ hostname, port, protocol, servername }: buildConnector.Options): Destination {
  const isTls = protocol === 'https:'
  return {
    protocol: isTls ? 'https:' : 'http:',
    host: hostname,
    port: Number(port || (isTls ? 443 : 80)),
    servername: servername ?? null,
  }
}
