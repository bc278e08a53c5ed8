/** Files of users: in an encoding that is known, and no larger than they may be. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBytes, textOf } from '../../../src/host/files/text-file.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'corerush-test-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const utf16 = (text: string, isBigEndian: boolean): Buffer => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return isBigEndian ? bytes.swap16() : bytes
}

test.each([
  ['UTF-8', Buffer.from('a€b')],
  ['UTF-8 with a byte order mark', Buffer.from('\ufeffa€b')],
  ['UTF-16LE with a byte order mark', utf16('a€b', false)],
  ['UTF-16BE with a byte order mark', utf16('a€b', true)],
])('text in %s', (_, bytes) => {
  expect(textOf(bytes)).toBe('a€b')
})

test.each([
  [
    'Latin-1',
    Buffer.from('name\r\nann\r\nJos\xe9\n', 'latin1'),
    /^line 3 has bytes that are not UTF-8: save it as UTF-8/,
  ],
  ['a cut off character', Buffer.from('a\n€').subarray(0, 4), /^line 2 has bytes/],
  ['UTF-16 without a byte order mark', Buffer.from('ab', 'utf16le'), /^it has zero bytes/],
  ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 97, 0, 0, 0]), /^it is in UTF-32/],
  ['half of UTF-16', utf16('ab', false).subarray(0, 5), /^it has a byte order mark of UTF-16/],
])('%s is refused', (_, bytes, message) => {
  expect(() => textOf(bytes)).toThrow(message)
})

test('a file that is too large is refused by its size, unread; an endless one when it has too much', () => {
  const file = join(folder, 'large')
  writeFileSync(file, 'abc')
  expect(readBytes(file, 3).toString()).toBe('abc')
  expect(() => readBytes(file, 2)).toThrow('3 B, and at most 2 B are read')
  truncateSync(file, 10 ** 12)
  expect(() => readBytes(file, 128_000_000)).toThrow('1.0 TB, and at most 128 MB are read')
  expect(() => readBytes('/dev/zero', 3_000_000)).toThrow('more than at most 3.0 MB are read')
})
