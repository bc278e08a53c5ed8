/** Tabs that are slow, or never read, cost a bounded amount of memory and hold up nobody. */
import { Writable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Audience } from '../../../src/output/web/audience.ts'

/** A tab that reads one message when it is told to. */
class Tab extends Writable {
  readonly read: string[] = []
  #taken: (() => void) | null = null

  constructor() {
    super({ highWaterMark: 1 })
  }

  override _write(message: Buffer, _: string, taken: () => void): void {
    this.read.push(String(message))
    this.#taken = taken
  }

  takes(): void {
    const taken = this.#taken
    this.#taken = null
    taken?.()
  }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('whatever a tab takes and when, it holds one message at most, and ends with the newest', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), async (steps) => {
      let newest = 0
      const audience = new Audience(() => Buffer.from(`whole ${newest}`))
      const tab = new Tab()
      audience.add(tab)
      for (const isTold of steps) {
        if (isTold) audience.send(Buffer.from(`news ${++newest}`))
        else tab.takes()
        await soon()
        expect(tab.writableLength).toBeLessThanOrEqual(`whole ${newest}`.length)
      }
      for (let i = 0; i < 3; i++) {
        tab.takes()
        await soon()
      }
      expect(tab.read.at(-1)).toMatch(new RegExp(` ${newest}$`))
      // In order, and nothing twice.
      const numbers = tab.read.map((message) => Number(message.split(' ')[1]))
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
    }),
    { numRuns: 50 },
  )
})

test('one that never reads takes nothing from the others', async () => {
  const audience = new Audience(() => Buffer.from('whole'))
  const [stuck, quick] = [new Tab(), new Tab()]
  audience.add(stuck)
  audience.add(quick)
  for (let i = 0; i < 1000; i++) {
    quick.takes()
    await soon()
    audience.send(Buffer.from(`news ${i}`))
  }
  expect(quick.read).toHaveLength(1001)
  expect(stuck.read).toEqual(['whole'])
  expect(stuck.writableLength).toBe('whole'.length)
})

test('a tab that went away gets nothing more; the last message comes after all others', async () => {
  const audience = new Audience(() => Buffer.from('whole'))
  const [gone, stuck, good] = [new Tab(), new Tab(), new Tab()]
  for (const tab of [gone, stuck, good]) audience.add(tab)
  gone.destroy(new Error('reset'))
  await soon()
  expect(audience.size).toBe(2)
  good.takes()
  await soon()
  audience.send(Buffer.from('news'))
  const ended = audience.end(Buffer.from('over'))
  audience.send(Buffer.from('nothing comes behind it'))
  for (let i = 0; i < 3; i++) {
    good.takes()
    await soon()
  }
  await soon()
  expect(good.read).toEqual(['whole', 'news', 'over'])
  expect(stuck.read).toEqual(['whole'])
  for (let i = 0; i < 2; i++) {
    stuck.takes()
    await soon()
  }
  // What it missed and the last word are one.
  expect(stuck.read).toEqual(['whole', 'whole'])
  stuck.takes()
  await ended
  expect([good.errored, stuck.errored]).toEqual([null, null])
})
