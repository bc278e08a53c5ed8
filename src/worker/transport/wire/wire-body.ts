/**
 * The body of an HTTP/1 response (RFC 9112, 6 and 7): bytes in, their number out. The bytes themselves are dropped unless
 * somebody reads them, and nothing is allocated. The head has said how the body is framed.
 */
import { BEYOND_LENGTHS, MOST_HEAD_BYTES, TEXT, TOKEN } from '../header-bytes.ts'
import type { ResponseSink } from '../transport.ts'
import type { WireHead } from './wire-head.ts'

const LF = 10
const CR = 13
const QUOTE = 34
const SEMICOLON = 59
const EQUALS = 61
const BACKSLASH = 92

// States: what the next byte is part of.
const COUNTED = 0
const TO_END = 1
const SIZE = 2
const EXTENSION_START = 3
const EXTENSION = 4
const EXTENSION_VALUE = 5
const QUOTED = 6
const QUOTED_PAIR = 7
const QUOTED_END = 8
const SIZE_END = 9
const CHUNK = 10
const CHUNK_CR = 11
const CHUNK_LF = 12
const TRAILER = 13
const DONE = 14
const FAULT = 15

export class WireBody {
  /** Body bytes read, without what frames them. */
  bytes = 0
  /** What is wrong with the framing; empty while nothing is. */
  fault = ''
  /** Receives the body, if anyone wants it. */
  sink: ResponseSink | null = null
  #state = DONE
  /** Bytes of the body or of the chunk still to come. */
  #left = 0
  /** Bytes of a chunk's size line so far. */
  #lineBytes = 0

  get isDone(): boolean {
    return this.#state === DONE
  }

  /** The end of the connection is the end of the body. */
  get endsWithConnection(): boolean {
    return this.#state === TO_END
  }

  /** There is none. */
  beginEmpty(): void {
    this.bytes = 0
    this.fault = ''
    this.#state = DONE
  }

  /** There may be one, framed as the head says. */
  begin(head: WireHead): void {
    this.bytes = this.#lineBytes = this.#left = 0
    this.fault = ''
    if (head.isChunked) this.#state = SIZE
    else if (head.isEncoded || head.length < 0) this.#state = TO_END
    else {
      this.#left = head.length
      this.#state = head.length === 0 ? DONE : COUNTED
    }
  }

  /** Reads on; returns where it stopped: after the body when that is done, at the faulty byte, otherwise `to`. */
  read(bytes: Uint8Array, from: number, to: number, head: WireHead): number {
    let at = from
    while (at < to) {
      switch (this.#state) {
        case TO_END:
          this.#take(bytes, at, to)
          return to
        case COUNTED:
        case CHUNK: {
          const taken = Math.min(this.#left, to - at)
          this.#take(bytes, at, at + taken)
          this.#left -= taken
          at += taken
          if (this.#left > 0) return at
          if (this.#state === COUNTED) {
            this.#state = DONE
            return at
          }
          this.#state = CHUNK_CR
          break
        }
        case TRAILER:
          at = head.read(bytes, at, to)
          if (head.fault !== '') return this.#fail(head.fault, at)
          if (head.isDone) this.#state = DONE
          return at
        case DONE:
        case FAULT:
          return at
        default:
          if (!this.#readFrame(bytes[at]!, head)) return at
          at++
      }
    }
    return at
  }

  #take(bytes: Uint8Array, from: number, to: number): void {
    this.bytes += to - from
    if (this.sink !== null) this.sink.data(bytes.subarray(from, to))
  }

  #fail(fault: string, at: number): number {
    this.fault = fault
    this.#state = FAULT
    return at
  }

  /** One byte of the framing around the chunks. */
  #readFrame(byte: number, head: WireHead): boolean {
    switch (this.#state) {
      case SIZE: {
        const digit = hexDigit(byte)
        if (digit >= 0) this.#left = this.#left * 16 + digit
        else if (this.#lineBytes > 0 && byte === CR) this.#state = SIZE_END
        else if (this.#lineBytes > 0 && byte === SEMICOLON) this.#state = EXTENSION_START
        else return this.#refuse('a chunk without a plain size')
        if (this.#left >= BEYOND_LENGTHS) return this.#refuse('a chunk beyond all sizes')
        return this.#isShort()
      }
      case EXTENSION_START:
      case EXTENSION:
      case EXTENSION_VALUE:
      case QUOTED:
      case QUOTED_PAIR:
      case QUOTED_END:
        if (!this.#readExtension(byte)) return this.#refuse(`the byte ${byte} in a chunk extension`)
        return this.#isShort()
      case CHUNK_CR:
        if (byte !== CR) return this.#refuse('no CRLF after a chunk')
        this.#state = CHUNK_LF
        return true
      case CHUNK_LF:
        if (byte !== LF) return this.#refuse('no CRLF after a chunk')
        this.#state = SIZE
        this.#lineBytes = 0
        return true
      default:
        if (byte !== LF) return this.#refuse('CR without LF')
        if (this.#left > 0) this.#state = CHUNK
        else {
          head.beginTrailer()
          this.#state = TRAILER
        }
        return true
    }
  }

  /** One byte of `;name=value` or `;name="quoted value"` after a chunk's size; false where it does not belong. */
  #readExtension(byte: number): boolean {
    const state = this.#state
    if (state === QUOTED_PAIR) {
      this.#state = QUOTED
      return TEXT[byte] === 1
    }
    if (state === QUOTED) {
      if (byte === QUOTE) this.#state = QUOTED_END
      else if (byte === BACKSLASH) this.#state = QUOTED_PAIR
      return TEXT[byte] === 1
    }
    if (state === EXTENSION_START) {
      this.#state = EXTENSION
      return TOKEN[byte] !== 0
    }
    if (byte === CR) this.#state = SIZE_END
    else if (byte === SEMICOLON) this.#state = EXTENSION_START
    else if (state === QUOTED_END) return false
    else if (byte === EQUALS && state === EXTENSION) this.#state = EXTENSION_VALUE
    else if (byte === QUOTE && state === EXTENSION_VALUE) this.#state = QUOTED
    else return TOKEN[byte] !== 0
    return true
  }

  #refuse(fault: string): boolean {
    this.#fail(fault, 0)
    return false
  }

  #isShort(): boolean {
    return (
      ++this.#lineBytes < MOST_HEAD_BYTES ||
      this.#refuse(`a chunk's size line of more than ${MOST_HEAD_BYTES} bytes`)
    )
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}
