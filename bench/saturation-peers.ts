/**
 * The users of the saturation bench through the other generators on the PATH, each as one process, as its documentation
 * starts it. Nothing is installed; missing peers are named and omitted. They burn the same CPU time per request.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { PEERS } from './accuracy-peers.ts'
import { cpuSoFarS, isThere } from './cpu-time.ts'
import { keep, type TargetProcess } from './processes.ts'

/** The load of a peer. */
export interface Sweep {
  readonly url: string
  readonly body: string
  readonly users: number
  readonly seconds: number
  readonly burnMs: number
  /** The rate of all users together. */
  readonly askedPerS: number
}

/** The result of a peer: counted by the target, reported by itself, and measured by the kernel. */
export interface Swept {
  readonly achievedPerS: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  /** Shares of a core. */
  readonly busy: number | null
  readonly exitCode: number | null
}

interface SweepPeer {
  readonly name: string
  command(sweep: Sweep, folder: string): readonly string[]
}

const LOCUST = ({ body, burnMs }: Sweep): string => `
import time
from locust import task, between
from locust.contrib.fasthttp import FastHttpUser
class User(FastHttpUser):
    wait_time = between(0.9, 1.1)
    @task
    def get_programs(self):
        until = time.perf_counter() + ${burnMs / 1000}
        while time.perf_counter() < until: pass
        self.client.post('/GetPrograms', data=${JSON.stringify(body)}, headers={'Content-Type': 'application/xml'}, name='GetPrograms')
`
const K6 = ({ url, body, users, seconds, burnMs }: Sweep): string => `
import http from 'k6/http'
import { sleep } from 'k6'
export const options = { summaryTrendStats: ['med', 'p(99)'], vus: ${users}, duration: '${seconds}s' }
export default () => {
  const until = Date.now() + ${burnMs}
  while (Date.now() < until);
  http.post('${url}/GetPrograms', ${JSON.stringify(body)}, { headers: { 'content-type': 'application/xml' } })
  sleep(0.9 + 0.2 * Math.random())
}
export const handleSummary = ({ metrics }) => ({ stdout: JSON.stringify(metrics) })
`
const AUTOCANNON = fileURLToPath(new URL('burning-autocannon.mjs', import.meta.url))

const SWEEPS: readonly SweepPeer[] = [
  {
    name: 'locust',
    command: (sweep, folder) => [
      ...['locust', '-f', write(folder, 'locustfile.py', LOCUST(sweep)), '--headless', '--only-summary'],
      ...['-u', String(sweep.users), '-r', String(sweep.users), '-t', `${sweep.seconds}s`],
      ...['--host', sweep.url],
    ],
  },
  {
    name: 'k6',
    command: (sweep, folder) => ['k6', 'run', '--quiet', write(folder, 'users.js', K6(sweep))],
  },
  {
    // It has no waits: the same number of connections, at the same rate.
    name: 'autocannon',
    command: (sweep) => [process.execPath, AUTOCANNON, JSON.stringify(sweep)],
  },
]

/** Available peers, and the names of missing ones. autocannon is a development dependency. */
export function findPeers(): { readonly here: readonly string[]; readonly missing: readonly string[] } {
  const names = SWEEPS.map(({ name }) => name)
  const isHere = (name: string): boolean => name === 'autocannon' || isThere(name)
  return { here: names.filter(isHere), missing: names.filter((name) => !isHere(name)) }
}

/** Seconds excluded at the start, in which users start. */
const SETTLED_S = 1.5
const LONGEST_START_S = 30

export async function sweep(name: string, target: TargetProcess, of: Sweep): Promise<Swept> {
  const folder = mkdtempSync(join(tmpdir(), 'corerush-bench-'))
  try {
    const [command = '', ...argv] = SWEEPS.find((peer) => peer.name === name)!.command(of, folder)
    const child = keep(spawn(command, argv, { stdio: ['ignore', 'pipe', 'pipe'] }))
    const closed = once(child, 'close')
    const text = { out: '', error: '' }
    child.stdout.on('data', (chunk: Buffer) => (text.out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (text.error += chunk.toString()))
    const began = performance.now()
    while ((await target.requests()) === 0 && performance.now() - began < LONGEST_START_S * 1000)
      await sleep(50)
    await sleep(SETTLED_S * 1000)
    const look = async () => ({
      atS: performance.now() / 1000,
      count: await target.requests(),
      cpuS: cpuSoFarS(child.pid!),
    })
    const from = await look()
    await sleep((of.seconds - 2 * SETTLED_S) * 1000)
    const to = await look()
    await closed
    const said = PEERS.find((peer) => peer.name === name)!.parse(text.out === '' ? text.error : text.out)
    const spanS = to.atS - from.atS
    return {
      achievedPerS: (to.count - from.count) / spanS,
      p50Ms: said.p50,
      p99Ms: said.p99,
      busy: from.cpuS === null || to.cpuS === null ? null : (to.cpuS - from.cpuS) / spanS,
      exitCode: child.exitCode,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function write(folder: string, name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
