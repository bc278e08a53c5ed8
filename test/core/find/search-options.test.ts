/** What `corerush find` is asked, and what it refuses. */
import { expect, test } from 'vitest'
import { readGoals, readLoadRange, searchProblems } from '../../../src/core/find/search-options.ts'
import type { Problem } from '../../../src/core/options/problem.ts'

const texts = (words: Record<string, string>): Map<string, string> => new Map(Object.entries(words))

test.each<[Record<string, string>, ReturnType<typeof readLoadRange>]>([
  [{ rate: '100/s..20k/s' }, { unit: 'ratePerS', least: 100, most: 20_000 }],
  [{ rate: '60/m..' }, { unit: 'ratePerS', least: 1, most: null }],
  [{ users: '50..5000' }, { unit: 'users', least: 50, most: 5000 }],
  [{ users: '..8' }, { unit: 'users', least: 1, most: 8 }],
])('the range of %o', (words, expected) => {
  const problems: Problem[] = []
  expect(readLoadRange(texts(words), problems)).toEqual(expected)
  expect(problems).toEqual([])
})

test.each<[Record<string, string>, string]>([
  [{}, '--rate is required'],
  [{ rate: '1..2', users: '1..2' }, 'a search has one load'],
  [{ rate: '500' }, 'must be a range such as'],
  [{ rate: '20k..100' }, 'must begin with the smaller load'],
  [{ rate: '0..5' }, 'must be a range of rates above 0'],
  [{ users: '1.5..5' }, 'whole numbers of users'],
])('a range that is none is refused: %o', (words, rule) => {
  const problems: Problem[] = []
  expect(readLoadRange(texts(words), problems)).toBeNull()
  expect(problems.map(({ option, message }) => `--${option} ${message}`)).toEqual([
    expect.stringContaining(rule),
  ])
})

test('each goal stands beside the thresholds; one must be about latency or failures', () => {
  const goals = (lists: Record<string, string[]>): [string[], string[]] => {
    const problems: Problem[] = []
    const read = readGoals(new Map(Object.entries(lists)), problems)
    return [read.map(({ text }) => text), problems.map(({ message }) => message)]
  }
  expect(goals({ thresholds: ['failed < 1%'], goals: ['p99 < 100ms', 'p99 < 500ms'] })).toEqual([
    ['p99 < 100ms, failed < 1%', 'p99 < 500ms, failed < 1%'],
    [],
  ])
  expect(goals({ thresholds: ['p99 < 100ms'], goals: ['p99 > 200ms', 'p99 > 50ms'] })[1]).toEqual([
    'contradict each other, so that no load can hold: "p99 < 100ms" and "p99 > 200ms"',
  ])
  expect(goals({ thresholds: ['p99 < 1s warn'] })[1]).toEqual([expect.stringContaining('only warns')])
  expect(goals({ thresholds: ['count > 3'] })[1]).toEqual([expect.stringContaining('what is to hold')])
  expect(goals({ thresholds: ['p99 < 1s over 10s'] })[1]).toEqual([
    expect.stringContaining('must hold over a whole trial'),
  ])
})

test('options that the search decides for itself are refused with the reason', () => {
  const words = {
    texts: texts({ requests: '5', duration: '1m' }),
    lists: new Map([['stages', ['1s:5']]]),
    switches: new Map([['keep', true]]),
  }
  expect(
    searchProblems(words)
      .map(({ option }) => option)
      .sort(),
  ).toEqual(['duration', 'keep', 'requests', 'stages'])
})
