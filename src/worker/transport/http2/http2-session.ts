/**
 * The client's side of an HTTP/2 connection that carries one request at a time (RFC 9113): bytes in, the state of the
 * response and bytes out. Pure: no sockets, no clock.
 *
 * What the peer may do at any time is dealt with here: settings, pings, flow control, the end of a stream or of the
 * connection. A fault of the peer ends the connection, on whatever stream it occurs.
 */
import type { Headers } from '../../../core/request/request.ts'
import type { ResponseSink } from '../transport.ts'
import { FieldDecoder } from './field-decoder.ts'
import { FieldEncoder } from './field-encoder.ts'
import type { Field } from './field-tables.ts'
import {
  ACK,
  ackFrame,
  CANCEL,
  COMPRESSION_ERROR,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_HEAD_BYTES,
  FRAME_SIZE_ERROR,
  FrameReader,
  GOAWAY,
  HEADERS,
  MOST_PAYLOAD_BYTES,
  NO_ERROR,
  numbersFrame,
  PING,
  PRIORITY,
  PROTOCOL_ERROR,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  settingsFrame,
  STREAM_CLOSED,
  WINDOW_UPDATE,
  writeFrameHead,
  type FrameListener,
} from './frames.ts'
import { ResponseHead } from './http2-head.ts'
import { MOST_HEAD_BYTES } from '../header-bytes.ts'

const MAGIC = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** Identifiers of settings (RFC 9113, 6.5.2). */
const HEADER_TABLE_SIZE = 1
const ENABLE_PUSH = 2
const MAX_CONCURRENT_STREAMS = 3
const INITIAL_WINDOW_SIZE = 4
const MAX_FRAME_SIZE = 5
const MAX_HEADER_LIST_SIZE = 6

const DEFAULT_WINDOW_BYTES = 65_535
const LARGEST_WINDOW_BYTES = 2 ** 31 - 1
/** How much may be on its way to this side: what is read is dropped or copied at once, so as much as browsers allow. */
const STREAM_WINDOW_BYTES = 6 * 1024 * 1024
const CONNECTION_WINDOW_BYTES = 15 * 1024 * 1024
/** A header block before it is decoded, with the heads of its frames. */
const MOST_BLOCK_BYTES = 65_536
/** Answers to SETTINGS and PING that the peer has not read yet. */
const MOST_ACK_BYTES = 1_000_000
const LAST_STREAM = 2 ** 31 - 1

const NO_SETTINGS = 'the first frame is not SETTINGS'
const EARLY_DATA = 'DATA before the headers'
const IN_BLOCK = 'another frame inside a header block'

/** What a connection sends before its first request. */
const PREFACE = Buffer.concat([
  MAGIC,
  settingsFrame([
    [ENABLE_PUSH, 0],
    [INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES],
    [MAX_HEADER_LIST_SIZE, MOST_HEAD_BYTES],
  ]),
  numbersFrame(WINDOW_UPDATE, 0, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES),
])

/** A request as it is sent. */
export interface Http2Message {
  /** Pseudo fields first; names in lower case, texts in Latin-1. */
  readonly fields: readonly Field[]
  readonly body: Uint8Array
  readonly isHead: boolean
}

const NO_BYTES = Buffer.alloc(0)

export class Http2Session implements FrameListener {
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
  /** The peer takes no more requests. */
  isGoingAway = false
  /** Error code and text of its GOAWAY. */
  goawayCode = NO_ERROR
  goawayText = ''
  /** Bytes of the request's body that have been sent. */
  sentBytes = 0
  /** Bytes of answers to SETTINGS and PING; set to 0 by the owner once they have been read. */
  ackBytes = 0

  readonly #write: (bytes: Uint8Array) => void
  readonly #reader = new FrameReader(this)
  readonly #decoder = new FieldDecoder()
  readonly #encoder = new FieldEncoder()
  #hasSettings = false
  #peerStreams = Infinity
  #peerWindow = DEFAULT_WINDOW_BYTES

  /** The stream that is open, or 0; the one that was opened last; the last one that this side has ended. */
  #stream = 0
  #lastStream = -1
  #cancelled = 0
  /** The request waits for the peer to allow a stream. */
  #held: { readonly message: Http2Message; readonly added: Headers } | null = null
  #message: Http2Message | null = null
  #sink: ResponseSink | null = null

