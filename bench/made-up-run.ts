/** A synthetic run: random seconds, and a report made by the product's code. */
import { Gate } from '../dist/core/judge/gate.js'
import { buildPlan } from '../dist/core/plan/plan.js'
import { normal, seededRandom } from '../dist/core/random.js'
import { buildReport, type Report, type RunFacts } from '../dist/core/report/report.js'
import { resolveOptions } from '../dist/core/resolve/resolve.js'
import type { Snapshot } from '../dist/core/measure/second.js'
import type { HostVitals } from '../dist/core/measure/worker-vitals.js'
import { packTally, Tally } from '../dist/core/measure/tally.js'
import { Timeline } from '../dist/core/measure/timeline.js'

/** Different seconds of a worker, which are then repeated. */
const DIFFERENT = 61

/** Builds the report of a number of seconds, with a number of requests per second, worker and name. */
export function madeUpRun(seconds: number, names: number, workers: number, requests: number): () => Report {
  const cores = Math.max(2, workers)
  const result = resolveOptions(
    {
      url: 'http://127.0.0.1:8080/',
      users: 1000,
      wait: '0.9s-1.1s',
      duration: `${seconds}s`,
      workers,
      warmup: '10s',
      thresholds: ['p99 < 300ms', 'failed < 1%'],
    },
    { cores, descriptors: 100_000 },
  )
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'))
  const plan = buildPlan(result.resolved, 'corerush')
  const gate = new Gate(plan)
  const timeline = new Timeline(workers, seconds, plan.warmupS, (second) => gate.settle(second))
  const random = seededRandom(1)
  const templates = Array.from({ length: DIFFERENT }, (_, i) => madeUpTally(names, i, requests, random))
  for (let second = 0; second < seconds; second++) {
    for (let worker = 0; worker < workers; worker++)
      timeline.add(madeUpSnapshot(worker, second, templates[(second * 7 + worker) % DIFFERENT]!, random))
    timeline.host(second, madeUpHost(cores, random))
    timeline.close(second + 1)
  }
  for (let worker = 0; worker < workers; worker++) timeline.done(worker)
  timeline.finish()
  const facts: RunFacts = {
    version: '0.0.0',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationS: seconds,
    host: {
      node: process.version,
      platform: process.platform,
      arch: process.arch,
      cpuModel: 'made up',
      cores,
      cpuQuota: null,
      memoryBytes: 8e9,
      ...{ kernel: null, governor: null, turbo: null, sleepState: null, wakeUpUs: null, smt: null },
      ...{ virtualMachine: null, container: null, clockSource: null },
    },
    stoppedBy: 'duration',
    warnings: [],
    lostWorkers: [],
    addresses: {},
    gate,
  }
  return () => buildReport(plan, timeline, facts)
}

/** A second of a host with this number of cores. */
export const madeUpHost = (cores: number, random: () => number): HostVitals => ({
  cores: Array.from({ length: cores }, (_, core) => ({ core, busy: random(), iowait: 0, steal: 0 })),
  memoryTotalBytes: 8e9,
  memoryAvailableBytes: 4e9,
  throttledMs: null,
  pressure: { cpu: random(), memory: 0, io: random() },
  sockets: { inUse: 500, timeWait: 20, portsLeft: 27_000 },
  descriptors: { open: 600, limit: 100_000 },
  network: { retransmits: 0, spuriousRetransmits: 0, listenOverflows: 0, listenDrops: 0 },
})

/** A second of a worker in which requests of each name finish and a few fail. */
export function madeUpTally(
  names: number,
  which: number,
  requests: number,
  random: () => number,
): Snapshot['tally'] {
  const tally = new Tally()
  for (let i = 0; i < names; i++) {
    const name = `GET /resource/${i}`
    const request = tally.request(name)
    const failed = (which + i) % 17 === 0 ? 1 : 0
    const n = Math.max(1, Math.round(requests * (0.8 + 0.4 * random())))
    request.sent = request.finished = request.finishedInLoad = n
    request.failed = failed
    request.succeeded = n - failed
    request.bytesIn = n * 2000
    request.outcomes.set('ok', n - failed)
    request.statuses.set(200, n - failed)
    if (failed > 0) {
      request.outcomes.set('status', failed)
      request.statuses.set(503, failed)
      request.histogram('failedLatency').record(3000)
      tally.error(name, 'status', 'status 503', which, failed)
    }
    for (let k = 0; k < n - failed; k++) {
      const latencyUs = 8000 * (1 + i / 10) * Math.exp(normal(random) * 0.5) * (which === 13 ? 4 : 1)
      request.histogram('latency').record(latencyUs)
      request.histogram('firstByte').record(latencyUs)
      tally.latencyFloor.record(latencyUs)
      tally.lag.record(300 + 200 * random())
    }
    tally.iterations.due += n
    tally.iterations.started += n
  }
  return packTally(tally)
}

export function madeUpSnapshot(
  worker: number,
  second: number,
  tally: Snapshot['tally'],
  random: () => number,
): Snapshot {
  const utilization = 0.3 + 0.3 * random()
  const spread = { p50: 0.2, p99: 1.5, max: 2.5 }
  return {
    worker,
    second,
    tally,
    vitals: {
      worker,
      utilization,
      loopDelayMs: spread,
      lagMs: { ...spread, mean: 0.3 },
      repaidMs: 0,
      waitedMs: 0.1,
      waitSpreadMs: spread,
      turns: 100,
      mostPerTurn: 2,
      gcMs: 1.25,
      gcMaxMs: 1.25,
      cpu: utilization,
      runQueueMs: 0,
      runQueueSlices: 100,
      awayMs: 0,
      heapBytes: 2e7,
    },
    users: 500,
    inFlight: Math.round(20 * random()),
    queued: 0,
  }
}
