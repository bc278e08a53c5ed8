/** A response as a task sees it. */
import type { FollowedRedirect, ReadResponse, Response } from '../../scenario/http.ts'
import type { ResponseSink } from '../transport/transport.ts'

const NONE: readonly FollowedRedirect[] = []

/** One that was not kept: to read it is a mistake that says what to do. */
export class PlainReply implements Response {
  ok = false
  status = 0
  error = ''
  url = ''
  redirects: readonly FollowedRedirect[] = NONE

  get headers(): never {
    return notKept()
  }
  bytes(): never {
    return notKept()
  }
  text(): never {
    return notKept()
  }
  json(): never {
    return notKept()
  }
}

function notKept(): never {
  throw new TypeError('this response was not kept: send its request with { read: true }')
}

const EMPTY = Buffer.alloc(0)

/** One that is kept as it comes in, in one buffer that grows. */
export class KeptReply implements ReadResponse, ResponseSink {
  ok = true
  status = 0
  error = ''
  url = ''
  redirects: readonly FollowedRedirect[] = NONE
  #headers: readonly string[] = []
  #buffer: Buffer = EMPTY
  #length = 0
  readonly #mostBytes: number
  readonly #tooLarge: () => void

  /** `tooLarge` is called once for a response whose body is longer than `mostBytes`; the rest of it is not kept. */
  constructor(mostBytes: number, tooLarge: () => void) {
    this.#mostBytes = mostBytes
    this.#tooLarge = tooLarge
  }

  /** A new head: what came before it was of a redirect. */
  head(status: number, headers: readonly string[]): void {
    this.status = status
    this.#headers = headers
    this.#buffer = EMPTY
    this.#length = 0
  }

  data(chunk: Uint8Array): void {
    if (this.#length > this.#mostBytes) return
    const length = this.#length + chunk.length
    if (length > this.#mostBytes) {
      this.#length = Infinity
      this.#buffer = EMPTY
      this.#tooLarge()
      return
    }
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(this.#mostBytes, Math.max(length, 2 * this.#length)))
      this.#buffer.copy(larger, 0, 0, this.#length)
      this.#buffer = larger
    }
    this.#buffer.set(chunk, this.#length)
    this.#length = length
  }

  /** Names and values in turn. */
  get flatHeaders(): readonly string[] {
    return this.#headers
  }

  get headers(): ReadonlyMap<string, string> {
    const headers = new Map<string, string>()
    for (let i = 0; i + 1 < this.#headers.length; i += 2) {
      const name = this.#headers[i]!.toLowerCase()
      const before = headers.get(name)
      headers.set(name, before === undefined ? this.#headers[i + 1]! : `${before}, ${this.#headers[i + 1]!}`)
    }
    return headers
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, Math.min(this.#length, this.#buffer.length))
  }

  text(): string {
    return new TextDecoder().decode(this.bytes())
  }

  json(): unknown {
    return JSON.parse(this.text())
  }
}
