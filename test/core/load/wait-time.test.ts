import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import {
  longestWaitS,
  meanCycleS,
  nextDueUs,
  parseWait,
  printWait,
  type Wait,
} from '../../../src/core/load/wait-time.ts'
import { valueOf } from '../../support/parsed.ts'

const seconds = fc.integer({ min: 1, max: 86_400_000_000 }).map((us) => us / 1e6)
const between = fc
  .tuple(seconds, seconds)
  .map(([a, b]): Wait => ({ kind: 'between', minS: Math.min(a, b), maxS: Math.max(a, b) }))
const constant = seconds.map((s): Wait => ({ kind: 'constant', seconds: s }))
const pacing = seconds.map((s): Wait => ({ kind: 'pacing', seconds: s }))
const throughput = fc
  .integer({ min: 1, max: 1_000_000_000 })
  .map((n): Wait => ({ kind: 'throughput', perS: n / 1e6 }))
const none = fc.constant<Wait>({ kind: 'none' })
const anyWait = fc.oneof(none, between, constant, pacing, throughput)

const noRandom = (): number => {
  throw new Error('this wait takes nothing from the random stream')
}

describe('writing a wait', () => {
  test.each<[string, Wait]>([
    ['1s', { kind: 'constant', seconds: 1 }],
    ['constant:1s', { kind: 'constant', seconds: 1 }],
    ['0', { kind: 'none' }],
    ['0.9s-1.1s', { kind: 'between', minS: 0.9, maxS: 1.1 }],
    ['between:0.9s-1.1s', { kind: 'between', minS: 0.9, maxS: 1.1 }],
    ['pacing:1s', { kind: 'pacing', seconds: 1 }],
    ['throughput:2', { kind: 'throughput', perS: 2 }],
    ['throughput:0.1', { kind: 'throughput', perS: 0.1 }],
    [' 500ms ', { kind: 'constant', seconds: 0.5 }],
  ])('%j', (text, wait) => expect(parseWait(text)).toEqual({ value: wait }))

  const RULE = 'must be a wait such as none, 1s, 0.9s-1.1s, pacing:1s or throughput:2'
  test.each([
    ['', RULE],
    ['soon', RULE],
    ['pacing:', RULE],
    ['pacing:-1s', RULE],
    ['pace:1s', RULE],
    ['throughput:fast', RULE],
    ['throughput:0', 'must be a throughput above 0 iterations per second'],
    ['throughput:-1', 'must be a throughput above 0 iterations per second'],
    ['2s-1s', `must be a range from a smaller to a larger duration (${RULE})`],
  ])('%j %s', (text, problem) => expect(parseWait(text)).toEqual({ problem }))

  test('what is printed is read back as the same wait', () => {
    fc.assert(
      fc.property(anyWait, (wait) => {
        expect(valueOf(parseWait(printWait(wait)))).toEqual(wait)
      }),
    )
  })
})

