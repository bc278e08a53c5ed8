/**
 * The open tabs of the live page. Each is told what is new as soon as it has taken what it was told before; what comes
 * meanwhile is dropped for it, and made up for by all that counts, once, when it can take it. So a tab that is slow, or
 * never reads, holds up nobody and costs one message of memory.
 */

/** What a tab reads from: a response, or any stream. */
export interface Listener {
  readonly writableNeedDrain: boolean
  write(message: Uint8Array): boolean
  end(message?: Uint8Array): unknown
  on(event: 'drain' | 'close' | 'error', listener: () => void): unknown
}

export class Audience {
  /** Of each listener whether it has missed something. */
  readonly #missed = new Map<Listener, boolean>()
  /** All that counts now, for who has just come and who has missed something. */
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
    // That it went away is told by its close as well.
    listener.on('error', () => undefined)
    listener.on('drain', () => {
      if (this.#missed.get(listener) !== true) return
      this.#missed.set(listener, false)
      listener.write(this.#whole())
    })
    listener.write(this.#whole())
  }

  tell(message: Uint8Array): void {
    for (const listener of this.#missed.keys())
      if (listener.writableNeedDrain) this.#missed.set(listener, true)
      else listener.write(message)
  }

  /** The last message; resolves when all have it, which takes for ever where one never reads. */
  async end(message: Uint8Array): Promise<void> {
    const all = [...this.#missed]
    // Nothing comes behind it.
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

/** A message of server-sent events; JSON has no line breaks of its own. */
export const eventOf = (name: string, value: object): Buffer =>
  Buffer.from(`event: ${name}\ndata: ${JSON.stringify(value)}\n\n`)
