/**
 * The second part of the accuracy bench: the target's process is stopped (SIGSTOP) in the middle of a run, and the report
 * is compared with the values that follow from the schedule alone.
 *
 * The answer: arrival k is due at k / rate and takes the user that has been free longest, or waits for the first to be
 * free. An answer that would come during the freeze comes at its end; a request that is sent during it begins at its
 * end. So arrivals of the freeze take from its whole length down to nothing, plus the target's latency.
 */
import { monotonicUs } from '../dist/protocol.js'
import type { LatencySummary, Options } from '../dist/index.js'
import { describeVerdict, fixed, observe } from './observed.ts'
import type { LoggingTarget } from './processes.ts'
import { renderTable } from './table.ts'

export interface FreezeOptions {
  readonly ratePerS: number
  readonly seconds: number
  readonly freezeS: number
}

const FREEZE_AT_S = 4
const LATENCY_MS = 20
/** Twice the average need of the rate, so that the users work off the queue within seconds. */
const FEW_USERS = 8
const CLOSED_USERS = 10

/** A span of run time, in s. */
interface Span {
  readonly fromS: number
  readonly toS: number
}

interface Answer {
  readonly latencyMs: readonly number[]
  readonly serviceMs: readonly number[]
  readonly dropped: number
}

/** Prints the table; returns how many runs had a wrong count. */
export async function freeze(target: LoggingTarget, options: FreezeOptions): Promise<number> {
  const { ratePerS, seconds, freezeS } = options
  let miscounts = 0
  const rows = [
    [
      ...['run', 'p99 must be', 'reported', 'off by', 'max must be', 'reported', 'off by'],
      ...['service p99 must be', 'reported', 'service p50', 'due = sent + dropped', 'verdict'],
    ],
  ]
  const pacing = CLOSED_USERS / ratePerS
  const cases: readonly [string, Omit<Options, 'url' | 'warmup'>, number, boolean][] = [
    ['open, users as needed', { rate: ratePerS }, Infinity, false],
    [`open, ${FEW_USERS} users, queue`, { rate: ratePerS, maxUsers: FEW_USERS }, FEW_USERS, false],
    [
      `open, ${FEW_USERS} users, drop`,
      { rate: ratePerS, maxUsers: FEW_USERS, onFull: 'drop' },
      FEW_USERS,
      true,
    ],
    [`closed, ${CLOSED_USERS} users`, { users: CLOSED_USERS, wait: `pacing:${pacing}s` }, 0, false],
  ]
  for (const [name, load, users, drops] of cases) {
    let frozen: Promise<Span> = Promise.reject(new Error('the run did not start'))
    frozen.catch(() => undefined)
    const { report, isCountExact } = await observe(
      target,
      `${LATENCY_MS}ms`,
      { ...load, duration: seconds },
      (startUs) => {
        frozen = stopFor(target.pid, startUs, freezeS)
      },
    )
    const { latencyMs, serviceMs } = report.total
    const { due, dropped } = report.iterations
    const adds = isCountExact && due === report.total.sent + dropped
    if (!adds) miscounts++
    const truth =
      users === 0
        ? null
        : predict({ ratePerS, seconds, users, drops, serviceS: LATENCY_MS / 1000, span: await frozen })
    rows.push([
      name,
      ...compare(latencyMs, truth?.latencyMs ?? [], 0.99, 'p99'),
      ...compare(latencyMs, truth?.latencyMs ?? [], 1, 'max'),
      ...compare(serviceMs, truth?.serviceMs ?? [], 0.99, 'p99').slice(0, 2),
      fixed(serviceMs.p50, 1),
      `${due} = ${report.total.sent} + ${dropped}${adds ? '' : ' WRONG'}${truth === null ? '' : ` (${truth.dropped} must be)`}`,
      describeVerdict(report),
    ])
    process.stderr.write(`freeze, ${name}: ${describeVerdict(report)}\n`)
  }
  console.log(
    `The freeze: target ${LATENCY_MS} ms, ${ratePerS}/s for ${seconds} s, stopped for ${freezeS} s at ${FREEZE_AT_S} s; all in ms\n`,
  )
  console.log(`${renderTable(rows)}\n`)
  return miscounts
}

/** Stops the process for a while; resolves to the actual span in run time. */
async function stopFor(pid: number, startUs: number, freezeS: number): Promise<Span> {
  const nowS = (): number => (monotonicUs() - startUs) / 1e6
  await new Promise((resolve) => setTimeout(resolve, (FREEZE_AT_S - nowS()) * 1000))
  process.kill(pid, 'SIGSTOP')
  const fromS = nowS()
  await new Promise((resolve) => setTimeout(resolve, freezeS * 1000))
  const toS = nowS()
  process.kill(pid, 'SIGCONT')
  return { fromS, toS }
}

/** The values that follow from schedule and freeze, if nothing else takes time. */
export function predict({
  ratePerS,
  seconds,
  users,
  drops,
  serviceS,
  span,
}: {
  readonly ratePerS: number
  readonly seconds: number
  /** `Infinity` for as many as needed. */
  readonly users: number
  readonly drops: boolean
  readonly serviceS: number
  readonly span: Span
}): Answer {
  const latencyMs: number[] = []
  const serviceMs: number[] = []
  let dropped = 0
  /** When each user is free again, earliest first. */
  const freeS: number[] = Number.isFinite(users) ? Array.from({ length: users }, () => 0) : []
  for (let k = 0; k < ratePerS * seconds; k++) {
    const dueS = k / ratePerS
    const earliestS = Number.isFinite(users) ? freeS[0]! : 0
    if (drops && earliestS > dueS) {
      dropped++
      continue
    }
    const sentS = Math.max(dueS, earliestS)
    const doneS = answeredS(sentS, serviceS, span)
    if (Number.isFinite(users)) {
      freeS.shift()
      const at = freeS.findIndex((other) => other > doneS)
      freeS.splice(at < 0 ? freeS.length : at, 0, doneS)
    }
    latencyMs.push((doneS - dueS) * 1000)
    serviceMs.push((doneS - sentS) * 1000)
  }
  const ascending = (a: number, b: number): number => a - b
  return { latencyMs: latencyMs.sort(ascending), serviceMs: serviceMs.sort(ascending), dropped }
}

/** When a request that is sent at `sentS` is answered. */
function answeredS(sentS: number, serviceS: number, { fromS, toS }: Span): number {
  const undisturbedS = sentS + serviceS
  if (sentS >= toS || undisturbedS <= fromS) return undisturbedS
  // Read before the freeze: its timer has run out meanwhile. Sent during it: it is read at its end.
  return sentS < fromS ? Math.max(undisturbedS, toS) : toS + serviceS
}

/** Computed value, reported value, and the difference. */
function compare(
  reported: LatencySummary,
  truth: readonly number[],
  q: number,
  name: 'p99' | 'max',
): [string, string, string] {
  const must = truth[Math.max(0, Math.ceil(q * truth.length - 1e-9) - 1)]
  const is = reported[name]
  if (must === undefined || is === null) return ['–', fixed(is, 1), '–']
  return [fixed(must, 1), fixed(is, 1), `${((is / must - 1) * 100).toFixed(2)} %`]
}
