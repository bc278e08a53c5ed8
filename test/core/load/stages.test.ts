import { describe, expect, test } from 'vitest'
import { activeSpans, peakUsers, usersAt, type UserStage } from '../../../src/core/load/stages.ts'

const ramp = (fromUsers: number, toUsers: number, durationS: number): UserStage => ({
  fromUsers,
  toUsers,
  durationS,
})

describe('a ramp from 0 to N users over S seconds', () => {
  test('user k starts at k · S / N and stays', () => {
    for (const [n, s] of [
      [550, 1],
      [7, 3],
      [1, 10],
    ] as const)
      for (let k = 0; k < n; k++)
        expect(activeSpans([ramp(0, n, s)], k)).toEqual([{ startS: (k * s) / n, stopS: Infinity }])
  })

  test('there is no user N', () => expect(activeSpans([ramp(0, 5, 1)], 5)).toEqual([]))

  test('over 0 seconds all start at once', () => {
    for (let k = 0; k < 5; k++)
      expect(activeSpans([ramp(0, 5, 0)], k)).toEqual([{ startS: 0, stopS: Infinity }])
  })
})

describe('up, hold and down', () => {
  const stages = [ramp(0, 4, 4), ramp(4, 4, 10), ramp(4, 0, 2)]

  test('the last to start is the first to stop', () => {
    expect([0, 1, 2, 3].map((k) => activeSpans(stages, k))).toEqual([
      [{ startS: 0, stopS: 16 }],
      [{ startS: 1, stopS: 15.5 }],
      [{ startS: 2, stopS: 15 }],
      [{ startS: 3, stopS: 14.5 }],
    ])
  })

  test.each([
    [0, 0],
    [1, 1],
    [2.5, 2.5],
    [4, 4],
    [9, 4],
    [15, 2],
    [16, 0],
    [99, 0],
  ])('at %d s the level is %d', (atS, users) => expect(usersAt(stages, atS)).toBe(users))
})

describe('surprises of a line', () => {
  test('a line that comes back starts its users again', () => {
    expect(activeSpans([ramp(0, 2, 2), ramp(2, 0, 2), ramp(0, 2, 2)], 1)).toEqual([
      { startS: 1, stopS: 3 },
      { startS: 5, stopS: Infinity },
    ])
  })

  test('a line that touches a user and rises again never stopped it', () => {
    expect(activeSpans([ramp(0, 4, 4), ramp(4, 1, 3), ramp(1, 4, 3)], 1)).toEqual([
      { startS: 1, stopS: Infinity },
    ])
  })

  test('a stage may begin with a jump, up and down', () => {
    const stages = [ramp(0, 1, 1), ramp(5, 5, 1), ramp(2, 2, 1)]
    expect([0, 1, 2, 4].map((k) => activeSpans(stages, k))).toEqual([
      [{ startS: 0, stopS: Infinity }],
      [{ startS: 1, stopS: Infinity }],
      [{ startS: 1, stopS: 2 }],
      [{ startS: 1, stopS: 2 }],
    ])
    expect(usersAt(stages, 1)).toBe(5)
    expect(usersAt(stages, 2)).toBe(2)
  })

  test('a jump up and down at one instant starts nobody', () => {
    const stages = [ramp(0, 9, 0), ramp(2, 2, 1)]
    expect(activeSpans(stages, 5)).toEqual([])
    expect(activeSpans(stages, 1)).toEqual([{ startS: 0, stopS: Infinity }])
  })
})

test('the peak is the highest end of any stage', () => {
  expect(peakUsers([])).toBe(0)
  expect(peakUsers([ramp(0, 4, 1), ramp(9, 2, 1), ramp(2, 5, 1)])).toBe(9)
})
