/** The first part of the accuracy bench: reported percentiles against the log of a target of known latency. */
import { describeVerdict, fixed, observe, type Observed } from './observed.ts'
import type { LoggingTarget, Percentiles } from './processes.ts'
import { renderTable } from './table.ts'

export interface KnownDelayOptions {
  readonly latencies: readonly string[]
  readonly models: readonly ('closed' | 'open')[]
  readonly workers: readonly number[]
  /** Shares of capacity, 0 to 1. */
  readonly shares: readonly number[]
  /** Length of a run; the first second is its warm-up. */
  readonly seconds: number
  /** Requests per second, if it should not be measured. */
  readonly capacityPerS: number | null
}

const WARMUP_S = 1
/** More requests in flight than any rate of one target at the latency below. */
const CAPACITY_USERS = 512
const CAPACITY_LATENCY = '20ms'
const CAPACITY_S = 3
/** The mean wait of users; with it, a few hundred users reach the capacity of this host. */
const MEAN_WAIT_S = 0.1
const WAIT = '90ms-110ms'
/** The allowed error from p50 to p99. */
const ALLOWED_MS = 1
const ALLOWED_RATIO = 0.02
/** Tolerance for the path through the kernel and back, which no clock includes. */
const WAY_MS = 0.2
const JUDGED = ['p50', 'p90', 'p95', 'p99'] as const

/** Prints the table; returns how many runs had a wrong count. */
export async function knownDelay(target: LoggingTarget, options: KnownDelayOptions): Promise<number> {
  let miscounts = 0
  const rows = [
    [
      ...[
        'model',
        'workers',
        'target',
        'capacity',
        'asked/s',
        'got/s',
        'p50 ms',
        'p90',
        'p95',
        'p99',
        'p99.9',
      ],
      ...[
        'within',
        'unread p50',
        'unread p99',
        '± p50',
        '± p99',
        'bound holds',
        'lag p50',
        'lag p99',
        'verdict',
      ],
    ],
  ]
  let within = 0
  let bounded = 0
  let claimed = 0
  let runs = 0
  const capacities = new Map<number, number>()
  for (const workers of options.workers) {
    const capacity = options.capacityPerS ?? (await measureCapacity(target, workers))
    capacities.set(workers, capacity)
    console.log(
      `Capacity with ${workers} worker${workers === 1 ? '' : 's'}: ${capacity.toFixed(0)} requests/s`,
    )
  }
  console.log()
  for (const share of options.shares)
    for (const latency of options.latencies)
      for (const model of options.models)
        for (const workers of options.workers) {
          const perS = Math.max(1, Math.round(capacities.get(workers)! * share))
          const observed = await observe(target, latency, {
            ...(model === 'open' ? { rate: perS } : { users: usersFor(perS, latency), wait: WAIT }),
            ...{ workers, rampUp: WARMUP_S, duration: options.seconds, warmup: WARMUP_S },
          })
          const { report } = observed
          if (!observed.isCountExact) miscounts++
          runs++
          if (isWithin(observed)) within++
          if (report.verdict.level !== 'void') {
            claimed++
            if (isBounded(observed)) bounded++
          }
          rows.push([
            ...[model, String(workers), latency, `${(share * 100).toFixed(0)} %`, String(perS)],
            fixed(report.total.requestsPerS, 0),
            ...(['p50', 'p90', 'p95', 'p99', 'p99_9'] as const).map((name) => against(observed, name)),
            ...[yes(isWithin(observed)), unread(observed, 'p50'), unread(observed, 'p99')],
            ...[fixed(report.verdict.errorBoundMs.p50), fixed(report.verdict.errorBoundMs.p99)],
            report.verdict.level === 'void' ? '–' : yes(isBounded(observed)),
            ...[fixed(report.total.lagMs.p50), fixed(report.total.lagMs.p99)],
            describeVerdict(report),
          ])
          process.stderr.write(`${rows.at(-1)!.slice(0, 5).join(' ')}: ${describeVerdict(report)}\n`)
        }
  console.log(
    `Known delay: reported (target's log) difference. ${options.seconds} s each, the first not measured; users wait ${WAIT}.\n`,
  )
  console.log(renderTable(rows))
  console.log(
    `\n${within} of ${runs} runs within max(${ALLOWED_MS} ms, ${ALLOWED_RATIO * 100} %) from p50 to p99; the bound holds in ${bounded} of ${claimed} that are not void\n`,
  )
  return miscounts
}

/**
 * The rate at which users without waits saturate this host. Not against a target that answers at once: then few users
 * suffice, their requests go in lockstep, a batch in each turn of both loops, and twice as many get through.
 */
export async function measureCapacity(target: LoggingTarget, workers: number): Promise<number> {
  const { report } = await observe(target, CAPACITY_LATENCY, {
    ...{ users: CAPACITY_USERS, workers, duration: CAPACITY_S + WARMUP_S, warmup: WARMUP_S },
  })
  return report.total.requestsPerS ?? 0
}

/** Users needed for a rate, at the target's mean latency. */
function usersFor(perS: number, latency: string): number {
  return Math.max(1, Math.round(perS * (MEAN_WAIT_S + meanS(latency))))
}

function meanS(latency: string): number {
  const numbers = (latency.match(/[\d.]+/g) ?? []).map(Number)
  const [first = 0, second = 0] = numbers
  if (latency.startsWith('uniform')) return (first + second) / 2000
  if (latency.startsWith('lognormal')) return (first / 1000) * Math.exp(second ** 2 / 2)
  return first / 1000
}

function against({ report, log }: Observed, name: keyof Percentiles): string {
  const reported = report.total.latencyMs[name] ?? NaN
  const logged = log.serviceMs[name]
  const difference = reported - logged
  return `${fixed(reported)} (${fixed(logged)}) ${difference < 0 ? '' : '+'}${fixed(difference)}`
}

function isWithin({ report, log }: Observed): boolean {
  return JUDGED.every((name) => {
    const truth = log.serviceMs[name]
    const reported = report.total.latencyMs[name] ?? NaN
    return Math.abs(reported - truth) <= Math.max(ALLOWED_MS, ALLOWED_RATIO * truth)
  })
}

/** Whether the interval of the report overlaps the true one, between the log and its ceiling. */
function isBounded({ report, log }: Observed): boolean {
  return JUDGED.every((name) => {
    const reported = report.total.latencyMs[name] ?? NaN
    const bound = report.verdict.errorBoundMs[name] ?? NaN
    return reported - bound <= log.ceilingMs[name] + WAY_MS && reported >= log.serviceMs[name] - WAY_MS
  })
}

/** By how much the true percentile can exceed that of the target's log. */
function unread({ log }: Observed, name: keyof Percentiles): string {
  return fixed(log.ceilingMs[name] - log.serviceMs[name])
}

const yes = (is: boolean): string => (is ? 'yes' : '**no**')
