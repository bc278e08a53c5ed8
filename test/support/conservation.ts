/** What must hold in every report, whatever the target, the load and the machine did. */
import { expect } from 'vitest'
import type { LatencySummary, Metrics, Report } from '../../dist/index.js'

/** The exit code of a run whose pace a busy host may miss: 97 if its measurement is void, else this one. */
export const exitUnlessVoid = ({ verdict }: Report, code: number): number =>
  verdict.level === 'void' ? 97 : code

/** Holds the report against the laws of conservation; `lossless` when no worker died, `hops` when redirects were followed, `tasks` when an iteration is a task. */
export function expectConservation(
  report: Report,
  { lossless = true, hops = false, tasks = false } = {},
): void {
  const { total, timeline, iterations, connections, byName } = report
  for (const metrics of [total, ...Object.values(byName)]) expectBalance(metrics)

  const ended = total.finished + total.unfinished
  const requests = { sent: total.carriedIn + total.sent, outcomes: sum(Object.values(report.outcomes)) }
  expect(requests).toEqual({ sent: ended, outcomes: total.finished })
  expect(sum(report.errors.map(({ count }) => count))).toBe(total.failed)
  expect(sum(Object.values(total.statuses))).toBeLessThanOrEqual(total.finished)
  expect(iterations.carriedIn + iterations.due).toBe(
    iterations.started + iterations.dropped + iterations.unstarted,
  )
  // Those under way when measuring began ended without having started.
  if (report.warmupS === 0)
    expect(iterations.started).toBe(iterations.finished + iterations.unfinished + iterations.skipped)
  if (report.model === 'closed') expect(iterations.due).toBe(iterations.started)
  if (!hops && !tasks) expect([iterations.started, iterations.finished]).toEqual([total.sent, total.finished])
  else if (!tasks) expect(iterations.started).toBeLessThanOrEqual(total.sent)
  if (!tasks) expect(iterations.failed).toBe(total.failed)
  if (lossless) expect(connections.opened + connections.reused + connections.failed).toBe(ended)

  expect(timeline.map(({ second }) => second)).toEqual(timeline.map((_, i) => i))
  expect(timeline.length).toBeGreaterThanOrEqual(Math.floor(report.durationS))
  // The warm-up is in the timeline, but not in the totals.
  const measured = timeline.filter(({ phase }) => phase !== 'warmup')
  expect(timeline.length - measured.length).toBe(Math.min(report.warmupS, timeline.length))
  for (const key of [
    'sent',
    'finished',
    'succeeded',
    'failed',
    'unfinished',
    'bytesIn',
    'bytesOut',
  ] as const) {
    expect({ [key]: sum(measured.map((row) => row[key])) }).toEqual({ [key]: total[key] })
    expect({ [key]: sum(Object.values(byName).map((metrics) => metrics[key])) }).toEqual({
      [key]: total[key],
    })
  }
  expect(sum(measured.map(({ due }) => due))).toBe(iterations.due)
  expect(sum(measured.map(({ dropped }) => dropped))).toBe(iterations.dropped)
  const statuses = new Map<string, number>()
  for (const row of measured)
    for (const [status, n] of Object.entries(row.statuses))
      statuses.set(status, (statuses.get(status) ?? 0) + n)
  expect(Object.fromEntries(statuses)).toEqual(total.statuses)

  if (!lossless) return
  let inFlight = 0
  for (const row of timeline) {
    inFlight += row.sent - row.finished - row.unfinished
    expect({ second: row.second, inFlight: row.inFlight }).toEqual({ second: row.second, inFlight })
  }
}

function expectBalance(metrics: Metrics): void {
  expect(metrics.carriedIn + metrics.sent).toBe(metrics.finished + metrics.unfinished)
  expect(metrics.finished).toBe(metrics.succeeded + metrics.failed)
  const ended = metrics.finished + metrics.unfinished
  if (ended > 0) expect(metrics.failedRatio).toBeCloseTo((metrics.failed + metrics.unfinished) / ended, 12)
  else expect(metrics.failedRatio).toBeNull()
  for (const summary of [metrics.latencyMs, metrics.serviceMs, metrics.failedMs, metrics.lagMs])
    expectOrdered(summary)
}

function expectOrdered(summary: LatencySummary): void {
  const { min, p50, p75, p90, p95, p99, p99_9, max, mean } = summary
  const values = [min, p50, p75, p90, p95, p99, p99_9, max]
  if (min === null) expect([...values, mean, summary.reliableTo].every((value) => value === null)).toBe(true)
  else {
    expect(values).toEqual(values.map(Number).sort((a, b) => a - b))
    expect(mean).toBeGreaterThanOrEqual(min)
    expect(mean).toBeLessThanOrEqual(max!)
  }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
