/**
 * What does the verdict's evidence cost? `npm run bench:evidence`; the answer is in bench/README.md.
 *
 * The product's own code, repeated in one thread: the vitals of host and worker once a second, and the error bound of each
 * response (one response per turn, the most expensive case: the loop wakes for it). CPU time of this process from the OS; then what that is of a core at some rates of a worker.
 */
import { parseArgs } from 'node:util'
import { Histogram } from '../dist/core/measure/histogram.js'
import { watchHost } from '../dist/host/machine/host-vitals.js'
import { RunClock } from '../dist/worker/time/clock.js'
import { Turn, loopIdleUs } from '../dist/worker/time/turn.js'
import { vitalSigns } from '../dist/worker/record/vitals.js'
import { describeMachine } from './processes.ts'
import { median, spread } from './spread.ts'
import { renderTable } from './table.ts'

const MOST = 0.01
const SLEEP_US = 200

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    rates: { type: 'string', default: '275,1000,5000' },
  },
})

console.log(`${describeMachine()}\n`)
const host = watchHost()
const worker = vitalSigns()
const clock = new RunClock()
/** Simulates that the loop slept before each response, so that the wait for a core is read. */
let sleptUs = 0
const nowUs = (): number => clock.nowUs() + sleptUs
const turn = new Turn(nowUs, () => loopIdleUs() + sleptUs, worker.runQueueUs)
const floor = new Histogram()
const waited = new Histogram()
/** A loop of empty turns, and one in which each turn brings a response whose bound is recorded. */
const turns = async (count: number, each: () => void): Promise<void> => {
  for (let i = 0; i < count; i++) {
    each()
    await new Promise(setImmediate)
  }
}
const respond = (): void => {
  sleptUs += SLEEP_US
  const atUs = nowUs()
  const ownUs = turn.waitedUs(atUs)
  turn.sent({ sentUs: atUs, ownUs: 0 })
  waited.record(ownUs)
  floor.record(20_000)
}

const hostUs: number[] = []
const workerUs: number[] = []
const responseUs: number[] = []
for (let round = 0; round < Number(values.rounds); round++) {
  hostUs.push(await cpuUs(200, (n) => repeat(n, () => host.read())))
  workerUs.push(await cpuUs(2000, (n) => repeat(n, () => worker.read())))
  const empty = await cpuUs(20_000, (n) => turns(n, () => undefined))
  responseUs.push((await cpuUs(20_000, (n) => turns(n, respond))) - empty)
}
worker.close()

console.log('CPU, each time: median (least–greatest)\n')
console.log(
  renderTable([
    ['what', 'how often', 'µs'],
    ['the host: cores, memory, pressure, sockets, network', 'once a second', spread(hostUs, 0)],
    ['a worker: utilization, core time, collections, heap', 'once a second', spread(workerUs, 1)],
    ['the bound of a response', 'each response', spread(responseUs, 2)],
  ]),
)
const rows = [['responses a second and worker', 'of its core', 'below 1 %']]
for (const rate of values.rates.split(',').map(Number)) {
  const share = (median(workerUs) + rate * median(responseUs)) / 1e6
  rows.push([String(rate), `${(100 * share).toFixed(2)} %`, share < MOST ? 'yes' : '**no**'])
}
const mainShare = median(hostUs) / 1e6
rows.push(['(main thread)', `${(100 * mainShare).toFixed(2)} %`, mainShare < MOST ? 'yes' : '**no**'])
console.log(`\n${renderTable(rows)}`)

function repeat(count: number, each: () => unknown): void {
  for (let i = 0; i < count; i++) each()
}

/** CPU time of this process per repetition, in µs. */
async function cpuUs(count: number, go: (count: number) => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await go(count)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}
