import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readDataFile, readRows } from '../../../src/host/files/data-files.ts'
import { OptionsError } from '../../../src/core/options/options-error.ts'
import { planRun } from '../../../src/host/run-plan.ts'
import { withFolder } from '../../support/cli.ts'

/** The rows of a file of this name as texts, for these headers and this body. */
const rows = (name: string, text: string | Buffer, header: string, body = '{{name}}'): Promise<string> =>
  withFolder((folder) => {
    const data = join(folder, name)
    writeFileSync(data, text)
    const plan = planRun({ url: 'http://127.0.0.1:1/', headers: { x: header }, body, data })
    return Promise.resolve(Buffer.from(readRows(plan)[0]!.text).toString())
  })

describe('the rows of data', () => {
  test.each([
    ['w.csv', 'name,word\n"a\nb",ö\n世界,c\n', '{{word}}', '["a\\nb","ö"]["世界","c"]'],
    [
      'w.json',
      '[{"name":"a","n":1},{"name":"b","n":true}]',
      '{{n}}',
      '{"name":"a","n":1}{"name":"b","n":true}',
    ],
  ])('of %s', async (name, text, header, expected) => {
    expect(await rows(name, text, header)).toBe(expected)
  })

  test.each<[string, string, string | Buffer, string]>([
    [
      'mixed line ends',
      'w.csv',
      'name,word\nann,one\r\nbob,two\rcy,three',
      '["ann","one"]["bob","two"]["cy","three"]',
    ],
    ['a JSON with a mark of the byte order', 'w.json', '\ufeff[{"name":"a"}]', '{"name":"a"}'],
    ['UTF-16', 'w.csv', Buffer.from('\ufeffname\nä\n', 'utf16le'), '["ä"]'],
    ['semicolons', 'w.csv', 'name;word\nann;1,5\n', '["ann","1,5"]'],
    ['tabs', 'w.csv', 'name\tword\nann\t1,5\n', '["ann","1,5"]'],
    [
      'numbers that are sent as they are written',
      'w.json',
      '[{"name":1.10,"id":12345678901234567890,"n":5,"t":"1.10"}]',
      '{"name":"1.10","id":"12345678901234567890","n":5,"t":"1.10"}',
    ],
  ])('with %s', async (_, name, text, expected) => {
    expect(await rows(name, text, '')).toBe(expected)
  })

  test('in no known encoding are refused with their line', async () => {
    const latin1 = Buffer.from('name,word\nM\xfcller,one\nJos\xe9,two\n', 'latin1')
    await expect(rows('w.csv', latin1, '')).rejects.toThrow(
      'data names a file that cannot be used: line 2 has bytes that are not UTF-8',
    )
  })

  test.each([
    [
      'w.csv',
      'name\nann\n"c4n4ry\nb"\n',
      '{{name}}',
      'row 2 has a line break, or what is not Latin-1, in name, which a header cannot hold',
    ],
    [
      'w.csv',
      'name\n世界\n',
      '{{name}}',
      'row 1 has a line break, or what is not Latin-1, in name, which a header cannot hold',
    ],
    ['w.json', '[{"name":"a"},{"nam":"b"}]', '', 'row 2 has no text or number as name'],
    ['w.json', '[{"name":"a"},{"name":["c4n4ry"]}]', '', 'row 2 has no text or number as name'],
    ['w.json', '[{"name":"\\ud800"}]', '', 'row 1 has half a character in name'],
  ])('%s with %j does not go with %j', async (name, text, header, problem) => {
    const read = rows(name, text, header)
    await expect(read).rejects.toThrow(problem)
    await expect(read).rejects.toMatchObject({ exitCode: 2 })
    await expect(read).rejects.not.toThrow('c4n4ry')
  })
})

test('columns are known before the rows are read', () =>
  withFolder((folder) => {
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    expect(readDataFile(file('a.csv', '\ufeffname, word\n"not closed'), null).columns).toEqual([
      'name',
      'word',
    ])
    expect(readDataFile(file('a.json', '[{"name":1,"word":2},{}]'), null).columns).toEqual(['name', 'word'])
    expect(() => readDataFile(file('b.json', '[1]'), null)).toThrow('it must be a list of rows with names')
    return Promise.resolve()
  }))

test('an unusable file is reported with all other problems, and its columns are not called unknown', () => {
  const plan = (): unknown => planRun({ url: 'http://127.0.0.1:1/{{name}}', data: '/no/such.csv', users: 0 })
  expect(plan).toThrow(OptionsError)
  expect(plan).toThrow(/^data names a file that cannot be used: ENOENT[^\n]*\nusers must be[^\n]*$/)
})
