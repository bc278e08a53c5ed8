/**
 * Reads an access log that is replayed, once and in blocks, into its index. The lines stay in the file, where workers
 * read them again, so memory does not depend on their length.
 */
import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { LogProblem, ReplayIndexer, type ReplayLog } from '../../core/log/replay-index.ts'
import type { Problem } from '../../core/options/problem.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { CorerushError, messageOf } from '../../errors.ts'
import { LONGEST_LINE_BYTES, type ReplayFile } from '../../protocol.ts'
import { shown } from '../../scenario/file.ts'

const BLOCK_BYTES = 1 << 20
const NEWLINE = 10

/** The beginnings of compressed files, and what unpacks them. */
const COMPRESSED: readonly (readonly [bytes: readonly number[], unpack: string])[] = [
  [[0x1f, 0x8b], 'gzip -dc'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd -dc'],
  [[0x42, 0x5a, 0x68], 'bzip2 -dc'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz -dc'],
]

interface ReadLog {
  readonly path: string
  readonly hasUnsafe: boolean
  readonly stats: Pick<Stats, 'ino' | 'size' | 'mtimeMs'>
  readonly log: ReplayLog
}

/** The log that was read last: a plan is made of it, and then a run, which does not read it again. */
let last: ReadLog | null = null

/** The index of a log; `null`, and a problem with its place, if it cannot be replayed. */
export function readReplayLog(path: string, hasUnsafe: boolean, problems: Problem[]): ReplayLog | null {
  try {
    return readLog(path, hasUnsafe).log
  } catch (error) {
    const line = error instanceof LogProblem ? error.line : null
    problems.push({
      option: 'replay',
      ...(line === null ? {} : { place: `${shown(path)}:${line}` }),
      message:
        error instanceof LogProblem
          ? line === null
            ? `names a file that ${error.message}`
            : error.message
          : `names a file that cannot be read: ${messageOf(error)}`,
    })
    return null
  }
}

/** The log of a plan as workers replay it; `null` if the plan has none. Throws a CorerushError if it is no longer that log. */
export function replayFileOf(plan: Plan): ReplayFile | null {
  if (plan.model !== 'open' || plan.replay === undefined) return null
  const { file, hasUnsafe, first, requests } = plan.replay
  try {
    const { log, stats } = readLog(file, hasUnsafe)
    if (log.names.length !== plan.targets?.requests.length || log.requests < first + requests)
      throw new Error('it has changed since the plan was made')
    return { path: file, bytes: stats.size, inode: stats.ino, format: log.format, rows: log.rows }
  } catch (error) {
    throw new CorerushError('CORERUSH_REPLAY', `${shown(file)} cannot be replayed: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

function readLog(path: string, hasUnsafe: boolean): ReadLog {
  const file = openSync(path, 'r')
  try {
    const stats = fstatSync(file)
    if (!stats.isFile())
      throw new LogProblem(null, 'must be a file on disk: its lines are read once more while they are sent')
    const { ino, size, mtimeMs } = stats
    if (
      last?.path === path &&
      last.hasUnsafe === hasUnsafe &&
      last.stats.ino === ino &&
      last.stats.size === size &&
      last.stats.mtimeMs === mtimeMs
    )
      return last
    // What was read before is not needed while this is.
    last = null
    last = { path, hasUnsafe, stats: { ino, size, mtimeMs }, log: indexOf(file, hasUnsafe) }
    return last
  } finally {
    closeSync(file)
  }
}

function indexOf(file: number, hasUnsafe: boolean): ReplayLog {
  const indexer = new ReplayIndexer({ hasUnsafe })
  const block = Buffer.allocUnsafe(BLOCK_BYTES)
  let number = 0
  /** The byte of the file at which the block begins, and the bytes of the block that are read. */
  let blockAt = 0
  let filled = 0
  for (;;) {
    const read = readSync(file, block, filled, block.length - filled, blockAt + filled)
    if (blockAt === 0 && filled === 0) checkBegin(block.subarray(0, read))
    filled += read
    let from = 0
    for (let end = lineEnd(block, from, filled); end >= 0; end = lineEnd(block, from, filled)) {
      number++
      indexer.add(textOf(block, from, end, number), blockAt + from, number)
      from = end + 1
    }
    if (read === 0) {
      // The last line may have no end, or be cut off, and then it is no request.
      if (filled > from) indexer.add(textOf(block, from, filled, number + 1), blockAt + from, number + 1)
      return indexer.finish()
    }
    if (filled - from > LONGEST_LINE_BYTES)
      throw new LogProblem(number + 1, `is longer than ${LONGEST_LINE_BYTES} bytes`)
    block.copyWithin(0, from, filled)
    blockAt += from
    filled -= from
  }
}

const lineEnd = (block: Buffer, from: number, filled: number): number => {
  const end = block.indexOf(NEWLINE, from)
  return end < filled ? end : -1
}

/** A line as text. Zero bytes are in no log: the file is binary, or has holes. */
function textOf(block: Buffer, from: number, end: number, number: number): string {
  if (end - from > LONGEST_LINE_BYTES)
    throw new LogProblem(number, `is longer than ${LONGEST_LINE_BYTES} bytes`)
  const text = block.toString('utf8', from, end)
  if (text.includes('\0')) throw new LogProblem(number, 'has zero bytes: this is no text in UTF-8')
  return text
}

function checkBegin(head: Buffer): void {
  if (head.length === 0) throw new LogProblem(null, 'is empty')
  for (const [bytes, unpack] of COMPRESSED)
    if (bytes.every((byte, i) => head[i] === byte))
      throw new LogProblem(null, `is compressed: unpack it first, as with ${unpack} FILE > access.log`)
  const [a, b] = head
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff))
    throw new LogProblem(null, 'is in UTF-16: save it as UTF-8')
}
