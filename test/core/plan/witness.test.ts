import { describe, expect, test } from 'vitest'
import { threadName, unwitnessed, witnessStripe } from '../../../src/core/plan/witness.ts'

const closed = (users: number, perS: number, workers = 1) =>
  witnessStripe({ perS, users, workers, isOpen: false })

describe('the stripe of the witness', () => {
  test('is at most 2 % of the load and 200 requests per second', () => {
    for (const perS of [1100, 3000, 5000, 12_000, 70_000, 1_000_000]) {
      const every = closed(perS, perS)!
      expect(every).toBeGreaterThanOrEqual(50)
      expect(perS / every).toBeLessThanOrEqual(200)
      expect(perS / every).toBeGreaterThanOrEqual(20)
    }
    expect(closed(3000, 3000)).toBe(53)
  })

  test('has no common factor with what takes turns', () => {
    for (const perS of [3000, 20_000, 70_000])
      for (let period = 2; period <= 50; period++) expect(closed(perS, perS)! % period).not.toBe(0)
  })

  test('is none where workers are as idle, users too few, or the pace unknown', () => {
    expect(closed(550, 550)).toBeNull()
    expect(closed(1600, 1600, 8)).toBeNull()
    expect(closed(1700, 1700, 8)).toBe(53)
    expect(closed(264, 2640)).toBeNull()
    expect(closed(265, 2650)).toBe(53)
    expect(closed(64, Infinity)).toBeNull()
    const open = (maxUsers: number) =>
      witnessStripe({ perS: 3000, users: maxUsers, workers: 1, isOpen: true })
    expect([open(1059), open(1060)]).toEqual([null, 53])
  })
})

test('a rule about a witness that there is not is refused with what it takes', () => {
  const thresholds = [{ metric: 'p99' }, { metric: 'witness.p99' }]
  expect(unwitnessed({ workers: 2, witness: 53, thresholds })).toBeNull()
  expect(unwitnessed({ workers: 2, witness: null, thresholds: [{ metric: 'p99' }] })).toBeNull()
  expect(unwitnessed({ workers: 2, witness: null, thresholds })).toMatch(/witness\.p99.*no witness/)
})

test('a thread has the number of its worker, or is the witness', () => {
  const names = (witness: number | null) =>
    [0, 1, 2].map((worker) => threadName({ workers: 2, witness }, worker))
  expect(names(53)).toEqual(['worker 0', 'worker 1', 'the witness'])
  expect(names(null)).toEqual(['worker 0', 'worker 1', 'worker 2'])
})
