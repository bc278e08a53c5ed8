/** Evidence for a verdict: a healthy run of ten seconds, with whatever a test wants to be different. */
import { noIterations } from '../../src/core/measure/tally.ts'
import { Histogram } from '../../src/core/measure/histogram.ts'
import { deriveMetrics, percentilesMs } from '../../src/core/measure/metrics.ts'
import { RequestTally } from '../../src/core/measure/request-tally.ts'
import type { SecondRow } from '../../src/core/measure/second.ts'
import type { Evidence, PercentilesMs } from '../../src/core/judge/rules/evidence.ts'
import type { HostVitals, TargetVitals, WorkerVitals } from '../../src/core/measure/worker-vitals.ts'
import { aPlan } from './plan.ts'

const SECONDS = 10
const SERVICE_US = 20_000
const REQUESTS = 1000

export const healthy: WorkerVitals = {
  worker: 0,
  utilization: 0.3,
  loopDelayMs: { p50: 0.1, p99: 0.5, max: 0.8 },
  lagMs: { p50: 0.3, p99: 0.9, max: 1, mean: 0.4 },
  repaidMs: 0,
  waitedMs: 0,
  waitSpreadMs: { p50: 0, p99: 0, max: 0 },
  turns: 400,
  mostPerTurn: 3,
  gcMs: 2,
  gcMaxMs: 1,
  cpu: 0.3,
  runQueueMs: 0,
  runQueueSlices: 100,
  awayMs: 0,
  heapBytes: 20e6,
}

export const quietHost: HostVitals = {
  cores: [
    { core: 0, busy: 0.4, iowait: 0, steal: 0 },
    { core: 1, busy: 0.4, iowait: 0, steal: 0 },
  ],
  memoryTotalBytes: 8e9,
  memoryAvailableBytes: 4e9,
  throttledMs: 0,
  pressure: { cpu: 0.01, memory: 0, io: 0 },
  sockets: { inUse: 20, timeWait: 0, portsLeft: 28_000 },
  descriptors: { open: 40, limit: 20_000 },
  network: { retransmits: 0, spuriousRetransmits: 0, listenOverflows: 0, listenDrops: 0 },
}

/** A server whose exporter says nothing. */
export const silentTarget: TargetVitals = {
  cores: [],
  memoryTotalBytes: null,
  memoryAvailableBytes: null,
  load1: null,
  bytesInPerS: null,
  bytesOutPerS: null,
  contextSwitchesPerS: null,
}

/** Requests that all took 20 ms. */
function requests(n: number): RequestTally {
  const request = new RequestTally(false)
  request.sent = request.finished = request.finishedInLoad = request.succeeded = n
  for (let i = 0; i < n; i++) request.histogram('latency').record(SERVICE_US)
  return request
}

export function aRow(second: number, different: Partial<SecondRow> = {}): SecondRow {
  return {
    second,
    phase: 'load',
    complete: true,
    users: 10,
    inFlight: 0,
    queued: 0,
    due: REQUESTS / SECONDS,
    dropped: 0,
    iterations: {
      started: REQUESTS / SECONDS,
      finished: REQUESTS / SECONDS,
      failed: 0,
      unfinished: 0,
      stuck: 0,
    },
    taskErrors: 0,
    ...deriveMetrics(requests(REQUESTS / SECONDS), { loadS: 1, carriedIn: 0 }),
    byName: {},
    byNameS: 1,
    histogram: { upToUs: [], counts: [] },
    workers: [healthy, { ...healthy, worker: 1 }],
    host: quietHost,
    target: null,
    ...different,
  }
}

/** Percentiles of the latencies of the run less `waitedUs` that each response can have waited. */
export function floor(waitedUs: number): PercentilesMs {
  const histogram = new Histogram()
  for (let i = 0; i < REQUESTS; i++) histogram.record(Math.max(0, SERVICE_US - waitedUs))
  return percentilesMs(histogram)
}

export function evidence(different: Partial<Evidence> = {}): Evidence {
  return {
    plan: aPlan({ wait: { kind: 'constant', seconds: 0.08 } }),
    rows: Array.from({ length: SECONDS }, (_, second) => aRow(second)),
    total: deriveMetrics(requests(REQUESTS), { loadS: SECONDS, carriedIn: 0 }),
    floorMs: floor(100),
    witness: null,
    lostWorkers: [],
    latencies: REQUESTS,
    loadEndS: SECONDS,
    iterations: { ...noIterations(), due: REQUESTS, started: REQUESTS, finished: REQUESTS },
    generatorFaults: 0,
    soundPerS: null,
    ...different,
  }
}

/** Ten seconds of load in which the vitals of one worker differ in some. */
export const rowsWhere = (
  isBad: (second: number) => boolean,
  vitals: Partial<WorkerVitals>,
  row: Partial<SecondRow> = {},
): SecondRow[] =>
  Array.from({ length: SECONDS }, (_, second) =>
    isBad(second)
      ? aRow(second, { workers: [healthy, { ...healthy, worker: 1, ...vitals }], ...row })
      : aRow(second),
  )
