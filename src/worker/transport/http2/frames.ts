/** Frames of HTTP/2 (RFC 9113, 4 and 6): written, and read from whatever pieces their bytes come in. Pure. */

export const FRAME_HEAD_BYTES = 9
/** The largest payload that either side may send: no other size is agreed on (RFC 9113, 4.2). */
export const MOST_PAYLOAD_BYTES = 16_384

export const DATA = 0
export const HEADERS = 1
export const PRIORITY = 2
export const RST_STREAM = 3
export const SETTINGS = 4
export const PUSH_PROMISE = 5
export const PING = 6
export const GOAWAY = 7
export const WINDOW_UPDATE = 8
export const CONTINUATION = 9

export const END_STREAM = 0x1
export const ACK = 0x1
export const END_HEADERS = 0x4
export const PADDED = 0x8
const HAS_PRIORITY = 0x20

export const NO_ERROR = 0
export const PROTOCOL_ERROR = 1
export const FLOW_CONTROL_ERROR = 3
export const STREAM_CLOSED = 5
export const FRAME_SIZE_ERROR = 6
export const REFUSED_STREAM = 7
export const CANCEL = 8
export const COMPRESSION_ERROR = 9
export const ENHANCE_YOUR_CALM = 11

const CODE_NAMES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

/** The name of an error code (RFC 9113, 7). */
export const codeName = (code: number): string => CODE_NAMES[code] ?? `error code ${code}`

/** Writes the head of a frame; returns where its payload begins. */
export function writeFrameHead(
  into: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): number {
  into.writeUIntBE(length, at, 3)
  into[at + 3] = type
  into[at + 4] = flags
  into.writeUInt32BE(stream, at + 5)
  return at + FRAME_HEAD_BYTES
}

/** A frame whose payload is 32-bit numbers. */
export function numbersFrame(type: number, stream: number, ...numbers: readonly number[]): Buffer {
  const frame = Buffer.alloc(FRAME_HEAD_BYTES + 4 * numbers.length)
  let at = writeFrameHead(frame, 0, 4 * numbers.length, type, 0, stream)
  for (const number of numbers) at = frame.writeUInt32BE(number, at)
  return frame
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const frame = Buffer.alloc(FRAME_HEAD_BYTES + 6 * settings.length)
  let at = writeFrameHead(frame, 0, 6 * settings.length, SETTINGS, 0, 0)
  for (const [id, value] of settings) at = frame.writeUInt32BE(value, frame.writeUInt16BE(id, at))
  return frame
}

/** A frame that confirms another one: SETTINGS, or a PING with its payload. */
export function ackFrame(type: number, payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(FRAME_HEAD_BYTES + payload.length)
  frame.set(payload, writeFrameHead(frame, 0, payload.length, type, ACK, 0))
  return frame
}

export interface FrameListener {
  /** A whole frame of any type but DATA, without padding and priority. */
  frame(type: number, flags: number, stream: number, payload: Uint8Array): void
  /** A piece of a DATA frame, without padding. The bytes hold until the call returns. */
  data(stream: number, bytes: Uint8Array): void
  /** A DATA frame has ended; `length` counts its padding. */
  dataEnded(stream: number, flags: number, length: number): void
}

// States: what the next byte is part of.
const HEAD = 0
const PAYLOAD = 1
const PAD_LENGTH = 2
const CONTENT = 3
const PADDING = 4

export class FrameReader {
  /** What is wrong; empty while nothing is. */
  fault = ''
  faultCode = PROTOCOL_ERROR
  readonly #listener: FrameListener
  readonly #head = Buffer.alloc(FRAME_HEAD_BYTES)
  #state = HEAD
  /** Bytes of the head so far. */
  #headBytes = 0
  #type = 0
  #flags = 0
  #stream = 0
  #length = 0
  /** Bytes of the payload, of the content of DATA, or of its padding still to come; and the padding that follows. */
  #left = 0
  #padding = 0
  /** The payload, when it did not come in one piece. */
  #payload: Buffer | null = null

  constructor(listener: FrameListener) {
    this.#listener = listener
  }

  fail(fault: string, code = PROTOCOL_ERROR): void {
    if (this.fault !== '') return
    this.fault = fault
    this.faultCode = code
  }

  /** Reads on, up to the end of the bytes or to a fault. */
  read(bytes: Uint8Array, from: number, to: number): void {
    let at = from
    while (
      this.fault === '' &&
      (at < to || (this.#state !== HEAD && this.#left === 0 && this.#state !== PAD_LENGTH))
    ) {
      switch (this.#state) {
        case HEAD: {
          const taken = Math.min(FRAME_HEAD_BYTES - this.#headBytes, to - at)
          this.#head.set(bytes.subarray(at, at + taken), this.#headBytes)
          this.#headBytes += taken
          at += taken
          if (this.#headBytes === FRAME_HEAD_BYTES) this.#begin()
          break
        }
        case PAYLOAD: {
          const taken = Math.min(this.#left, to - at)
          this.#take(bytes.subarray(at, at + taken))
          at += taken
          break
        }
        case PAD_LENGTH:
          this.#padding = bytes[at++]!
          this.#left = this.#length - 1 - this.#padding
          this.#state = CONTENT
          if (this.#left < 0) this.fail('padding longer than its frame')
          break
        default: {
          const taken = Math.min(this.#left, to - at)
          if (this.#state === CONTENT && taken > 0)
            this.#listener.data(this.#stream, bytes.subarray(at, at + taken))
          this.#left -= taken
          at += taken
          if (this.#left === 0) this.#endContent()
        }
      }
    }
  }

  #begin(): void {
    const head = this.#head
    this.#headBytes = 0
    this.#length = this.#left = head.readUIntBE(0, 3)
    this.#type = head[3]!
    this.#flags = head[4]!
    this.#stream = head.readUInt32BE(5) & 0x7fff_ffff
    this.#padding = 0
    const isPadded = (this.#flags & PADDED) !== 0
    if (this.#length > MOST_PAYLOAD_BYTES) this.fail(`a frame of ${this.#length} bytes`, FRAME_SIZE_ERROR)
    else if (this.#type !== DATA) this.#state = PAYLOAD
    else if (isPadded && this.#length === 0) this.fail('padding longer than its frame')
    else this.#state = isPadded ? PAD_LENGTH : CONTENT
  }

  /** A piece of the payload, which may be all of it. */
  #take(piece: Uint8Array): void {
    if (this.#payload === null && piece.length === this.#length) this.#endPayload(piece)
    else {
      this.#payload ??= Buffer.allocUnsafe(this.#length)
      this.#payload.set(piece, this.#length - this.#left)
      this.#left -= piece.length
      if (this.#left > 0) return
      const payload = this.#payload
      this.#payload = null
      this.#endPayload(payload)
    }
  }

  #endPayload(payload: Uint8Array): void {
    this.#state = HEAD
    const type = this.#type
    const flags = this.#flags
    let from = 0
    let to = payload.length
    if (type === HEADERS || type === PUSH_PROMISE) {
      if ((flags & PADDED) !== 0) to -= payload[from++] ?? 0
      if (type === HEADERS && (flags & HAS_PRIORITY) !== 0) from += 5
      if (from > to) {
        this.fail('padding longer than its frame')
        return
      }
    }
    this.#listener.frame(type, flags, this.#stream, payload.subarray(from, to))
  }

  #endContent(): void {
    if (this.#state === CONTENT && this.#padding > 0) {
      this.#state = PADDING
      this.#left = this.#padding
      return
    }
    this.#state = HEAD
    this.#listener.dataEnded(this.#stream, this.#flags, this.#length)
  }
}
