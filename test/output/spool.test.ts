/** A text that outgrows memory is the same text. */
import fc from 'fast-check'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { Spool } from '../../src/output/spool.ts'

test('what was added comes out, as often as it is asked for, however little fits into memory', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), fc.nat(40), (texts, inMemory) => {
      const spool = new Spool(inMemory)
      for (const text of texts) spool.add(text)
      const whole = texts.join('')
      expect([...spool].join('')).toBe(whole)
      expect([...spool].join('')).toBe(whole)
      spool.close()
    }),
  )
})

test.skipIf(process.platform === 'win32')('its file has no name that somebody could find', () => {
  const names = (): string[] => readdirSync(tmpdir()).filter((name) => /^corerush-[0-9a-f]{16}$/.test(name))
  const before = names()
  const spool = new Spool(1)
  spool.add('more than one')
  expect(names()).toEqual(before)
  expect([...spool]).toEqual(['more than one'])
  spool.close()
})
