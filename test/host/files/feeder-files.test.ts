import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { FeederPlan } from '../../../src/core/scenario/row-source.ts'
import { readFeeder } from '../../../src/host/files/feeder-files.ts'
import { Feed } from '../../../src/worker/user/feed.ts'
import { withFolder } from '../../support/cli.ts'

const read = (text: string | Buffer, different: Partial<FeederPlan> = {}): Promise<unknown[]> =>
  withFolder((folder) => {
    const path = join(folder, 'rows')
    writeFileSync(path, text)
    const plan: FeederPlan = {
      ...{ path, format: 'csv', delimiter: ',', order: 'unique', end: 'stop' },
      ...different,
    }
    const feed = new Feed(plan, readFeeder(plan), { index: 0, of: 1 }, 1)
    const rows: unknown[] = []
    for (let next = feed.take(Math.random); next !== null; next = feed.take(Math.random)) rows.push(next.row)
    return Promise.resolve(rows)
  })

test('CSV: quotes, line breaks, other scripts, a mark of the byte order, empty lines', async () => {
  const text = '\ufeffname, word\r\nann,"a ""b"", c"\r\n\r\n世界,"two\nlines"\r\n,\r\n'
  expect(await read(text)).toEqual([
    { name: 'ann', word: 'a "b", c' },
    { name: '世界', word: 'two\nlines' },
    { name: '', word: '' },
  ])
  expect(await read('a;b\n1,5;2', { delimiter: ';' })).toEqual([{ a: '1,5', b: '2' }])
  // Without a delimiter, the first lines say what it is.
  for (const text of ['a;b\n1,5;2', 'a|b\n1,5|2', 'a\tb\n1,5\t2', 'a,b\n"1,5",2'])
    expect(await read(text, { isGuess: true })).toEqual([{ a: '1,5', b: '2' }])
  expect(await read(`n\n${Array.from({ length: 30_000 }, (_, i) => i).join('\n')}\n`)).toHaveLength(30_000)
})

test('JSON: a list of any values', async () => {
  expect(await read('[1, {"a": ["ä"]}, null]', { format: 'json' })).toEqual([1, { a: ['ä'] }, null])
})

test.each([
  ['', {}, 'it has no rows'],
  ['a,b\n', {}, 'it has no rows'],
  [
    'a,b\n1\n',
    {},
    /: it is no CSV: record inconsistent columns, in line \d$|: it is no CSV: record inconsistent fields length, in line \d$/,
  ],
  ['a,a\n1,2\n', {}, 'two columns are called "a"'],
  ['a, \n1,2\n', {}, 'a column has no name'],
  ['a\n"1\n', {}, /: it is no CSV: quote not closed, in line \d$/],
  ['[]', { format: 'json' }, 'it has no rows'],
  ['{}', { format: 'json' }, 'it must be a list of rows'],
  ['[{"password": "hunter2" "', { format: 'json' }, /: it is no JSON$/],
  ['a\nhunter2"\n', {}, /: it is no CSV: [^\d]*, in line \d$/],
  ['', { path: '/no/such/file' }, /ENOENT/],
] as const)('%j with %j cannot be used', async (text, different, why) => {
  await expect(read(text, different)).rejects.toThrow(why)
  await expect(read(text, different)).rejects.toMatchObject({ code: 'CORERUSH_SCENARIO', exitCode: 2 })
})
