/** A response as a task sees it. */
import type { FollowedRedirect, ReadResponse, Response } from '../../scenario/http.ts'
import { decoded, type DecodedBody } from './decoded.ts'
import type { ResponseSink } from '../transport/transport.ts'

const NONE: readonly FollowedRedirect[] = []

/** One that was not kept: to read it is a mistake that says what to do. */
export class PlainReply implements Response {
  ok = false
  status = 0
  error = ''
  url = ''
  latencyMs = 0
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

/** Why a body cannot be decoded. */
export type Undecoded = Extract<DecodedBody, { readonly problem: string }>

const EMPTY = Buffer.alloc(0)

/** One that is kept as it comes in, in one buffer that grows. */
export class KeptReply implements ReadResponse, ResponseSink {
  ok = true
  status = 0
  error = ''
  url = ''
  latencyMs = 0
  redirects: readonly FollowedRedirect[] = NONE
  #headers: readonly string[] = []
  #buffer: Buffer = EMPTY
  #length = 0
  readonly #mostBytes: number
  readonly #tooLarge: () => void
  readonly #isCompressed: boolean
  /** The body without its encodings; `null` until it is decoded, and if it has none. */
  #decoded: Uint8Array | null = null
  /** Why it cannot be decoded. */
  #problem: Undecoded | null = null

  /**
   * `tooLarge` is called once for a response whose body is longer than `mostBytes`; the rest of it is not kept.
   * `isCompressed`: the body is decoded before it is read.
   */
  constructor(mostBytes: number, tooLarge: () => void, isCompressed = false) {
    this.#isCompressed = isCompressed
    this.#mostBytes = mostBytes
    this.#tooLarge = tooLarge
  }

  /** A new head: what came before it was of a redirect. */
  head(status: number, headers: readonly string[]): void {
    this.status = status
    this.#headers = headers
    this.#decoded = this.#problem = null
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
    const problem = this.decode()
    if (problem !== null) throw new TypeError(problem.problem)
    return this.#decoded ?? this.#raw
  }

  /** The body as it can be shown: as it came if it cannot be decoded. */
  get readable(): Uint8Array {
    return this.decode() === null ? (this.#decoded ?? this.#raw) : this.#raw
  }

  /** Decodes the body of a compressed response, once; returns why that is impossible, or `null`. */
  decode(): Undecoded | null {
    if (!this.#isCompressed || this.#decoded !== null || this.#problem !== null) return this.#problem
    const encoding = this.headers.get('content-encoding') ?? ''
    if (encoding === '') return null
    const result = decoded(this.#raw, encoding, this.#mostBytes)
    if ('body' in result) this.#decoded = result.body
    else this.#problem = result
    return this.#problem
  }

  /** Bytes of the body without its encodings; 0 if it was not decoded. */
  get decodedBytes(): number {
    return this.#decoded?.length ?? 0
  }

  get #raw(): Uint8Array {
    return this.#buffer.subarray(0, Math.min(this.#length, this.#buffer.length))
  }

  text(): string {
    return new TextDecoder().decode(this.bytes())
  }

  json(): unknown {
    return JSON.parse(this.text())
  }
}
