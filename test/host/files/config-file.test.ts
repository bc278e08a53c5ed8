/** Config files that can be read and that cannot: each says file, line and, where it helps, the code. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CorerushError } from '../../../src/errors.ts'
import { findConfig, loadConfig } from '../../../src/host/files/config-file.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'corerush-test-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string | Uint8Array): string => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
const read = (name: string, text: string | Uint8Array) => loadConfig(write(name, text))
async function complaint(loading: Promise<unknown>): Promise<string> {
  const error = await loading.then(
    () => new Error('was read'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(CorerushError)
  const { message, code, exitCode } = error as CorerushError
  expect([code, exitCode]).toEqual(['CORERUSH_CONFIG', 2])
  return message.replaceAll(`${folder}/`, '')
}

describe('what is there is found', () => {
  test('the one file; two are one too many; none is none', () => {
    const here = join(folder, 'found')
    mkdirSync(here)
    expect(findConfig(here)).toBeNull()
    writeFileSync(join(here, 'corerush.config.yml'), '')
    expect(findConfig(here)).toBe(join(here, 'corerush.config.yml'))
    writeFileSync(join(here, 'corerush.config.ts'), '')
    expect(() => findConfig(here)).toThrow(
      'corerush.config.ts and corerush.config.yml are both here, and only one can be meant',
    )
  })
})

describe('one shape, however it is written', () => {
  const value = { url: 'http://a.test/', users: 550, profiles: { smoke: { thresholds: ['a', 'b'] } } }
  test.each([
    [
      'a.yaml',
      'url: http://a.test/\nusers: 550\nprofiles:\n  smoke:\n    thresholds:\n      - a\n      - b\n',
    ],
    ['a.json', `\ufeff${JSON.stringify(value, null, '\t')}\r\n`],
    [
      'a.ts',
      `import { defineConfig } from 'corerush'\nexport default defineConfig(${JSON.stringify(value)})`,
    ],
    ['a.js', `export default ${JSON.stringify(value)}`],
    ['a.mjs', `export default ${JSON.stringify(value)}`],
  ])('%s', async (name, text) => {
    const tree = await read(name, text)
    expect(tree.value).toEqual(value)
    const lines = [['users'], ['profiles', 'smoke', 'thresholds', 1], ['none'], []].map(tree.lineOf)
    if (name === 'a.yaml') expect(lines).toEqual([2, 7, 1, 1])
    else if (name === 'a.json') expect(lines).toEqual([3, 8, 1, 1])
    else expect(lines).toEqual([null, null, null, null])
  })

  test('anchors say things once; a key that is a number is a name', async () => {
    const tree = await read(
      'anchor.yaml',
      'thresholds: &a\n  - x\n  - y\nprofiles:\n  1: { thresholds: *a }\n',
    )
    expect(tree.value).toEqual({ thresholds: ['x', 'y'], profiles: { 1: { thresholds: ['x', 'y'] } } })
    expect(tree.lineOf(['profiles', '1', 'thresholds', 1])).toBe(3)
  })
})

describe('what cannot be read', () => {
  test.each<[string, string | Uint8Array, string | RegExp]>([
    ['b.yaml', 'url: x\nusers: [1\n', /^b\.yaml:3:1: Flow sequence .*\n {2}1 \| url: x\n/],
    ['b.json', '{\n  "url": "x"\n  "users": 1\n}\n', /^b\.json:3:\d+: [^]*> 3 \| {3}"users": 1\n/],
    ['c.json', '{ users: 1 }', /^c\.json:1:3: /],
    [
      'd.yaml',
      'users: 1\nwait: 1s\nusers: 2\n',
      /^d\.yaml:3:1: Map keys must be unique\n[^]*> 3 \| users: 2\n {4}\| \^/,
    ],
    ['e.yaml', 'users: 1\n---\nusers: 2\n', /^e\.yaml:2:1: /],
    ['f.yaml', 'users: !secret 1\n', /^f\.yaml:1:8: Unresolved tag: !secret\n/],
    ['g.yaml', 'users:\n\t- 1\n', /^g\.yaml:2:1: Tabs are not allowed as indentation\n/],
    [
      'h.yaml',
      `a: &a [${'x, '.repeat(99)}]\nb: &b [${'*a, '.repeat(99)}]\nc: [${'*b, '.repeat(99)}]`,
      /^h\.yaml cannot be read: Excessive alias count/,
    ],
    ['i.yaml', new Uint8Array([0x61, 0xff]), /^i\.yaml cannot be read: line 1 has bytes that are not UTF-8/],
    [
      'j.yaml',
      'x'.repeat(10_000_000),
      'j.yaml cannot be read: it has more than 1000000 bytes; a body can be a file of its own: body: "@FILE"',
    ],
    [
      'k.ts',
      'const a = 1\nthrow new Error("no luck")\n',
      /^k\.ts:2:7: no luck\n {2}1 \| const a = 1\n> 2 \| throw new/,
    ],
    ['l.ts', 'export default {\n  users: = 1 }', /^l\.ts:2:\d+: /],
    ['m.ts', 'export const config = {}', 'm.ts must default-export its options'],
    ['n.ts', 'export default () => ({})', 'n.ts must default-export its options'],
    [
      'o.toml',
      'users = 1',
      'o.toml is no config file: its name must end in .ts, .js, .mjs, .json, .yaml, .yml',
    ],
  ])('%s', async (name, text, expected) => {
    const message = await complaint(read(name, text))
    if (typeof expected === 'string') expect(message).toBe(expected)
    else expect(message).toMatch(expected)
  })

  test('none, and a folder', async () => {
    expect(await complaint(loadConfig(join(folder, 'none.yaml')))).toMatch(
      /^none\.yaml cannot be read: ENOENT/,
    )
    mkdirSync(join(folder, 'folder.yaml'))
    expect(await complaint(loadConfig(join(folder, 'folder.yaml')))).toMatch(
      /^folder\.yaml cannot be read: EISDIR/,
    )
  })
})

test('a number is the text that was written, where it would be another one', async () => {
  const yaml =
    'name: 1.10\nusers: 0x1F\nrate: 1.5\nseed: 010\nheaders:\n  1.10: 1e3\n  b: 12345678901234567890\n'
  expect((await read('numbers.yaml', yaml)).value).toEqual({
    ...{ name: '1.10', users: '0x1F', rate: 1.5, seed: '010' },
    headers: { '1.10': '1e3', b: '12345678901234567890' },
  })
  expect((await read('numbers.json', '{"name":1.10,"users":5}')).value).toEqual({ name: '1.10', users: 5 })
})

test('a file of thousands of keys is read, and a key that occurs twice is reported', async () => {
  const keys = Array.from({ length: 5_000 }, (_, n) => `  x-${n}: v\n`).join('')
  const tree = await read('many.yaml', `headers:\n${keys}`)
  for (let n = 0; n < 5_000; n++) expect(tree.lineOf(['headers', `x-${n}`])).toBe(n + 2)
  expect(await complaint(read('twice.yaml', 'url: a\nusers: 1\nurl: b\n'))).toContain(
    'twice.yaml:3:1: Map keys must be unique',
  )
})
