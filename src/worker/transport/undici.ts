/**
 * The default transport: undici, one `Client` for each user's connection, `dispatch` with a legacy-style handler. The
 * only importer of undici; version 8 knows only the newer handler form, and then this file is what changes.
 *
 * What undici does that shapes this file:
 * - `onConnect` means "about to write the request", not that a connection was made; the connector is our own wrapper,
 *   so that the start and the phases of making a connection are known, and its socket can be cut.
 * - Its time-outs tick every half second, so they are off and deadlines are the worker's.
 * - Dispatching from `onError` after a failed connection trips an assertion that kills the thread: the worker never
 *   sends from within a failure.
 * - When a request under way is aborted, it connects anew at once, with nothing left to send: the exchange after it
 *   would wait for a connection that nobody has timed. So the Client goes with its aborted request.
 * - What a callback throws is handed to `onError`, as if the network had failed; see `#crash`.
 */
import { buildConnector, Client, type Dispatcher } from 'undici'
import type { Socket } from 'node:net'
import type { RequestPlan } from '../../core/plan.ts'
import type { Phase } from '../../core/outcome.ts'
import type { Clock } from '../clock.ts'
import type { Turn } from '../turn.ts'
import { classify } from './fault.ts'
import { HINT_MARGIN_MS, idleLimitMs, LONGEST_IDLE_MS } from './idle.ts'
import { joinable, joinWrites } from './joined-write.ts'
import {
  bytesOf,
  type Connection,
  type Exchange,
  type Prepared,
  type Transport,
  type TransportOptions,
} from './transport.ts'

interface PreparedDispatch extends Prepared {
  readonly origin: string
  readonly dispatch: Dispatcher.DispatchOptions
}

type Connector = (options: buildConnector.Options, callback: buildConnector.Callback) => Socket

export function undiciTransport(options: TransportOptions, clock: Clock, turn: Turn): Transport {
  // One connector for all: it holds the cache of TLS sessions. No time-out of its own.
  const connector = buildConnector({
    rejectUnauthorized: !options.insecure,
    timeout: 0,
  }) as unknown as Connector
  const idleMs = idleLimitMs(options.longestIdleS)
  return {
    prepare: (plan) => prepare(plan, options.keepAlive),
    connection: () => new UndiciConnection(connector, clock, turn, idleMs),
  }
}

function prepare(plan: RequestPlan, keepAlive: boolean): PreparedDispatch {
  const url = new URL(plan.url)
  const bytes = plan.body === null ? null : bytesOf(plan.body)
  return {
    plan,
    bytesOut: bytes?.length ?? 0,
    origin: url.origin,
    dispatch: {
      path: url.pathname + url.search,
      method: plan.method,
      headers: plan.headers.flat(),
      body: bytes === null ? null : joinable(bytes),
      // Without a word, undici closes the connection after HEAD and after GET with a body.
      reset: !keepAlive,
    },
  }
}

/** What undici tells an exchange whose connection was closed under it: nobody is to be told. */
const CLOSED = new Error('closed')

class UndiciConnection implements Connection, Dispatcher.DispatchHandler {
  readonly #connector: Connector
  readonly #clock: Clock
  readonly #turn: Turn
  readonly #idleMs: number
  #client: Client | null = null
  #origin = ''
  #exchange: Exchange | null = null
  /** The socket being connected; null once the connection stands. */
  #connecting: Socket | null = null
  #phaseStartUs = 0
  /** The peer broke the connection. After `Connection: close`, undici takes that for the end of the response. */
  #reset: Error | null = null
  #abort: ((error: Error) => void) | null = null
  #cut: 'timeout' | 'unfinished' | null = null

  constructor(connector: Connector, clock: Clock, turn: Turn, idleMs: number) {
    this.#connector = connector
    this.#clock = clock
    this.#turn = turn
    this.#idleMs = idleMs
  }

  send(exchange: Exchange, request: Prepared): void {
    const { origin, dispatch } = request as PreparedDispatch
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
    this.#client.dispatch(dispatch, this)
  }

  cut(reason: 'timeout' | 'unfinished'): void {
    this.#cut = reason
    if (this.#abort !== null) {
      this.#abort(new Error(`cut: ${reason}`))
      this.close()
    } else if (this.#connecting !== null) this.#connecting.destroy(new Error(`cut: ${reason}`))
    else if (this.#exchange !== null) {
      // Neither written nor connecting: whatever undici waits for, the end of a drain does not.
      const { phase } = this.#exchange
      this.#finish(reason === 'unfinished' ? reason : `${phase}.timeout`, '')
      this.close()
    }
  }

  close(): void {
    const client = this.#client
    this.#client = this.#exchange = null
    client?.destroy(CLOSED, () => undefined)
  }

  #open(origin: string): Client {
    return new Client(origin, {
      connect: (options: buildConnector.Options, callback: buildConnector.Callback) =>
        this.#connect(options, callback),
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: this.#idleMs,
      keepAliveMaxTimeout: LONGEST_IDLE_MS,
      keepAliveTimeoutThreshold: HINT_MARGIN_MS,
    })
  }

