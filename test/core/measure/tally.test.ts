import { describe, expect, test } from 'vitest'
import {
  mergeTally,
  MOST_MESSAGES,
  OTHER_MESSAGES,
  packTally,
  Tally,
} from '../../../src/core/measure/tally.ts'

describe('failures', () => {
  test('are counted by name, outcome and message, with the first and the last sight of them', () => {
    const tally = new Tally()
    tally.error('a', 'connect.refused', 'refused', 3)
    tally.error('a', 'connect.refused', 'refused', 1.5)
    tally.error('a', 'status', 'status 503', 2)
    tally.error('b', 'connect.refused', 'refused', 9)
    expect([...tally.errors.values()]).toEqual([
      { name: 'a', outcome: 'connect.refused', message: 'refused', count: 2, firstS: 1.5, lastS: 3 },
      { name: 'a', outcome: 'status', message: 'status 503', count: 1, firstS: 2, lastS: 2 },
      { name: 'b', outcome: 'connect.refused', message: 'refused', count: 1, firstS: 9, lastS: 9 },
    ])
  })

  const chatty = (from: number): Tally => {
    const tally = new Tally()
    for (let i = from; i < from + 3 * MOST_MESSAGES; i++)
      tally.error('a', 'headers.malformed', `garbage ${i}`, i)
    return tally
  }
  const total = (tally: Tally): number => [...tally.errors.values()].reduce((n, { count }) => n + count, 0)

  test('a chatty server cannot eat memory: beyond the cap messages become one, and every failure still counts', () => {
    const tally = chatty(0)
    expect(tally.errors.size).toBe(MOST_MESSAGES + 1)
    expect([...tally.errors.values()].at(-1)).toEqual({
      name: 'a',
      outcome: 'headers.malformed',
      message: OTHER_MESSAGES,
      count: 2 * MOST_MESSAGES,
      firstS: MOST_MESSAGES,
      lastS: 3 * MOST_MESSAGES - 1,
    })
    tally.error('a', 'headers.malformed', 'garbage 0', 500)
    expect([...tally.errors.values()][0]).toMatchObject({ message: 'garbage 0', count: 2 })
  })

  test('merging many chatty tallies keeps the cap and the count', () => {
    const merged = new Tally()
    for (let worker = 0; worker < 5; worker++) mergeTally(merged, packTally(chatty(worker * 1000)))
    expect(merged.errors.size).toBe(MOST_MESSAGES + 1)
    expect(total(merged)).toBe(5 * 3 * MOST_MESSAGES)
  })
})

test('a histogram exists once it has been used', () => {
  const request = new Tally().request('a')
  expect(request.peek('latency')).toBeNull()
  request.histogram('latency').record(5)
  expect(request.peek('latency')?.count).toBe(1)
})

test('what was never used costs nothing in transit', () => {
  const tally = new Tally()
  tally.request('a').histogram('latency')
  tally.request('a').sent++
  expect(packTally(tally)).toMatchObject({
    requests: [{ name: 'a', sent: 1, histograms: {} }],
    lag: null,
    iterationDuration: null,
    latencyFloor: null,
    errors: [],
  })
})

test('the calls that led to an error of a task are asked for once for each kind of error, and survive merging', () => {
  const tally = new Tally()
  let asked = 0
  const error = { task: 'Pay', message: 'no', place: 's.ts:3', count: 1, firstS: 0, lastS: 0 }
  for (let i = 0; i < 5; i++) tally.taskError(error, () => `at call ${++asked}`)
  tally.taskError({ ...error, place: null }, () => null)
  const merged = new Tally()
  mergeTally(merged, packTally(tally))
  expect([...merged.taskErrors.values()]).toEqual([
    { ...error, count: 5, trace: 'at call 1' },
    { ...error, place: null },
  ])
  expect(asked).toBe(1)
})
