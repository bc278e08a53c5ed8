/**
 * The socket that undici is given: over a `net.Socket`, as much of it as undici asks for (the list is in
 * `test/worker/transport/light-socket.test.ts`), without the streams.
 *
 * Incoming bytes are read into one buffer of the worker (`onread`), copied, because undici keeps pieces of a head across
 * reads, and handed to its `readable` listener at once. Outgoing ones, head and body, are joined into one string, and
 * gathered with those of other connections.
 */
import { EventEmitter } from 'node:events'
import type { OnReadOpts, Socket } from 'node:net'
import { LONGEST_TEXT } from './body-text.ts'
import type { Gathering, Writer } from './gathering.ts'

/** Bodies that were made ready, as text in latin1, in which every character is a byte. */
const texts = new WeakMap<object, string>()

/** Makes a body ready to be joined with the heads that will be sent before it. */
export function joinable(body: Buffer): Buffer {
  if (body.length <= LONGEST_TEXT) texts.set(body, body.toString('latin1'))
  return body
}

export class LightSocket extends EventEmitter implements Writer {
  readonly #gathering: Gathering
  readonly #flushing: () => void
  #socket: Socket | null = null
  #readable: (() => void) | null = null
  /** What has come and was not read yet. */
  #chunk: Buffer | null = null
  #isCorked = false
  /** Why it was destroyed; reported with the close. */
  #cause: Error | null = null
  /** Whether the close is reported, after which nothing of it matters. */
  #isClosed = false
  /** What is to be written: a text, and after it a body that is no text. */
  #text = ''
  #body: Uint8Array | null = null
  destroyed = false
  errored: Error | null = null

  /** `flushing` is called when a request goes out. */
  constructor(gathering: Gathering, flushing: () => void) {
    super()
    this.#gathering = gathering
    this.#flushing = flushing
  }

  /** How the socket must be opened. */
  get onread(): OnReadOpts {
    return { buffer: this.#gathering.buffer, callback: this.#onRead }
  }

  readonly #onRead = (length: number): boolean => {
    if (this.destroyed) return true
    const chunk = Buffer.from(this.#gathering.buffer.subarray(0, length))
    this.#chunk = this.#chunk === null ? chunk : Buffer.concat([this.#chunk, chunk])
    this.#gathering.begin()
    try {
      this.#readable?.call(this)
    } finally {
      this.#gathering.end()
    }
    return true
  }

  /** Takes the open socket. */
  over(socket: Socket): this {
    this.#socket = socket
    socket.on('error', (error) => {
      if (this.#isClosed) return
      this.errored = error
      this.emit('error', error)
    })
    socket.on('end', () => this.emit('end'))
    socket.on('close', () => {
      const cause = this.#cause
      if (cause !== null && this.errored === null) {
        this.errored = cause
        this.emit('error', cause)
      }
      this.destroyed = this.#isClosed = true
      this.emit('close')
    })
    return this
  }

  override on(event: string, listener: (...args: unknown[]) => void): this {
    if (event !== 'readable') return super.on(event, listener)
    this.#readable = listener
    return this
  }

  read(): Buffer | null {
    const chunk = this.#chunk
    this.#chunk = null
    return chunk
  }

  unshift(rest: Buffer): void {
    this.#chunk = this.#chunk === null ? rest : Buffer.concat([rest, this.#chunk])
  }

  /** Reads no more of the socket until `resume`. */
  pause(): void {
    this.#socket!.pause()
  }

  resume(): void {
    this.#socket!.resume()
  }

  cork(): void {
    this.#isCorked = true
  }

  write(chunk: string | Uint8Array): boolean {
    const text = typeof chunk === 'string' ? chunk : texts.get(chunk)
    if (text !== undefined && this.#body === null) this.#text += text
    else {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk
      this.#body = this.#body === null ? bytes : Buffer.concat([this.#body, bytes])
    }
    if (!this.#isCorked) this.#gathering.add(this)
    return true
  }

  uncork(): void {
    this.#isCorked = false
    this.#gathering.add(this)
  }

  /** Writes what is to be written. */
  flush(): void {
    if (this.destroyed) return
    this.#flushing()
    const socket = this.#socket!
    socket.write(this.#text, 'latin1')
    if (this.#body !== null) socket.write(this.#body)
    this.#text = ''
    this.#body = null
  }

  get writableLength(): number {
    return this.#socket!.writableLength
  }

  /** The socket is not given the error: it would format the error's stack, which is the larger part of a close. */
  destroy(error?: Error): this {
    this.destroyed = true
    this.#cause ??= error ?? null
    this.#socket!.destroy()
    return this
  }

  /** What undici takes for a stream has this; nothing calls it. */
  pipe(): never {
    throw new Error('a light socket is no stream')
  }
}
