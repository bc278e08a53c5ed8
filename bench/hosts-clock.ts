/**
 * Is the one clock of several hosts true? `npm run bench:hosts-clock`; the answer is in bench/README.md.
 *
 * An agent's clock in a network namespace and a time namespace, which shifts CLOCK_MONOTONIC by exactly 100,000 s, follows
 * this process over a real NATS server. So the real error is known. A relay makes long ways, one slower than the other.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { connectBus } from '../dist/fleet/bus.js'
import { packInstants } from '../dist/fleet/messages.js'
import { monotonicUs } from '../dist/protocol.js'
import { Rig } from '../test/support/hosts.ts'
import { hasNamespaces } from '../test/support/namespaces.ts'
import { describeMachine, keep } from './processes.ts'
import { renderTable } from './table.ts'

const AGENT = fileURLToPath(new URL('hosts-clock-agent.ts', import.meta.url))
const AHEAD_S = 100_000

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '40' } } })
const seconds = Number(values.seconds)
if (!hasNamespaces) throw new Error('this bench needs network and time namespaces')

interface Case {
  readonly what: string
  readonly driftPpm?: number
  readonly seconds?: number
  /** Blocks the coordinator's loop for 20 ms, ten times a second. */
  readonly isBusy?: boolean
  /** Milliseconds to the coordinator and back. */
  readonly way?: readonly [number, number]
}
const CASES: readonly Case[] = [
  { what: 'LAN' },
  { what: 'LAN, the coordinator blocked for 20 ms ten times a second', isBusy: true },
  { what: 'LAN, a crystal that is off by 200 ppm', driftPpm: 200, seconds: 60 },
  { what: 'WAN, 20 ms each way', way: [20, 20] },
  { what: 'WAN, 5 ms there and 25 ms back', way: [5, 25] },
]

console.log(`${describeMachine()}\n`)
const rig = await Rig.make()
const rows = [['', 'bound ± ms', 'error p50 µs', 'error p99 µs', 'greatest', 'second half', 'bound wrong']]
const bus = await connectBus({
  servers: [rig.nats.url],
  name: 'bench',
  inboxPrefix: 'bench.inbox',
  ...{ credsFile: null, nkeyFile: null, caFile: null },
  onFault: (message) => console.error(message),
})
bus.answer('bench.clock', () => {
  const t2Us = monotonicUs()
  return packInstants(t2Us, monotonicUs())
})
try {
  for (const one of CASES) rows.push(await measure(one))
} finally {
  await bus.close()
  await rig.dispose()
}
console.log(renderTable(rows))

async function measure({ what, driftPpm = 0, isBusy = false, way, seconds: own }: Case): Promise<string[]> {
  const { within } = await rig.place(AHEAD_S)
  const relay = way === undefined ? null : await startRelay(way)
  const url = relay?.url ?? rig.nats.url
  const busy = isBusy ? setInterval(block, 100) : null
  const args = [url, 'bench.clock', String(AHEAD_S), String(driftPpm), String(own ?? seconds)]
  const [file, ...words] = [...within, process.execPath, '--import', 'tsx', AGENT, ...args]
  const child = keep(spawn(file!, words, { stdio: ['ignore', 'pipe', 'inherit'] }))
  const looks: { readonly errorUs: number; readonly boundUs: number }[] = []
  createInterface(child.stdout).on('line', (line) => looks.push(JSON.parse(line) as (typeof looks)[number]))
  await once(child, 'close')
  if (busy !== null) clearInterval(busy)
  relay?.close()
  const errors = looks.map(({ errorUs }) => Math.abs(errorUs)).sort((a, b) => a - b)
  const bounds = looks.map(({ boundUs }) => boundUs / 1000)
  const half = looks.slice(looks.length / 2).map(({ errorUs }) => Math.abs(errorUs))
  const wrong = looks.filter(({ errorUs, boundUs }) => Math.abs(errorUs) > boundUs).length
  const us = (value: number): string => value.toFixed(0)
  return [
    what,
    `${Math.min(...bounds).toFixed(2)}–${Math.max(...bounds).toFixed(2)}`,
    us(errors[Math.floor(errors.length / 2)]!),
    us(errors[Math.floor(errors.length * 0.99)]!),
    us(errors.at(-1)!),
    us(Math.max(...half)),
    `${wrong} of ${looks.length}`,
  ]
}

function block(): void {
  const untilMs = performance.now() + 20
  while (performance.now() < untilMs);
}

/** A way to the NATS server that takes so many milliseconds there and back. */
async function startRelay([thereMs, backMs]: readonly [number, number]): Promise<{
  url: string
  close(): void
}> {
  const sockets: Socket[] = []
  const delayed = (from: Socket, to: Socket, ms: number): void => {
    from.on('data', (bytes) => setTimeout(() => void to.write(bytes), ms))
    from.on('close', () => to.destroy())
    from.on('error', () => to.destroy())
    from.setNoDelay(true)
    sockets.push(from)
  }
  const server = createServer((client) => {
    const nats = connect(rig.nats.port, rig.serverAddress)
    delayed(client, nats, thereMs)
    delayed(nats, client, backMs)
  })
  server.listen(0, rig.targetAddress)
  await once(server, 'listening')
  const { address, port } = server.address() as AddressInfo
  return {
    url: `nats://${address}:${port}`,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
