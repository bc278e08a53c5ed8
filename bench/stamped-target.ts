/** The target of `stamped-target.c` as a process of its own, and its log. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { monotonicUs } from '../dist/protocol.js'
import { keep, type LoggingTarget, type Percentiles, type TargetLog } from './processes.ts'

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
  readonly pid: number
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
  execFileSync(process.env['CC'] ?? 'cc', ['-O2', '-o', program, SOURCE, '-lm'], { stdio: 'inherit' })
  return program
}

/**
 * Starts it with a latency as its source says, ahead of everything else where this user may do that: a
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
    pid: child.pid!,
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

const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p99_9: 0.999 }
const BUCKET_MS = 100

/** The stamped target as a logging target: a new process, and a new port, with each reset; asked for its log, it ends. */
export async function stampedLoggingTarget(program: string): Promise<LoggingTarget> {
  let target = await startStampedTarget(program, 'fixed 0')
  let fromMs = 0
  let originMs = 0
  const logOf = (stamps: readonly Stamps[]): TargetLog => {
    const measured = stamps.filter(({ writtenMs }) => writtenMs >= fromMs)
    const service = sorted(measured.map(({ begunMs, receivedMs }) => begunMs - receivedMs))
    const arrivals: number[] = []
    for (const { receivedMs } of stamps) {
      const bucket = Math.floor((receivedMs - originMs) / BUCKET_MS)
      if (bucket >= 0) arrivals[bucket] = (arrivals[bucket] ?? 0) + 1
    }
    return {
      received: stamps.length,
      logged: measured.length,
      serviceMs: { ...percentiles(service), max: service.at(-1) ?? NaN },
      meanMs: service.reduce((sum, ms) => sum + ms, 0) / service.length,
      ceilingMs: percentiles(sorted(measured.map(({ writtenMs, receivedMs }) => writtenMs - receivedMs))),
      arrivals: Array.from(arrivals, (n: number | undefined) => n ?? 0),
    }
  }
  return {
    get url() {
      return target.url
    },
    get pid() {
      return target.pid
    },
    async reset(latency) {
      target.kill()
      target = await startStampedTarget(program, asWords(latency))
      fromMs = originMs = 0
      return logOf([])
    },
    measure(fromUs, originUs) {
      // The log is in wall time, which both clocks are read for now.
      const wallMs = (us: number): number => Date.now() + (us - monotonicUs()) / 1000
      fromMs = wallMs(fromUs)
      originMs = wallMs(originUs)
      return Promise.resolve(logOf([]))
    },
    log: async () => logOf(await target.finish()),
    stop() {
      target.kill()
      return Promise.resolve()
    },
  }
}

/** `20ms`, `uniform:5ms,50ms` and `lognormal:20ms,0.5` in the program's words. */
function asWords(latency: string): string {
  const [kind = '', numbers] = latency.includes(':') ? latency.split(':') : ['fixed', latency]
  return [kind, ...(numbers ?? '').split(',').map(parseFloat)].join(' ')
}

const sorted = (ms: number[]): Float64Array => Float64Array.from(ms).sort()

const percentiles = (ms: Float64Array): Percentiles =>
  Object.fromEntries(
    Object.entries(QUANTILES).map(([name, q]) => [
      name,
      ms[Math.max(0, Math.ceil(q * ms.length) - 1)] ?? NaN,
    ]),
  ) as Percentiles