  /** Makes a connection for the exchange that waits for one, and stamps its phases. */
  #connect(options: buildConnector.Options, callback: buildConnector.Callback): void {
    const exchange = this.#exchange
    const startUs = this.#clock.nowUs()
    if (exchange !== null) {
      const first = exchange.sentUs === 0
      exchange.reused = false
      exchange.phase = 'dns'
      this.#phaseStartUs = startUs
      if (first) {
        exchange.sentUs = startUs
        this.#tellSent(exchange)
      }
    }
    const socket = this.#connector(options, (...result) => {
      this.#connecting = null
      if (result[0] === null && exchange !== null) {
        if (exchange.phase === 'tls') exchange.tlsUs = this.#step(exchange)
        else exchange.connectUs = this.#step(exchange)
        exchange.phase = 'headers'
      }
      callback(...result)
    })
    joinWrites(socket)
    this.#connecting = socket
    this.#reset = null
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') this.#reset = error
    })
    if (exchange === null) return
    socket.once('lookup', (error: Error | null) => {
      // A look-up can still answer after its socket was cut, when the exchange is another one.
      if (error !== null || this.#connecting !== socket) return
      exchange.dnsUs = this.#step(exchange)
      exchange.phase = 'connect'
    })
    // An address needs no look-up, and then there is no such event.
    if (!socket.connecting || isAddress(options.hostname)) exchange.phase = 'connect'
    if (options.protocol === 'https:')
      socket.once('connect', () => {
        exchange.connectUs = this.#step(exchange)
        exchange.phase = 'tls'
      })
  }

  /** A step of making the connection is done: how long it took, in µs. */
  #step(exchange: Exchange): number {
    const nowUs = this.#clock.nowUs()
    const tookUs = nowUs - this.#phaseStartUs
    exchange.ownUs += this.#turn.waitedUs(nowUs)
    this.#phaseStartUs = nowUs
    return tookUs
  }

  // ── undici's handler: the exchange as it happens ──

  onConnect(abort: (error?: Error) => void): void {
    const exchange = this.#exchange!
    this.#abort = abort
    if (this.#cut !== null) {
      abort(new Error(`cut: ${this.#cut}`))
      return
    }
    exchange.bytesOut = exchange.request!.bytesOut
    if (exchange.sentUs === 0) {
      exchange.sentUs = this.#clock.nowUs()
      this.#tellSent(exchange)
    }
  }

  onResponseStarted(): void {
    // Called anew after each 1xx; the first byte of them all counts.
    const exchange = this.#exchange!
    if (exchange.firstByteUs !== 0) return
    exchange.firstByteUs = this.#clock.nowUs()
    this.#turn.poll(exchange.firstByteUs)
  }

  onHeaders(status: number): boolean {
    if (status >= 200) {
      const exchange = this.#exchange!
      exchange.status = status
      exchange.phase = 'body'
    }
    return true
  }

  onData(chunk: Buffer): boolean {
    this.#exchange!.bytesIn += chunk.length
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
    this.#finish('ok', '')
  }

  onError(error: Error): void {
    const exchange = this.#exchange
    if (error === CLOSED) return
    if (exchange === null) {
      this.#crash(error)
      return
    }
    if (isConnecting(exchange.phase)) this.#giveUp()
    if (this.#cut === 'unfinished') this.#finish('unfinished', '')
    else if (this.#cut === 'timeout')
      this.#finish(`${exchange.phase}.timeout`, `timed out in phase ${exchange.phase}`)
    // These have no body, and may name the length that it would have; undici takes that for a fault.
    else if ((exchange.status === 304 || exchange.status === 204) && exchange.bytesIn === 0)
      this.#finish('ok', '')
    else {
      const { outcome, message } = classify(this.#reset ?? error, exchange.phase)
      this.#finish(outcome, message)
    }
  }

  /**
   * A certificate for another name leaves undici's Client with a request that it takes for running, and it sends no
   * other ever after; so none outlives a failed connection. It is still at work when it tells, and goes when it is not.
   */
  #giveUp(): void {
    const client = this.#client
    this.#client = null
    queueMicrotask(() => client?.destroy(CLOSED, () => undefined))
  }

  #tellSent(exchange: Exchange): void {
    try {
      exchange.listener.sent()
    } catch (error) {
      this.#crash(error)
    }
  }

  #finish(outcome: Exchange['outcome'], message: string): void {
    const exchange = this.#exchange!
    exchange.doneUs = this.#clock.nowUs()
    // Cut before its network work began: it was never sent, and counts from here to here.
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

const isAddress = (hostname: string): boolean => /^[\d.]+$|:/.test(hostname)
