import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Problem } from '../../../src/core/options/problem.ts'
import { readTargetsFile } from '../../../src/host/files/targets-source.ts'
import { withFolder } from '../../support/cli.ts'

/** What is read of such a file, and what is wrong with it; FOLDER stands for its folder. */
const read = (text: string, name = 'targets.txt') =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'body.xml'), '<x/>')
    writeFileSync(join(folder, name), text)
    const problems: Problem[] = []
    const found = readTargetsFile(join(folder, name), problems)
    return {
      found: found.map(({ place, url, body }) => [
        place.replace(folder, 'FOLDER'),
        url,
        body === null ? null : Buffer.from(body).toString(),
      ]),
      problems: problems.map(
        ({ place = '', message }) =>
          `${place.replace(folder, 'FOLDER')} ${message.replaceAll(folder, 'FOLDER')}`,
      ),
    }
  })

test('lines in words and as JSON, with comments, empty lines, other line ends and a body of a file', async () => {
  expect(await read('\ufeff# three\r\n\r\n2 GET /a\r\n  {"url":"/b","body":"@body.xml"}\n/c')).toEqual({
    found: [
      ['FOLDER/targets.txt:3', '/a', null],
      ['FOLDER/targets.txt:4', '/b', '<x/>'],
      ['FOLDER/targets.txt:5', '/c', null],
    ],
    problems: [],
  })
})

test('a JSON list, with the lines of what is wrong', async () => {
  expect(await read('\n[\n  { "url": "/a" },\n  {\n    "ulr": "/b" }\n]', 'targets.json')).toEqual({
    found: [['FOLDER/targets.json:3', '/a', null]],
    problems: [
      'FOLDER/targets.json:4 ulr is not a field of a request; did you mean url?',
      'FOLDER/targets.json:4 url must be an http or https URL, or a path that begins with /',
    ],
  })
})

test('all problems are reported at once', async () => {
  expect(await read('POST\n/a\n{"url":"/b","body":"@none"}\n-1 /c\n')).toEqual({
    found: [['FOLDER/targets.txt:2', '/a', null]],
    problems: [
      'FOLDER/targets.txt:1 must be [WEIGHT] [METHOD] URL [NAME], such as 3 POST /login login, or JSON',
      expect.stringMatching(/^FOLDER\/targets\.txt:3 body names a file that cannot be read: ENOENT/),
      'FOLDER/targets.txt:4 must be [WEIGHT] [METHOD] URL [NAME], such as 3 POST /login login, or JSON',
    ],
  })
  expect((await read('# none\n')).problems).toEqual([' must have a request, and FOLDER/targets.txt has none'])
  const problems: Problem[] = []
  expect(readTargetsFile('/no/such/file', problems)).toEqual([])
  expect(problems[0]!.message).toContain('cannot be read: ENOENT')
})
