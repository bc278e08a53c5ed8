/** The target of `stamped-target.c` as a process of its own, and its log. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { keep } from './processes.ts'

const SOURCE = fileURLToPath(new URL('stamped-target.c', import.meta.url))

/** One request, in ms of wall time. */
export interface Stamps {
  readonly receivedMs: number
  /** What the client should have measured lies between these two less `receivedMs`. */
  readonly begunMs: number
  readonly writtenMs: number
}

export interface StampedTarget {
  readonly url: string
  /** Resolves when the first request has come. */
  readonly firstRequest: Promise<void>
  /** Ends the target and returns its log, in the order of the answers. */
  finish(): Promise<Stamps[]>
  /** Ends it, if it is not gone yet. */
  kill(): void
}

/** Compiles the target; returns the path of the program, which goes with this process. */
export function buildStampedTarget(): string {
  const folder = mkdtempSync(join(tmpdir(), 'corerush-target-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'stamped-target')
  execFileSync(process.env['CC'] ?? 'cc', ['-O2', '-o', program, SOURCE], { stdio: 'inherit' })
  return program
}

/**
 * Starts it with a latency of `fixed MS` or `uniform MS MS`, ahead of everything else where this user may do that: a
 * target in the real world does not share its cores with whatever disturbs the generator.
 */
export async function startStampedTarget(program: string, latency: string): Promise<StampedTarget> {
  const child = keep(
    spawn('nice', ['-n', '-10', program, ...latency.split(' ')], { stdio: ['pipe', 'pipe', 'pipe'] }),
  )
  const firstRequest = new Promise<void>((resolve) => {
    createInterface(child.stderr).on('line', (line) => {
      if (line === 'first request') resolve()
    })
  })
  const chunks: Buffer[] = []
  const url = await new Promise<string>((resolve, reject) => {
    child.once('close', () => reject(new Error('the stamped target did not start')))
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunks.length === 0) resolve(`http://127.0.0.1:${chunk.toString('latin1').trim()}`)
      chunks.push(chunk)
    })
  })
  return {
    url,
    firstRequest,
    async finish() {
      child.stdin.end()
      await once(child, 'close')
      return readLog(Buffer.concat(chunks.slice(1)))
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

function readLog(log: Buffer): Stamps[] {
  const stamps: Stamps[] = []
  const ms = (at: number): number => Number(log.readBigInt64LE(at) / 1000n) / 1000
  for (let at = 0; at + 24 <= log.length; at += 24)
    stamps.push({ receivedMs: ms(at), begunMs: ms(at + 8), writtenMs: ms(at + 16) })
  return stamps
}
