import { expect, test } from 'vitest'
import { grant, noneGranted, ownCounters, takenOf } from '../../../src/host/ticket-counters.ts'
import { ticketsOf, type Ticket } from '../../../src/worker/schedule/tickets.ts'
import { aPlan } from '../../support/plan.ts'

function box(requests: number | null, iterations: number | null, workers = 1) {
  const tickets = ownCounters({ requests, iterations })
  const told: string[] = []
  const plan = aPlan({ requests, iterations })
  const all = Array.from({ length: workers }, () => ticketsOf({ plan, tickets }, (count) => told.push(count)))
  return { all, told }
}
const times = (n: number, take: () => Ticket | boolean): number =>
  Array.from({ length: n }, take).filter((one) => one === true || one === 'taken').length

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
  expect([takeIteration(), takeRequest(), takeRequest(), takeIteration()]).toEqual([
    'taken',
    true,
    true,
    'taken',
  ])
  expect(told).toEqual([])
  expect([takeRequest(), takeIteration(), takeRequest()]).toEqual([true, 'none', false])
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

test('what is granted block by block is taken block by block, and never more', () => {
  const tickets = noneGranted()
  const told: string[] = []
  const plan = aPlan({ requests: 1000, iterations: 1000 })
  const [one, other] = [0, 1].map(() => ticketsOf({ plan, tickets }, (count) => told.push(count)))
  expect([one!.takeIteration(), other!.takeIteration()]).toEqual(['later', 'later'])
  grant(tickets, 'iterations', 3, false)
  // There is an iteration, but no request for it yet: it is given back.
  expect([one!.takeIteration(), takenOf(tickets, 'iterations')]).toEqual(['later', 0])
  grant(tickets, 'requests', 5, false)
  expect([times(9, one!.takeIteration), one!.takeIteration(), takenOf(tickets, 'requests')]).toEqual([
    3,
    'later',
    3,
  ])
  grant(tickets, 'iterations', 4, true)
  expect([other!.takeIteration(), other!.takeIteration(), one!.takeIteration(), told]).toEqual([
    'taken',
    'none',
    'none',
    ['iterations'],
  ])
})
