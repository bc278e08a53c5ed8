import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arrivalsBy, instantOf, rateAt, type Arrival, type RateStage } from '../../src/core/load/arrivals.ts'
import { portion } from '../../src/core/share.ts'
import { duesBefore, rate, spanS } from '../support/arrivals.ts'

const perS = fc.oneof(
  fc.constant(0),
  fc.nat({ max: 60 }),
  fc.double({ min: 0.01, max: 60, noNaN: true }),
  fc.nat({ max: 600 }).map((tenths) => tenths / 10),
)
const durationS = fc.oneof(
  fc.constant(0),
  fc.nat({ max: 30 }).map((tenths) => tenths / 10),
  fc.double({ min: 0.01, max: 3, noNaN: true }),
)
/** Any stages: ramps, holds, jumps between them and stages of no length, rates of 0. */
const stages: fc.Arbitrary<readonly RateStage[]> = fc
  .array(
    fc
      .tuple(perS, perS, durationS, fc.boolean())
      .map(([from, to, forS, holds]) => rate(from, holds ? from : to, forS)),
    { minLength: 1, maxLength: 6 },
  )
  .filter((list) => spanS(list) > 0)
const arrival = fc.constantFrom<Arrival>('uniform', 'poisson')
const seed = fc.nat()
/** A point of a span, from 0 to just before 1. */
const part = fc.nat({ max: 9999 }).map((n) => n / 10_000)

const total = (plan: readonly RateStage[]): number => arrivalsBy(plan, spanS(plan))

test('due times never decrease, and none lies before the run', () => {
  fc.assert(
    fc.property(stages, arrival, seed, (plan, kind, from) => {
      let lastS = 0
      for (const dueS of duesBefore(plan, spanS(plan), { arrival: kind, seed: from })) {
        expect(dueS).toBeGreaterThanOrEqual(lastS)
        lastS = dueS
      }
    }),
  )
})

test('as many arrivals are due in the run as the area under the rate has, a begun one counted', () => {
  fc.assert(
    fc.property(stages, (plan) => {
      const { length } = duesBefore(plan, spanS(plan) - 1e-9)
      expect(length).toBeGreaterThanOrEqual(Math.ceil(total(plan) - 1e-6))
      expect(length).toBeLessThanOrEqual(Math.ceil(total(plan) + 1e-6))
    }),
    { numRuns: 500 },
  )
})

test('the number of arrivals before any instant is the area up to it, a begun one counted', () => {
  fc.assert(
    fc.property(stages, part, (plan, where) => {
      const atS = where * spanS(plan)
      const { length } = duesBefore(plan, atS)
      expect(length).toBeGreaterThanOrEqual(Math.ceil(arrivalsBy(plan, atS) - 1e-6))
      expect(length).toBeLessThanOrEqual(Math.ceil(arrivalsBy(plan, atS) + 1e-6))
    }),
    { numRuns: 500 },
  )
})

test('arrival n is due where the area under the rate reaches n', () => {
  fc.assert(
    fc.property(stages, (plan) => {
      for (const [n, dueS] of duesBefore(plan, spanS(plan)).entries())
        expect(Math.abs(arrivalsBy(plan, dueS) - n)).toBeLessThan(1e-6)
    }),
  )
})

test('and so is any part of an arrival, inside the run', () => {
  fc.assert(
    fc.property(stages, part, (plan, where) => {
      const x = where * total(plan)
      fc.pre(total(plan) > 0)
      const atS = instantOf(plan, x)
      expect(atS).toBeLessThanOrEqual(spanS(plan))
      expect(Math.abs(arrivalsBy(plan, atS) - x)).toBeLessThan(1e-6)
    }),
    { numRuns: 500 },
  )
})

test('the form for a ramp agrees with the sum of small steps under it', () => {
  fc.assert(
    fc.property(perS, perS, fc.double({ min: 0.1, max: 20, noNaN: true }), part, (from, to, forS, where) => {
      fc.pre(from + to > 0)
      const ramp = [rate(from, to, forS)]
      const x = where * ((from + to) / 2) * forS
      const dueS = instantOf(ramp, x)
      const STEPS = 1000
      let sum = 0
      for (let i = 0; i < STEPS; i++) sum += from + ((to - from) * (((i + 0.5) / STEPS) * dueS)) / forS
      expect(Math.abs((sum * dueS) / STEPS - x)).toBeLessThan(1e-6)
    }),
  )
})

test('the rate at an instant is how fast the arrivals grow there', () => {
  const H = 1e-4
  fc.assert(
    fc.property(stages, part, (plan, where) => {
      const atS = where * spanS(plan)
      let edgeS = 0
      const edges = [0, ...plan.map((stage) => (edgeS += stage.durationS))]
      // At an edge the rate may jump, and has no slope.
      fc.pre(edges.every((edge) => Math.abs(edge - atS) > 2 * H))
      const slope = (arrivalsBy(plan, atS + H) - arrivalsBy(plan, atS - H)) / (2 * H)
      expect(Math.abs(slope - rateAt(plan, atS))).toBeLessThan(1e-6)
    }),
    { numRuns: 500 },
  )
})

test('the shares of 1 to 16 workers together are the schedule of one, exactly', () => {
  fc.assert(
    fc.property(stages, arrival, seed, fc.integer({ min: 1, max: 16 }), (plan, kind, from, of) => {
      const walk = { arrival: kind, seed: from }
      const whole = duesBefore(plan, spanS(plan), walk)
      const shares = Array.from({ length: of }, (_, index) =>
        duesBefore(plan, spanS(plan), { ...walk, share: { index, of } }),
      )
      expect(shares.flat().sort((a, b) => a - b)).toEqual(whole)
      // In stripes: each has its portion, and the k-th of a share is the run's k·of-th from its index on.
      for (const [index, dues] of shares.entries()) {
        expect(dues).toHaveLength(portion(whole.length, { index, of }))
        expect(dues).toEqual(whole.filter((_, n) => n % of === index))
      }
    }),
  )
})

test('the number of poisson arrivals scatters about the area as it must', () => {
  fc.assert(
    fc.property(stages, seed, (plan, from) => {
      const mean = total(plan)
      const { length } = duesBefore(plan, spanS(plan), { arrival: 'poisson', seed: from })
      expect(Math.abs(length - mean)).toBeLessThanOrEqual(6 * Math.sqrt(mean) + 6)
    }),
    { numRuns: 200 },
  )
})
