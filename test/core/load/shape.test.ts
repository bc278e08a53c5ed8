import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shape, type Shape } from '../../../src/core/load/shape.ts'
import { parseStage } from '../../../src/core/load/stage.ts'
import { valueOf } from '../../support/parsed.ts'

test('a function of time becomes stages: a jump to where it begins, and then from second to second', () => {
  expect(shape({ duration: '4s', users: (t) => 10 + t * t })).toEqual([
    '0s:10',
    '1s:11',
    '1s:14',
    '1s:19',
    '1s:26',
  ])
  expect(shape({ duration: 2.5, ratePerS: (t) => 100 / (t + 1) })).toEqual([
    '0s:100.000000/s',
    '1s:50.000000/s',
    '1s:33.333333/s',
    '0.5s:28.571429/s',
  ])
})

test('what lies on a straight line is one stage', () => {
  expect(shape({ duration: '1m', users: (t) => Math.min(20, t) })).toEqual(['0s:0', '20s:20', '40s:20'])
  expect(shape({ duration: '10s', users: (t) => (t < 5 ? 3 : 7) })).toEqual(['0s:3', '4s:3', '1s:7', '5s:7'])
})

test('a load of many hours is sampled at no more than 3,600 instants after the first', () => {
  const instants = new Set<number>()
  const stages = shape({ duration: '10h', ratePerS: (t) => (instants.add(t), 50 + 50 * Math.sin(t / 1000)) })
  expect([instants.size, Math.max(...instants)]).toEqual([3601, 36_000])
  expect(stages.length).toBeLessThanOrEqual(3601)
})

/** The level at this instant, as the stages have it. */
function levelAt(stages: readonly string[], atS: number): number {
  let t = 0
  let level = 0
  for (const text of stages) {
    const { durationS, to } = valueOf(parseStage(text))
    if (atS < t + durationS) return level + ((to - level) * (atS - t)) / durationS
    t += durationS
    level = to
  }
  return level
}

test('at each whole second the stages have the value of the function, whatever it is', () => {
  const levels = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 2, maxLength: 60 })
  fc.assert(
    fc.property(levels, fc.boolean(), (values, isRate) => {
      const level = (t: number): number => values[t]! / (isRate ? 4 : 1)
      const stages = shape({
        duration: values.length - 1,
        ...(isRate ? { ratePerS: level } : { users: level }),
      })
      for (const t of values.keys()) expect(levelAt(stages, t)).toBeCloseTo(level(t), 9)
    }),
  )
})

let calls = 0
test.each<[Partial<Shape>, string]>([
  [{ users: () => -1 }, 'a shape must give numbers of at least 0, and gives -1 at 0 s'],
  [
    { users: (t) => 5 / Math.abs(t - 3) },
    'a shape must give numbers of at least 0, and gives Infinity at 3 s',
  ],
  [{ users: () => NaN }, 'a shape must give numbers of at least 0, and gives NaN at 0 s'],
  [{ users: () => '5' as never }, 'a shape must give numbers of at least 0, and gives 5 at 0 s'],
  [{ users: () => calls++ }, 'a shape must give the same each time it is asked, and does not at 0 s'],
  [{ users: () => 1, duration: 0 }, 'the duration of a shape must be longer than 0, and at most 30d'],
  [{ users: () => 1, duration: '31d' }, 'the duration of a shape must be longer than 0, and at most 30d'],
  [{ users: () => 1, duration: 'long' }, 'the duration of a shape must be a duration such as 500ms'],
  [{ users: () => 1, duration: undefined as never }, 'the duration of a shape is missing'],
  [{}, 'a shape needs one of the functions users and ratePerS'],
  [{ users: () => 1, ratePerS: () => 1 }, 'a shape needs one of the functions users and ratePerS'],
])('%j is no shape', (given, message) => {
  expect(() => shape({ duration: '5s', ...given })).toThrow(message)
})
