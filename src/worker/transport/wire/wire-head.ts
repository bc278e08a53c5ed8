/**
 * The head of an HTTP/1 response, or the trailers after a chunked body (RFC 9112, 4, 5 and 7.1.2): bytes in, what
 * frames the message out. One byte after the other, wherever they are cut; nothing is kept of them and nothing is
 * allocated. Only what says where the message ends is understood, and everything in which two readers could differ
 * about that (request smuggling's raw material) is a fault: a bare CR or LF, a folded line, space before a colon,
 * a length that is repeated or no plain number, a length beside a transfer coding.
 */
import { BEYOND_LENGTHS, MOST_HEAD_BYTES, TEXT, TOKEN } from '../header-bytes.ts'
import {
  badByte,
  CLOSE,
  CONTENT_LENGTH,
  forkOf,
  KEEP_ALIVE,
  nameOf,
  OTHER,
  steers,
  TIMEOUT,
  TRANSFER_ENCODING,
  VERSION,
  wordOf,
} from './wire-words.ts'

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const COMMA = 44
const ZERO = 48
const COLON = 58
const SEMICOLON = 59

// States: what the next byte is part of.
const STATUS = 0
const REASON = 1
const LINE_END = 2
const FIELD = 3
const NAME = 4
const VALUE_START = 5
const VALUE = 6
const LENGTH = 7
const LENGTH_END = 8
const LIST = 9
const HEAD_END = 10
const DONE = 11
const FAULT = 12

export class WireHead {
  status = 0
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  minor = 0
  /** The `content-length`; −1 without one. */
  length = -1
  isEncoded = false
  /** The last transfer coding is `chunked`. */
  isChunked = false
  closes = false
  keeps = false
  /** There are fields that steer what the user sends next. */
  steers = false
  /** From `Keep-Alive: timeout=`, in seconds; −1 without one. */
  keepAliveS = -1
  /** What is wrong with the bytes; empty while nothing is. */
  fault = ''
  #state = STATUS
  #isTrailer = false
  #size = 0
  /** In the status line or a number: how far. In a name or a word: how many bytes match; −1 when it is another one. */
  #at = 0
  /** The word that a name may be, then the name that a value belongs to. */
  #name: Uint8Array = OTHER
  #word: Uint8Array = OTHER
  #number = -1
  #isSpaced = false

  get isDone(): boolean {
    return this.#state === DONE
  }

  begin(): void {
    this.status = this.minor = 0
    this.length = this.keepAliveS = -1
    this.isEncoded = this.isChunked = this.closes = this.keeps = this.steers = this.#isTrailer = false
    this.fault = ''
    this.#state = STATUS
    this.#at = this.#size = 0
  }

  /** The fields that follow are trailers: they do not affect framing. */
  beginTrailer(): void {
    this.#isTrailer = true
    this.#state = FIELD
    this.#size = 0
  }

