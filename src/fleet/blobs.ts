/**
 * Bytes that a plan needs on the agents: rows of feeders, the code of a scenario, a log. The coordinator offers them by their
 * SHA-256, agents fetch them in chunks and keep them in the user's cache folder, so that a second run moves nothing.
 *
 * Coordinator: `const blobs = new Blobs(); const ref = blobs.add(bytes)`, the refs go into the plan's message, and
 * `blobs.answerOn(bus, 'corerush.R.run.X.*.blob')`. Agent: `fetchBlobs(bus, 'corerush.R.run.X.A.blob', refs)`.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { showBytes } from '../core/units.ts'
import { CorerushError, messageOf } from '../errors.ts'
import type { Bus } from './bus.ts'

/** What bytes are called: SHA-256 in hex, and how many they are. */
export interface BlobRef {
  readonly sha256: string
  readonly bytes: number
}

/** Half of what a NATS server lets through by default. */
export const CHUNK_BYTES = 512 * 1024
/** All bytes of a run are no more. */
export const MOST_BLOB_BYTES = 256_000_000
/** The cache folder holds no more; what was not used for longest goes first. */
const MOST_KEPT_BYTES = 1_000_000_000
/** Chunks that are asked for at once. */
const AT_ONCE = 4
/** How long a chunk may take, questions repeated. */
const CHUNK_MS = 30_000
const REPEAT_MS = 2000

/** What the coordinator offers. */
export class Blobs {
  readonly #blobs = new Map<string, Uint8Array>()
  #bytes = 0

  /** Offers these bytes, which must not change any more. Throws a CorerushError if all together are too many. */
  add(bytes: Uint8Array): BlobRef {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    if (!this.#blobs.has(sha256)) this.#bytes += bytes.byteLength
    if (this.#bytes > MOST_BLOB_BYTES)
      throw new CorerushError(
        'CORERUSH_FLEET',
        `the rows, logs and code of this run are more than ${showBytes(MOST_BLOB_BYTES)}, which is the most that is sent to agents`,
      )
    this.#blobs.set(sha256, bytes)
    return { sha256, bytes: bytes.byteLength }
  }

  /** Answers what agents ask on `SUBJECT.SHA256.CHUNK`, with the chunks counted from 0. */
  answerOn(bus: Bus, subject: string): { end(): void } {
    return bus.answer(`${subject}.*.*`, (_, asked) => {
      const [sha256, chunk] = asked.split('.').slice(-2)
      return this.chunk(sha256!, Number(chunk))
    })
  }

  /** A chunk; `null` if it is not offered. */
  chunk(sha256: string, chunk: number): Uint8Array | null {
    const bytes = this.#blobs.get(sha256)
    if (bytes === undefined || !Number.isSafeInteger(chunk) || chunk < 0) return null
    const from = chunk * CHUNK_BYTES
    return from < bytes.byteLength ? bytes.subarray(from, from + CHUNK_BYTES) : null
  }
}

export interface FetchOptions {
  /** Where they are kept; the user's cache folder if undefined. */
  readonly folder?: string
  /** Called with what part of all bytes has arrived, from 0 to 1. */
  readonly onProgress?: (ratio: number) => void
  readonly signal?: AbortSignal
}

/** The folder for fetched bytes. */
export function blobFolder(env: NodeJS.ProcessEnv = process.env): string {
  const cache = env['XDG_CACHE_HOME']
  return join(cache !== undefined && cache !== '' ? cache : join(homedir(), '.cache'), 'corerush/blobs')
}

/**
 * The bytes of these refs by their SHA-256, in memory that threads can share: from the cache folder, or asked for on
 * `SUBJECT.SHA256.CHUNK`. Rejects with a CorerushError if they are too many, cannot be had, or are not what they are
 * called. A cache folder that cannot be written is done without.
 */
export async function fetchBlobs(
  bus: Bus,
  subject: string,
  refs: readonly BlobRef[],
  { folder = blobFolder(), onProgress, signal }: FetchOptions = {},
): Promise<ReadonlyMap<string, Uint8Array>> {
  const wanted = new Map(refs.map((ref) => [ref.sha256, ref]))
  const all = [...wanted.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  if (!(all <= MOST_BLOB_BYTES))
    throw new CorerushError(
      'CORERUSH_FLEET',
      `the rows, logs and code of this run are ${showBytes(all)}; an agent takes at most ${showBytes(MOST_BLOB_BYTES)}`,
    )
  const found = new Map<string, Uint8Array>()
  let arrived = 0
  const progress = (bytes: number): void => {
    arrived += bytes
    onProgress?.(all === 0 ? 1 : arrived / all)
  }
  for (const ref of wanted.values()) {
    const kept = await keptBlob(folder, ref)
    if (kept !== null) progress(ref.bytes)
    const bytes = kept ?? (await fetchBlob(bus, subject, ref, progress, signal))
    found.set(ref.sha256, bytes)
    if (kept === null) await keep(folder, ref, bytes)
  }
  return found
}

const shared = (bytes: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(bytes))

const isCalled = (bytes: Uint8Array, sha256: string): boolean =>
  createHash('sha256').update(bytes).digest('hex') === sha256

async function fetchBlob(
  bus: Bus,
  subject: string,
  { sha256, bytes }: BlobRef,
  progress: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const whole = shared(bytes)
  const chunks = Math.ceil(bytes / CHUNK_BYTES)
  let next = 0
  const fetchNext = async (): Promise<void> => {
    while (next < chunks) {
      const chunk = next++
      const from = chunk * CHUNK_BYTES
      const length = Math.min(CHUNK_BYTES, bytes - from)
      const got = await bus.ask(`${subject}.${sha256}.${chunk}`, new Uint8Array(), {
        timeoutMs: CHUNK_MS,
        repeatMs: REPEAT_MS,
        ...(signal === undefined ? {} : { signal }),
      })
      if (got.byteLength !== length) throw broken(sha256)
      whole.set(got, from)
      progress(length)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, fetchNext))
  if (!isCalled(whole, sha256)) throw broken(sha256)
  return whole
}

const broken = (sha256: string): CorerushError =>
  new CorerushError(
    'CORERUSH_FLEET',
    `what the coordinator sent as ${sha256.slice(0, 12)}… is something else`,
  )

/** Bytes from the cache folder; `null` if they are not there, or not what they are called. */
async function keptBlob(folder: string, { sha256, bytes }: BlobRef): Promise<Uint8Array | null> {
  const file = join(folder, sha256)
  try {
    if ((await stat(file)).size !== bytes) return null
    const whole = shared(bytes)
    whole.set(await readFile(file))
    if (!isCalled(whole, sha256)) return null
    const now = new Date(performance.timeOrigin + performance.now())
    await utimes(file, now, now)
    return whole
  } catch {
    return null
  }
}

/** Keeps bytes that only this user can read, and makes room for them. */
async function keep(folder: string, { sha256, bytes }: BlobRef, whole: Uint8Array): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await makeRoom(folder, MOST_KEPT_BYTES - bytes)
    await writeWhole(join(folder, sha256), whole)
  } catch {
    // A disk that is full or read-only costs the next run the way, and this one nothing.
  }
}

/** Removes the files that were not used for longest, until the others have at most this many bytes. */
async function makeRoom(folder: string, most: number): Promise<void> {
  const names = await readdir(folder)
  const files = await Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name))
      return { name, size, mtimeMs }
    }),
  )
  let all = files.reduce((sum, { size }) => sum + size, 0)
  for (const { name, size } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
    if (all <= most) return
    await rm(join(folder, name), { recursive: true, force: true })
    all -= size
  }
}

