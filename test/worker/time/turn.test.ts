import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Turn } from '../../../src/worker/time/turn.ts'

/** An event loop told what to do: it polls, it works, it sleeps. */
class Loop {
  nowUs = 0
  idleUs = 0
  queuedUs = 0
  readonly turn = new Turn(
    () => this.nowUs,
    () => this.idleUs,
    () => this.queuedUs,
  )

  work(us: number): void {
    this.nowUs += us
  }
  /** Waits for events that long, and is woken by one. */
  sleep(us: number): void {
    this.nowUs += us
    this.idleUs += us
  }
  completed(): number {
    return this.turn.waitedUs(this.nowUs)
  }
  /** The turn is over: what was scheduled for its end runs. */
  async end(): Promise<void> {
    await new Promise(setImmediate)
  }
}

describe('how long a response can have waited for the loop', () => {
  test('no time at all when it has just ended a sleep', async () => {
    const loop = new Loop()
    loop.work(5000)
    loop.completed()
    await loop.end()
    loop.sleep(20_000)
    expect(loop.completed()).toBe(0)
    // The second one of the same poll may have waited while the first was worked on.
    loop.work(300)
    expect(loop.completed()).toBe(300)
  })

  test('since the turn before, while the loop turns to be in time for its alarm', () => {
    const loop = new Loop()
    loop.sleep(10_000)
    for (let turn = 0; turn < 5; turn++) {
      loop.work(40)
      loop.turn.turned(loop.nowUs, turn > 0)
    }
    loop.work(15)
    // The poll that brings it came after the last turn, and the one before it after the last but one.
    expect(loop.completed()).toBe(15 + 40)
  })

  test('a timer that rings after the end of a turn has had no poll of its own', async () => {
    const loop = new Loop()
    loop.sleep(10_000)
    // Without a core for 40 ms: the poll had gathered one thing before it, and what came meanwhile is of the next one.
    loop.queuedUs = 40_000
    loop.work(40_000)
    loop.idleUs += 40_000
    loop.completed()
    loop.work(100)
    await loop.end()
    loop.turn.turned(loop.nowUs, false)
    loop.work(15)
    expect(loop.completed()).toBe(40_000 + 100 + 15)
    await loop.end()
    // From the first look at the network behind a timer on, turns are told apart.
    for (const hasPolled of [false, true, true]) {
      loop.work(30)
      loop.turn.turned(loop.nowUs, hasPolled)
    }
    loop.work(5)
    expect(loop.completed()).toBe(30 + 5)
  })

  test('since the poll before this one, when the loop never slept', async () => {
    const loop = new Loop()
    const polls = [1000, 4500, 4700, 12_000]
    let before = 0
    for (const pollUs of polls) {
      loop.work(pollUs - loop.nowUs)
      loop.turn.worked(loop.nowUs)
      expect(loop.completed()).toBe(pollUs - before)
      loop.work(100)
      expect(loop.completed()).toBe(pollUs - before + 100)
      await loop.end()
      before = pollUs
    }
  })

  test('since it woke, when it has worked on other things since', async () => {
    const loop = new Loop()
    loop.completed()
    await loop.end()
    loop.sleep(50_000)
    loop.turn.touch(loop.nowUs)
    loop.work(7000)
    loop.turn.touch(loop.nowUs)
    expect(loop.completed()).toBe(7000)
  })

  test('work that was not reported counts as if it came after the sleep', async () => {
    const loop = new Loop()
    loop.completed()
    await loop.end()
    loop.sleep(50_000)
    loop.work(7000)
    expect(loop.completed()).toBe(7000)
    await loop.end()
    loop.work(2000)
    loop.sleep(10_000)
    // The bound may be too wide, never too narrow.
    expect(loop.completed()).toBe(2000)
  })

  test('a change of the idle counter below 1 µs is rounding, no sleep', async () => {
    const loop = new Loop()
    loop.work(1000)
    loop.turn.worked(loop.nowUs)
    loop.completed()
    await loop.end()
    loop.work(3000)
    loop.idleUs += 0.9
    expect(loop.completed()).toBe(3000)
  })
})

