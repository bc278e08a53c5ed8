/** Writes files whole or not at all, and checks beforehand whether it can. Named pipes and devices are written to directly. */
import { randomBytes } from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs'
import { Socket } from 'node:net'
import { basename, dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '../errors.ts'

/** A text too long for one string; each iteration yields it from the beginning. */
export type Pieces = Iterable<string>

/** How long a named pipe is given to find a reader. */
const READER_WITHIN_MS = 5000
const LOOK_EVERY_MS = 50

export const piecesOf = (text: string | Pieces): Pieces => (typeof text === 'string' ? [text] : text)

type Writable = Iterable<string | Uint8Array>

/**
 * Throws if the path cannot be written: it is a directory, its directory does not exist, the permission is missing, a
 * link leads nowhere, the name is too long. Creates nothing.
 */
export function checkWritable(name: string): void {
  let path: string
  let found: Stats | undefined
  try {
    path = behindLinks(name)
    found = statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    const isFile = (error as NodeJS.ErrnoException).code === 'ENOTDIR'
    const why = isFile ? `no such directory: ${dirname(name)}` : messageOf(error)
    throw new Error(`cannot be written: ${why}`, { cause: error })
  }
  if (found?.isDirectory() === true) throw new Error('is a directory')
  if (found?.isSocket() === true) throw new Error('is a socket, which cannot be written as a file')
  const folder = dirname(path)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const link = resolve(path) === resolve(name) ? '' : `a link to ${path}, `
    throw new Error(`cannot be written: ${link}no such directory: ${folder}`)
  }
  try {
    // Throws if the name of a file that does not exist yet is too long.
    if (found === undefined) lstatSync(path, { throwIfNoEntry: false })
    accessSync(found === undefined ? folder : path, constants.W_OK)
  } catch (error) {
    throw new Error(`cannot be written: ${messageOf(error)}`, { cause: error })
  }
}

/** Whether the path is a named pipe, or a link to one. */
export const isPipe = (name: string): boolean => statSync(name, { throwIfNoEntry: false })?.isFIFO() === true

/**
 * Writes a temporary file and renames it over the target, so that a reader never sees half a text. Links stay and the
 * mode of the file is kept; devices, and files in a directory that takes no new ones, are written to directly.
 */
export function writeWhole(name: string, text: string | Uint8Array | Pieces): void {
  const pieces: Writable = text instanceof Uint8Array ? [text] : piecesOf(text)
  const path = behindLinks(name)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found !== undefined && !(found.isFile() && isWritable(dirname(path)))) {
    writePieces(openSync(path, 'w'), pieces)
    return
  }
  // An unpredictable name, opened exclusively: it cannot be a link that somebody else has placed there.
  const part = join(dirname(path), `.corerush-${randomBytes(8).toString('hex')}.part`)
  const file = openSync(part, 'wx', found === undefined ? 0o666 : found.mode & 0o777)
  try {
    // The umask of the process must not take permissions from a file that had them.
    if (found !== undefined) fchmodSync(file, found.mode & 0o777)
    writePieces(file, pieces, true)
    renameSync(part, path)
  } finally {
    rmSync(part, { force: true })
  }
}

/** Appends a text to a file, which is created if it does not exist. */
export const appendText = (path: string, text: string | Pieces): void =>
  writePieces(openSync(path, 'a'), piecesOf(text))

/**
 * Writes to a named pipe without blocking the thread: opening one for writing waits for a reader, and so does writing
 * more than it holds. Rejects if it has no reader in time, and if the reader goes away.
 */
export async function writePipe(
  path: string,
  text: string | Pieces,
  readerWithinMs = READER_WITHIN_MS,
): Promise<void> {
  const file = await openPipe(path, readerWithinMs)
  await pipeline(Readable.from(piecesOf(text)), new Socket({ fd: file, readable: false, writable: true }))
}

/** Opens a named pipe for writing, without blocking the thread; rejects if it has no reader in time. */
export async function openPipe(path: string, readerWithinMs = READER_WITHIN_MS): Promise<number> {
  const untilMs = performance.now() + readerWithinMs
  for (;;)
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
      if (performance.now() >= untilMs)
        throw new Error('it is a named pipe without a reader', { cause: error })
      await pause(LOOK_EVERY_MS)
    }
}

/** Writes all pieces and closes the file; with `flush`, they are on the disk when this returns. */
function writePieces(file: number, pieces: Writable, flush = false): void {
  try {
    for (const piece of pieces) writeFileSync(file, piece)
    if (flush) fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Resolves links, also one to a file that does not exist yet. Throws ELOOP for a cycle. */
export function behindLinks(name: string): string {
  let path = name
  for (;;) {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return path
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return realpathSync(path)
    path = resolve(dirname(path), readlinkSync(path))
  }
}

/** The same path for all spellings of one file: links are resolved, those of the directory, too. */
export function canonicalPath(name: string): string {
  try {
    const path = behindLinks(name)
    return join(realpathSync(dirname(path)), basename(path))
  } catch {
    // It cannot be written either, which the check of the output reports.
    return resolve(name)
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
