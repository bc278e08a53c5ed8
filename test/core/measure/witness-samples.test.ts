import { describe, expect, test } from 'vitest'
import { rankInterval } from '../../../src/core/measure/rank-interval.ts'
import { packTally, Tally } from '../../../src/core/measure/tally.ts'
import { WitnessSamples } from '../../../src/core/measure/witness-samples.ts'
import { seededRandom } from '../../../src/core/random.ts'

describe('the interval of a quantile by ranks', () => {
  test('is that of the tables', () => {
    // W. J. Conover, Practical Nonparametric Statistics: n = 16, median, 95 %: the 4th and the 13th value.
    expect(rankInterval(16, 0.5, 0.95)).toEqual({ low: 4 / 16, high: 13 / 16 })
    // 59 values contain the 95th percentile with 95 %, one-sided.
    expect(rankInterval(59, 0.95, 0.9).high).toBe(1)
    expect(rankInterval(58, 0.95, 0.9).high).toBeNull()
    expect(rankInterval(3, 0.5, 0.95)).toEqual({ low: null, high: null })
  })

  test('contains the true quantile as often as it says, at any size', () => {
    for (const [n, q] of [
      [40, 0.5],
      [300, 0.9],
      [2000, 0.99],
    ] as const) {
      const random = seededRandom(1, n)
      const { low, high } = rankInterval(n, q, 0.95)
      let hits = 0
      for (let run = 0; run < 400; run++) {
        const values = Array.from({ length: n }, random).sort((a, b) => a - b)
        if (values[low! * n - 1]! <= q && values[high! * n - 1]! >= q) hits++
      }
      expect(hits).toBeGreaterThanOrEqual(370)
      expect(hits).toBeLessThanOrEqual(396)
    }
    const { low, high } = rankInterval(720_000, 0.99, 0.95)
    expect(high! - low!).toBeCloseTo((2 * 1.96 * Math.sqrt(0.99 * 0.01)) / Math.sqrt(720_000), 5)
  })
})

describe('what the witness measured', () => {
  /** Seconds with these latencies, each of which waited for 0.1 ms at most. */
  function measured(seconds: readonly (readonly number[])[]): WitnessSamples {
    const samples = new WitnessSamples()
    for (const [second, latencies] of seconds.entries()) {
      const tally = new Tally()
      for (const [i, ms] of latencies.entries()) {
        tally
          .request(i % 2 === 0 ? 'GET /a' : 'GET /b')
          .histogram('latency')
          .record(ms * 1000)
        tally.latencyFloor.record(ms * 1000 - 100)
      }
      samples.add(second, packTally(tally))
    }
    return samples
  }
  const spread = (random: () => number) => Array.from({ length: 50 }, () => 20 + 10 * random())

  test('lies between its bounds, which are wider the surer they are', () => {
    const random = seededRandom(1, 0)
    const figures = measured(Array.from({ length: 20 }, () => spread(random))).figures()!
    expect(figures.samples).toBe(1000)
    const { lowMs, highMs, farLowMs, farHighMs, latencyMs, floorMs } = figures
    for (const p of ['p50', 'p90', 'p95'] as const) {
      expect(floorMs[p]).toBeCloseTo(latencyMs[p]! - 0.1, 1)
      const inOrder = [farLowMs[p]!, lowMs[p]!, latencyMs[p]!, highMs[p]!, farHighMs[p]!]
      expect(inOrder.toSorted((a, b) => a - b)).toEqual(inOrder)
    }
    // The true median is 25 ms.
    expect(lowMs.p50).toBeLessThan(25)
    expect(highMs.p50).toBeGreaterThan(24.8)
    expect(highMs.p50! - lowMs.p50!).toBeLessThan(1.5)
  })

  test('is less certain when slow requests come in a few seconds than when they are spread', () => {
    const slow = (second: number, isBunched: boolean) =>
      Array.from({ length: 50 }, (_, i) =>
        (isBunched ? second % 10 === 0 : i % 10 === 0) ? 100 + i : 20 + i / 50,
      )
    const width = (isBunched: boolean): number => {
      const { lowMs, highMs } = measured(Array.from({ length: 40 }, (_, s) => slow(s, isBunched))).figures()!
      return highMs.p95! - lowMs.p95!
    }
    expect(width(true)).toBeGreaterThan(2 * width(false))
  })

  test('says nothing on a few seconds, and a long run takes no more room', () => {
    expect(measured([[20], [20], [20], [20]]).figures()).toMatchObject({
      samples: 4,
      highMs: { p50: null, p99: null },
    })
    expect(new WitnessSamples().figures()).toBeNull()
    const hours = measured(Array.from({ length: 5000 }, () => [20, 30]))
    expect(hours.figures()).toMatchObject({ samples: 10_000, latencyMs: { p99: 30 } })
  })
})
