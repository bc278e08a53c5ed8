/**
 * The open tabs of the live page. A message is sent to a tab only if it has taken the previous one; otherwise it is dropped,
 * and the tab receives the complete current state when it is ready. A slow tab therefore delays no other, and one that never
 * reads costs the memory of one message.
 */

/** The stream to a tab, such as a response. */
export interface Listener {
  readonly writableNeedDrain: boolean
  write(message: Uint8Array): boolean
  end(message?: Uint8Array): unknown
  on(event: 'drain' | 'close' | 'error', listener: () => void): unknown
}

export class Audience {
  /** Tabs, and whether each has missed a message. */
  readonly #missed = new Map<Listener, boolean>()
  /** The complete current state, for a new tab or one that has missed a message. */
  readonly #whole: () => Uint8Array

  constructor(whole: () => Uint8Array) {
    this.#whole = whole
  }

  get size(): number {
    return this.#missed.size
  }

  add(listener: Listener): void {
    this.#missed.set(listener, false)
    listener.on('close', () => this.#missed.delete(listener))
    // A lost connection also emits close.
    listener.on('error', () => undefined)
    listener.on('drain', () => {
      if (this.#missed.get(listener) !== true) return
      this.#missed.set(listener, false)
      listener.write(this.#whole())
    })
    listener.write(this.#whole())
  }

  send(message: Uint8Array): void {
    for (const listener of this.#missed.keys())
      if (listener.writableNeedDrain) this.#missed.set(listener, true)
      else listener.write(message)
  }

  /** Sends the last message; resolves when all tabs have received it, which may be never. */
  async end(message: Uint8Array): Promise<void> {
    const all = [...this.#missed]
    // No message may follow.
    this.#missed.clear()
    await Promise.all(
      all.map(
        ([listener, hasMissed]) =>
          new Promise<void>((resolve) => {
            listener.on('close', resolve)
            listener.end(hasMissed ? this.#whole() : message)
          }),
      ),
    )
  }
}

/** A message of server-sent events; JSON contains no line breaks. */
export const eventOf = (name: string, value: object): Buffer =>
  Buffer.from(`event: ${name}\ndata: ${JSON.stringify(value)}\n\n`)
