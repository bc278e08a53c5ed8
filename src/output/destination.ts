/** Destinations of outputs: a file, written whole or not at all, a stream, or memory. */
import { messageOf } from '../errors.ts'
import type { Screen } from './output.ts'
import {
  appendText,
  checkWritable,
  isPipe,
  piecesOf,
  writePipe,
  writeWhole,
  type Pieces,
} from './whole-file.ts'

export interface Destination {
  /** The name in messages: a path, or `-`. */
  readonly name: string
  /** Throws if it cannot be written; called before anything is sent. */
  check(): void
  /** Throws or rejects if it could not be written. Returns a promise only if writing has to wait for a reader. */
  write(text: string | Pieces): void | Promise<void>
}

/** A stream that takes what could not be written to a file, and its name in messages. */
export interface Fallback {
  readonly stream: Screen
  readonly name: string
}

/**
 * A file, written whole or not at all, or appended to with `append`, as for a job summary that other steps write to, too.
 * If it cannot be written, the text goes to the fallback, and `write` throws or rejects.
 */
export class FileDestination implements Destination {
  readonly name: string
  readonly #fallback: Fallback
  readonly #append: boolean

  constructor(path: string, fallback: Fallback, { append = false } = {}) {
    this.name = path
    this.#fallback = fallback
    this.#append = append
  }

  check(): void {
    checkWritable(this.name)
  }

  write(text: string | Pieces): void | Promise<void> {
    try {
      if (isPipe(this.name))
        return writePipe(this.name, text).catch((error: unknown) => this.#fallBack(text, error))
      if (this.#append) appendText(this.name, text)
      else writeWhole(this.name, text)
    } catch (error) {
      this.#fallBack(text, error)
    }
  }

  #fallBack(text: string | Pieces, error: unknown): never {
    const { stream, name } = this.#fallback
    for (const piece of piecesOf(text)) stream.write(piece)
    throw new Error(`could not be written and went to ${name} instead: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

export class StreamDestination implements Destination {
  readonly name = '-'
  readonly #stream: Screen

  constructor(stream: Screen) {
    this.#stream = stream
  }

  /** Never throws: a stream without a reader is no error. */
  check(): void {
    return
  }

  write(text: string | Pieces): void {
    for (const piece of piecesOf(text)) this.#stream.write(piece)
  }
}

/** A text kept in memory. */
export class KeptText implements Destination {
  readonly name: string
  text = ''

  constructor(name: string) {
    this.name = name
  }

  check(): void {
    return
  }

  write(text: string | Pieces): void {
    this.text = Array.from(piecesOf(text)).join('')
  }
}
