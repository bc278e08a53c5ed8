/** Destinations of outputs: a file, written whole or not at all, or a stream. The only place that writes files. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { messageOf } from '../errors.ts'
import type { Screen } from './output.ts'

/** A text too long for one string; each iteration yields it from the beginning. */
export type Pieces = Iterable<string>

export interface Destination {
  /** The name in messages: a path, or `-`. */
  readonly name: string
  /** Throws if it cannot be written; called before anything is sent. */
  check(): void
  write(text: string | Pieces): void
}

/** A stream that takes what could not be written to a file, and its name in messages. */
export interface Fallback {
  readonly stream: Screen
  readonly name: string
}

/**
 * A file, written whole or not at all, or appended to with `append`, as for a job summary that other steps write to, too.
 * If it cannot be written, the text goes to the fallback, and `write` throws.
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
    const path = this.name
    if (existsSync(path) && statSync(path).isDirectory()) throw new Error('is a directory')
    const folder = dirname(path)
    if (!existsSync(folder) || !statSync(folder).isDirectory())
      throw new Error(`cannot be written: no such directory: ${folder}`)
    try {
      accessSync(existsSync(path) ? path : folder, constants.W_OK)
    } catch (error) {
      throw new Error(`cannot be written: ${messageOf(error)}`, { cause: error })
    }
  }

  write(text: string | Pieces): void {
    const pieces = piecesOf(text)
    try {
      if (this.#append) writePieces(this.name, 'a', pieces)
      else writeWhole(this.name, pieces)
    } catch (error) {
      const { stream, name } = this.#fallback
      for (const piece of pieces) stream.write(piece)
      throw new Error(`could not be written and went to ${name} instead: ${messageOf(error)}`, {
        cause: error,
      })
    }
  }
}

export class StreamDestination implements Destination {
  readonly name = '-'
  readonly #stream: Screen

  constructor(stream: Screen) {
    this.#stream = stream
  }

  /** Never throws: a stream that nobody reads is no error. */
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

/** Writes a temporary file and renames it over the target, so that a reader never sees half a text. Links stay; devices and
 * pipes are written to directly. */
export function writeWhole(name: string, text: string | Pieces): void {
  const pieces = piecesOf(text)
  const path = behindLinks(name)
  if (existsSync(path) && !(statSync(path).isFile() && isWritable(dirname(path)))) {
    writePieces(path, 'w', pieces)
    return
  }
  const part = `${path}.${process.pid}.part`
  try {
    writePieces(part, 'w', pieces, true)
    renameSync(part, path)
  } finally {
    rmSync(part, { force: true })
  }
}

/** Writes the pieces; with `flush` they are on the disk on return. */
function writePieces(path: string, how: 'a' | 'w', pieces: Pieces, flush = false): void {
  const file = openSync(path, how)
  try {
    for (const piece of pieces) writeFileSync(file, piece)
    if (flush) fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

const piecesOf = (text: string | Pieces): Pieces => (typeof text === 'string' ? [text] : text)

/** Resolves links, also one to a file that does not exist yet. */
function behindLinks(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  return isLink ? resolve(dirname(path), readlinkSync(path)) : path
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