  /**
   * Reads on; returns where it stopped: after the head when that is done, at the faulty byte, otherwise `to`. The switch
   * is the table of the states, and stands whole: a call per state would be one for each byte of every response.
   */
  // eslint-disable-next-line max-lines-per-function
  read(bytes: Uint8Array, from: number, to: number): number {
    let at = from
    while (at < to) {
      const byte = bytes[at]!
      switch (this.#state) {
        case STATUS:
          if (!this.#readStatus(byte)) return at
          break
        case REASON: {
          const start = at
          while (at < to && bytes[at] !== CR && bytes[at] !== LF) at++
          if (this.#isTooLarge(at - start)) return at
          if (at === to) return at
          if (bytes[at] === LF) return this.#fail('a bare LF', at)
          this.#state = LINE_END
          break
        }
        case LINE_END:
          if (byte !== LF) return this.#fail('CR without LF', at)
          this.#state = FIELD
          break
        case FIELD:
          if (byte === CR) {
            this.#state = HEAD_END
            break
          }
          this.#name = nameOf(TOKEN[byte]!)
          this.#at = 0
          this.#state = NAME
          continue
        case NAME: {
          const start = at
          at = this.#readName(bytes, at, to)
          if (this.fault !== '' || this.#isTooLarge(at - start)) return at
          if (at === to) return at
          this.#state = VALUE_START
          break
        }
        case VALUE_START:
          if (byte === SPACE || byte === TAB) {
            if (this.#isTooLarge(1)) return at
            break
          }
          if (!this.#beginValue()) return at
          continue
        case VALUE: {
          const start = at
          while (at < to && TEXT[bytes[at]!] === 1) at++
          if (this.#isTooLarge(at - start)) return at
          if (at === to) return at
          if (bytes[at] !== CR) return this.#fail(badByte(bytes[at]!), at)
          this.#state = LINE_END
          break
        }
        case LENGTH:
        case LENGTH_END:
          if (!this.#readLength(byte)) return at
          break
        case LIST:
          if (!this.#readList(byte)) return at
          break
        case HEAD_END:
          if (byte !== LF) return this.#fail('CR without LF', at)
          if (!this.#isTrailer && this.isEncoded && this.length >= 0)
            return this.#fail('content-length beside transfer-encoding', at)
          this.#state = DONE
          return at + 1
        default:
          return at
      }
      at++
    }
    return at
  }

  #fail(fault: string, at: number): number {
    this.fault = fault
    this.#state = FAULT
    return at
  }

  #isTooLarge(bytes: number): boolean {
    this.#size += bytes
    if (this.#size < MOST_HEAD_BYTES) return false
    this.#fail(`headers of more than ${MOST_HEAD_BYTES} bytes`, 0)
    return true
  }

  /** One byte of `HTTP/1.1 200`, up to the space or the CR after it. */
  #readStatus(byte: number): boolean {
    const at = this.#at++
    const digit = byte - ZERO
    if (at < 7) {
      if (byte === VERSION[at]) return true
    } else if (at === 7) {
      this.minor = digit
      if (digit === 0 || digit === 1) return true
    } else if (at === 8) {
      if (byte === SPACE) return true
    } else if (at < 12) {
      this.status = this.status * 10 + digit
      if (digit >= (at === 9 ? 1 : 0) && digit <= 9) return true
    } else if (byte === SPACE || byte === CR) {
      this.#state = byte === SPACE ? REASON : LINE_END
      return true
    }
    this.#fail('not an HTTP/1 status line', 0)
    return false
  }

  /** Reads a name up to its colon, comparing it with the one that it may still be. */
  #readName(bytes: Uint8Array, from: number, to: number): number {
    let at = from
    let matched = this.#at
    let name = this.#name
    for (; at < to; at++) {
      const byte = bytes[at]!
      if (byte === COLON) break
      const lower = TOKEN[byte]!
      if (lower === 0) return this.#fail(badByte(byte), at)
      if (name === OTHER) {
        matched = 1
        continue
      }
      if (name[matched] !== lower) name = forkOf(name, matched, lower)
      if (name !== OTHER) matched++
    }
    this.#name = name
    this.#at = matched
    if (at < to && matched === 0) return this.#fail('a field without a name', at)
    return at
  }

  /** The name is known, and the first byte of its value comes next. */
  #beginValue(): boolean {
    const name = this.#at === this.#name.length ? this.#name : OTHER
    this.#name = name
    if (this.#isTrailer && name === CONTENT_LENGTH) {
      this.#fail('content-length among trailers', 0)
      return false
    }
    if (name === OTHER || this.#isTrailer) this.#state = VALUE
    else if (name === CONTENT_LENGTH) {
      if (this.length >= 0) {
        this.#fail('content-length twice', 0)
        return false
      }
      this.#state = LENGTH
      this.length = 0
      this.#at = 0
    } else if (steers(name)) {
      this.steers = true
      this.#state = VALUE
    } else {
      this.#state = LIST
      this.#beginWord()
    }
    return true
  }

  #readLength(byte: number): boolean {
    if (this.#isTooLarge(1)) return false
    const digit = byte - ZERO
    if (digit >= 0 && digit <= 9 && this.#state === LENGTH) {
      this.length = this.length * 10 + digit
      this.#at++
      if (this.length < BEYOND_LENGTHS) return true
    } else if (this.#at > 0) {
      if (byte === CR) {
        this.#state = LINE_END
        return true
      }
      if (byte === SPACE || byte === TAB) {
        this.#state = LENGTH_END
        return true
      }
    }
    this.#fail('a content-length that is not a plain number', 0)
    return false
  }

  #beginWord(): void {
    this.#at = 0
    this.#word = OTHER
    this.#number = -1
    this.#isSpaced = false
  }

  /** One byte of a list of words: of `connection`, `transfer-encoding` or `keep-alive`. */
  #readList(byte: number): boolean {
    if (this.#isTooLarge(1)) return false
    if (byte === COMMA || byte === CR || (byte === SEMICOLON && this.#name === KEEP_ALIVE)) {
      this.#endWord()
      this.#beginWord()
      if (byte === CR) this.#state = LINE_END
    } else if (byte === SPACE || byte === TAB) this.#isSpaced = true
    else if (TEXT[byte] === 0) {
      this.#fail(badByte(byte), 0)
      return false
    } else this.#matchWord(TOKEN[byte]! || byte)
    return true
  }

  #matchWord(lower: number): void {
    if (this.#at === 0) this.#word = wordOf(this.#name, lower)
    else if (this.#isSpaced) this.#at = -1
    this.#isSpaced = false
    const { length } = this.#word
    if (this.#at >= 0 && this.#at < length && this.#word[this.#at] === lower) this.#at++
    else if (this.#at === length && this.#word === TIMEOUT && lower >= ZERO && lower <= ZERO + 9)
      this.#number = Math.max(0, this.#number) * 10 + (lower - ZERO)
    else this.#at = -1
  }

  #endWord(): void {
    if (this.#at === 0) return
    const isWhole = this.#at === this.#word.length
    if (this.#name === TRANSFER_ENCODING) {
      this.isEncoded = true
      this.isChunked = isWhole
    } else if (isWhole && this.#word === CLOSE) this.closes = true
    else if (isWhole && this.#word === KEEP_ALIVE) this.keeps = true
    else if (isWhole && this.#word === TIMEOUT && this.#number >= 0) this.keepAliveS = this.#number
  }
}
