/**
 * What do many agents cost the coordinator? `npm run bench:hosts-coordinator`; the answer is in bench/README.md.
 *
 * The built command coordinates agents that are made up, over a real NATS server: they are found, claimed, follow the clock
 * and hand over one merged second of 32 workers each second. CPU time of the coordinator's process and of the server from
 * the OS, from the third second of the load to its last.
 */
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Report } from '../dist/index.js'
import { startNats } from '../test/support/nats.ts'
import { cpuOfThreadsS } from './cpu-time.ts'
import { CLI, describeMachine, keep } from './processes.ts'
import { renderTable } from './table.ts'

const AGENTS = fileURLToPath(new URL('hosts-agents.ts', import.meta.url))
/** Seconds at the beginning that are not counted, in which code is compiled. */
const FIRST_S = 3
const MOST_OF_A_CORE = 0.1

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '1,10,50,200' },
    names: { type: 'string', default: '1,10' },
    workers: { type: 'string', default: '32' },
    /** Requests of each name that a worker finishes in a second. */
    requests: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '20' },
  },
})
const numbers = (list: string): number[] => list.split(',').map(Number)
const seconds = Number(values.seconds)

console.log(`${describeMachine()}\n`)
const rows = [
  [
    'agents',
    'names',
    'kB a second and agent',
    'coordinator',
    'of a core each agent',
    'nats-server',
    'bound ± ms',
    'seconds whole',
    'lost',
  ],
]
for (const names of numbers(values.names))
  for (const agents of numbers(values.agents)) {
    const row = await measure(agents, names)
    console.error(row.join(' · '))
    rows.push(row)
  }
console.log(
  `${values.workers} workers an agent, ${values.requests} requests of each name a second and worker, ${seconds} s; the goal is ${100 * MOST_OF_A_CORE} % of a core for 10 agents and 10 names\n`,
)
console.log(renderTable(rows))

async function measure(agents: number, names: number): Promise<string[]> {
  const nats = await startNats()
  const made = keep(
    fork(AGENTS, [nats.url, 'bench', String(agents), values.workers, String(names), values.requests], {
      execArgv: ['--import', 'tsx'],
    }),
  )
  const heard = { started: 0, bytes: 0, seconds: 0 }
  const ready = new Promise<void>((resolve, reject) => {
    made.on('message', (message: 'ready' | 'started' | { bytes: number; seconds: number }) => {
      if (message === 'ready') resolve()
      else if (message === 'started') heard.started++
      else Object.assign(heard, message)
    })
    made.once('exit', (code) => reject(new Error(`the agents ended with ${code}`)))
  })
  await ready
  const folder = mkdtempSync(join(tmpdir(), 'corerush-bench-'))
  try {
    const file = join(folder, 'report.json')
    const load = ['--rate', '1/s', '--max-users', String(agents * Number(values.workers))]
    // A number is refused above 50, which is what the documents recommend.
    const fleet = ['--agents', 'all', '--nats', nats.url, '--realm', 'bench']
    const url = 'http://127.0.0.1:1/'
    const words = ['--url', url, '--duration', `${seconds}s`, '--quiet', '--out', `json=${file}`]
    const child = keep(
      spawn(process.execPath, [CLI, ...fleet, ...load, ...words], { stdio: ['ignore', 'ignore', 'pipe'] }),
    )
    let complaint = ''
    child.stderr.on('data', (text: Buffer) => (complaint += text.toString()))
    const ended = once(child, 'close')
    while (heard.started < agents) {
      if (child.exitCode !== null) throw new Error(`the run did not start\n${complaint}`)
      await sleep(20)
    }
    await sleep(FIRST_S * 1000)
    const [before, beganMs] = [[child.pid!, nats.pid].map((pid) => cpuOfThreadsS(pid)), performance.now()]
    await sleep((seconds - FIRST_S) * 1000)
    const [after, tookS] = [
      [child.pid!, nats.pid].map((pid) => cpuOfThreadsS(pid)),
      (performance.now() - beganMs) / 1000,
    ]
    await ended
    const [own, server] = after.map((cpuS, i) => (cpuS - before[i]!) / tookS)
    const { agents: facts, timeline } = JSON.parse(readFileSync(file, 'utf8')) as Report
    const lost = facts!.flatMap((one) => (one.lost === null ? [] : [`${one.name}: ${one.lost.message}`]))
    if (lost.length > 0)
      console.error(`${agents} agents, ${names} names: ${lost.length} lost, such as ${lost[0]}`)
    const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`
    return [
      ...[String(agents), String(names), (heard.bytes / heard.seconds / 1000).toFixed(1), percent(own!)],
      ...[percent(own! / agents, 2), percent(server!)],
      Math.max(...facts!.map(({ clock }) => clock!.boundMs)).toFixed(2),
      `${timeline.filter(({ complete }) => complete).length} of ${seconds}`,
      String(lost.length),
    ]
  } finally {
    made.kill()
    await nats.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
