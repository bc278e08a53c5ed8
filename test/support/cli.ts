/** The built command in processes of its own: what it writes, how it ends, and the embedded target beside it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Report } from '../../dist/index.js'
import { COUNT_PATH, type TargetCounts } from '../../src/target/server.ts'
import { atEnd } from './at-end.ts'

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** What was written less the warning of a host that is busy already, as one that runs tests may be. */
export const withoutLoad = (stderr: string): string =>
  stderr.replace(/^warning: the load average is .*\n/m, '')

/** How a command ended; `code` is null when a signal ended it. */
export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly pid: number
  readonly process: ChildProcess
  readonly finished: Promise<Finished>
  /** Resolves with the first match in what it wrote so far or will write; rejects when it ends without. */
  says(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray>
  kill(signal: NodeJS.Signals): void
}

export interface Surroundings {
  /** Added to a minimal environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
}

/** What nobody has waited for dies with the test run; each by its own pid. */
const alive = new Set<ChildProcess>()
atEnd(() => {
  for (const child of alive) child.kill('SIGKILL')
})

/** Starts any program and collects what it writes. */
export function start(file: string, args: readonly string[], { env, cwd }: Surroundings = {}): Started {
  const child = spawn(file, args, {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TERM: 'xterm-256color', ...env },
    stdio: 'pipe',
  })
  alive.add(child)
  const written = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8')
    child[stream].on('data', (text: string) => (written[stream] += text))
  }
  // Whoever is killed in the middle does not read to the end.
  child.stdin.on('error', () => undefined)
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      alive.delete(child)
      resolve({ code, signal, ...written })
    })
  })
  return {
    pid: child.pid!,
    process: child,
    finished,
    says: (stream, pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(written[stream])
          if (match !== null) resolve(match)
        }
        child[stream].on('data', look)
        child.once('close', () => reject(new Error(`ended without ${pattern}: ${written[stream]}`)))
        look()
      }),
    kill: (signal) => void child.kill(signal),
  }
}

/** Starts corerush; its standard input is empty. */
export function startCli(args: readonly string[], surroundings?: Surroundings): Started {
  const started = start(process.execPath, [MAIN, ...args], surroundings)
  started.process.stdin!.end()
  return started
}

/** Runs corerush to its end. */
export const runCli = (args: readonly string[], surroundings?: Surroundings): Promise<Finished> =>
  startCli(args, surroundings).finished

/** Runs corerush with `json=-`, and reads the report; the summary is on `stderr`. */
export async function runForReport(
  args: readonly string[],
  surroundings?: Surroundings,
): Promise<Finished & { readonly report: Report }> {
  const finished = await runCli([...args, '--out', 'json=-'], surroundings)
  return { ...finished, report: readReport(finished) }
}

/** The report on standard output; what was said instead, when there is none. */
export function readReport({ stdout, stderr }: Finished): Report {
  try {
    return JSON.parse(stdout) as Report
  } catch (error) {
    throw new Error(`no report on standard output: ${stdout.slice(0, 500)}\n${stderr}`, { cause: error })
  }
}

/** `corerush target` in a process of its own. */
export interface TargetProcess {
  /** Origin without a slash at its end. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** What it has seen, from itself. A run's probe is one connection more. */
  counts(): Promise<TargetCounts>
  kill(signal: NodeJS.Signals): Promise<Finished>
}

export async function startTarget(args: readonly string[], port = 0): Promise<TargetProcess> {
  const started = startCli(['target', '--port', String(port), ...args])
  const [, url] = await started.says('stdout', /listening on (http:\S+)\n/)
  return {
    url: url!,
    port: Number(new URL(url!).port),
    pid: started.pid,
    counts: async () => (await (await fetch(url! + COUNT_PATH)).json()) as TargetCounts,
    kill(signal) {
      started.kill(signal)
      return started.finished
    },
  }
}

/** A target for as long as `use` takes. */
export async function withTarget<T>(
  args: readonly string[],
  use: (target: TargetProcess) => Promise<T>,
): Promise<T> {
  const target = await startTarget(args)
  try {
    return await use(target)
  } finally {
    await target.kill('SIGTERM')
  }
}

/** A folder of its own for as long as `use` takes. */
export async function withFolder<T>(use: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'corerush-test-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Resolves when the condition holds; the test's own time-out is the limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** Resolves when the process that has this pid is gone. */
export const gone = ({ process }: Started): Promise<unknown> =>
  process.exitCode === null && process.signalCode === null ? once(process, 'exit') : Promise.resolve()
