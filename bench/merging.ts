/**
 * What does merging cost the main thread? `npm run bench:merging`; the answer is in bench/README.md.
 *
 * Snapshots of 16 workers with 10 request names each, filled as a busy run would fill them, cross a message port and are
 * read, merged, closed into a row, and looked at over the last 10 s as a live view does: all that the main thread does
 * each second besides printing. The CPU time of this process for it, a second's worth at a time, over one second.
 */
import { parseArgs } from 'node:util'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { normal, seededRandom } from '../dist/core/random.js'
import { packTally, Tally } from '../dist/core/measure/tally.js'
import type { Snapshot } from '../dist/core/measure/second.js'
import { Timeline } from '../dist/core/measure/timeline.js'
import { describeMachine } from './processes.ts'
import { median, spread } from './spread.ts'
import { renderTable } from './table.ts'

/** Different snapshots, which are then repeated: making them costs far more than merging them. */
const DIFFERENT = 4
const MOST = 0.03

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '1,4,16' },
    names: { type: 'string', default: '1,10' },
    /** Requests of each name that a worker finishes in a second. */
    requests: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '30' },
  },
})
const numbers = (list: string): number[] => list.split(',').map(Number)
const requests = Number(values.requests)
const seconds = Number(values.seconds)

console.log(`${describeMachine()}\n`)
const rows = [['workers', 'names', 'CPU ms each second', 'of a core', 'below 3 %']]
for (const workers of numbers(values.workers))
  for (const names of numbers(values.names)) {
    const spentMs = measure(workers, names)
    const share = median(spentMs) / 1000
    rows.push([
      ...[String(workers), String(names), spread(spentMs, 2), `${(100 * share).toFixed(2)} %`],
      share < MOST ? 'yes' : '**no**',
    ])
  }
console.log(
  `${requests} requests of each name a second and worker; ${seconds} seconds: median (least–greatest)\n`,
)
console.log(renderTable(rows))

/** CPU milliseconds per second, without the first third, in which the window fills and code is compiled. */
function measure(workers: number, names: number): number[] {
  const random = seededRandom(1)
  const made = Array.from({ length: DIFFERENT }, () => makeTally(names, random))
  const timeline = new Timeline(workers, Infinity)
  const { port1, port2 } = new MessageChannel()
  const spentMs: number[] = []
  for (let second = 0; second < seconds; second++) {
    for (let worker = 0; worker < workers; worker++)
      port1.postMessage(snapshot(worker, second, made[(second + worker) % DIFFERENT]!))
    const before = process.cpuUsage()
    for (let worker = 0; worker < workers; worker++)
      timeline.add((receiveMessageOnPort(port2) as { message: Snapshot }).message)
    timeline.close(second + 1)
    timeline.recent()
    const { user, system } = process.cpuUsage(before)
    spentMs.push((user + system) / 1000)
  }
  port1.close()
  return spentMs.slice(Math.floor(seconds / 3))
}

/** The tally of a worker in a second in which everything succeeds, with lognormal latencies around 20 ms. */
function makeTally(names: number, random: () => number): Tally {
  const tally = new Tally()
  for (let n = 0; n < names; n++) {
    const request = tally.request(`request ${n}`)
    for (let i = 0; i < requests; i++) {
      const latencyUs = 20_000 * Math.exp(0.5 * normal(random))
      request.histogram('latency').record(latencyUs)
      request.histogram('firstByte').record(latencyUs - 50)
      request.histogram('download').record(50 + 20 * random())
      tally.latencyFloor.record(latencyUs - 200 * random())
      tally.lag.record(1000 * random())
      tally.iterationDuration.record(latencyUs)
    }
    request.sent = request.finished = request.finishedInLoad = request.succeeded = requests
    request.bytesIn = request.bytesOut = 200 * requests
    request.statuses.set(200, requests)
    request.outcomes.set('ok', requests)
  }
  const all = names * requests
  Object.assign(tally.iterations, { due: all, started: all, finished: all })
  tally.connections.reused = all
  return tally
}

function snapshot(worker: number, second: number, tally: Tally): Snapshot {
  const ms = { p50: 0.1, p99: 1, max: 2 }
  return {
    worker,
    second,
    tally: packTally(tally),
    vitals: {
      ...{
        worker,
        utilization: 0.5,
        loopDelayMs: ms,
        lagMs: { ...ms, mean: 0.2 },
        repaidMs: 0,
        waitedMs: 0.1,
      },
      ...{ waitSpreadMs: ms, turns: 800, mostPerTurn: 9, gcMs: 5, gcMaxMs: 2, awayMs: 0 },
      ...{ cpu: 0.5, runQueueMs: 1, runQueueSlices: 500, heapBytes: 2e7 },
    },
    users: 1000,
    inFlight: 20,
    queued: 0,
  }
}
