import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Slowest, type RequestRecord } from '../../../src/core/measure/request-record.ts'

const record = (name: string, latencyMs: number): RequestRecord => ({
  ...{ name, latencyMs, method: 'GET', url: 'http://h/', worker: 0, user: 0, dueS: 0, sentS: 0, doneS: 0 },
  ...{
    blockedMs: null,
    dnsMs: null,
    connectMs: null,
    tlsMs: null,
    firstByteMs: null,
    status: 200,
    outcome: 'ok',
    traceId: null,
  },
})

test('the slowest of each name are kept, whatever the order, and those of workers merge to those of all', () => {
  const one = fc
    .tuple(fc.constantFrom('a', 'b', 'c'), fc.nat({ max: 1000 }))
    .map(([name, ms]) => record(name, ms))
  fc.assert(
    fc.property(
      fc.array(one),
      fc.integer({ min: 1, max: 4 }),
      fc.nat({ max: 3 }),
      (records, most, workers) => {
        const all = new Slowest(most)
        for (let worker = 0; worker <= workers; worker++) {
          const own = new Slowest(most)
          for (const [i, one] of records.entries())
            if (i % (workers + 1) === worker && own.takes(one.name, one.latencyMs)) {
              own.add(one)
              // What a worker hands over is each that it has taken, also where a slower one takes its place later.
              all.add(one)
            }
        }
        const expected = ['a', 'b', 'c'].flatMap((name) =>
          records
            .filter((one) => one.name === name)
            .map(({ latencyMs }) => latencyMs)
            .sort((a, b) => b - a)
            .slice(0, most),
        )
        expect(all.records.map(({ latencyMs }) => latencyMs)).toEqual(expected.sort((a, b) => b - a))
      },
    ),
  )
})

test('none is kept where none is asked for', () => {
  const none = new Slowest(0)
  none.add(record('a', 5))
  expect(none.records).toEqual([])
})
