import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FileDestination, StreamDestination } from '../../../src/output/destination.ts'
import { Document } from '../../../src/output/document.ts'
import { renderJson } from '../../../src/output/file/json.ts'
import type { Screen } from '../../../src/output/output.ts'
import { withFolder } from '../../support/cli.ts'
import { planOf, reportOf, textOf } from '../../support/reports.ts'

const plain = reportOf(planOf(), [{ ok: { '世界\n': [20] } }, { worker: 1 }])
const stream = () => {
  const written: string[] = []
  return { written, write: (text: string) => written.push(text) }
}

const jsonFile = (path: string, out: Screen): Document =>
  new Document('json', renderJson, new FileDestination(path, { stream: out, name: 'standard output' }))

test('one line, which reads back to the same report', () => {
  const json = textOf(renderJson(plain))
  expect(json.indexOf('\n')).toBe(json.length - 1)
  expect(JSON.parse(json)).toEqual(plain)
  const out = stream()
  void new Document('json', renderJson, new StreamDestination(out)).finish(plain)
  expect(out.written.join('')).toBe(json)
  // Each second is a piece of its own, as many hours of them are longer than a string can be.
  expect(out.written.filter((piece) => piece.includes('"second":'))).toHaveLength(plain.timeline.length)
})

test('a file is written whole in place of an older one; a folder, or none, is refused beforehand', async () => {
  await withFolder((folder) => {
    const path = join(folder, 'r.json')
    writeFileSync(path, 'old')
    const out = stream()
    const file = jsonFile(path, out)
    expect(file.name).toBe(`json=${path}`)
    file.check()
    void file.finish(plain)
    expect(readFileSync(path, 'utf8')).toBe(textOf(renderJson(plain)))
    expect([readdirSync(folder), out.written]).toEqual([['r.json'], []])
    expect(() => jsonFile(folder, out).check()).toThrow('is a directory')
    expect(() => jsonFile(join(folder, 'none/r.json'), out).check()).toThrow('no such directory')
    expect(() => jsonFile(join(path, 'r.json'), out).check()).toThrow('no such directory')
  })
})

test('a link stays a link, to a file that was there or was not yet; a pipe is written to and stays one', async () => {
  await withFolder(async (folder) => {
    const [link, real, pipe] = ['link.json', 'real.json', 'pipe'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    symlinkSync('real.json', link)
    for (let round = 0; round < 2; round++) {
      void jsonFile(link, stream()).finish(plain)
      expect(lstatSync(link).isSymbolicLink()).toBe(true)
      expect(readFileSync(real, 'utf8')).toBe(textOf(renderJson(plain)))
    }
    execFileSync('mkfifo', [pipe])
    const reader = openSync(pipe, constants.O_RDWR)
    try {
      await jsonFile(pipe, stream()).finish(plain)
      expect(lstatSync(pipe).isFIFO()).toBe(true)
    } finally {
      closeSync(reader)
    }
  })
})

test('a job summary is added to, not replaced', async () => {
  await withFolder((folder) => {
    const path = join(folder, 'summary.md')
    const file = new FileDestination(path, { stream: stream(), name: 'standard output' }, { append: true })
    for (const text of ['one\n', 'two\n']) {
      file.check()
      void file.write(text)
    }
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')
  })
})

test('what cannot be written goes to the fallback, and nothing is left behind', async () => {
  await withFolder((folder) => {
    const path = join(folder, 'r.json')
    const out = stream()
    const file = jsonFile(path, out)
    file.check()
    mkdirSync(path)
    expect(() => file.finish(plain)).toThrow(
      /could not be written and went to standard output instead: EISDIR/,
    )
    expect(out.written.join('')).toBe(textOf(renderJson(plain)))
    expect(readdirSync(folder)).toEqual(['r.json'])
  })
})
