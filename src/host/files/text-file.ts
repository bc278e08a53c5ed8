/** Files of the user: in UTF-8, or in UTF-16 with a byte order mark; and never more of them than they may have. */
import { isUtf8 } from 'node:buffer'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { showBytes } from '../../core/units.ts'

const CHUNK_BYTES = 1 << 20

/** The bytes of a file. Throws with the size of one that is larger than `most`, which is not read. */
export function readBytes(path: string, most: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    if (size > most) throw tooLarge(size, most)
    // A device or a pipe has no size, and may have no end; a file may grow meanwhile.
    const chunks: Buffer[] = []
    let total = 0
    for (;;) {
      const left = size > total ? size - total : CHUNK_BYTES
      const chunk = Buffer.allocUnsafe(Math.min(left, most - total + 1))
      const bytes = readSync(file, chunk)
      if (bytes === 0) return Buffer.concat(chunks, total)
      chunks.push(chunk.subarray(0, bytes))
      total += bytes
      if (total > most) throw tooLarge(null, most)
    }
  } finally {
    closeSync(file)
  }
}

const tooLarge = (size: number | null, most: number): Error =>
  new Error(
    `${size === null ? 'more than' : showBytes(size)}${size === null ? '' : ', and'} at most ${showBytes(most)} are read`,
  )

/** The bytes in UTF-8 without a byte order mark. Throws with the line of those that are in no known encoding. */
export function utf8Of(bytes: Buffer): Buffer {
  const [a, b, c, d] = bytes
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff))
    throw new Error('it is in UTF-32: save it as UTF-8')
  if (a === 0xff && b === 0xfe) return transcoded(bytes.subarray(2), 'utf-16le')
  if (a === 0xfe && b === 0xff) return transcoded(bytes.subarray(2), 'utf-16be')
  const text = a === 0xef && b === 0xbb && c === 0xbf ? bytes.subarray(3) : bytes
  if (!isUtf8(text)) throw new Error(`${whereNoUtf8(text)} has bytes that are not UTF-8: ${SAVE_AS}`)
  if (text.includes(0))
    throw new Error(`it has zero bytes, as UTF-16 without a byte order mark has: ${SAVE_AS}`)
  return text
}

/** As `utf8Of`, as a text. */
export const textOf = (bytes: Buffer): string => utf8Of(bytes).toString('utf8')

const SAVE_AS = 'save it as UTF-8, as with iconv -f latin1 -t utf-8'

function transcoded(bytes: Buffer, encoding: 'utf-16le' | 'utf-16be'): Buffer {
  try {
    return Buffer.from(new TextDecoder(encoding, { fatal: true }).decode(bytes))
  } catch {
    throw new Error(`it has a byte order mark of UTF-16, but bytes that are not: ${SAVE_AS}`)
  }
}

/** `line 3`, the first that is not UTF-8. */
function whereNoUtf8(bytes: Buffer): string {
  let line = 1
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(10, from)
    const to = end < 0 ? bytes.length : end + 1
    if (!isUtf8(bytes.subarray(from, to))) return `line ${line}`
    from = to
  }
  return 'it'
}
