/**
 * The client's side of an HTTP/2 connection (RFC 9113): bytes in, the states of its streams and bytes out. Pure: no
 * sockets, no clock.
 *
 * What the peer may do at any time is dealt with here: settings, pings, flow control, the end of a stream or of the
 * connection. A fault of the peer ends the connection, on whatever stream it occurs.
 */
import type { Headers } from '../../../core/request/request.ts'
import type { ResponseSink } from '../transport.ts'
import { FieldDecoder } from './field-decoder.ts'
import { FieldEncoder } from './field-encoder.ts'
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
import { MOST_HEAD_BYTES } from '../header-bytes.ts'
import type { Http2Message, Http2Stream } from './http2-stream.ts'

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
/** Streams that this side has ended and on which frames may still come; older ones are believed. */
const MOST_CANCELLED = 1000

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

const NO_BYTES = Buffer.alloc(0)

export class Http2Session<S extends Http2Stream = Http2Stream> implements FrameListener {
  /** The peer takes no more requests. */
  isGoingAway = false
  /** Error code and text of its GOAWAY. */
  goawayCode = NO_ERROR
  goawayText = ''
  /** Bytes of answers to SETTINGS and PING; set to 0 by the owner once they have been read. */
  ackBytes = 0

  readonly #write: (bytes: Uint8Array) => void
  readonly #reader = new FrameReader(this)
  readonly #decoder = new FieldDecoder()
  readonly #encoder = new FieldEncoder()
  /** Receives the streams that what was read has changed; `null` if nobody asks. */
  readonly #changed: S[] | null
  #hasSettings = false
  #peerStreams = Infinity
  #peerWindow = DEFAULT_WINDOW_BYTES

  /** The stream that was opened last, and the other open ones; most connections never have any. */
  #latest: S | null = null
  #others: Map<number, S> | null = null
  /** Number of the stream that was opened last. */
  #lastStream = -1
  /** Streams that this side has ended; frames on those up to `#forgotten` are not checked. */
  #cancelled: Set<number> | null = null
  #forgotten = 0
  /** The request that waits for the peer to allow a stream. */
  #held: { readonly stream: S; readonly added: Headers } | null = null
  /** Streams with a part of their request's body still to be sent. */
  #uploading: Set<S> | null = null

  /** What may be sent now on all streams together, and what the peer may send now. */
  #window = DEFAULT_WINDOW_BYTES
  #credit = CONNECTION_WINDOW_BYTES

  /** The header block that is coming: its stream, and whether it is the last that comes on it; 0 for none. */
  #blockStream = 0
  #blockEnds = false
  #block: Buffer = NO_BYTES
  #blockBytes = 0

  /** The message that was encoded last, if it would be the same bytes again; and these. */
  #encodedMessage: Http2Message | null = null
  #encoded: Buffer = NO_BYTES

  /** `changed` receives each stream that what is read changes, once; its owner empties it. */
  constructor(write: (bytes: Uint8Array) => void, changed: S[] | null = null) {
    this.#write = write
    this.#changed = changed
  }

  /** What the peer has done wrong, or has asked too much of; empty while nothing is. */
  get fault(): string {
    const { fault } = this.#reader
    return fault === '' || this.#hasSettings ? fault : `not HTTP/2: ${fault}`
  }

