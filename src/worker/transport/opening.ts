/** A connection being opened for an exchange that waits for it: stamps the phases, and how long each step can have waited. */
import type { OnReadOpts, Socket } from 'node:net'
import type { Phase } from '../../core/request/outcome.ts'
import type { Clock } from '../time/clock.ts'
import type { Turn } from '../time/turn.ts'
import type { Attempt, AttemptListener, Connector, Destination } from './connector.ts'
import type { Exchange } from './transport.ts'

/** Calls back once, with what went wrong or with the socket; never from within `open`. */
export type Opened = (...result: [Error, null] | [null, Socket]) => void

export class Opening implements AttemptListener {
  readonly #exchange: Exchange | null
  readonly #clock: Clock
  readonly #turn: Turn
  readonly #opened: Opened
  #attempt: Attempt | null = null
  #phase: Phase | null = null
  #phaseStartUs = 0

  /** Without an exchange nothing is stamped. */
  constructor(exchange: Exchange | null, clock: Clock, turn: Turn, opened: Opened) {
    this.#exchange = exchange
    this.#clock = clock
    this.#turn = turn
    this.#opened = opened
  }

  /** Begins, as of this instant. */
  open(connector: Connector, to: Destination, user: number, startUs: number, onread?: OnReadOpts): this {
    this.#phaseStartUs = startUs
    this.#attempt = connector.connect(to, user, this, onread)
    return this
  }

  cancel(error: Error): void {
    this.#attempt!.cancel(error)
  }

  enters(phase: 'dns' | 'connect' | 'tls'): void {
    this.#leave()
    this.#phase = phase
    if (this.#exchange !== null) this.#exchange.phase = phase
  }

  connected(socket: Socket): void {
    this.#leave()
    if (this.#exchange !== null) this.#exchange.phase = 'headers'
    this.#opened(null, socket)
  }

  failed(error: Error): void {
    this.#opened(error, null)
  }

  /** The step that was under way is done. */
  #leave(): void {
    const exchange = this.#exchange
    if (exchange === null || this.#phase === null) return
    const nowUs = this.#clock.nowUs()
    const tookUs = nowUs - this.#phaseStartUs
    this.#phaseStartUs = nowUs
    exchange.ownUs += this.#turn.waitedUs(nowUs)
    if (this.#phase === 'dns') exchange.dnsUs = tookUs
    else if (this.#phase === 'connect') exchange.connectUs = tookUs
    else exchange.tlsUs = tookUs
  }
}
