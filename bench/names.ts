/**
 * Does a day of very many request names fit in a small heap? `npm run bench:names`; the answer is in bench/README.md.
 *
 * `conduct` carries out a plan of 24 h on a virtual clock. Its workforce hands over a snapshot of each worker and second,
 * with 200 names each; everything that a run does with them is the product's own: the timeline, the record, the
 * thresholds, the watch over the heap, and files of every kind. The process has a heap of 300 MB.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { getHeapStatistics } from 'node:v8'
import { buildPlan } from '../dist/core/plan/plan.js'
import { seededRandom } from '../dist/core/random.js'
import { resolveOptions } from '../dist/core/resolve/resolve.js'
import { readOutputs } from '../dist/cli/output-flags.js'
import type { Command } from '../dist/cli/command.js'
import type { ConductingHost } from '../dist/host/machine/this-host.js'
import { readHeap } from '../dist/host/machine/heap.js'
import type { Output } from '../dist/output/output.js'
import { conduct } from '../dist/host/run.js'
import type { Hire, Workforce, WorkforceEvents } from '../dist/host/workforce.js'
import { madeUpHost, madeUpSnapshot, madeUpTally } from './made-up-run.ts'
import { describeMachine } from './processes.ts'
import { renderTable } from './table.ts'

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '24' },
    names: { type: 'string', default: '200' },
    workers: { type: 'string', default: '2' },
    /** Requests of each name that a worker finishes in a second. */
    requests: { type: 'string', default: '3' },
    out: { type: 'string', default: 'json,ndjson,html,csv,hlog,junit,github' },
    /** Builds the report of the run so far at each of these seconds, as the live page does. */
    'report-every': { type: 'string', default: '0' },
  },
})
const seconds = Math.round(3600 * Number(values.hours))
const names = Number(values.names)
const workers = Number(values.workers)
/** Different seconds of a worker, which are then repeated. */
const DIFFERENT = 61
const WALL_MS = Date.UTC(2026, 0, 1)
/** The start instant on the virtual clock. */
const START_US = 20_000

const random = seededRandom(1)
const templates = Array.from({ length: DIFFERENT }, (_, i) =>
  madeUpTally(names, i, Number(values.requests), random),
)
const rows = [['run time', 'heap, MB', 'external, MB', 'CPU, ms each second']]
let nowUs = 0
let cpuAt = process.cpuUsage()
let sinceS = 0
let tick = (): void => undefined

/** Hands over what workers would have measured, second by second. */
class MadeUpWorkforce implements Workforce {
  readonly ready = Promise.resolve()
  readonly finished: Promise<void>
  readonly #events: WorkforceEvents
  #begin = (): void => undefined
  #stopsAtS = seconds

  constructor(events: WorkforceEvents) {
    this.#events = events
    this.finished = new Promise<void>((resolve) => (this.#begin = resolve)).then(() => this.#work())
  }
  start(): void {
    this.#begin()
  }
  amend(): void {
    throw new Error('nothing amends this run')
  }
  stop(loadEndS: number | null): void {
    this.#stopsAtS = Math.min(this.#stopsAtS, Math.ceil(loadEndS ?? 0))
  }
  dismiss(): Promise<void> {
    return Promise.resolve()
  }

  async #work(): Promise<void> {
    for (let second = 0; second < this.#stopsAtS; second++) {
      for (let worker = 0; worker < workers; worker++) {
        const tally = templates[(second * 7 + worker) % DIFFERENT]!
        this.#events.snapshot(madeUpSnapshot(worker, second, tally, random))
      }
      nowUs = START_US + (second + 1) * 1e6
      tick()
      // The outputs write, and the collector collects, between two turns.
      if (second % 60 === 59) await new Promise(setImmediate)
      if ((second + 1) % Math.ceil(seconds / 8) === 0) note(second + 1)
    }
    for (let worker = 0; worker < workers; worker++)
      this.#events.ended(worker, {
        lastDoneS: this.#stopsAtS,
        endedS: this.#stopsAtS,
        addresses: {},
      })
  }
}

const host: ConductingHost = {
  nowUs: () => nowUs,
  wallMs: () => WALL_MS + nowUs / 1000,
  every(_, callback) {
    tick = callback
    return () => undefined
  },
  watch: () => ({ read: () => madeUpHost(workers, random) }),
  heap: readHeap,
}

/** Adds a row to the table: what the heap holds after a collection. */
function note(atS: number): void {
  const { user, system } = process.cpuUsage(cpuAt)
  const ms = (user + system) / 1000 / (atS - sinceS)
  globalThis.gc?.()
  const { used_heap_size, external_memory } = getHeapStatistics()
  rows.push([
    `${(atS / 3600).toFixed(1)} h`,
    (used_heap_size / 1e6).toFixed(0),
    (external_memory / 1e6).toFixed(0),
    ms.toFixed(1),
  ])
  cpuAt = process.cpuUsage()
  sinceS = atS
}

const resolved = resolveOptions(
  {
    // Nobody listens there, so the probe before the run fails at once.
    url: 'http://127.0.0.1:1/',
    users: 1000,
    wait: '0.9s-1.1s',
    duration: `${seconds}s`,
    workers,
    thresholds: ['p99 < 300ms', 'failed < 1%', 'p95 < 1s over 10s'],
  },
  { cores: workers, descriptors: 100_000 },
)
if ('problems' in resolved) throw new Error(resolved.problems.map(({ message }) => message).join('\n'))
const plan = buildPlan(resolved.resolved, 'corerush')

const folder = mkdtempSync(join(tmpdir(), 'corerush-names-'))
const kinds = values.out.split(',').filter((kind) => kind !== '')
const hire: Hire = (_plan, _feeders, events) => new MadeUpWorkforce(events)
try {
  const read = readOutputs(
    {
      lists: new Map([['outputs', kinds.map((kind) => `${kind}=${join(folder, kind)}`)]]),
      texts: new Map(),
      switches: new Map(),
    } as unknown as Command,
    [],
  )
  const every = Number(values['report-every'])
  const live: Output = {
    name: 'live',
    second: ({ row, report }) => {
      if (every > 0 && row.second % every === 0) report()
    },
  }
  console.log(`${describeMachine()}\n`)
  const report = await conduct(plan, { outputs: [...read.outputs, live] }, hire, host)
  const { heapUsed, rss } = process.memoryUsage()
  console.log(
    `${names} names, ${workers} workers, ${(seconds / 3600).toFixed(1)} h; a heap of ${(readHeap().limitBytes / 1e6).toFixed(0)} MB; ended by ${report.stoppedBy}\n`,
  )
  console.log(renderTable(rows))
  console.log(
    `\nWhen all was written: heap ${(heapUsed / 1e6).toFixed(0)} MB with its garbage, RSS ${(rss / 1e6).toFixed(0)} MB`,
  )
  for (const kind of kinds.flatMap((one) => (one === 'csv' ? ['csv_stats_history.csv'] : [one])))
    console.log(`${kind}: ${(statSync(join(folder, kind)).size / 1e6).toFixed(1)} MB`)
  if (report.stoppedBy !== 'duration') process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}