  /** What may be sent now. */
  #connectionWindow = DEFAULT_WINDOW_BYTES
  #streamWindow = 0
  /** What the peer may send now. */
  #connectionCredit = CONNECTION_WINDOW_BYTES
  #streamCredit = 0

  /** The header block that is coming: its stream, and whether it is the last that comes on it; 0 for none. */
  #blockStream = 0
  #blockEnds = false
  #block: Buffer = NO_BYTES
  #blockBytes = 0

  /** The message that was encoded last, if it would be the same bytes again; and these. */
  #encodedMessage: Http2Message | null = null
  #encoded: Buffer = NO_BYTES

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write
  }

  /** What the peer has done wrong, or has asked too much of; empty while nothing is. */
  get fault(): string {
    const { fault } = this.#reader
    return fault === '' || this.#hasSettings ? fault : `not HTTP/2: ${fault}`
  }

  get isOpen(): boolean {
    return this.#stream !== 0 || this.#held !== null
  }

  /** Whether nothing has been sent. */
  get isNew(): boolean {
    return this.#lastStream < 0
  }

  /** Whether it can carry another request. */
  get canOpen(): boolean {
    return !this.isGoingAway && this.fault === '' && this.#lastStream + 2 <= LAST_STREAM
  }

  /** Sends a request, with these headers besides. */
  open(message: Http2Message, added: Headers, sink: ResponseSink | null): void {
    this.head.begin(sink !== null)
    this.#sink = sink
    this.#message = message
    this.status = this.bodyBytes = this.sentBytes = 0
    this.hasBegun = this.isComplete = this.isRefused = false
    this.resetCode = -1
    if (this.#peerStreams === 0) this.#held = { message, added }
    else this.#send(message, added)
  }

  /** Ends the request that is under way. */
  cancel(code = CANCEL): void {
    this.#held = null
    if (this.#stream === 0) return
    this.#cancelled = this.#stream
    this.#write(numbersFrame(RST_STREAM, this.#stream, code))
    this.#stream = 0
  }

  /** Says that nothing more comes, and why. */
  leave(): void {
    const code = this.fault === '' ? NO_ERROR : this.#reader.faultCode
    // The peer has opened no streams.
    this.#write(numbersFrame(GOAWAY, 0, 0, code))
  }

  /** Processes received bytes; the fields have the resulting state of the request. */
  read(bytes: Uint8Array, from: number, to: number): void {
    this.#reader.read(bytes, from, to)
  }

  #send(message: Http2Message, added: Headers): void {
    if (this.isNew) this.#write(PREFACE)
    this.#lastStream += 2
    this.#stream = this.#lastStream
    this.#streamWindow = this.#peerWindow
    this.#streamCredit = STREAM_WINDOW_BYTES
    const block = this.#encode(message, added)
    const { body } = message
    const flags = body.length === 0 ? END_STREAM : 0
    if (block.length > MOST_PAYLOAD_BYTES) {
      this.#writeLongBlock(block, flags)
      this.#upload()
      return
    }
    // With the body, if it is small: one write, and one packet.
    const room = Math.min(this.#connectionWindow, this.#streamWindow, MOST_PAYLOAD_BYTES / 2)
    const joined = body.length <= room ? body.length : 0
    const frame = Buffer.allocUnsafe(
      FRAME_HEAD_BYTES + block.length + (joined === 0 ? 0 : FRAME_HEAD_BYTES + joined),
    )
    const at = writeFrameHead(frame, 0, block.length, HEADERS, END_HEADERS | flags, this.#stream)
    frame.set(block, at)
    if (joined > 0) {
      frame.set(body, writeFrameHead(frame, at + block.length, joined, DATA, END_STREAM, this.#stream))
      this.#uploaded(joined)
    }
    this.#write(frame)
    if (joined === 0) this.#upload()
  }

  #encode(message: Http2Message, added: Headers): Buffer {
    if (message === this.#encodedMessage && added.length === 0) return this.#encoded
    const bytes: number[] = []
    this.#encoder.encode(
      added.length === 0
        ? message.fields
        : [...message.fields, ...added.map(([name, value]) => ({ name, value }))],
      bytes,
    )
    const block = Buffer.from(bytes)
    this.#encodedMessage = this.#encoder.leftTable && added.length === 0 ? message : null
    this.#encoded = block
    return block
  }

  #writeLongBlock(block: Buffer, flags: number): void {
    for (let at = 0; at < block.length; at += MOST_PAYLOAD_BYTES) {
      const piece = block.subarray(at, at + MOST_PAYLOAD_BYTES)
      const end = at + MOST_PAYLOAD_BYTES >= block.length ? END_HEADERS : 0
      const head = Buffer.allocUnsafe(FRAME_HEAD_BYTES)
      const isFirst = at === 0
      writeFrameHead(
        head,
        0,
        piece.length,
        isFirst ? HEADERS : CONTINUATION,
        end | (isFirst ? flags : 0),
        this.#stream,
      )
      this.#write(head)
      this.#write(piece)
    }
  }

  /** Sends of the body what the peer allows. */
  #upload(): void {
    const { body } = this.#message!
    while (this.#stream !== 0 && this.sentBytes < body.length) {
      const room = Math.min(this.#connectionWindow, this.#streamWindow, MOST_PAYLOAD_BYTES)
      const length = Math.min(room, body.length - this.sentBytes)
      if (length <= 0) return
      const head = Buffer.allocUnsafe(FRAME_HEAD_BYTES)
      const isLast = this.sentBytes + length === body.length
      writeFrameHead(head, 0, length, DATA, isLast ? END_STREAM : 0, this.#stream)
      this.#write(head)
      this.#write(body.subarray(this.sentBytes, this.sentBytes + length))
      this.#uploaded(length)
    }
  }

  #uploaded(bytes: number): void {
    this.sentBytes += bytes
    this.#connectionWindow -= bytes
    this.#streamWindow -= bytes
  }

  // ── What comes ──

  frame(type: number, flags: number, stream: number, payload: Uint8Array): void {
    const { length } = payload
    if (!this.#hasSettings && (type !== SETTINGS || (flags & ACK) !== 0)) this.#fail(NO_SETTINGS)
    else if (this.#blockStream !== 0 && (type !== CONTINUATION || stream !== this.#blockStream))
      this.#fail(IN_BLOCK)
    else if (CONNECTION_TYPES.has(type) !== (stream === 0) && type !== WINDOW_UPDATE && type <= CONTINUATION)
      this.#fail(`a frame of type ${type} on stream ${stream}`)
    else if (SIZES.has(type) && SIZES.get(type) !== length)
      this.#fail(`a frame of type ${type} with ${length} bytes`, FRAME_SIZE_ERROR)
    else this.#take(type, flags, stream, Buffer.from(payload.buffer, payload.byteOffset, length))
  }

  #take(type: number, flags: number, stream: number, payload: Buffer): void {
    switch (type) {
      case SETTINGS:
        this.#takeSettings(flags, payload)
        break
      case HEADERS:
        this.#blockStream = stream
        this.#blockEnds = (flags & END_STREAM) !== 0
        this.#takeBlock(flags, payload)
        break
      case CONTINUATION:
        if (this.#blockStream === 0) this.#fail('CONTINUATION without HEADERS')
        else this.#takeBlock(flags, payload)
        break
      case RST_STREAM:
        this.#takeReset(stream, payload.readUInt32BE(0))
        break
      case WINDOW_UPDATE:
        this.#takeWindow(stream, payload.readUInt32BE(0) & LARGEST_WINDOW_BYTES)
        break
      case PING:
        if ((flags & ACK) === 0) this.#confirm(PING, payload)
        break
      case GOAWAY:
        this.#takeGoaway(payload)
        break
      case PUSH_PROMISE:
        this.#fail('PUSH_PROMISE, which was switched off')
        break
      default:
      // PRIORITY, and types of extensions: they ask for nothing.
    }
  }

  #confirm(type: number, payload: Buffer): void {
    const frame = ackFrame(type, payload)
    this.ackBytes += frame.length
    if (this.ackBytes > MOST_ACK_BYTES)
      this.#fail('frames whose acknowledgements it does not read', ENHANCE_YOUR_CALM)
    else this.#write(frame)
  }

  #takeSettings(flags: number, payload: Buffer): void {
    if (payload.length % 6 !== 0 || ((flags & ACK) !== 0 && payload.length > 0)) {
      this.#fail(`SETTINGS with ${payload.length} bytes`, FRAME_SIZE_ERROR)
      return
    }
    if ((flags & ACK) !== 0) return
    this.#hasSettings = true
    for (let at = 0; at < payload.length; at += 6)
      this.#takeSetting(payload.readUInt16BE(at), payload.readUInt32BE(at + 2))
    this.#confirm(SETTINGS, NO_BYTES)
    const held = this.#held
    if (held !== null && this.#peerStreams > 0) {
      this.#held = null
      this.#send(held.message, held.added)
    } else this.#uploadOn()
  }

  #takeSetting(id: number, value: number): void {
    if (id === HEADER_TABLE_SIZE) {
      this.#encoder.limit(value)
      this.#encodedMessage = null
    } else if (id === MAX_CONCURRENT_STREAMS) this.#peerStreams = value
    else if (id === INITIAL_WINDOW_SIZE) {
      // A change of the settings may take from the window of a stream more than is left of it (RFC 9113, 6.9.2).
      this.#streamWindow += value - this.#peerWindow
      this.#peerWindow = value
      if (value > LARGEST_WINDOW_BYTES || this.#streamWindow > LARGEST_WINDOW_BYTES)
        this.#fail(`an initial window of ${value} bytes`, FLOW_CONTROL_ERROR)
    } else if (id === MAX_FRAME_SIZE && (value < MOST_PAYLOAD_BYTES || value > 2 ** 24 - 1))
      this.#fail(`a frame size of ${value} bytes`)
  }

  #takeBlock(flags: number, payload: Buffer): void {
    this.#blockBytes += FRAME_HEAD_BYTES + payload.length
    if (this.#blockBytes > MOST_BLOCK_BYTES) {
      this.#fail(`headers of more than ${MOST_BLOCK_BYTES} bytes`)
      return
    }
    const block = this.#block.length === 0 ? payload : Buffer.concat([this.#block, payload])
    if ((flags & END_HEADERS) === 0) {
      // The bytes are read into again.
      this.#block = Buffer.from(block)
      return
    }
    const stream = this.#blockStream
    this.#blockStream = this.#blockBytes = 0
    this.#block = NO_BYTES
    if (stream === this.#stream) this.#takeHead(block)
    else {
      const fault = this.#decoder.decode(block, 0, block.length, () => true)
      if (fault !== '') this.#fail(fault, COMPRESSION_ERROR)
      else this.#checkStream(stream, 'HEADERS')
    }
  }

  #takeHead(block: Buffer): void {
    const { head } = this
    const isTrailer = this.status !== 0
    if (isTrailer) head.beginTrailer()
    const fault = this.#decoder.decode(block, 0, block.length, head.take)
    this.hasBegun = true
    const { status } = head
    if (fault !== '') this.#fail(fault, COMPRESSION_ERROR)
    else if (head.fault !== '') this.#fail(head.fault)
    else if (isTrailer) {
      if (this.#blockEnds) this.#endResponse()
      else this.#fail('trailers that do not end their stream')
    } else if (status === 0) this.#fail('a response without :status')
    else if (status === 101) this.#fail('switching protocols')
    else if (status < 200) {
      if (this.#blockEnds) this.#fail('an interim response that ends its stream')
      else head.begin(this.#sink !== null)
    } else {
      this.status = status
      this.#sink?.head(status, head.fields)
      if (this.#blockEnds) this.#endResponse()
    }
  }

  data(stream: number, bytes: Uint8Array): void {
    if (!this.#mayHaveData() || stream !== this.#stream) return
    if (this.status === 0) {
      this.#fail(EARLY_DATA)
      return
    }
    const most = this.#mostBytes()
    const taken = Math.min(bytes.length, most - this.bodyBytes)
    this.bodyBytes += taken
    this.#sink?.data(bytes.subarray(0, taken))
    if (taken < bytes.length) this.#fail(`a body of more than ${most} bytes`)
  }

  dataEnded(stream: number, flags: number, length: number): void {
    if (!this.#mayHaveData()) return
    this.#connectionCredit -= length
    if (this.#connectionCredit < 0) {
      this.#fail('more than the connection allows', FLOW_CONTROL_ERROR)
      return
    }
    if (this.#connectionCredit < CONNECTION_WINDOW_BYTES / 2) {
      this.#write(numbersFrame(WINDOW_UPDATE, 0, CONNECTION_WINDOW_BYTES - this.#connectionCredit))
      this.#connectionCredit = CONNECTION_WINDOW_BYTES
    }
    if (stream !== this.#stream || stream === 0) {
      this.#checkStream(stream, 'DATA')
      return
    }
    this.#streamCredit -= length
    if (this.status === 0) this.#fail(EARLY_DATA)
    else if (this.#streamCredit < 0) this.#fail('more than the stream allows', FLOW_CONTROL_ERROR)
    else if ((flags & END_STREAM) !== 0) this.#endResponse()
    else if (this.#streamCredit < STREAM_WINDOW_BYTES / 2) {
      this.#write(numbersFrame(WINDOW_UPDATE, stream, STREAM_WINDOW_BYTES - this.#streamCredit))
      this.#streamCredit = STREAM_WINDOW_BYTES
    }
  }

  /** Whether DATA may come now. */
  #mayHaveData(): boolean {
    if (!this.#hasSettings) this.#fail(NO_SETTINGS)
    else if (this.#blockStream !== 0) this.#fail(IN_BLOCK)
    return this.fault === ''
  }

  /** How long the body may be; Infinity where the head does not say. */
  #mostBytes(): number {
    const { status } = this
    const { length } = this.head
    if (this.#message!.isHead || status === 204 || status === 304) return 0
    return length < 0 ? Infinity : length
  }

  /** The peer has said that all of the response has come. */
  #endResponse(): void {
    const { length } = this.head
    if (this.#mostBytes() > 0 && length >= 0 && this.bodyBytes !== length) {
      this.#fail(`a body of ${this.bodyBytes} bytes instead of ${length}`)
      return
    }
    this.isComplete = true
    // An answer to a request that is not sent as a whole: the peer does not want the rest (RFC 9113, 8.1).
    if (this.sentBytes < this.#message!.body.length) this.cancel(NO_ERROR)
    this.#stream = 0
  }

  #takeReset(stream: number, code: number): void {
    if (stream > this.#lastStream) this.#fail('RST_STREAM on a stream that was never opened')
    if (stream !== this.#stream) return
    this.resetCode = code
    this.#stream = 0
  }

  #takeWindow(stream: number, bytes: number): void {
    if (bytes === 0) this.#fail('a WINDOW_UPDATE of 0 bytes')
    else if (stream === 0) this.#connectionWindow += bytes
    else if (stream === this.#stream) this.#streamWindow += bytes
    else if (stream > this.#lastStream) this.#fail('WINDOW_UPDATE on a stream that was never opened')
    if (Math.max(this.#connectionWindow, this.#streamWindow) > LARGEST_WINDOW_BYTES)
      this.#fail('a window of more than 2 GiB', FLOW_CONTROL_ERROR)
    this.#uploadOn()
  }

  #uploadOn(): void {
    if (this.#stream !== 0 && this.fault === '') this.#upload()
  }

  #takeGoaway(payload: Buffer): void {
    if (payload.length < 8) {
      this.#fail(`GOAWAY with ${payload.length} bytes`, FRAME_SIZE_ERROR)
      return
    }
    this.isGoingAway = true
    this.goawayCode = payload.readUInt32BE(4)
    this.goawayText = payload.toString('latin1', 8, 8 + 200)
    const last = payload.readUInt32BE(0) & LARGEST_WINDOW_BYTES
    if (this.#held === null && (this.#stream === 0 || this.#stream <= last)) return
    this.isRefused = true
    this.#held = null
    this.#stream = 0
  }

  /** A frame on a stream that is not open: some may cross the end that this side has set, and no others. */
  #checkStream(stream: number, what: string): void {
    if (stream % 2 === 0 || stream > this.#lastStream) this.#fail(`${what} on a stream that was never opened`)
    else if (stream > this.#cancelled) this.#fail(`${what} on a stream that has ended`, STREAM_CLOSED)
  }

  #fail(fault: string, code = PROTOCOL_ERROR): void {
    this.#reader.fail(fault, code)
  }
}

/** Types of frames that belong to the connection and to no stream. */
const CONNECTION_TYPES = new Set([SETTINGS, PING, GOAWAY])
/** Payloads of one size. */
const SIZES = new Map([
  [PRIORITY, 5],
  [RST_STREAM, 4],
  [PING, 8],
  [WINDOW_UPDATE, 4],
])
