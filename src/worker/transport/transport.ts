/**
 * What every transport offers the worker: connections that carry one exchange at a time, by callbacks on a reused
 * object that stamps its own times. No promises, no allocation per request that can be avoided.
 */
import type { HttpPlan } from '../../core/resolve/request/http-options.ts'
import type { Outcome, Phase } from '../../core/request/outcome.ts'
import type { BodyPlan, Headers, RequestPlan } from '../../core/request/request.ts'

/** What a transport knows about the run. */
export interface TransportOptions extends Pick<HttpPlan, 'proxy'> {
  readonly insecure: boolean
  readonly keepAlive: boolean
  /** The longest time a connection may be idle between two requests of its user, in seconds. */
  readonly longestIdleS: number
  /** Whether a request that was lost on a reused connection is sent again on a new one, where that is safe. */
  readonly retryStale: boolean
}

/** A request made ready once, to be sent many times. */
export interface Prepared {
  readonly plan: RequestPlan
  readonly bytesOut: number
  /** Whether it may be sent again if it is not known to have been processed. */
  readonly isIdempotent: boolean
  /** Where its connection goes: the same value for requests that can share one. */
  readonly to: unknown
}

/** Receives the events of an exchange from its connection; `done` is never called from within `send`. */
export interface ExchangeListener {
  /** Network work begins: `sentUs` is stamped. Comes once for each exchange, before `done`, unless it was cut or refused before. */
  sent(): void
  /**
   * A connection is made for it from this run time on, in µs, after it was sent: its own was lost, or it waited for a place
   * among the shared ones.
   */
  connecting(nowUs: number): void
  /** The exchange ended: all fields are set. */
  done(): void
}

/** Receives a response that is to be read. */
export interface ResponseSink {
  /** The final head has come: names and values in turn. */
  head(status: number, headers: readonly string[]): void
  /** A piece of the body, without its framing. The buffer is reused when the call returns, so the sink copies what it keeps. */
  data(chunk: Uint8Array): void
}

export const NO_HEADERS: Headers = []

/** Headers of responses that steer what their user sends next: cookies, and challenges to say who it is. */
export const USER_HEADERS: ReadonlySet<string> = new Set([
  'set-cookie',
  'www-authenticate',
  'proxy-authenticate',
  'authentication-info',
  'proxy-authentication-info',
])

/** One HTTP exchange at a time: the fields of the last one are valid until the next is sent. Times are run time in µs. */
export class Exchange {
  /** Hears of it; for a time, whoever stands between its sender and its connection. */
  listener: ExchangeListener
  /** Set by the sender; without one the response is counted and dropped. */
  sink: ResponseSink | null = null
  /** Headers sent beside those of the request. Set by the sender. */
  added: Headers = NO_HEADERS
  /** Whether the response's user headers are wanted, and these, by lower-case names. */
  wantsUserHeaders = false
  userHeaders: Headers = NO_HEADERS
  request: Prepared | null = null
  /** Connect start if the exchange needed a connection, else just before the write. */
  sentUs = 0
  firstByteUs = 0
  doneUs = 0
  /** How long it waited for a shared connection, in µs; negative where none are shared, and until the wait is over. */
  blockedUs = -1
  /** Durations of making the connection, in µs; negative when the exchange made none or did not come so far. */
  dnsUs = -1
  connectUs = -1
  tlsUs = -1
  /** How long its write, and the steps of making its connection, can have waited for this thread, in µs. */
  ownUs = 0
  /** Whether the request went out on a connection that was open already. */
  reused = false
  /** Whether it was lost on such a connection, and sent again on a new one. */
  isRetried = false
  phase: Phase = 'connect'
  status = 0
  /** Where a redirect leads, in the server's words; empty without one. Stands for the status 3xx only. */
  location = ''
  bytesIn = 0
  bytesOut = 0
  outcome: Outcome | 'unfinished' = 'ok'
  /** The next exchange may be sent from within `done`; from within a fault of the connection it must not. */
  canFollow = false
  /** Why it failed, in the words of the platform; empty for a complete response. */
  message = ''

  constructor(listener: ExchangeListener) {
    this.listener = listener
  }

  begin(request: Prepared): void {
    this.request = request
    this.sentUs = this.firstByteUs = this.doneUs = 0
    this.dnsUs = this.connectUs = this.tlsUs = -1
    this.ownUs = 0
    this.reused = true
    this.isRetried = false
    this.phase = 'headers'
    this.status = this.bytesIn = this.bytesOut = 0
    this.outcome = 'ok'
    this.canFollow = false
    this.message = ''
    this.userHeaders = NO_HEADERS
  }
}

/** One connection slot: opened when first needed, opened again when it was lost. Carries one exchange at a time. */
export interface Connection {
  send(exchange: Exchange, request: Prepared): void
  /**
   * Ends the exchange in flight: `timeout` with the time-out of the phase it reached, `unfinished` at the end of the
   * drain. `done` is called now or within the next turns of the loop.
   */
  cut(reason: 'timeout' | 'unfinished'): void
  /**
   * Reads no more of the exchange in flight until `startReading`, so that its server has to wait. What has been read
   * already still comes: at most one read of the socket, or with TLS one record.
   */
  stopReading(): void
  startReading(): void
  /** Closes the connection, without reporting an exchange in flight. */
  close(): void
}

/** A connection slot that several users share. Each exchange on it is steered by itself; its listener is called as on any other. */
export interface Channel {
  /** How many more exchanges it takes now. */
  readonly room: number
  /** Whether nothing is under way on it. */
  readonly isIdle: boolean
  send(exchange: Exchange, request: Prepared): void
  /** As of a connection. */
  cut(exchange: Exchange, reason: 'timeout' | 'unfinished'): void
  /** As of a connection; over HTTP/2 the server has to wait when it has used up the window of the stream, 6 MB at most. */
  stopReading(exchange: Exchange): void
  startReading(exchange: Exchange): void
  /** Ends the exchange without reporting it. */
  drop(exchange: Exchange): void
  /** The exchange has ended, and its sender knows: there is room for another one. */
  ended(exchange: Exchange): void
  close(): void
}

export interface Transport {
  prepare(plan: RequestPlan): Prepared
  /**
   * For the user with this number among all users of the run. It does what it can do ahead for this request, so that a
   * user's start costs less; others can be sent over it as well.
   */
  connection(user: number, request: Prepared): Connection
  /**
   * For the connection with this number among the shared ones of the run, which carries at most `most` exchanges at once
   * (`null`: as many as the server allows). `grew` is called when it has room again though no exchange has ended. Left out
   * where a connection carries one at a time.
   */
  channel?(number: number, most: number | null, grew: () => void): Channel
}

/** A planned body as it goes out. */
export const bytesOf = (body: BodyPlan): Buffer =>
  'text' in body ? Buffer.from(body.text) : Buffer.from(body.base64, 'base64')
