/** One run of the calibration: corerush as its users start it, under a disturbance, against a target that logs true latencies. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '../dist/core/random.js'
import type { Evidence } from '../dist/core/judge/rules/evidence.js'
import type { Report } from '../dist/index.js'
import { meanLatencyS, type Cell } from './calibration-cell.ts'
import { disturb, type QuotaGroups } from './disturbance.ts'
import { CLI, keep } from './processes.ts'
import { startStampedTarget, type Stamps } from './stamped-target.ts'

export const WARMUP_S = 1
const RAMP_UP_S = 0.5
/** Time allowed for a run in addition to its load: start, drain, and a disturbed host. */
const GRACE_S = 25

/** The true values of a run, from the target's log. */
export interface Truth {
  readonly requests: number
  /** Lower and upper ends of the true percentiles. */
  readonly lowMs: Readonly<Record<string, number>>
  readonly highMs: Readonly<Record<string, number>>
  /** Responses per second of the measured load, and the planned rate; `null` without a pace. */
  readonly gotPerS: number
  readonly plannedPerS: number | null
}

/** The stored record of a run: enough to judge it again with other rules. */
export interface CalibrationRun {
  readonly kind: 'run'
  readonly index: number
  readonly cell: Cell
  readonly truth: Truth
  readonly evidence: Evidence
}

export interface Bench {
  readonly target: string
  readonly groups: QuotaGroups | null
  readonly seconds: number
  /** Requests per second by workers and transport. */
  readonly capacityPerS: (cell: Cell) => number
}

const QUANTILES = { p50: 0.5, p75: 0.75, p90: 0.9, p95: 0.95, p99: 0.99, p99_9: 0.999 }

export async function calibrate(index: number, cell: Cell, bench: Bench): Promise<CalibrationRun> {
  const plan = planOf(cell, bench)
  const target = await startStampedTarget(bench.target, cell.latency)
  try {
    const report = await generate(index, cell, bench, [...plan.flags, '--url', `${target.url}/x`], target)
    const log = await target.finish()
    return {
      kind: 'run',
      index,
      cell,
      truth: truthOf(log, report, plan.paceOf),
      evidence: evidenceOf(report),
    }
  } finally {
    target.kill()
  }
}

interface CellPlan {
  readonly flags: readonly string[]
  /** The planned rate, given the mean service time in seconds. */
  readonly paceOf: (serviceS: number) => number | null
}

function planOf(cell: Cell, { seconds, capacityPerS }: Bench): CellPlan {
  const ratePerS = Math.max(1, Math.round(capacityPerS(cell) * cell.load))
  const serviceS = meanLatencyS(cell.latency)
  const flags = [
    ...['--workers', String(cell.workers), '--duration', String(seconds), '--warmup', String(WARMUP_S)],
    ...['--ramp-up', String(RAMP_UP_S), '--graceful-stop', '2', '--quiet'],
    // The oldest built command knows one transport and no flag for it.
    ...(cell.transport === 'undici' ? [] : ['--transport', cell.transport]),
  ]
  if (cell.model === 'open') {
    // Enough that the target alone never keeps all of them busy.
    const mostUsers = Math.ceil(100 + 2 * ratePerS * serviceS)
    return {
      flags: [...flags, '--rate', String(ratePerS), '--max-users', String(mostUsers)],
      paceOf: () => ratePerS,
    }
  }
  if (cell.model === 'closed, no waits') {
    const users = Math.max(1, Math.round(ratePerS * serviceS))
    return { flags: [...flags, '--users', String(users)], paceOf: () => null }
  }
  const users = Math.max(1, Math.round(ratePerS * (cell.waitS + serviceS)))
  const wait = `${Math.round(cell.waitS * 900)}ms-${Math.round(cell.waitS * 1100)}ms`
  return {
    flags: [...flags, '--users', String(users), '--wait', wait],
    paceOf: (trueServiceS) => users / (cell.waitS + trueServiceS),
  }
}

