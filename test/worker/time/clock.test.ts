import { describe, expect, test } from 'vitest'
import { RunClock } from '../../../src/worker/time/clock.ts'

describe('an alarm of the platform', () => {
  test('never rings before its time, however short or odd that is', async () => {
    const clock = new RunClock()
    for (const afterUs of [0, 1, 137, 499, 501, 999, 1000, 1001, 1499, 2750, 10_100]) {
      const atUs = clock.nowUs() + afterUs
      const rangUs = await new Promise<number>((resolve) =>
        clock.alarm(() => resolve(clock.nowUs())).set(atUs),
      )
      expect(rangUs).toBeGreaterThanOrEqual(atUs)
    }
  })

  test('rings in a later turn of the loop when its time has passed', async () => {
    const clock = new RunClock()
    const heard: string[] = []
    await new Promise<void>((resolve) => {
      clock
        .alarm(() => {
          heard.push('rang')
          resolve()
        })
        .set(clock.nowUs() - 1000)
      heard.push('set')
    })
    expect(heard).toEqual(['set', 'rang'])
  })

  test('set again it forgets what it was set to, and cancelled it keeps still', async () => {
    const clock = new RunClock()
    let rang = 0
    const moved = clock.alarm(() => rang++)
    const cancelled = clock.alarm(() => (rang += 100))
    moved.set(clock.nowUs() + 200)
    cancelled.set(clock.nowUs() + 200)
    moved.set(clock.nowUs() + 2500)
    cancelled.cancel()
    await new Promise<void>((resolve) => clock.alarm(resolve).set(clock.nowUs() + 6000))
    expect(rang).toBe(1)
  })

  test('rings each time it is set, from within its own ringing as well', async () => {
    const clock = new RunClock()
    const rang: number[] = []
    await new Promise<void>((resolve) => {
      const alarm = clock.alarm(() => {
        rang.push(clock.nowUs())
        if (rang.length === 5) resolve()
        else alarm.set(clock.nowUs() + 1300)
      })
      alarm.set(clock.nowUs() + 1300)
    })
    for (let i = 1; i < rang.length; i++) expect(rang[i]! - rang[i - 1]!).toBeGreaterThanOrEqual(1300)
  })
})
