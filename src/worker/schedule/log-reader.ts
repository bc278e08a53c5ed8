/**
 * Reads lines of a log that is replayed, near one another and mostly in their order. The block of the file after the
 * one in use is read ahead, so that a line is in memory when it is due; a line that is not is read at once, and the wait
 * for the disk is lateness of this thread like any other.
 */
import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs'
import { LONGEST_LINE_BYTES, type ReplayFile } from '../../protocol.ts'

const BLOCK_BYTES = 1 << 20
const NEWLINE = 10

/** Bytes of the file from one place on. */
interface Block {
  readonly bytes: Buffer
  at: number
  length: number
}

const emptyBlock = (size: number): Block => ({ bytes: Buffer.allocUnsafe(size), at: 0, length: 0 })

export class LogReader {
  readonly #path: string
  readonly #file: number
  /** The size of the file when it was read. */
  readonly #size: number
  #current = emptyBlock(BLOCK_BYTES)
  #next = emptyBlock(BLOCK_BYTES)
  /** A line that is in neither. */
  readonly #single = emptyBlock(LONGEST_LINE_BYTES + 1)
  #isReading = false
  #isClosed = false

  /** Opens the file. Throws if it is not the one that was read. */
  constructor({ path, bytes, inode }: Pick<ReplayFile, 'path' | 'bytes' | 'inode'>) {
    this.#path = path
    this.#size = bytes
    this.#file = openSync(path, 'r')
    const { ino, size } = fstatSync(this.#file)
    if (ino === inode && size >= bytes) return
    closeSync(this.#file)
    throw new Error(`${path} is not the file any more that was read before the run`)
  }

  /** Reads the block with the first line. */
  begin(at: number): void {
    this.#fill(this.#current, at)
    this.#readAhead()
  }

  /** The line that begins at this byte, without its end. */
  line(at: number): string {
    if (!holds(this.#current, at, this.#size) && holds(this.#next, at, this.#size) && !this.#isReading) {
      const used = this.#current
      this.#current = this.#next
      this.#next = used
      this.#readAhead()
    }
    if (holds(this.#current, at, this.#size)) return textIn(this.#current, at)
    this.#fill(this.#single, at)
    // The reading ahead was overtaken, or a part of the log was jumped over: it goes on from here.
    if (at > this.#current.at && !this.#isReading) this.#readAhead(at)
    return textIn(this.#single, at)
  }

  close(): void {
    this.#isClosed = true
    if (!this.#isReading) closeSync(this.#file)
  }

  #fill(block: Block, at: number): void {
    block.at = at
    block.length = 0
    const wanted = Math.min(block.bytes.length, this.#size - at)
    while (block.length < wanted) {
      const bytes = readSync(this.#file, block.bytes, block.length, wanted - block.length, at + block.length)
      if (bytes === 0) throw this.#cut()
      block.length += bytes
    }
  }

  /** Reads the block after the current one, which begins before its end: the last line of that may be cut off there. */
  #readAhead(at = Math.max(0, this.#current.at + this.#current.length - LONGEST_LINE_BYTES)): void {
    const block = this.#next
    block.at = at
    block.length = 0
    if (at >= this.#size || this.#current.at + this.#current.length >= this.#size) return
    this.#isReading = true
    const more = (): void => {
      const wanted = Math.min(block.bytes.length, this.#size - at) - block.length
      read(this.#file, block.bytes, block.length, wanted, at + block.length, (error, bytes) => {
        this.#isReading = false
        if (this.#isClosed) closeSync(this.#file)
        // A line that is not there is read when it is due, and what is wrong is thrown then.
        else if (error === null && bytes > 0) {
          block.length += bytes
          if (bytes < wanted) {
            this.#isReading = true
            more()
          }
        }
      })
    }
    more()
  }

  #cut(): Error {
    return new Error(`${this.#path} has become shorter while it was replayed`)
  }
}

/** Whether the block has all of the line that begins at this byte. */
const holds = ({ at, length }: Block, line: number, size: number): boolean =>
  line >= at && (line + LONGEST_LINE_BYTES < at + length || (at + length >= size && line < at + length))

function textIn({ bytes, at, length }: Block, line: number): string {
  const from = line - at
  const end = bytes.indexOf(NEWLINE, from)
  return bytes.toString('utf8', from, end < 0 || end > length ? length : end)
}
