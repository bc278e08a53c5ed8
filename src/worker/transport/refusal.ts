/** Stands in for a connection to a host that the plan does not allow: its exchange fails, and nothing is sent. */
import type { Connection, Exchange, Prepared } from './transport.ts'

export class Refusal implements Connection {
  readonly #why: string
  readonly #nowUs: () => number
  #exchange: Exchange | null = null

  constructor(why: string, nowUs: () => number) {
    this.#why = why
    this.#nowUs = nowUs
  }

  send(exchange: Exchange, request: Prepared): void {
    exchange.begin(request)
    // As one that could not be made.
    exchange.reused = false
    exchange.phase = 'connect'
    this.#exchange = exchange
    // Deferred, so that a task that retries in a loop does not block the event loop.
    setImmediate(() => this.#finish('host', this.#why))
  }

  cut(reason: 'timeout' | 'unfinished'): void {
    this.#finish(reason === 'unfinished' ? reason : 'host', this.#why)
  }

  stopReading(): void {
    // There is nothing to read.
  }

  startReading(): void {
    // There is nothing to read.
  }

  close(): void {
    this.#exchange = null
  }

  #finish(outcome: Exchange['outcome'], message: string): void {
    const exchange = this.#exchange
    if (exchange === null) return
    this.#exchange = null
    exchange.sentUs = exchange.doneUs = this.#nowUs()
    exchange.outcome = outcome
    exchange.message = message
    exchange.listener.done()
  }
}
