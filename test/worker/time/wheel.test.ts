import { describe, expect, test } from 'vitest'
import { Wheel } from '../../../src/worker/time/wheel.ts'

const TURN_US = 4_096_000
/** Advances and returns what fired. */
const fired = (wheel: Wheel, nowUs: number): number[] => {
  const ids: number[] = []
  wheel.advance(nowUs, (id) => ids.push(id))
  return ids
}

describe('a timer', () => {
  test('fires when it is due, not early and not when its slot of 1 ms ends', () => {
    const wheel = new Wheel(1)
    wheel.arm(0, 1500)
    expect(wheel.nextUs()).toBe(1500)
    expect(fired(wheel, 1499)).toEqual([])
    expect(fired(wheel, 1500)).toEqual([0])
    expect(wheel.isArmed(0)).toBe(false)
    expect(fired(wheel, 10_000)).toEqual([])
  })

  test('that is due already fires with the next advance', () => {
    const wheel = new Wheel(2)
    fired(wheel, 5000)
    wheel.arm(0, 1000)
    wheel.arm(1, -1e9)
    expect(fired(wheel, 5000)).toEqual([1, 0])
  })

  test('armed anew moves', () => {
    const wheel = new Wheel(1)
    wheel.arm(0, 1000)
    wheel.arm(0, 3000)
    expect(fired(wheel, 2000)).toEqual([])
    expect(fired(wheel, 3000)).toEqual([0])
  })

  test('disarmed does not fire; disarming what is not armed is nothing', () => {
    const wheel = new Wheel(2)
    wheel.arm(0, 1000)
    wheel.disarm(0)
    wheel.disarm(1)
    expect(wheel.nextUs()).toBe(Infinity)
    expect(fired(wheel, 9000)).toEqual([])
  })

  test('beyond a turn of the wheel waits for its own turn', () => {
    const wheel = new Wheel(2)
    wheel.arm(0, 1000)
    wheel.arm(1, 1000 + 3 * TURN_US)
    expect(fired(wheel, 1000)).toEqual([0])
    for (const turn of [1, 2]) expect(fired(wheel, 1000 + turn * TURN_US)).toEqual([])
    expect(fired(wheel, 3 * TURN_US)).toEqual([])
    expect(fired(wheel, 1000 + 3 * TURN_US)).toEqual([1])
  })

  test('is there after a month as well', () => {
    const wheel = new Wheel(2)
    const monthUs = 30 * 86_400 * 1e6
    wheel.arm(0, monthUs)
    expect(fired(wheel, monthUs - 1)).toEqual([])
    expect(fired(wheel, monthUs)).toEqual([0])
  })
})

describe('several timers', () => {
  test('fire in the order of their due times', () => {
    const wheel = new Wheel(5)
    wheel.arm(3, 2000)
    wheel.arm(0, 1000)
    wheel.arm(4, 1900)
    wheel.arm(1, 900)
    wheel.arm(2, 3000)
    expect(fired(wheel, 3000)).toEqual([1, 0, 4, 3, 2])
  })

  test('after a gap of more than a turn all that is due fires', () => {
    const wheel = new Wheel(4)
    wheel.arm(0, 1000)
    wheel.arm(1, 1000 + TURN_US)
    wheel.arm(2, 5 * TURN_US)
    wheel.arm(3, 9 * TURN_US)
    expect(fired(wheel, 6 * TURN_US).sort()).toEqual([0, 1, 2])
    expect(fired(wheel, 9 * TURN_US)).toEqual([3])
  })

  test('more of them in one slot than usual', () => {
    const wheel = new Wheel(1000)
    for (let id = 0; id < 1000; id++) wheel.arm(id, 5000)
    expect(fired(wheel, 5000)).toEqual(Array.from({ length: 1000 }, (_, id) => id))
  })
})

describe('from within a timer that fires', () => {
  test('one that is to fire with it can be disarmed', () => {
    const wheel = new Wheel(3)
    for (const id of [0, 1, 2]) wheel.arm(id, 1000)
    const ids: number[] = []
    wheel.advance(1000, (id) => {
      ids.push(id)
      if (id === 0) wheel.disarm(1)
    })
    expect(ids).toEqual([0, 2])
    expect(wheel.isArmed(1)).toBe(false)
    expect(wheel.nextUs()).toBe(Infinity)
  })

  test('one that is to fire with it can be moved', () => {
    const wheel = new Wheel(2)
    for (const id of [0, 1]) wheel.arm(id, 1000)
    const ids: number[] = []
    wheel.advance(1000, (id) => {
      ids.push(id)
      if (id === 0) wheel.arm(1, 7000)
    })
    expect(ids).toEqual([0])
    expect(fired(wheel, 7000)).toEqual([1])
  })

  test('it can arm itself again, and fires with the next advance', () => {
    const wheel = new Wheel(1)
    wheel.arm(0, 1000)
    const ids: number[] = []
    const again = (id: number): void => {
      ids.push(id)
      wheel.arm(0, 0)
    }
    wheel.advance(5000, again)
    expect(ids.length).toBe(1)
    expect(wheel.isArmed(0)).toBe(true)
    wheel.advance(5000, again)
    expect(ids.length).toBe(2)
  })
})

describe('when the next one is due', () => {
  test('Infinity without timers', () => expect(new Wheel(1).nextUs()).toBe(Infinity))

  test('of a far timer at least once a turn, never later than it', () => {
    const wheel = new Wheel(1)
    wheel.arm(0, 2.5 * TURN_US)
    let turns = 0
    for (let us = wheel.nextUs(); us !== Infinity; us = wheel.nextUs()) {
      expect(us).toBeLessThanOrEqual(2.5 * TURN_US)
      fired(wheel, us)
      turns++
    }
    expect(turns).toBe(3)
  })

  test('every slot of a turn is found from every slot', () => {
    for (let start = 0; start < 4096; start += 131)
      for (const ahead of [1, 2, 31, 32, 33, 63, 64, 2048, 4095]) {
        const wheel = new Wheel(1)
        wheel.advance(start * 1000, () => undefined)
        wheel.arm(0, (start + ahead) * 1000)
        expect(wheel.nextUs()).toBe((start + ahead) * 1000)
      }
  })
})
