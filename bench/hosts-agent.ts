/**
 * What does the same run cost more when an agent carries it than when the command itself does? `npm run bench:hosts-agent`;
 * the answer is in bench/README.md.
 *
 * The same load by `corerush` alone and by `corerush --agents 1`, one agent with the same workers, over a real NATS server.
 * CPU time of the process that sends, from the OS, in the middle of the load: of a full load as time per request, of four
 * requests a second as a part of a core. Rounds are interleaved and ratios taken within each.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startNats } from '../test/support/nats.ts'
import { startCheapTarget, type CheapTarget } from './cheap-target.ts'
import { cpuOfThreadsS, pinned } from './cpu-time.ts'
import { CLI, describeMachine, keep } from './processes.ts'
import { median, spread } from './spread.ts'
import { renderTable } from './table.ts'

/** Seconds at the beginning that are not counted, in which code is compiled. */
const FIRST_S = 3
const MOST = { ratio: 1.02, ofACore: 0.015 }

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '8' },
    users: { type: 'string', default: '64' },
    workers: { type: 'string', default: '1' },
  },
})
const seconds = Number(values.seconds)
const LOADS = {
  full: ['--users', values.users, '--ramp-up', '0'],
  idle: ['--rate', '4/s', '--max-users', '10'],
} as const
type Load = keyof typeof LOADS

console.log(`${describeMachine()}\n`)
const target = await startCheapTarget()
const nats = await startNats()
const common = ['--nats', nats.url, '--realm', 'bench']
const agent = start(['agent', '--name', 'alpha', '--workers', values.workers, '--allow-host', '*', ...common])
await new Promise((resolve) => createInterface(agent.stdout!).once('line', resolve))
const found = {
  full: { plain: [] as number[], agent: [] as number[] },
  idle: { plain: [] as number[], agent: [] as number[] },
}
const coordinators: number[] = []
try {
  for (let round = 0; round < Number(values.rounds); round++)
    for (const load of ['full', 'idle'] as const) {
      found[load].plain.push(await plain(load))
      found[load].agent.push(await onAgent(load))
    }
} finally {
  agent.kill('SIGTERM')
  await nats.stop()
  await target.stop()
}
const ratios = found.full.agent.map((us, round) => us / found.full.plain[round]!)
const extra = found.idle.agent.map((share, round) => share - found.idle.plain[round]!)
const percents = (shares: readonly number[]): string =>
  `${spread(
    shares.map((share) => 100 * share),
    2,
  )} %`
console.log(`Target: ${target.kind}; ${values.rounds} rounds of ${seconds} s: median (least–greatest)\n`)
console.log(
  renderTable([
    ['', 'alone', 'by an agent', 'within the round', 'goal'],
    [
      ...[
        `CPU of a request, µs, ${values.users} users`,
        spread(found.full.plain, 2),
        spread(found.full.agent, 2),
      ],
      ...[`× ${spread(ratios, 3)}`, median(ratios) <= MOST.ratio ? 'yes' : '**no**'],
    ],
    [
      ...['of a core at 4 requests/s', percents(found.idle.plain), percents(found.idle.agent)],
      ...[`+ ${percents(extra)}`, median(extra) <= MOST.ofACore ? 'yes' : '**no**'],
    ],
  ]),
)
console.log(`\nThe coordinator took ${percents(coordinators)} of a core in the full load.`)

function start(words: readonly string[]): ChildProcess {
  const [program, ...args] = pinned('generator', [process.execPath, CLI, ...words])
  return keep(spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
}

function wordsOf(load: Load): string[] {
  const url = `http://${target.host}:${target.port}/`
  return ['--url', url, ...LOADS[load], '--duration', `${seconds}s`, '--quiet']
}

async function plain(load: Load): Promise<number> {
  const child = start([...wordsOf(load), '--workers', values.workers])
  return measure(load, child, child.pid!)
}

async function onAgent(load: Load): Promise<number> {
  const child = start([...wordsOf(load), '--agents', '1', ...common])
  return measure(load, child, agent.pid!)
}

/** CPU of the process in the middle of the load: µs for each request of a full load, else the part of a core. */
async function measure(load: Load, child: ChildProcess, pid: number): Promise<number> {
  const ended = once(child, 'close') as Promise<[number | null]>
  const since = await target.requests()
  while ((await target.requests()) <= since) {
    if (child.exitCode !== null) throw new Error(`the run ended with ${child.exitCode} before its load`)
    await sleep(10)
  }
  await sleep(FIRST_S * 1000)
  const before = await look(target, pid, child.pid!)
  await sleep((seconds - FIRST_S - 1) * 1000)
  const after = await look(target, pid, child.pid!)
  const [code] = await ended
  if (code !== 0 && code !== 97) throw new Error(`the run ended with ${code}`)
  const tookS = (after.atMs - before.atMs) / 1000
  if (load === 'full' && pid !== child.pid) coordinators.push((after.otherS - before.otherS) / tookS)
  const cpuS = after.cpuS - before.cpuS
  return load === 'full' ? (cpuS * 1e6) / (after.requests - before.requests) : cpuS / tookS
}

async function look(from: CheapTarget, pid: number, other: number) {
  const requests = await from.requests()
  return { requests, cpuS: cpuOfThreadsS(pid), otherS: cpuOfThreadsS(other), atMs: performance.now() }
}
