/**
 * The cheapest target available, for benches of the cost of a request: the C program if there is a compiler, otherwise
 * nginx, otherwise the embedded target. All respond with 200 and a body of 200 bytes.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { cpuOfThreadsS, cpuSoFarS, isThere, pinned } from './cpu-time.ts'
import { CLI, keep } from './processes.ts'
import { closedPort } from '../test/support/faults.ts'

/** Removed when the bench ends. */
const folders: string[] = []
process.once('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

const SECURE = fileURLToPath(new URL('secure-target.mjs', import.meta.url))
const SOURCE = fileURLToPath(new URL('tiny-target.c', import.meta.url))

export interface CheapTarget {
  /** The name in the table. */
  readonly kind: string
  readonly host: string
  readonly port: number
  /** Requests received so far. */
  requests(): Promise<number>
  /** CPU time so far, in seconds; `null` if the platform does not report it. */
  cpuS(): number | null
  /** The same to the nanosecond, on Linux. */
  exactCpuS(): number
  stop(): Promise<void>
}

export async function startCheapTarget(): Promise<CheapTarget> {
  const folder = mkdtempSync(join(tmpdir(), 'corerush-bench-'))
  folders.push(folder)
  const compiled = compile(folder)
  if (compiled !== null) return startCompiled(compiled)
  return isThere('nginx') ? startNginx(folder) : startEmbedded()
}

export type SecureKind = 'https' | 'https-fresh' | 'h2'

/** Starts a target of TLS or HTTP/2; see `secure-target.mjs`. `identity` has the files of its key and certificate. */
export function startSecureTarget(
  kind: SecureKind,
  identity: { readonly key: string; readonly cert: string },
): Promise<CheapTarget> {
  const names = { https: 'Node, TLS', 'https-fresh': 'Node, TLS without resumption', h2: 'Node, HTTP/2' }
  return startCounting([process.execPath, SECURE, kind, identity.key, identity.cert], names[kind])
}

/** The path of the program; `null` without a compiler or epoll. */
function compile(folder: string): string | null {
  if (!isThere('cc')) return null
  const path = join(folder, 'tiny-target')
  try {
    execFileSync('cc', ['-O2', '-o', path, SOURCE], { stdio: 'ignore' })
    return path
  } catch {
    return null
  }
}

const startCompiled = (path: string): Promise<CheapTarget> =>
  startCounting([path], 'a C program, one epoll loop')

/** A program that prints its port, and then the number of requests so far for each line that it is sent. */
async function startCounting(command: readonly string[], kind: string): Promise<CheapTarget> {
  const child = start(command)
  const lines = createInterface(child.stdout!)[Symbol.asyncIterator]()
  const next = async (): Promise<number> => Number((await lines.next()).value)
  return {
    ...serving(child, kind, await next()),
    async requests() {
      child.stdin!.write('\n')
      return next()
    },
  }
}

const NGINX = (folder: string, port: number): string => `
daemon off; master_process off; worker_rlimit_nofile 20000; pid ${folder}/pid; error_log ${folder}/errors;
events { worker_connections 16384; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 1h; client_body_temp_path ${folder};
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /count { stub_status; }
    location / { default_type application/xml; return 200 '${'x'.repeat(200)}'; }
  }
}
`

async function startNginx(folder: string): Promise<CheapTarget> {
  const port = await closedPort()
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, NGINX(folder, port))
  const child = start(['nginx', '-p', folder, '-e', join(folder, 'errors'), '-c', file])
  let asked = 0
  return {
    ...serving(child, 'nginx, one process', await answering(child, 'nginx', port)),
    async requests() {
      const text = await (await fetch(`http://127.0.0.1:${port}/count`)).text()
      // Its third line: connections accepted and handled, then requests; those that ask for it are among them.
      const [, requests] = /\n *\d+ +\d+ +(\d+)/.exec(text) ?? []
      return Number(requests) - ++asked
    },
  }
}

async function startEmbedded(): Promise<CheapTarget> {
  const port = await closedPort()
  const child = start([process.execPath, CLI, 'target', '--port', String(port)])
  return {
    ...serving(
      child,
      'the embedded target, which costs more than some of the generators',
      await answering(child, 'the embedded target', port),
    ),
    async requests() {
      const count = await (await fetch(`http://127.0.0.1:${port}/__corerush/count`)).json()
      return (count as { requests: number }).requests
    },
  }
}

const start = (command: readonly string[]): ChildProcess => {
  const [program = '', ...argv] = pinned('target', command)
  return keep(spawn(program, argv, { stdio: ['pipe', 'pipe', 'inherit'] }))
}

const HOST = '127.0.0.1'

/** Resolves to the port when the target answers on it, of which it may say nothing by itself. */
async function answering(child: ChildProcess, kind: string, port: number): Promise<number> {
  const deadlineMs = performance.now() + 5000
  while (!(await answers(`http://${HOST}:${port}/`))) {
    if (performance.now() > deadlineMs || child.exitCode !== null)
      throw new Error(`the target did not start: ${kind}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return port
}

const serving = (child: ChildProcess, kind: string, port: number): Omit<CheapTarget, 'requests'> => ({
  kind,
  host: HOST,
  port,
  cpuS: () => cpuSoFarS(child.pid!),
  exactCpuS: () => cpuOfThreadsS(child.pid!),
  async stop() {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  },
})

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    async (response) => (await response.text()).length > 0,
    () => false,
  )
