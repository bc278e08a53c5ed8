/** A response as a task sees it. */
import type { ReadResponse, Response } from '../../scenario/http.ts'
import type { ResponseSink } from '../transport/transport.ts'

/** One that was not kept: to read it is a mistake that says what to do. */
export class PlainReply implements Response {
  readonly ok: boolean
  readonly status: number
  readonly error: string

  constructor(ok: boolean, status: number, error: string) {
    this.ok = ok
    this.status = status
    this.error = error
  }

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

/** One that is kept as it comes in. */
export class KeptReply implements ReadResponse, ResponseSink {
  ok = true
  status = 0
  error = ''
  #headers: readonly string[] = []
  #chunks: Uint8Array[] = []

  /** A new head: what came before it was of a redirect. */
  head(status: number, headers: readonly string[]): void {
    this.status = status
    this.#headers = headers
    this.#chunks = []
  }

  data(chunk: Uint8Array): void {
    this.#chunks.push(Buffer.from(chunk))
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
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
  }

  text(): string {
    return new TextDecoder().decode(this.bytes())
  }

  json(): unknown {
    return JSON.parse(this.text())
  }
}
