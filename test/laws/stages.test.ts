import fc from 'fast-check'
import { expect, test } from 'vitest'
import { globalIndex, portion } from '../../src/core/share.ts'
import { activeSpans, peakUsers, usersAt, type UserStage } from '../../src/core/load/stages.ts'

const durationS = fc.integer({ min: 0, max: 40 }).map((quarters) => quarters / 4)
const level = fc.integer({ min: 0, max: 25 })
/** Any stages: with jumps between them, and stages of no length. */
const stages: fc.Arbitrary<readonly UserStage[]> = fc.array(
  fc.record({ fromUsers: level, toUsers: level, durationS }),
  { minLength: 1, maxLength: 6 },
)
const instant = fc.double({ min: 0, max: 70, noNaN: true })

const isActive = (plan: readonly UserStage[], k: number, atS: number): boolean =>
  activeSpans(plan, k).some(({ startS, stopS }) => startS <= atS && atS < stopS)

/** Whether the line does more than cross a whole number, or touch an edge of a stage, at that instant. */
function isBetweenCrossings(plan: readonly UserStage[], atS: number): boolean {
  const at = usersAt(plan, atS)
  const isLevel = [-1e-6, 1e-6].every((eps) => usersAt(plan, Math.max(0, atS + eps)) === at)
  return isLevel || Math.abs(at - Math.round(at)) > 1e-3
}

test('at any instant exactly those users are active whose number lies below the line', () => {
  fc.assert(
    fc.property(stages, instant, (plan, atS) => {
      fc.pre(isBetweenCrossings(plan, atS))
      const line = usersAt(plan, atS)
      let active = 0
      for (let k = 0; k < peakUsers(plan) + 1; k++) {
        expect(isActive(plan, k, atS)).toBe(line > k)
        if (isActive(plan, k, atS)) active++
      }
      expect(active).toBe(Math.ceil(line))
    }),
    { numRuns: 500 },
  )
})

test('spans are in order, apart from each other, and not empty', () => {
  fc.assert(
    fc.property(stages, level, (plan, k) => {
      let lastS = -1
      for (const { startS, stopS } of activeSpans(plan, k)) {
        expect(startS).toBeGreaterThan(lastS)
        expect(stopS).toBeGreaterThan(startS)
        lastS = stopS
      }
    }),
  )
})

test('last started, first stopped: who has the higher number is active only while the lower one is', () => {
  fc.assert(
    fc.property(stages, level, (plan, k) => {
      const below = activeSpans(plan, k)
      for (const { startS, stopS } of activeSpans(plan, k + 1))
        // A hair of floating point lies between two ways to compute one crossing.
        expect(below.some((span) => span.startS <= startS + 1e-9 && span.stopS >= stopS - 1e-9)).toBe(true)
    }),
  )
})

test('the shares of all workers together are the whole plan', () => {
  fc.assert(
    fc.property(stages, instant, fc.integer({ min: 1, max: 7 }), (plan, atS, of) => {
      let active = 0
      for (let index = 0; index < of; index++)
        for (let i = 0; i < portion(peakUsers(plan), { index, of }); i++)
          if (isActive(plan, globalIndex(i, { index, of }), atS)) active++
      let whole = 0
      for (let k = 0; k < peakUsers(plan); k++) if (isActive(plan, k, atS)) whole++
      expect(active).toBe(whole)
    }),
  )
})