/** Nobody sees half of it, nor does a run that is killed leave half. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const part = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(part, bytes, { mode: 0o600 })
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}

/**
 * A file with these bytes, for workers to read lines of: where the cache folder keeps them, or in the system's temporary
 * folder. Throws a CorerushError if it cannot be written.
 */
export async function logFile(
  { sha256, bytes }: BlobRef,
  log: Uint8Array,
  cache = blobFolder(),
): Promise<string> {
  const kept = join(cache, sha256)
  const size = await stat(kept).then(
    (stats) => stats.size,
    () => null,
  )
  if (size === bytes) return kept
  try {
    const file = join(await mkdtemp(join(tmpdir(), 'corerush-log-')), 'access.log')
    await writeWhole(file, log)
    return file
  } catch (error) {
    throw new CorerushError(
      'CORERUSH_FLEET',
      `the log cannot be written for the workers: ${messageOf(error)}`,
    )
  }
}

/**
 * Writes the code of a scenario to a folder of its own, for workers to load, under its name; returns the path. In the
 * system's temporary folder, if the cache folder cannot be written. Throws a CorerushError if neither can.
 */
export async function codeFile(
  name: string,
  { sha256 }: BlobRef,
  code: Uint8Array,
  cache = blobFolder(),
): Promise<string> {
  const safe = `${
    name
      .replace(/^.*[/\\]/, '')
      .replace(/\.[a-z]+$/i, '')
      .replace(/[^\w.-]/g, '_') || 'scenario'
  }.mjs`
  const folders = [
    async () => {
      const folder = join(cache, `${sha256}.code`)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      return folder
    },
    // Not by a name that others could have taken.
    () => mkdtemp(join(tmpdir(), 'corerush-code-')),
  ]
  let failure: unknown
  for (const made of folders) {
    try {
      const file = join(await made(), safe)
      await writeWhole(file, code)
      return file
    } catch (error) {
      failure = error
    }
  }
  throw new CorerushError(
    'CORERUSH_FLEET',
    `the scenario cannot be written for the workers: ${messageOf(failure)}`,
  )
}