  /** Streams that are open. */
  get openStreams(): number {
    return (this.#others?.size ?? 0) + (this.#latest?.isOpen === true ? 1 : 0)
  }

  /** How many streams the peer allows at once: one until it has said so. */
  get mostStreams(): number {
    return this.#hasSettings ? this.#peerStreams : 1
  }

  /** Whether nothing has been sent. */
  get isNew(): boolean {
    return this.#lastStream < 0
  }

  /** Whether it can carry another request. */
  get canOpen(): boolean {
    return !this.isGoingAway && this.fault === '' && this.#lastStream + 2 <= LAST_STREAM
  }

  /** Sends a request on a stream that is not open, with these headers besides. */
  open(stream: S, message: Http2Message, added: Headers, sink: ResponseSink | null): void {
    stream.begin(message, sink)
    if (this.#peerStreams === 0) this.#held = { stream, added }
    else this.#send(stream, message, added)
  }

  /** Ends the request of a stream. */
  cancel(stream: S, code = CANCEL): void {
    if (this.#held?.stream === stream) this.#held = null
    if (!stream.isOpen) return
    const { id } = stream
    const cancelled = (this.#cancelled ??= new Set())
    cancelled.add(id)
    if (cancelled.size > MOST_CANCELLED) {
      const [oldest] = cancelled
      cancelled.delete(oldest!)
      this.#forgotten = Math.max(this.#forgotten, oldest!)
    }
    this.#write(numbersFrame(RST_STREAM, id, code))
    this.#close(stream)
  }

  /** Lets the peer send no more on a stream than it may already. */
  pause(stream: S): void {
    stream.isPaused = true
  }

  resume(stream: S): void {
    stream.isPaused = false
    if (stream.isOpen) this.#grant(stream)
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

  #send(stream: S, message: Http2Message, added: Headers): void {
    if (this.isNew) this.#write(PREFACE)
    const latest = this.#latest
    if (latest?.isOpen === true) (this.#others ??= new Map()).set(latest.id, latest)
    this.#latest = stream
    const id = (stream.id = this.#lastStream += 2)
    stream.isOpen = true
    stream.window = this.#peerWindow
    stream.credit = STREAM_WINDOW_BYTES
    const block = this.#encode(message, added)
    const { body } = message
    const flags = body.length === 0 ? END_STREAM : 0
    if (block.length > MOST_PAYLOAD_BYTES) {
      this.#writeLongBlock(id, block, flags)
      this.#upload(stream)
      return
    }
    // With the body, if it is small: one write, and one packet.
    const room = Math.min(this.#window, stream.window, MOST_PAYLOAD_BYTES / 2)
    const joined = body.length <= room ? body.length : 0
    const frame = Buffer.allocUnsafe(
      FRAME_HEAD_BYTES + block.length + (joined === 0 ? 0 : FRAME_HEAD_BYTES + joined),
    )
    const at = writeFrameHead(frame, 0, block.length, HEADERS, END_HEADERS | flags, id)
    frame.set(block, at)
    if (joined > 0) {
      frame.set(body, writeFrameHead(frame, at + block.length, joined, DATA, END_STREAM, id))
      this.#uploaded(stream, joined)
    }
    this.#write(frame)
    if (joined < body.length) this.#upload(stream)
  }

  /** The stream is open no more. */
  #close(stream: S): void {
    stream.isOpen = false
    if (stream !== this.#latest) this.#others?.delete(stream.id)
    this.#uploading?.delete(stream)
  }

  #change(stream: S): void {
    if (this.#changed === null || stream.isListed) return
    stream.isListed = true
    this.#changed.push(stream)
  }

  /** The open stream with this number; `null` if there is none. */
  #find(id: number): S | null {
    const latest = this.#latest
    if (latest !== null && latest.id === id) return latest.isOpen ? latest : null
    return this.#others?.get(id) ?? null
  }

  *#open(): Iterable<S> {
    if (this.#latest?.isOpen === true) yield this.#latest
    if (this.#others !== null) yield* this.#others.values()
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

  #writeLongBlock(id: number, block: Buffer, flags: number): void {
    for (let at = 0; at < block.length; at += MOST_PAYLOAD_BYTES) {
      const piece = block.subarray(at, at + MOST_PAYLOAD_BYTES)
      const end = at + MOST_PAYLOAD_BYTES >= block.length ? END_HEADERS : 0
      const head = Buffer.allocUnsafe(FRAME_HEAD_BYTES)
      const isFirst = at === 0
      writeFrameHead(head, 0, piece.length, isFirst ? HEADERS : CONTINUATION, end | (isFirst ? flags : 0), id)
      this.#write(head)
      this.#write(piece)
    }
  }

  /** Sends of a stream's body what the peer allows. */
  #upload(stream: S): void {
    const { body } = stream.message!
    while (stream.isOpen && stream.sentBytes < body.length) {
      const room = Math.min(this.#window, stream.window, MOST_PAYLOAD_BYTES)
      const length = Math.min(room, body.length - stream.sentBytes)
      if (length <= 0) {
        ;(this.#uploading ??= new Set()).add(stream)
        return
      }
      const head = Buffer.allocUnsafe(FRAME_HEAD_BYTES)
      const isLast = stream.sentBytes + length === body.length
      writeFrameHead(head, 0, length, DATA, isLast ? END_STREAM : 0, stream.id)
      this.#write(head)
      this.#write(body.subarray(stream.sentBytes, stream.sentBytes + length))
      this.#uploaded(stream, length)
    }
    this.#uploading?.delete(stream)
  }

  #uploaded(stream: S, bytes: number): void {
    stream.sentBytes += bytes
    stream.window -= bytes
    this.#window -= bytes
  }

  /** Lets the peer send as much on a stream as at its beginning. */
  #grant(stream: S): void {
    if (stream.credit >= STREAM_WINDOW_BYTES / 2) return
    this.#write(numbersFrame(WINDOW_UPDATE, stream.id, STREAM_WINDOW_BYTES - stream.credit))
    stream.credit = STREAM_WINDOW_BYTES
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
      this.#send(held.stream, held.stream.message!, held.added)
    }
    this.#uploadOn()
  }

  #takeSetting(id: number, value: number): void {
    if (id === HEADER_TABLE_SIZE) {
      this.#encoder.limit(value)
      this.#encodedMessage = null
    } else if (id === MAX_CONCURRENT_STREAMS) this.#peerStreams = value
    else if (id === INITIAL_WINDOW_SIZE) this.#takeInitialWindow(value)
    else if (id === MAX_FRAME_SIZE && (value < MOST_PAYLOAD_BYTES || value > 2 ** 24 - 1))
      this.#fail(`a frame size of ${value} bytes`)
  }

  #takeInitialWindow(bytes: number): void {
    let largest = bytes
    for (const stream of this.#open()) {
      // A change of the settings may take from the window of a stream more than is left of it (RFC 9113, 6.9.2).
      stream.window += bytes - this.#peerWindow
      largest = Math.max(largest, stream.window)
    }
    this.#peerWindow = bytes
    if (largest > LARGEST_WINDOW_BYTES) this.#fail(`an initial window of ${bytes} bytes`, FLOW_CONTROL_ERROR)
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
    const id = this.#blockStream
    this.#blockStream = this.#blockBytes = 0
    this.#block = NO_BYTES
    const stream = this.#find(id)
    if (stream !== null) this.#takeHead(stream, block)
    else {
      const fault = this.#decoder.decode(block, 0, block.length, () => true)
      if (fault !== '') this.#fail(fault, COMPRESSION_ERROR)
      else this.#checkStream(id, 'HEADERS')
    }
  }

  #takeHead(stream: S, block: Buffer): void {
    const { head } = stream
    const isTrailer = stream.status !== 0
    if (isTrailer) head.beginTrailer()
    const fault = this.#decoder.decode(block, 0, block.length, head.take)
    stream.hasBegun = true
    this.#change(stream)
    const { status } = head
    if (fault !== '') this.#fail(fault, COMPRESSION_ERROR)
    else if (head.fault !== '') this.#fail(head.fault)
    else if (isTrailer) {
      if (this.#blockEnds) this.#endResponse(stream)
      else this.#fail('trailers that do not end their stream')
    } else if (status === 0) this.#fail('a response without :status')
    else if (status === 101) this.#fail('switching protocols')
    else if (status < 200) {
      if (this.#blockEnds) this.#fail('an interim response that ends its stream')
      else head.begin(stream.sink !== null)
    } else {
      stream.status = status
      stream.sink?.head(status, head.fields)
      if (this.#blockEnds) this.#endResponse(stream)
    }
  }

  data(id: number, bytes: Uint8Array): void {
    if (!this.#mayHaveData()) return
    const stream = this.#find(id)
    if (stream === null) return
    if (stream.status === 0) {
      this.#fail(EARLY_DATA)
      return
    }
    const most = stream.mostBytes
    const taken = Math.min(bytes.length, most - stream.bodyBytes)
    stream.bodyBytes += taken
    this.#change(stream)
    stream.sink?.data(bytes.subarray(0, taken))
    if (taken < bytes.length) this.#fail(`a body of more than ${most} bytes`)
  }

  dataEnded(id: number, flags: number, length: number): void {
    if (!this.#mayHaveData()) return
    this.#credit -= length
    if (this.#credit < 0) {
      this.#fail('more than the connection allows', FLOW_CONTROL_ERROR)
      return
    }
    if (this.#credit < CONNECTION_WINDOW_BYTES / 2) {
      this.#write(numbersFrame(WINDOW_UPDATE, 0, CONNECTION_WINDOW_BYTES - this.#credit))
      this.#credit = CONNECTION_WINDOW_BYTES
    }
    const stream = this.#find(id)
    if (stream === null) {
      this.#checkStream(id, 'DATA')
      return
    }
    stream.credit -= length
    if (stream.status === 0) this.#fail(EARLY_DATA)
    else if (stream.credit < 0) this.#fail('more than the stream allows', FLOW_CONTROL_ERROR)
    else if ((flags & END_STREAM) !== 0) this.#endResponse(stream)
    else if (!stream.isPaused) this.#grant(stream)
  }

  /** Whether DATA may come now. */
  #mayHaveData(): boolean {
    if (!this.#hasSettings) this.#fail(NO_SETTINGS)
    else if (this.#blockStream !== 0) this.#fail(IN_BLOCK)
    return this.fault === ''
  }

  /** The peer has said that all of the response has come. */
  #endResponse(stream: S): void {
    const { length } = stream.head
    if (stream.mostBytes > 0 && length >= 0 && stream.bodyBytes !== length) {
      this.#fail(`a body of ${stream.bodyBytes} bytes instead of ${length}`)
      return
    }
    stream.isComplete = true
    this.#change(stream)
    // An answer to a request that is not sent as a whole: the peer does not want the rest (RFC 9113, 8.1).
    if (stream.sentBytes < stream.message!.body.length) this.cancel(stream, NO_ERROR)
    else this.#close(stream)
  }

  #takeReset(id: number, code: number): void {
    if (id > this.#lastStream) this.#fail('RST_STREAM on a stream that was never opened')
    const stream = this.#find(id)
    if (stream === null) return
    stream.resetCode = code
    this.#change(stream)
    this.#close(stream)
  }

  #takeWindow(id: number, bytes: number): void {
    const stream = this.#find(id)
    if (bytes === 0) this.#fail('a WINDOW_UPDATE of 0 bytes')
    else if (id === 0) this.#window += bytes
    else if (stream !== null) stream.window += bytes
    else if (id > this.#lastStream) this.#fail('WINDOW_UPDATE on a stream that was never opened')
    if (Math.max(this.#window, stream?.window ?? 0) > LARGEST_WINDOW_BYTES)
      this.#fail('a window of more than 2 GiB', FLOW_CONTROL_ERROR)
    this.#uploadOn()
  }

  #uploadOn(): void {
    if (this.#uploading === null || this.fault !== '') return
    for (const stream of this.#uploading) this.#upload(stream)
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
    const held = this.#held
    this.#held = null
    if (held !== null) this.#refuse(held.stream)
    for (const stream of [...this.#open()]) if (stream.id > last) this.#refuse(stream)
  }

  #refuse(stream: S): void {
    stream.isRefused = true
    this.#change(stream)
    this.#close(stream)
  }

  /** A frame on a stream that is not open: some may cross the end that this side has set, and no others. */
  #checkStream(id: number, what: string): void {
    if (id % 2 === 0 || id > this.#lastStream) this.#fail(`${what} on a stream that was never opened`)
    else if (id > this.#forgotten && this.#cancelled?.has(id) !== true)
      this.#fail(`${what} on a stream that has ended`, STREAM_CLOSED)
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
