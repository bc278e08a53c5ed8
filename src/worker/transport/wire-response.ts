/** One HTTP/1 response after the other, from whatever pieces its bytes come in. Pure: no sockets, no clock. */
import { WireBody } from './wire-body.ts'
import { WireHead } from './wire-head.ts'

export class WireResponse {
  /** Of the final head, once it was read; else 0. */
  status = 0
  isComplete = false
  #isHead = false
  readonly #head = new WireHead()
  readonly #body = new WireBody()

  /** What comes next is the answer to a request of this kind. */
  begin(isHead: boolean): void {
    this.#isHead = isHead
    this.status = 0
    this.isComplete = false
    this.#head.begin()
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

  /** Whether another request may go out on the connection after this response (RFC 9112, 9.3). */
  get keepsConnection(): boolean {
    const { closes, keeps, minor } = this.#head
    return !closes && (minor === 1 || keeps) && !this.#body.endsWithConnection
  }

  /** How long the server says that it keeps an idle connection, in seconds; −1 when it says nothing. */
  get keepAliveS(): number {
    return this.#head.keepAliveS
  }

  /** Reads on; returns where it stopped: behind the response when that is complete, at the fault, else `to`. */
  read(bytes: Uint8Array, from: number, to: number): number {
    let at = from
    while (this.status === 0) {
      at = this.#head.read(bytes, at, to)
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

  #endHead(): void {
    const head = this.#head
    const { status } = head
    // Nobody asked for another protocol.
    if (status === 101) head.fault = 'switching protocols'
    else if (status < 200) {
      // An interim response: the final one follows, on a connection that goes on.
      if (this.keepsConnection) head.begin()
      else head.fault = 'an interim response that closes the connection'
    } else {
      this.status = status
      if (this.#isHead || status === 204 || status === 304) this.#body.beginEmpty()
      else this.#body.begin(head)
    }
  }
}
