/** One request and its response on an HTTP/2 connection: the state of a stream. Pure. */
import type { ResponseSink } from '../transport.ts'
import type { Field } from './field-tables.ts'
import { ResponseHead } from './http2-head.ts'

/** A request as it is sent. */
export interface Http2Message {
  /** Pseudo fields first; names in lower case, texts in Latin-1. */
  readonly fields: readonly Field[]
  readonly body: Uint8Array
  readonly isHead: boolean
}

/** Can be opened again once it has ended. Only its session writes the fields. */
export class Http2Stream {
  readonly head = new ResponseHead()
  /** Status of the response; 0 until its head is complete and valid. */
  status = 0
  /** Body bytes of the response so far. */
  bodyBytes = 0
  /** The head of the response, or of an interim one before it, has come. */
  hasBegun = false
  /** The response has come as a whole. */
  isComplete = false
  /** The error code with which the peer has ended the stream before that; −1 when it has not. */
  resetCode = -1
  /** The peer has not processed the request, and will not: its GOAWAY names an earlier one as the last. */
  isRefused = false
  /** Bytes of the request's body that have been sent. */
  sentBytes = 0

  /** Number of the stream; 0 until it is opened. */
  id = 0
  isOpen = false
  message: Http2Message | null = null
  sink: ResponseSink | null = null
  /** Bytes that may be sent now, and bytes that the peer may send now. */
  window = 0
  credit = 0
  /** The peer gets no more credit for now. */
  isPaused = false
  /** Whether its session lists it as changed. */
  isListed = false

  begin(message: Http2Message, sink: ResponseSink | null): void {
    this.head.begin(sink !== null)
    this.sink = sink
    this.message = message
    this.status = this.bodyBytes = this.sentBytes = this.id = 0
    this.hasBegun = this.isComplete = this.isRefused = this.isOpen = this.isPaused = false
    this.resetCode = -1
  }

  /** How long the body of the response may be; Infinity where the head does not say. */
  get mostBytes(): number {
    const { status } = this
    const { length } = this.head
    if (this.message!.isHead || status === 204 || status === 304) return 0
    return length < 0 ? Infinity : length
  }
}
