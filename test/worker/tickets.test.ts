import { expect, test } from 'vitest'
import { ticketsOf } from '../../src/worker/tickets.ts'
import { aPlan } from '../support/plan.ts'

function box(requests: number | null, iterations: number | null, workers = 1) {
  const tickets = requests === null && iterations === null ? null : new SharedArrayBuffer(8)
  const told: string[] = []
  const plan = aPlan({ requests, iterations })
  const all = Array.from({ length: workers }, () => ticketsOf({ plan, tickets }, (count) => told.push(count)))
  return { all, told }
}
const times = (n: number, take: () => boolean): number =>
  Array.from({ length: n }, take).filter(Boolean).length

test('without a count there is always one more', () => {
  const { all, told } = box(null, null)
  expect([times(1000, all[0]!.takeIteration), times(1000, all[0]!.takeRequest), told]).toEqual([
    1000,
    1000,
    [],
  ])
})

test('an iteration takes its first request with it, and later ones take their own', () => {
  const { all, told } = box(5, null)
  const { takeIteration, takeRequest } = all[0]!
  expect([takeIteration(), takeRequest(), takeRequest(), takeIteration()]).toEqual([true, true, true, true])
  expect(told).toEqual([])
  expect([takeRequest(), takeIteration(), takeRequest()]).toEqual([true, false, false])
  expect(told).toEqual(['requests'])
})

test('iterations that are counted leave their requests free', () => {
  const { all, told } = box(null, 2)
  expect(times(5, all[0]!.takeIteration)).toBe(2)
  expect(times(50, all[0]!.takeRequest)).toBe(50)
  expect(told).toEqual(['iterations'])
})

test('with both counts the first one reached ends it, over all workers', () => {
  const { all, told } = box(10, 4, 3)
  expect(all.map(({ takeIteration }) => times(2, takeIteration))).toEqual([2, 2, 0])
  expect(all.map(({ takeRequest }) => times(4, takeRequest))).toEqual([4, 2, 0])
  expect(told).toEqual(['iterations', 'requests'])
})
