import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RequestTally } from '../../src/core/measure/request-tally.ts'
import { mergeRequests, mergeTally, packTally, Tally } from '../../src/core/measure/tally.ts'
import { count, events, plain } from '../support/tallies.ts'

const RUNS = { numRuns: 50 }
const of = (...happened: Parameters<typeof count>[1][]): Tally => count(new Tally(), happened.flat())
const merge = (...tallies: Tally[]): Tally => {
  const into = new Tally()
  for (const tally of tallies) mergeTally(into, packTally(tally))
  return into
}

describe('tallies are a monoid', () => {
  test('nothing is the identity, on both sides', () => {
    fc.assert(
      fc.property(events, (a) => {
        expect(plain(merge(of(a), new Tally()))).toEqual(plain(of(a)))
        expect(plain(merge(new Tally(), of(a)))).toEqual(plain(of(a)))
      }),
      RUNS,
    )
  })

  test('how the parts are grouped does not matter', () => {
    fc.assert(
      fc.property(events, events, events, (a, b, c) => {
        expect(plain(merge(merge(of(a), of(b)), of(c)))).toEqual(plain(merge(of(a), merge(of(b), of(c)))))
      }),
      RUNS,
    )
  })

  test('nor in which order they come', () => {
    fc.assert(
      fc.property(events, events, (a, b) => {
        expect(plain(merge(of(a), of(b)))).toEqual(plain(merge(of(b), of(a))))
      }),
      RUNS,
    )
  })

  test('and the merge is what one tally would have counted', () => {
    fc.assert(
      fc.property(events, events, (a, b) => {
        expect(plain(merge(of(a), of(b)))).toEqual(plain(of(a, b)))
      }),
      RUNS,
    )
  })
})

test('a packed tally crosses a thread unharmed, and is a copy', () => {
  fc.assert(
    fc.property(events, events, (a, b) => {
      const tally = of(a)
      const packed = packTally(tally)
      count(tally, b)
      expect(plain(structuredClone(packed))).toEqual(plain(of(a)))
    }),
    RUNS,
  )
})

test('a cleared tally counts like a new one', () => {
  fc.assert(
    fc.property(events, events, (a, b) => {
      const tally = of(a)
      tally.clear()
      count(tally, b)
      // A name once seen stays, with nothing counted: the hot path holds on to it.
      const fresh = new Tally()
      for (const name of tally.requests.keys()) fresh.request(name)
      expect(plain(tally)).toEqual(plain(count(fresh, b)))
    }),
    RUNS,
  )
})

test('all names together hold what each holds', () => {
  fc.assert(
    fc.property(events, (a) => {
      const together = mergeRequests(of(a), new RequestTally(true))
      const renamed = of(a.map((e) => ('name' in e ? { ...e, name: 'all' } : e))).request('all')
      for (const field of ['sent', 'finished', 'succeeded', 'failed', 'bytesIn'] as const)
        expect(together[field]).toBe(renamed[field])
      expect(new Map(together.statuses)).toEqual(new Map(renamed.statuses))
      expect(together.peek('latency')?.pack()?.used.join()).toBe(renamed.peek('latency')?.pack()?.used.join())
    }),
    RUNS,
  )
})
