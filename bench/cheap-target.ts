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
import { cpuSoFarS, isThere, pinned } from './cpu-time.ts'
import { CLI, keep } from './processes.ts'
import { closedPort } from '../test/support/faults.ts'

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
  stop(): Promise<void>
}

export async function startCheapTarget(): Promise<CheapTarget> {
  const folder = mkdtempSync(join(tmpdir(), 'corerush-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const compiled = compile(folder)
  if (compiled !== null) return startCompiled(compiled)
  return isThere('nginx') ? startNginx(folder) : startEmbedded()
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

async function startCompiled(path: string): Promise<CheapTarget> {
  const child = start([path])
  const lines = createInterface(child.stdout!)[Symbol.asyncIterator]()
  const next = async (): Promise<number> => Number((await lines.next()).value)
  return {
    ...(await serving(child, 'a C program, one epoll loop', await next())),
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
    ...(await serving(child, 'nginx, one process', port)),
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
    ...(await serving(child, 'the embedded target, which costs more than some of the generators', port)),
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

async function serving(
  child: ChildProcess,
  kind: string,
  port: number,
): Promise<Omit<CheapTarget, 'requests'>> {
  const host = '127.0.0.1'
  const deadlineMs = performance.now() + 5000
  // The port is known a moment before the target listens on it.
  while (!(await answers(`http://${host}:${port}/`))) {
    if (performance.now() > deadlineMs || child.exitCode !== null)
      throw new Error(`the target did not start: ${kind}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    kind,
    host,
    port,
    cpuS: () => cpuSoFarS(child.pid!),
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    async (response) => (await response.text()).length > 0,
    () => false,
  )