describe('when the next iteration is due', () => {
  const instant = fc.integer({ min: 0, max: 1e12 })
  const took = fc.integer({ min: 0, max: 1e9 })

  test('never before the last one is done', () => {
    fc.assert(
      fc.property(anyWait, instant, took, fc.nat(), (wait, dueUs, us, seed) => {
        expect(nextDueUs(wait, dueUs, dueUs + us, seededRandom(seed))).toBeGreaterThanOrEqual(dueUs + us)
      }),
    )
  })

  test('without a wait at once, with a constant one so long after the end', () => {
    expect(nextDueUs({ kind: 'none' }, 1, 7, noRandom)).toBe(7)
    expect(nextDueUs({ kind: 'constant', seconds: 1.5 }, 1, 7, noRandom)).toBe(1_500_007)
  })

  test('between: within the bounds, counted from the end', () => {
    fc.assert(
      fc.property(between, instant, fc.nat(), (wait, doneUs, seed) => {
        if (wait.kind !== 'between') return
        const waitUs = nextDueUs(wait, 0, doneUs, seededRandom(seed)) - doneUs
        expect(waitUs).toBeGreaterThanOrEqual(wait.minS * 1e6 - 0.001)
        expect(waitUs).toBeLessThanOrEqual(wait.maxS * 1e6 + 0.001)
      }),
    )
  })

  test('between: its two ends are the two ends of the random stream, and its mean the middle', () => {
    const wait: Wait = { kind: 'between', minS: 1, maxS: 3 }
    expect(nextDueUs(wait, 0, 0, () => 0)).toBe(1e6)
    expect(nextDueUs(wait, 0, 0, () => 0.5)).toBe(2e6)
    const random = seededRandom(1)
    let sumUs = 0
    for (let i = 0; i < 10_000; i++) sumUs += nextDueUs(wait, 0, 0, random)
    expect(Math.abs(sumUs / 10_000 / 2e6 - 1)).toBeLessThan(0.02)
  })

  test('between: the same seed gives the same waits', () => {
    const waits = (seed: number): number[] => {
      const random = seededRandom(seed, 3)
      return Array.from({ length: 50 }, () => nextDueUs({ kind: 'between', minS: 0, maxS: 1 }, 0, 0, random))
    }
    expect(waits(1)).toEqual(waits(1))
    expect(waits(1)).not.toEqual(waits(2))
  })

  test('pacing does not drift: after n iterations shorter than it, n paces have passed exactly', () => {
    for (const wait of [
      { kind: 'pacing', seconds: 0.5 },
      { kind: 'throughput', perS: 2 },
    ] as const) {
      const took = seededRandom(7)
      let dueUs = 0
      for (let n = 1; n <= 1000; n++) {
        // A late start does not push back those that follow.
        const lateUs = took() * 100_000
        dueUs = nextDueUs(wait, dueUs, dueUs + lateUs + took() * 399_000, noRandom)
        expect(dueUs).toBe(n * 500_000)
      }
    }
  })

  test('pacing does not catch up: after an iteration that took too long the next is due at once, then one pace later', () => {
    const wait: Wait = { kind: 'pacing', seconds: 1 }
    const afterLong = nextDueUs(wait, 0, 3_700_000, noRandom)
    expect(afterLong).toBe(3_700_000)
    expect(nextDueUs(wait, afterLong, afterLong + 1, noRandom)).toBe(4_700_000)
  })

  test('throughput is pacing said the other way round', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), instant, took, (perS, dueUs, us) => {
        expect(nextDueUs({ kind: 'throughput', perS }, dueUs, dueUs + us, noRandom)).toBeCloseTo(
          nextDueUs({ kind: 'pacing', seconds: 1 / perS }, dueUs, dueUs + us, noRandom),
          1,
        )
      }),
    )
  })
})

describe('how long it takes', () => {
  test.each<[Wait, number, number, number]>([
    // wait, mean cycle for a service of 0.25 s, for one of 3 s, longest wait
    [{ kind: 'none' }, 0.25, 3, 0],
    [{ kind: 'constant', seconds: 1 }, 1.25, 4, 1],
    [{ kind: 'between', minS: 0.5, maxS: 1.5 }, 1.25, 4, 1.5],
    [{ kind: 'pacing', seconds: 1 }, 1, 3, 1],
    [{ kind: 'throughput', perS: 2 }, 0.5, 3, 0.5],
  ])('%j', (wait, quickS, slowS, longestS) => {
    expect(meanCycleS(wait, 0.25)).toBe(quickS)
    expect(meanCycleS(wait, 3)).toBe(slowS)
    expect(longestWaitS(wait)).toBe(longestS)
  })

  test('no pause is longer than the longest wait', () => {
    fc.assert(
      fc.property(anyWait, fc.nat(), (wait, seed) => {
        const pauseUs = nextDueUs(wait, 5e6, 5e6, seededRandom(seed)) - 5e6
        expect(pauseUs).toBeLessThanOrEqual(longestWaitS(wait) * 1e6 + 0.01)
      }),
    )
  })
})