/** Runs corerush, whatever its exit code, and returns its report. */
async function generate(
  index: number,
  cell: Cell,
  bench: Bench,
  flags: readonly string[],
  target: { readonly firstRequest: Promise<void> },
): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'corerush-calibration-'))
  const file = join(folder, 'report.json')
  const { command, during, end } = disturb(
    cell.disturbance,
    [process.execPath, CLI, ...flags, '--out', `json=${file}`],
    seededRandom(index),
    bench.groups,
  )
  try {
    const child = keep(spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] }))
    let complaint = ''
    child.stderr.on('data', (text: Buffer) => (complaint += text.toString()))
    const limit = setTimeout(() => child.kill('SIGKILL'), (bench.seconds + GRACE_S) * 1000)
    const closed = once(child, 'close')
    await Promise.race([target.firstRequest, closed])
    const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null
    await during(child.pid!, isGone)
    await closed
    clearTimeout(limit)
    if (child.signalCode !== null) throw new Error(`corerush had to be ended: ${complaint.slice(-300)}`)
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Report
    } catch (cause) {
      throw new Error(`corerush wrote no report: ${complaint.slice(-300)}`, { cause })
    }
  } finally {
    end()
    rmSync(folder, { recursive: true, force: true })
  }
}

function truthOf(log: readonly Stamps[], report: Report, paceOf: CellPlan['paceOf']): Truth {
  const startMs = Date.parse(report.startedAt)
  const measured = log.filter(({ writtenMs }) => writtenMs >= startMs + WARMUP_S * 1000)
  const inLoad = measured.filter(({ writtenMs }) => writtenMs <= startMs + (WARMUP_S + report.loadS) * 1000)
  const low = measured.map(({ begunMs, receivedMs }) => begunMs - receivedMs)
  const high = measured.map(({ writtenMs, receivedMs }) => writtenMs - receivedMs)
  const meanS = low.reduce((sum, ms) => sum + ms, 0) / Math.max(1, low.length) / 1000
  return {
    requests: measured.length,
    lowMs: percentiles(low),
    highMs: percentiles(high),
    gotPerS: inLoad.length / report.loadS,
    plannedPerS: paceOf(meanS),
  }
}

function percentiles(ms: number[]): Record<string, number> {
  const sorted = Float64Array.from(ms).sort()
  return Object.fromEntries(
    Object.entries(QUANTILES).map(([name, q]) => [
      name,
      Math.round((sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? NaN) * 1000) / 1000,
    ]),
  )
}

const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0)

/** The figures of the witness; a report does not have those that are nearly certain, which its verdict has seen. */
function witnessOf({ witness }: Report): Evidence['witness'] {
  if (witness === null) return null
  const { latencyMs, errorBoundMs, intervalMs, requests } = witness
  const by = (
    of: (name: keyof typeof QUANTILES) => number | null,
  ): Record<keyof typeof QUANTILES, number | null> => ({
    ...{ p50: of('p50'), p75: of('p75'), p90: of('p90') },
    ...{ p95: of('p95'), p99: of('p99'), p99_9: of('p99_9') },
  })
  return {
    samples: requests,
    latencyMs: by((name) => latencyMs[name]),
    floorMs: by((name) => (latencyMs[name] === null ? null : latencyMs[name] - (errorBoundMs[name] ?? 0))),
    lowMs: by((name) => intervalMs[name]?.[0] ?? null),
    highMs: by((name) => intervalMs[name]?.[1] ?? null),
    farLowMs: by(() => null),
    farHighMs: by(() => null),
  }
}

/** The evidence of the verdict of a report, without histograms and metrics by name. */
function evidenceOf(report: Report): Evidence {
  const { total, verdict, outcomes } = report
  const floor = (name: keyof typeof QUANTILES): number | null => {
    const reported = total.latencyMs[name]
    const bound = verdict.errorBoundMs[name]
    return reported === null || bound === null ? null : Math.round((reported - bound) * 1000) / 1000
  }
  return {
    plan: report.plan,
    rows: report.timeline.map((row) => ({
      ...row,
      byName: {},
      byNameS: 1,
      histogram: { upToUs: [], counts: [] },
    })),
    loadEndS: report.loadS + report.plan.warmupS,
    total,
    floorMs: {
      p50: floor('p50'),
      p75: floor('p75'),
      p90: floor('p90'),
      p95: floor('p95'),
      p99: floor('p99'),
      p99_9: floor('p99_9'),
    },
    witness: witnessOf(report),
    iterations: report.iterations,
    latencies: report.timeline.reduce(
      (n, { phase, histogram }) => (phase === 'warmup' ? n : n + sum(histogram.counts)),
      0,
    ),
    lostWorkers: verdict.reasons
      .filter(({ code }) => code === 'worker.lost')
      .map(({ worker, fromS, message }) => ({ worker: worker ?? 0, second: fromS, message })),
    generatorFaults: (outcomes['connect.no-port'] ?? 0) + (outcomes['connect.no-descriptor'] ?? 0),
    soundPerS: null,
  }
}