test('the bound is never negative, and never shorter than the response really waited', async () => {
  const step = fc.record({
    sleepUs: fc.constantFrom(0, 0, 500, 20_000),
    workUs: fc.nat({ max: 5000 }),
    /** When, during the work after the poll before, the response arrived; 1 is at the end of it. */
    arrived: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const loop = new Loop()
      for (const { sleepUs, workUs, arrived } of steps) {
        // It arrives while the loop works, or while it sleeps, and then it ends the sleep.
        const arrivedUs = sleepUs > 0 ? loop.nowUs + workUs + sleepUs : loop.nowUs + workUs * arrived
        loop.work(workUs)
        loop.sleep(sleepUs)
        const bound = loop.completed()
        expect(bound).toBeGreaterThanOrEqual(0)
        expect(bound).toBeGreaterThanOrEqual(loop.nowUs - arrivedUs - 0.001)
        await loop.end()
      }
    }),
    { numRuns: 50 },
  )
})

test('the end of a turn is reported once, with its instant, and only if the network brought something', async () => {
  const loop = new Loop()
  const ends: number[] = []
  loop.turn.onEnd = (nowUs) => ends.push(nowUs)
  loop.work(100)
  loop.turn.touch(loop.nowUs)
  await loop.end()
  expect(ends).toEqual([])

  loop.completed()
  loop.work(300)
  loop.completed()
  await loop.end()
  expect(ends).toEqual([400])
})

describe('what looks like sleep to the loop', () => {
  const QUIET_US = 200

  test('a wait for a core is taken off it', async () => {
    const loop = new Loop()
    loop.completed()
    await loop.end()
    loop.sleep(20_000)
    // Woken 7 ms before it got a core.
    loop.queuedUs += 7000
    expect(loop.completed()).toBe(7000)
  })

  test('and is not charged to a later sleep', async () => {
    const loop = new Loop()
    loop.completed()
    loop.work(9000)
    loop.queuedUs += 8000
    await loop.end()
    loop.sleep(20_000)
    expect(loop.completed()).toBe(0)
  })

  test('a stop: it slept on past its alarm, and may have been held since it was last looked at', async () => {
    const loop = new Loop()
    loop.completed()
    await loop.end()
    loop.turn.alarmUs = loop.nowUs + 50_000
    loop.sleep(900_000)
    expect(loop.completed()).toBe(900_000)
    await loop.end()
    expect(loop.turn.take()).toMatchObject({ turns: 2, heldUs: 850_000 })
    loop.turn.alarmUs = Infinity
    loop.sleep(10_000)
    expect(loop.completed()).toBe(0)
  })

  test('a stop whose alarm rings first: what came meanwhile is still to be read', async () => {
    const loop = new Loop()
    loop.completed()
    await loop.end()
    loop.turn.alarmUs = loop.nowUs + 50_000
    loop.sleep(900_000)
    loop.turn.touch(loop.nowUs)
    // The platform counts on as idle while the alarm's work is done.
    loop.sleep(QUIET_US)
    loop.turn.worked(loop.nowUs)
    loop.turn.alarmUs = loop.nowUs + 50_000
    loop.sleep(QUIET_US)
    expect(loop.completed()).toBe(900_000 + 2 * QUIET_US)
  })

  test('a stop between what the poll found and its return: what came meanwhile is of the next poll', async () => {
    const loop = new Loop()
    loop.completed()
    await loop.end()
    loop.turn.alarmUs = loop.nowUs + 50_000
    loop.sleep(900_000)
    loop.completed()
    loop.work(100)
    await loop.end()
    expect(loop.completed()).toBe(900_100)
    await loop.end()
    loop.work(100)
    expect(loop.completed()).toBe(100)
  })

  test('timers that come a little late are no stop', async () => {
    const loop = new Loop()
    loop.completed()
    await loop.end()
    loop.turn.alarmUs = loop.nowUs + 50_000
    loop.sleep(52_000)
    expect(loop.completed()).toBe(0)
    expect(loop.turn.take().heldUs).toBe(0)
  })
})

describe('a request on its way out', () => {
  test('is out when the next one is stamped, or when the loop sleeps, at the latest', () => {
    const loop = new Loop()
    const [first, second] = [0, 40].map((sentUs) => ({ sentUs, ownUs: 0 }))
    loop.turn.sent(first!)
    loop.work(40)
    loop.turn.sent(second!)
    // It lost its core before the write.
    loop.work(6000)
    loop.sleep(20_000)
    loop.completed()
    expect([first!.ownUs, second!.ownUs]).toEqual([40, 6000])
  })
})

test('what came in one turn waited for each other', async () => {
  const loop = new Loop()
  for (let i = 0; i < 3; i++) loop.completed()
  await loop.end()
  loop.completed()
  await loop.end()
  expect(loop.turn.take()).toEqual({ turns: 2, most: 3, heldUs: 0 })
  expect(loop.turn.take()).toMatchObject({ turns: 0 })
})
