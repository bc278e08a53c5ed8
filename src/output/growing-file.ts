/** A file that grows during the run: a regular file, a named pipe with a reader, or standard output. */
import type { Writable } from 'node:stream'
import { open } from 'node:fs/promises'
import { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '../errors.ts'
import { behindLinks, checkWritable, isPipe, openPipe } from './whole-file.ts'

/** How long the reader of a named pipe is given for the last bytes. */
const READ_WITHIN_MS = 2000

/** Writes bytes to an open file; `close` resolves when they are all written. */
interface OpenFile {
  write(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

export class GrowingFile {
  /** The path, or `-`. */
  readonly name: string
  #opened: Promise<OpenFile> | null = null

  constructor(name: string) {
    this.name = name
  }

  /** Throws if it cannot be written. */
  check(): void {
    if (this.name !== '-') checkWritable(this.name)
  }

  /** Resolves when the bytes are written, and may be changed again. The first write empties the file. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      await (await (this.#opened ??= openFile(this.name))).write(bytes)
    } catch (error) {
      throw new Error(`could not be written: ${messageOf(error)}`, { cause: error })
    }
  }

  async close(): Promise<void> {
    await (await this.#opened)?.close()
  }
}

async function openFile(name: string): Promise<OpenFile> {
  if (name === '-')
    return { write: (bytes) => writeTo(process.stdout, bytes), close: () => Promise.resolve() }
  if (isPipe(name)) {
    const pipe = new Socket({ fd: await openPipe(name), readable: false, writable: true })
    // What goes wrong rejects the write that it happens to.
    pipe.on('error', () => undefined)
    return {
      write: (bytes) => writeTo(pipe, bytes),
      async close() {
        if (pipe.destroyed) return
        const closed = new Promise((resolve) => pipe.once('close', resolve))
        pipe.end()
        await Promise.race([closed, pause(READ_WITHIN_MS, undefined, { ref: false })])
        pipe.destroy()
      },
    }
  }
  const file = await open(behindLinks(name), 'w')
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten
    },
    close: () => file.close(),
  }
}

/** Resolves when the stream has taken the bytes; a reader that went away is no error. */
function writeTo(stream: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => {
      if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') reject(error)
      else resolve()
    })
  })
}
