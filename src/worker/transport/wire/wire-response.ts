/** One HTTP/1 response after the other, from whatever pieces its bytes come in. Pure: no sockets, no clock. */
import type { Headers } from '../../../core/request/request.ts'
import { NO_HEADERS, USER_HEADERS, type ResponseSink } from '../transport.ts'
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
  /** The sink of the response, if any. */
  #sink: ResponseSink | null = null
  /** The pieces of a head that have come so far, if it does not come in one. */
  #pieces = ''
  /** Names and values of the last head in turn, if somebody has asked for them; what they say to the user. */
  #fields: readonly string[] | null = null
  /** See `Exchange`. */
  userHeaders: Headers = NO_HEADERS
  location = ''

  /** Starts on the answer to a request of this kind, for this sink. */
  begin(isHead: boolean, sink: ResponseSink | null = null): void {
    this.#isHead = isHead
    this.#sink = this.#body.sink = sink
    this.#pieces = ''
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
      if (!this.#head.isDone) return this.#breakOff(bytes, start, at)
      this.#endHead(bytes, start, at)
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
      this.#endHead(bytes, from, from + known)
      return from + known
    }
    this.#knownBytes = 0
    this.#fields = null
    this.userHeaders = NO_HEADERS
    this.location = ''
    const head = this.#head
    head.begin()
    const end = head.read(bytes, from, to)
    if (!head.isDone) return this.#breakOff(bytes, from, end)
    this.#endHead(bytes, from, end)
    if (this.status !== 0 && end - from <= MOST_KNOWN_BYTES)
      this.#knownBytes = bytes.copy(this.#known, 0, from, end)
    return end
  }

  /** The head goes on with the next piece. */
  #breakOff(bytes: Buffer, from: number, to: number): number {
    this.#pieces += bytes.toString('latin1', from, to)
    return to
  }

  /** The head has ended, with these bytes. */
  #endHead(bytes: Buffer, from: number, to: number): void {
    const head = this.#head
    const { status } = head
    // Nobody asked for another protocol.
    if (status === 101) head.fault = 'switching protocols'
    else if (status < 200) {
      // An interim response: the final one follows, on a connection that goes on.
      if (this.keepsConnection) {
        head.begin()
        this.#pieces = ''
      } else head.fault = 'an interim response that closes the connection'
    } else {
      this.status = status
      if (this.#sink !== null || head.steers) this.#readFields(bytes, from, to)
      if (this.#isHead || status === 204 || status === 304) this.#body.beginEmpty()
      else this.#body.begin(head)
    }
  }

  #readFields(bytes: Buffer, from: number, to: number): void {
    if (this.#fields === null) {
      this.#fields = fieldsOf(this.#pieces + bytes.toString('latin1', from, to))
      if (this.#head.steers) this.#readUserHeaders(this.#fields)
    }
    this.#sink?.head(this.status, this.#fields)
  }

  #readUserHeaders(fields: readonly string[]): void {
    const found: [string, string][] = []
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i]!.toLowerCase()
      const value = fields[i + 1]!
      if (USER_HEADERS.has(name)) found.push([name, value])
      else if (name === 'location' && this.location === '') this.location = utf8Of(value)
    }
    this.userHeaders = found
  }
}

/** The text of bytes that were read as latin1. */
const utf8Of = (text: string): string => Buffer.from(text, 'latin1').toString('utf8')

/** Names and values in turn, of a head that was found to be one. */
const fieldsOf = (head: string): string[] =>
  head
    .split('\r\n')
    .slice(1, -2)
    .flatMap((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')]
    })
