/** Several runs: in which order, what they come to, and what they can prove. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { provable } from '../../../src/core/compare/comparison.ts'
import { worstExit } from '../../../src/core/judge/exit.ts'
import { spreadOf, turnsOf } from '../../../src/core/compare/run-series.ts'

const repeats = fc.integer({ min: 1, max: 10 })

test('runs of one plan are numbered', () => {
  expect(turnsOf(2, false)).toEqual([
    { side: 'current', number: 1 },
    { side: 'current', number: 2 },
  ])
})

test('two targets take turns: as many runs of each, in pairs, and the last is of the one that is judged', () => {
  const order = (n: number) => turnsOf(n, true).map(({ side }) => side[0])
  expect(order(2).join('')).toBe('cbbc')
  expect(order(5).join('')).toBe('bccbbccbbc')
  fc.assert(
    fc.property(repeats, (n) => {
      const turns = turnsOf(n, true)
      expect(turns).toHaveLength(2 * n)
      expect(turns.at(-1)).toEqual({ side: 'current', number: n })
      for (let i = 0; i < n; i++) {
        const pair = turns.slice(2 * i, 2 * i + 2)
        expect(pair.map(({ number }) => number)).toEqual([i + 1, i + 1])
        expect(pair.map(({ side }) => side).sort()).toEqual(['baseline', 'current'])
      }
    }),
  )
})

test('a host that becomes slower by the same from run to run favours neither target by more than one of its steps', () => {
  fc.assert(
    fc.property(repeats, (n) => {
      const place = (side: string) =>
        turnsOf(n, true).reduce((sum, turn, i) => sum + (turn.side === side ? i : 0), 0)
      expect(Math.abs(place('current') - place('baseline'))).toBeLessThanOrEqual(1)
    }),
  )
})

test('the figures over several runs', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ least: 1, median: 2, greatest: 3 })
  expect(spreadOf([4, null, 1, 2, 3])).toEqual({ least: 1, median: 2.5, greatest: 4 })
  expect(spreadOf([null])).toBeNull()
})

test('the exit code of several runs is the first that applies', () => {
  expect(worstExit([])).toBe(0)
  const codes = [0, 98, 99, 97, 130, 143]
  for (const [i, code] of codes.entries()) {
    expect(worstExit(codes.slice(0, i + 1))).toBe(code)
    expect(worstExit(codes.slice(0, i + 1).reverse())).toBe(code)
  }
})

test.each([
  [5, 5, 1, true, '5 runs on each side can prove a regression of 1 metric at p ≤ 0.05'],
  [
    5,
    5,
    3,
    true,
    '5 runs on each side can prove a regression of 1 metric at p ≤ 0.05; 3 metrics need 6 on each side',
  ],
  [6, 6, 3, true, '6 runs on each side can prove a regression of 3 metrics at p ≤ 0.05'],
  [5, 3, 2, false, '3 runs against 5 can prove a regression of 2 metrics at p ≤ 0.05'],
  [3, 3, 1, false, '3 runs on each side can prove a regression of 1 metric at p ≤ 0.05'],
  [4, 4, 1, true, null],
  [1, 1, 1, false, null],
])('%d and %d runs, %d metrics, interleaved %s: %s', (baseline, current, metrics, isPaired, words) => {
  expect(provable({ baseline, current }, metrics, isPaired)).toBe(words)
})
