import { describe, expect, test } from 'vitest'
import { parseStage, spans } from '../../../src/core/load/stage.ts'
import { parseRatePerS } from '../../../src/core/units.ts'
import { valueOf } from '../../support/parsed.ts'

test.each([
  ['30s:100', { unit: 'users', to: 100, durationS: 30 }],
  ['1h30m:2k', { unit: 'users', to: 2000, durationS: 5400 }],
  ['10:5', { unit: 'users', to: 5, durationS: 10 }],
  ['10s:0', { unit: 'users', to: 0, durationS: 10 }],
  ['0s:7', { unit: 'users', to: 7, durationS: 0 }],
  [' 500ms:3 ', { unit: 'users', to: 3, durationS: 0.5 }],
  ['30s:100/s', { unit: 'perS', to: 100, durationS: 30 }],
  ['30s:2.5k/s', { unit: 'perS', to: 2500, durationS: 30 }],
  ['30s:90/m', { unit: 'perS', to: 1.5, durationS: 30 }],
  ['30s:0/s', { unit: 'perS', to: 0, durationS: 30 }],
] as const)('%j is a stage', (text, stage) => expect(valueOf(parseStage(text))).toEqual(stage))

const RULE = 'must be stages such as 30s:100 (users) or 30s:100/s (arrivals)'
const DURATION = 'a duration must be a duration such as 500ms, 30s, 2m or 1h30m (a bare number is seconds)'

test.each([
  ['', `${RULE}, each with a duration and a value`],
  ['100', `${RULE}, each with a duration and a value`],
  [':100', `${RULE}, each with a duration and a value`],
  ['30s:', `${RULE}, each with a duration and a value`],
  ['30s:1:2', `${RULE}, each with a duration and a value`],
  ['soon:100', `${RULE}; ${DURATION}`],
  ['-5s:100', `${RULE}; ${DURATION}`],
  ['30s:many', `${RULE}; a value must be a number such as 550, 10k or 2M`],
  ['30s:5/w', `${RULE}; a value must be a rate such as 1000/s, 10k/s or 90/m`],
  ['30s:1.5', `${RULE}, with a value that is a whole number, and at least 0`],
  ['30s:-1', `${RULE}, with a value that is a whole number, and at least 0`],
  ['30s:-1/s', `${RULE}, with a value that is at least 0`],
])('%j is none', (text, problem) => expect(parseStage(text)).toEqual({ problem }))

describe('stages go on from each other', () => {
  const stage = (durationS: number, to: number) => ({ unit: 'users' as const, to, durationS })

  test('the first from 0', () => {
    expect(spans([stage(30, 100), stage(60, 100), stage(0, 40), stage(10, 0)])).toEqual([
      { from: 0, to: 100, durationS: 30 },
      { from: 100, to: 100, durationS: 60 },
      { from: 100, to: 40, durationS: 0 },
      { from: 40, to: 0, durationS: 10 },
    ])
  })

  test('or from the value to which a stage of 0 s jumps', () => {
    expect(spans([stage(0, 50), stage(10, 50)])[1]).toEqual({ from: 50, to: 50, durationS: 10 })
  })
})

test.each([
  [1000, 1000],
  ['1000', 1000],
  ['10k/s', 10_000],
  ['90/m', 1.5],
  ['3600/h', 1],
  ['0.5/s', 0.5],
] as const)('the rate %j is %d per second', (text, perS) => expect(valueOf(parseRatePerS(text))).toBe(perS))
