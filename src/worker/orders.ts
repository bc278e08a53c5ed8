/** The orders of the main thread to this worker. */
import type { MessagePort } from 'node:worker_threads'
import type { ToWorker } from '../protocol.ts'

/** An order about a load under way. */
export type Order = Exclude<ToWorker, { readonly type: 'start' }>

export class Orders {
  /** Resolves with the start instant. */
  readonly started: Promise<number>
  readonly #early: Order[] = []
  #listener: ((order: Order) => void) | null = null

  constructor(port: MessagePort) {
    this.started = new Promise((resolve) => {
      port.on('message', (order: ToWorker) => {
        if (order.type === 'start') resolve(order.atUs)
        else if (this.#listener !== null) this.#listener(order)
        else this.#early.push(order)
      })
    })
  }

  /** Calls the listener with each order; those that came before are kept for it. */
  onOrder(listener: (order: Order) => void): void {
    this.#listener = listener
    for (const order of this.#early.splice(0)) listener(order)
  }
}
