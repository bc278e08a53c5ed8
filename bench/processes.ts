/** Processes of the benches: targets, and corerush as its users start it. Nothing outlives the bench. */
import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Report } from '../dist/index.js'

export const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const TINY_TARGET = fileURLToPath(new URL('tiny-target.mjs', import.meta.url))
const LOGGING_TARGET = fileURLToPath(new URL('logging-target.mjs', import.meta.url))

/** The request of the demo, as flags. */
export const STORY_REQUEST = [
  ...['--name', 'GetPrograms', '-H', 'Content-Type: application/xml'],
  ...['--body', `@${fileURLToPath(new URL('../examples/getprograms.xml', import.meta.url))}`],
]

const running = new Set<ChildProcess>()
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')))
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

/** Ends the child with this process, at the latest. */
export function keep<C extends ChildProcess>(child: C): C {
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** Whether the built command has this transport; benches omit and name missing ones. */
export function knowsTransport(transport: string): boolean {
  const dryRun = ['--url', 'http://127.0.0.1:1/', '--transport', transport, '--dry-run']
  return spawnSync(process.execPath, [CLI, ...dryRun], { stdio: 'ignore' }).status === 0
}

/** Runs a script in a child process and resolves to the one message that it sends. */
export async function reportOf<T>(
  script: string,
  argv: readonly string[],
  execArgv: string[] = [],
): Promise<T> {
  const child = keep(fork(script, argv, { execArgv }))
  const word = once(child, 'message') as Promise<[T]>
  const end = once(child, 'exit') as Promise<[number | null]>
  const first = await Promise.race([word, end.then(([code]) => ({ code }))])
  if ('code' in first) throw new Error(`${script} ${argv.join(' ')} ended without a word, with ${first.code}`)
  await end
  return first[0]
}

export interface TargetProcess {
  readonly url: string
  /** Requests received so far. */
  requests(): Promise<number>
  stop(): Promise<void>
}

/** `corerush target`, as anyone can start it. */
export async function startEmbeddedTarget(
  latency: string,
  flags: readonly string[] = [],
): Promise<TargetProcess> {
  const child = keep(
    spawn(process.execPath, [CLI, 'target', '--port', '0', '--latency', latency, ...flags], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const listening = / listening on (http:\S+)$/.exec(line)
      if (listening !== null) resolve(listening[1]!)
    })
    child.once('close', () => reject(new Error('the embedded target did not start')))
  })
  return {
    url,
    async requests() {
      const counts = (await (await fetch(`${url}/__corerush/count`)).json()) as { requests: number }
      return counts.requests
    },
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'close')
    },
  }
}

/** The minimal target; see `tiny-target.mjs`. */
export async function startTinyTarget(
  latencyMs: number,
): Promise<TargetProcess & { cpuS(): Promise<number> }> {
  const child = keep(fork(TINY_TARGET, [String(latencyMs)], { execArgv: [] }))
  const [first] = (await once(child, 'message')) as [{ port: number }]
  const ask = async (): Promise<{ requests: number; cpuS: number }> => {
    child.send('counts')
    const [counts] = (await once(child, 'message')) as [{ requests: number; cpuS: number }]
    return counts
  }
  return {
    url: `http://127.0.0.1:${first.port}`,
    requests: async () => (await ask()).requests,
    cpuS: async () => (await ask()).cpuS,
    async stop() {
      child.disconnect()
      // Node emits no 'close' for a disconnected child.
      await once(child, 'exit')
    },
  }
}

export type Percentiles = Readonly<Record<'p50' | 'p90' | 'p95' | 'p99' | 'p99_9', number>>

/** The log of the logging target since its last reset. */
export interface TargetLog {
  /** Requests received, whether or not they belong in the log. */
  readonly received: number
  readonly logged: number
  readonly serviceMs: Percentiles & { readonly max: number }
  readonly meanMs: number
  /** The same, plus the longest possible wait of each request in the kernel before the target read it. */
  readonly ceilingMs: Percentiles
  /** Requests in each 100 ms. */
  readonly arrivals: readonly number[]
}

export interface LoggingTarget {
  readonly url: string
  readonly pid: number
  reset(latency: string): Promise<TargetLog>
  /** Only responses from this instant on are logged; both in µs of the monotonic clock. */
  measure(fromUs: number, originUs: number): Promise<TargetLog>
  log(): Promise<TargetLog>
  stop(): Promise<void>
}

/** A server that logs its own service times; see `logging-target.mjs`. */
export async function startLoggingTarget(): Promise<LoggingTarget> {
  const child = keep(fork(LOGGING_TARGET, [], { execArgv: [] }))
  const [first] = (await once(child, 'message')) as [{ port: number }]
  // Requests are sent one at a time, so answers arrive in their order.
  let last: Promise<unknown> = Promise.resolve()
  const ask = (message: object): Promise<TargetLog> => {
    const answer = last.then(async () => {
      child.send(message)
      return ((await once(child, 'message')) as [TargetLog])[0]
    })
    last = answer
    return answer
  }
  return {
    url: `http://127.0.0.1:${first.port}`,
    pid: child.pid!,
    reset: (latency) => ask({ do: 'reset', latency }),
    measure: (fromUs, originUs) => ask({ do: 'measure', fromUs, originUs }),
    log: () => ask({ do: 'log' }),
    async stop() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

/** Runs corerush as its users do and returns its report, whatever the exit code. */
export async function corerush(flags: readonly string[]): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'corerush-bench-'))
  try {
    const path = join(folder, 'report.json')
    const child = keep(
      spawn(process.execPath, [CLI, ...flags, '--quiet', '--out', `json=${path}`], {
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
    )
    let complaint = ''
    child.stderr.on('data', (text: Buffer) => (complaint += text.toString()))
    await once(child, 'close')
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as Report
    } catch (cause) {
      throw new Error(`corerush wrote no report\n${complaint}`, { cause })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A line that describes the machine. */
export function describeMachine(): string {
  const [load] = loadavg()
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'} · Node ${process.version} · ${process.platform} · load average before: ${load!.toFixed(2)}`
}
