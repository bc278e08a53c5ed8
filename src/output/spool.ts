/** Text that grows as long as the run, kept in a temporary file beyond a little memory. */
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'

/** Beyond this many characters, texts go to the file. */
const IN_MEMORY = 4_000_000
const PIECE_BYTES = 1_000_000

export class Spool implements Iterable<string> {
  readonly #inMemory: number
  #texts: string[] = []
  #length = 0
  #file: number | null = null
  #bytes = 0

  constructor(inMemory = IN_MEMORY) {
    this.#inMemory = inMemory
  }

  /** Adds a text; throws if the temporary file cannot be written. */
  add(text: string): void {
    this.#texts.push(text)
    this.#length += text.length
    if (this.#length > this.#inMemory) this.#flush()
  }

  /** All texts, from the first on. */
  *[Symbol.iterator](): Iterator<string> {
    const decoder = new StringDecoder('utf8')
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, this.#bytes))
    for (let at = 0; this.#file !== null && at < this.#bytes;) {
      const n = readSync(this.#file, piece, 0, piece.length, at)
      if (n === 0) throw new Error('the temporary file of an output was cut off')
      at += n
      yield decoder.write(piece.subarray(0, n))
    }
    yield* this.#texts
  }

  /** The lines of all texts, without their line breaks. */
  *lines(): Generator<string> {
    let rest = ''
    for (const text of this) {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      yield* lines
    }
    if (rest !== '') yield rest
  }

  /** Frees the temporary file. */
  close(): void {
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
    this.#texts = []
  }

  #flush(): void {
    this.#file ??= openTemporary()
    const bytes = Buffer.from(this.#texts.join(''))
    for (let at = 0; at < bytes.length;)
      at += writeSync(this.#file, bytes, at, bytes.length - at, this.#bytes + at)
    this.#bytes += bytes.length
    this.#texts = []
    this.#length = 0
  }
}

/** Creates a file that only this process can read; where the system allows it, it has no name any more. */
function openTemporary(): number {
  const path = join(tmpdir(), `corerush-${randomBytes(8).toString('hex')}`)
  const file = openSync(path, 'wx+', 0o600)
  try {
    rmSync(path)
  } catch {
    // Windows keeps the name while the file is open.
    process.once('exit', () => rmSync(path, { force: true }))
  }
  return file
}
