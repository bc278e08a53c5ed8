/** One HTTP/1 response after the other, from whatever pieces its bytes come in. Pure: no sockets, no clock. */
import type { ResponseSink } from '../transport.ts'
import { WireBody } from './wire-body.ts'
import { WireHead } from './wire-head.ts'

/** Longer heads are not kept for comparison. */
const MOST_KNOWN_BYTES = 1024

export class WireResponse {
  /** Status of the final head; 0 until it has been read. */
  status = 0
  isComplete = false
  #isHead = false
  readonly #head = new WireHead()
  readonly #body = new WireBody()
  #hasBegun = false
  /**
   * The bytes that `#head` was read from, when they came in one piece. A server's heads are mostly the same until the
   * second of its `Date` is over, and comparing is much cheaper than reading: equal bytes say the same again.
   */
  readonly #known = Buffer.alloc(MOST_KNOWN_BYTES)
  #knownBytes = 0
  /** The sink of the response, if any, and the bytes of its head so far. */
  #sink: ResponseSink | null = null
  #headText = ''

  /** Starts on the answer to a request of this kind, for this sink. */
  begin(isHead: boolean, sink: ResponseSink | null = null): void {
    this.#isHead = isHead
    this.#sink = this.#body.sink = sink
    this.#headText = ''
    this.status = 0
    this.isComplete = this.#hasBegun = false
    if (this.fault !== '') this.#knownBytes = 0
    if (this.#knownBytes === 0) this.#head.begin()
    this.#body.beginEmpty()
  }

  /** Body bytes so far, without their framing. */
  get bodyBytes(): number {
    return this.#body.bytes
  }

  /** Why it is malformed; empty while it is not. */
  get fault(): string {
    return this.#head.fault || this.#body.fault
  }

  /**
   * Whether another request may go out on the connection after this response (RFC 9112, 9.3). HTTP/1.0 knows no transfer
   * codings: somebody on the way may have passed on what they did not understand (6.1).
   */
  get keepsConnection(): boolean {
    const { closes, keeps, minor, isEncoded } = this.#head
    return !closes && (minor === 1 || (keeps && !isEncoded)) && !this.#body.endsWithConnection
  }

  /** How long the server says that it keeps an idle connection, in seconds; −1 when it says nothing. */
  get keepAliveS(): number {
    return this.#head.keepAliveS
  }

  /** Reads on; returns where it stopped: after the response when that is complete, at the fault, otherwise `to`. */
  read(bytes: Buffer, from: number, to: number): number {
    let at = from
    if (!this.#hasBegun) at = this.#readWhole(bytes, from, to)
    while (this.status === 0) {
      const start = at
      at = this.#head.read(bytes, at, to)
      this.#hear(bytes, start, at)
      if (!this.#head.isDone) return at
      this.#endHead()
      if (this.#head.fault !== '') return at
    }
    if (!this.#body.isDone) at = this.#body.read(bytes, at, to, this.#head)
    this.isComplete = this.#body.isDone
    return at
  }

  /** No more bytes will come; whether that completes the response. */
  end(): boolean {
    return (this.isComplete = this.status !== 0 && this.#body.endsWithConnection)
  }

  /** Reads a head that is the same as the last one, or that lies here as a whole and is the next to compare with. */
  #readWhole(bytes: Buffer, from: number, to: number): number {
    this.#hasBegun = true
    const known = this.#knownBytes
    if (known > 0 && to - from >= known && bytes.compare(this.#known, 0, known, from, from + known) === 0) {
      this.#hear(bytes, from, from + known)
      this.#endHead()
      return from + known
    }
    this.#knownBytes = 0
    const head = this.#head
    head.begin()
    const end = head.read(bytes, from, to)
    this.#hear(bytes, from, end)
    if (!head.isDone) return end
    this.#endHead()
    if (this.status !== 0 && end - from <= MOST_KNOWN_BYTES)
      this.#knownBytes = bytes.copy(this.#known, 0, from, end)
    return end
  }

  #hear(bytes: Buffer, from: number, to: number): void {
    if (this.#sink !== null) this.#headText += bytes.toString('latin1', from, to)
  }

  #endHead(): void {
    const head = this.#head
    const { status } = head
    // Nobody asked for another protocol.
    if (status === 101) head.fault = 'switching protocols'
    else if (status < 200) {
      // An interim response: the final one follows, on a connection that goes on.
      if (this.keepsConnection) {
        head.begin()
        this.#headText = ''
      } else head.fault = 'an interim response that closes the connection'
    } else {
      this.status = status
      if (this.#sink !== null) this.#sink.head(status, fieldsOf(this.#headText))
      if (this.#isHead || status === 204 || status === 304) this.#body.beginEmpty()
      else this.#body.begin(head)
    }
  }
}

/** Names and values in turn, of a head that was found to be one. */
const fieldsOf = (head: string): string[] =>
  head
    .split('\r\n')
    .slice(1, -2)
    .flatMap((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')]
    })
