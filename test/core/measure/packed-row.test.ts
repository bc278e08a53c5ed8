/** A packed second is the same second: every value, in JSON, in a copy and with other names. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packRow, withNames } from '../../../src/core/measure/packed-row.ts'
import { ValueStore, type Plain } from '../../../src/core/measure/value-store.ts'
import { planOf, reportOf } from '../../support/reports.ts'

const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.nat(4_000_000).map((n) => n / 1000),
  fc.constantFrom(-0, 2 ** 48, 2 ** 53, 239, 240, 1e-7, 0.001, Infinity),
)
const value = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Plain>(null, true, false, '', 'p99', '__proto__'),
    number,
    fc.array(fc.nat()).map((list) => list.sort((a, b) => a - b)),
    fc.array(tie('value'), { maxLength: 8 }),
    fc.dictionary(fc.constantFrom('p50', 'max', '200', '__proto__', 'cores'), tie('value')),
  ),
})).value

test('what is written is read again, beside whatever else', () => {
  fc.assert(
    fc.property(fc.array(fc.array(value, { minLength: 1, maxLength: 5 }), { maxLength: 20 }), (groups) => {
      const store = new ValueStore()
      const places = groups.map((values) => store.write(values))
      for (const [i, values] of groups.entries())
        for (const [index, one] of values.entries()) {
          const read = store.read(places[i]!, index)
          expect(Object.is(read, one) || JSON.stringify(read) === JSON.stringify(one)).toBe(true)
        }
    }),
  )
})

test('values larger than a chunk, and more than one chunk of them', () => {
  const store = new ValueStore()
  const large = Array.from({ length: 120_000 }, (_, i) => -1 - i)
  const places = Array.from({ length: 3 }, (_, i) => store.write([i, large, 'last']))
  for (const [i, place] of places.entries()) {
    expect(store.read(place, 0)).toBe(i)
    expect(store.read(place, 2)).toBe('last')
  }
  expect(store.read(places[2]!, 1)).toEqual(large)
})

test('a packed row has the JSON, the keys and the copy of the row, and takes other names', () => {
  const plan = planOf({ workers: 2, duration: '6s' })
  const report = reportOf(
    plan,
    Array.from({ length: 6 }, (_, second) => ({
      second,
      ok: { a: [5, 7.5, 900], b: [3_600_000] },
      failures: [['a', 'status', 'status 500', 3]] as const,
    })),
  )
  const store = new ValueStore()
  for (const row of report.timeline) {
    const packed = packRow(row, store)
    expect(JSON.stringify(packed)).toBe(JSON.stringify(row))
    expect({ ...packed }).toEqual(row)
    expect(structuredClone(packed)).toEqual(row)
    const renamed = withNames(packed, {}, 0)
    expect(JSON.stringify(renamed)).toBe(JSON.stringify({ ...row, byName: {}, byNameS: 0 }))
    expect(packed.byName).toEqual(row.byName)
  }
})
