import { describe, expect, test } from 'vitest'
import { arrivalsBy, instantOf, peakRate, rateAt } from '../../../src/core/load/arrivals.ts'
import {
  dueTimes,
  duesBefore,
  exponentialMisfit,
  gapsOf,
  MISFIT_LIMIT,
  rate,
} from '../../support/arrivals.ts'

const close = (instants: readonly number[]): number[] => instants.map((at) => Math.round(at * 1e9) / 1e9)

describe('a constant rate', () => {
  test('the first arrival is due at once, the others evenly after it', () => {
    expect(duesBefore([rate(4, 4, 2)], 2)).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75])
  })

  test('holds after the last stage: a rate alone is a jump and what follows', () => {
    expect(duesBefore([rate(0, 2, 0)], 2)).toEqual([0, 0.5, 1, 1.5])
  })

  test('does not drift: at 70,000/s each of 4.2 million arrivals is due where its number says', () => {
    const next = dueTimes([rate(70_000, 70_000, 60)], 'uniform', { index: 0, of: 1 }, 1)
    let worstS = 0
    for (let n = 0; n < 4_200_000; n++) worstS = Math.max(worstS, Math.abs(next() - n / 70_000))
    expect(worstS).toBeLessThan(1e-9)
    expect(next()).toBe(60)
  })

  test.each([
    [0.5, 4, 2],
    [3, 1, 3],
    [1.1, 10, 11],
    [4.4, 7.5, 33],
    [19.6, 7.5, 147],
    [70, 0.1, 7],
  ])('of %d/s for %d s has %d arrivals', (perS, forS, arrivals) => {
    // What comes after it says how the stage ended: with nothing, or a second later.
    const stages = [rate(perS, perS, forS), rate(0, 0, 1), rate(1, 1, 1)]
    expect(duesBefore(stages, forS + 0.999)).toHaveLength(arrivals)
    expect(arrivalsBy(stages, forS)).toBeCloseTo(arrivals, 9)
  })
})

describe('a ramp', () => {
  test('from 0: arrival n is due at the root of 2n over the slope', () => {
    const dues = duesBefore([rate(0, 10, 10)], 10)
    expect(dues).toHaveLength(50)
    expect(close(dues)).toEqual(close(dues.map((_, n) => Math.sqrt(2 * n))))
  })

  test('down to 0 is the same ramp backwards, its last arrival due before the end', () => {
    const dues = duesBefore([rate(10, 0, 10)], 10)
    expect(dues).toHaveLength(50)
    expect(close(dues)).toEqual(close(dues.map((_, n) => 10 - Math.sqrt(2 * (50 - n)))))
  })

  test('up and down again has exactly as many arrivals as its area, however that is rounded', () => {
    // (0 + 12.5) / 2 · 8.8 · 2 is 110, and 110.00000000000001 in floating point.
    expect(duesBefore([rate(0, 12.5, 8.8), rate(12.5, 0, 8.8)], 17.6)).toHaveLength(110)
    expect(duesBefore([rate(0, 27.5, 8.8), rate(27.5, 0, 8.8)], 17.6)).toHaveLength(242)
  })
})

