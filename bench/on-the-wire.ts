/** The third part of the accuracy bench: does a rate arrive as it was planned, or in bursts? */
import { describeVerdict, fixed, observe } from './observed.ts'
import type { LoggingTarget } from './processes.ts'
import { renderTable } from './table.ts'

export interface WireOptions {
  readonly ratePerS: number
  readonly seconds: number
  readonly workers: readonly number[]
}

const BUCKETS_PER_S = 10
const TOLERANCE = 0.1

/** Prints the table; returns how many runs had a wrong count. */
export async function onTheWire(
  target: LoggingTarget,
  { ratePerS, seconds, workers: crews }: WireOptions,
): Promise<number> {
  let miscounts = 0
  const each = ratePerS / BUCKETS_PER_S
  const rows = [
    [
      ...['workers', 'planned', 'arrived', `100 ms within ±10 % of ${each}`, 'fewest', 'most', 'lag p50 ms'],
      ...['lag p99 ms', 'verdict'],
    ],
  ]
  for (const workers of crews) {
    const { report, log, isCountExact } = await observe(target, '1ms', {
      ...{ rate: ratePerS, duration: seconds, workers },
    })
    const planned = ratePerS * seconds
    if (!isCountExact || log.received !== planned) miscounts++
    // Arrivals due in the last bucket may arrive after it.
    const buckets = Array.from({ length: seconds * BUCKETS_PER_S }, (_, i) => log.arrivals[i] ?? 0)
    const even = buckets.filter((n) => Math.abs(n - each) <= TOLERANCE * each).length
    rows.push([
      ...[String(workers), String(planned), String(log.received)],
      `${((100 * even) / buckets.length).toFixed(0)} %`,
      ...[String(Math.min(...buckets)), String(Math.max(...buckets))],
      ...[fixed(report.total.lagMs.p50), fixed(report.total.lagMs.p99), describeVerdict(report)],
    ])
  }
  console.log(`On the wire: ${ratePerS}/s for ${seconds} s, arrivals as the target saw them\n`)
  console.log(`${renderTable(rows)}\n`)
  return miscounts
}
