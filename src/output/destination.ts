/** Where an output goes: to a file, whole or not at all, or to a stream. The only place that writes files. */
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

/** A text too long for one string; each iteration gives it from the beginning. */
export type Pieces = Iterable<string>

export interface Destination {
  /** How it is called in a message: a path, or `-`. */
  readonly name: string
  /** Throws when it will not take a text, before anything is sent. */
  check(): void
  write(text: string | Pieces): void
}

/** A stream that takes what a file would not, and how a message calls it. */
export interface Fallback {
  readonly stream: Screen
  readonly name: string
}

/**
 * A file, written whole or not at all, or with `append` added to, as a job summary is that other steps write to as
 * well. What can't be written goes to the fallback instead, and throws.
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
    if (existsSync(path) && statSync(path).isDirectory()) throw new Error('is a folder')
    const folder = dirname(path)
    if (!existsSync(folder) || !statSync(folder).isDirectory())
      throw new Error(`cannot be written: there is no folder ${folder}`)
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
      throw new Error(`could not be written, and went to ${name} instead: ${messageOf(error)}`, {
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

  /** A stream takes what it is given; that nobody reads it is no fault. */
  check(): void {
    return
  }

  write(text: string | Pieces): void {
    for (const piece of piecesOf(text)) this.#stream.write(piece)
  }
}

/** Kept in memory, for who asks for it later. */
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

/** Beside the file and then over it, so that it is never half a text; a link stays, a device or a pipe is written to. */
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

/** With `flush`, it is on the disk when this returns. */
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

/** The file that a path stands for, were it a link to one that does not exist yet. */
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
