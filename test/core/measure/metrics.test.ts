import { describe, expect, test } from 'vitest'
import { Histogram } from '../../../src/core/measure/histogram.ts'
import {
  deriveMetrics,
  isReliable,
  ms,
  PERCENTILES,
  reliableTo,
  summarize,
  type LatencySummary,
} from '../../../src/core/measure/metrics.ts'
import { RequestTally } from '../../../src/core/measure/request-tally.ts'

const NOTHING = { min: null, mean: null, p50: null, p99_9: null, max: null, reliableTo: null }

const ofMs = (...durationsMs: number[]): Histogram => {
  const histogram = new Histogram()
  for (const duration of durationsMs) histogram.record(duration * 1000)
  return histogram
}

test('arrivals that never started have waited, and were not served', () => {
  const request = new RequestTally(false)
  request.histogram('latency').record(900_000)
  const { latencyMs, serviceMs } = deriveMetrics(request, { loadS: 1, carriedIn: 0 })
  expect([latencyMs.max, serviceMs.max]).toEqual([900, null])
})

describe('metrics of a tally', () => {
  const request = new RequestTally(false)
  Object.assign(request, {
    sent: 12,
    finished: 10,
    finishedInLoad: 9,
    succeeded: 8,
    failed: 2,
    unfinished: 2,
    bytesIn: 1000,
    bytesOut: 120,
  })
  request.statuses.set(503, 2).set(200, 8)
  for (let n = 1; n <= 8; n++) request.histogram('latency').record(n * 100)
  request.histogram('failedLatency').record(500)
  request.histogram('connect').record(250)

  test('counts are passed on; statuses in their order', () => {
    const metrics = deriveMetrics(request, { loadS: 3, carriedIn: 4 })
    expect(metrics).toMatchObject({
      sent: 12,
      carriedIn: 4,
      finished: 10,
      succeeded: 8,
      failed: 2,
      unfinished: 2,
      bytesIn: 1000,
      bytesOut: 120,
    })
    expect(Object.entries(metrics.statuses)).toEqual([
      ['200', 8],
      ['503', 2],
    ])
  })

  test('the rate is what finished inside the load span, by the wall seconds of that span alone', () => {
    expect(deriveMetrics(request, { loadS: 3, carriedIn: 0 }).requestsPerS).toBe(3)
    expect(deriveMetrics(request, { loadS: 0.25, carriedIn: 0 }).requestsPerS).toBe(36)
  })

  test('a load second in which nothing finished reads 0, a second outside the load has no rate', () => {
    expect(deriveMetrics(new RequestTally(false), { loadS: 1, carriedIn: 0 }).requestsPerS).toBe(0)
    expect(deriveMetrics(request, { loadS: 0, carriedIn: 0 }).requestsPerS).toBeNull()
  })

  test('failed are those that failed and those that never ended, of all that were to end', () => {
    expect(deriveMetrics(request, { loadS: 1, carriedIn: 0 }).failedRatio).toBe(4 / 12)
  })

  test('in the closed model latency is service time', () => {
    const { latencyMs, serviceMs } = deriveMetrics(request, { loadS: 1, carriedIn: 0 })
    expect(serviceMs).toEqual(latencyMs)
    expect(latencyMs).toMatchObject({ min: 0.1, mean: 0.45, p50: 0.4, max: 0.8 })
  })

  test('where the two differ, each has its own', () => {
    const open = new RequestTally(false)
    open.histogram('latency').record(9000)
    open.histogram('service').record(2000)
    const { latencyMs, serviceMs } = deriveMetrics(open, { loadS: 1, carriedIn: 0 })
    expect([latencyMs.max, serviceMs.max]).toEqual([9, 2])
  })

  test('failures, phases and lag have distributions of their own', () => {
    const metrics = deriveMetrics(request, { loadS: 1, carriedIn: 0 }, ofMs(0.1))
    expect([metrics.failedMs.max, metrics.phasesMs.connect.max, metrics.lagMs.max]).toEqual([0.5, 0.25, 0.1])
    expect(metrics.phasesMs.tls).toMatchObject(NOTHING)
  })

  test('without requests all that would need one is null, never 0', () => {
    const metrics = deriveMetrics(new RequestTally(false), { loadS: 1, carriedIn: 0 })
    expect(metrics.failedRatio).toBeNull()
    for (const summary of [metrics.latencyMs, metrics.failedMs, metrics.phasesMs.dns, metrics.lagMs])
      expect(summary).toMatchObject(NOTHING)
  })
})

describe('which percentiles can be relied on', () => {
  test.each([
    [0, null],
    [19, null],
    [20, 'p50'],
    [39, 'p50'],
    [40, 'p75'],
    [99, 'p75'],
    [100, 'p90'],
    [199, 'p90'],
    [200, 'p95'],
    [999, 'p95'],
    [1000, 'p99'],
    [9999, 'p99'],
    [10_000, 'p99_9'],
  ])('%d samples: to %s', (count, name) => expect(reliableTo(count)).toBe(name))

  test('at least 10 samples lie beyond a percentile that is relied on', () => {
    for (const [name, q] of PERCENTILES) {
      const fewest = Math.round(10 / (1 - q))
      expect(reliableTo(fewest)).toBe(name)
      expect(reliableTo(fewest - 1)).not.toBe(name)
    }
  })

  test('all up to the last good one, and none beyond', () => {
    const summary: LatencySummary = summarize(ofMs(...Array.from({ length: 100 }, () => 1)))
    expect(PERCENTILES.map(([name]) => isReliable(summary, name))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ])
    expect(isReliable(summarize(null), 'p50')).toBe(false)
  })

  test('weak percentiles are given nevertheless', () => {
    expect(summarize(ofMs(1, 2))).toEqual({
      min: 1,
      mean: 1.5,
      p50: 1,
      p75: 2,
      p90: 2,
      p95: 2,
      p99: 2,
      p99_9: 2,
      max: 2,
      reliableTo: null,
    })
  })
})

test('milliseconds are exact to the microsecond', () => {
  expect([0, 1, 1234.4, 1_000_000].map(ms)).toEqual([0, 0.001, 1.234, 1000])
})