describe('stages', () => {
  test('without arrivals put off the next one to their end', () => {
    const stages = [rate(0, 0, 2), rate(2, 2, 1), rate(0, 0, 3), rate(4, 4, 1)]
    expect(duesBefore(stages, 7)).toEqual([2, 2.5, 6, 6.25, 6.5, 6.75])
  })

  test('of no length only change the rate', () => {
    const stages = [rate(0, 2, 0), rate(2, 2, 1), rate(2, 8, 0), rate(8, 8, 0.5), rate(8, 1, 0)]
    expect(duesBefore(stages, 3.5)).toEqual([0, 0.5, 1, 1.125, 1.25, 1.375, 1.5, 2.5])
  })

  test('a part of an arrival is carried over from one stage to the next', () => {
    // 1.5 arrivals in the first second: number 2 is due when half an arrival of the second rate has come.
    expect(duesBefore([rate(1.5, 1.5, 1), rate(0.5, 0.5, 4)], 5)).toEqual([0, 1 / 1.5, 2, 4])
  })

  test('that never ask for anything have no arrival', () => {
    expect(duesBefore([rate(0, 0, 5)], Infinity)).toEqual([])
    expect(instantOf([rate(0, 0, 5)], 0)).toBe(Infinity)
    expect(instantOf([], 0)).toBe(Infinity)
    expect([arrivalsBy([], 9), rateAt([], 9), peakRate([])]).toEqual([0, 0, 0])
  })

  test('that end with 0 have no arrival after them', () => {
    const stages = [rate(2, 2, 1), rate(2, 0, 0)]
    expect(duesBefore(stages, Infinity)).toEqual([0, 0.5])
    expect([instantOf(stages, 1.9), instantOf(stages, 2), arrivalsBy(stages, 99)]).toEqual([
      0.95,
      Infinity,
      2,
    ])
  })
})

test.each([
  [0, 0, 0],
  [1, 5, 2.5],
  [2, 10, 10],
  [2.5, 10, 15],
  [3, 4, 20],
  [4, 2, 23],
  [5, 0, 24],
  [9, 0, 24],
])('at %d s of a ramp, a hold, a jump and a ramp down: %d/s, %d arrivals so far', (atS, perS, arrivals) => {
  const stages = [rate(0, 10, 2), rate(10, 10, 1), rate(10, 4, 0), rate(4, 0, 2)]
  expect(rateAt(stages, atS)).toBeCloseTo(perS, 12)
  expect(arrivalsBy(stages, atS)).toBeCloseTo(arrivals, 12)
})

test('the peak is the highest end of any stage', () => {
  expect(peakRate([rate(0, 4, 1), rate(9, 2, 1), rate(2, 5, 1)])).toBe(9)
})

describe('poisson', () => {
  const N = 5000
  const poisson = (stages: Parameters<typeof duesBefore>[0], seed = 1): number[] =>
    duesBefore(stages, Infinity, { arrival: 'poisson', seed, most: N })

  test('the same seed gives the same schedule, another one another', () => {
    const stages = [rate(0, 100, 10)]
    expect(poisson(stages)).toEqual(poisson(stages))
    expect(poisson(stages, 2)).not.toEqual(poisson(stages))
  })

  test('at a constant rate the gaps are exponential', () => {
    const gaps = gapsOf(poisson([rate(200, 200, 1)]))
    expect(gaps).toHaveLength(N)
    expect(exponentialMisfit(gaps.map((gap) => gap * 200))).toBeLessThan(MISFIT_LIMIT)
  })

  test('through ramps, jumps and pauses they are, measured in arrivals', () => {
    const stages = [rate(0, 400, 10), rate(400, 50, 10), rate(0, 0, 5), rate(20, 20, 1), rate(20, 600, 0)]
    const reached = poisson(stages).map((dueS) => arrivalsBy(stages, dueS))
    expect(exponentialMisfit(gapsOf(reached))).toBeLessThan(MISFIT_LIMIT)
    // Measured in seconds they are not: the test can tell.
    const gaps = gapsOf(poisson(stages))
    const meanS = gaps.reduce((sum, gap) => sum + gap, 0) / N
    expect(exponentialMisfit(gaps.map((gap) => gap / meanS))).toBeGreaterThan(MISFIT_LIMIT)
  })

  test('evenly spaced arrivals are not', () => {
    const uniform = duesBefore([rate(0, 1, 0)], N)
    expect(exponentialMisfit(gapsOf(uniform))).toBeGreaterThan(MISFIT_LIMIT)
  })

  test('one after the other has nothing to do with it: neighbours are not correlated', () => {
    const gaps = gapsOf(poisson([rate(1, 1, 1)]))
    let product = 0
    for (let i = 1; i < N; i++) product += (gaps[i]! - 1) * (gaps[i - 1]! - 1)
    // Of standard deviation 1 / √n when they are independent.
    expect(Math.abs(product / N)).toBeLessThan(4 / Math.sqrt(N))
  })
})
