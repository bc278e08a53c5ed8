/** Files that are written whole or not at all: what stands in the way is found out before a run, and nobody is fooled. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { createReadStream } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { canonicalPath, checkWritable, writePipe, writeWhole } from '../../src/output/whole-file.ts'
import { withFolder } from '../support/cli.ts'

test('what cannot be written is found out without writing', async () => {
  await withFolder(async (folder) => {
    const at = (...names: string[]): string => join(folder, ...names)
    mkdirSync(at('folder'))
    writeFileSync(at('file'), 'x')
    symlinkSync('none/r.json', at('into-no-folder'))
    symlinkSync('into-no-folder', at('over-two'))
    symlinkSync('circle-b', at('circle-a'))
    symlinkSync('circle-a', at('circle-b'))
    symlinkSync('folder', at('to-folder'))
    const socket = createServer().listen(at('socket'))
    await new Promise((resolve) => socket.once('listening', resolve))
    const faults: readonly [string, RegExp][] = [
      [at('folder'), /is a directory/],
      [at('to-folder'), /is a directory/],
      [at('none/r.json'), /no such directory/],
      [at('file/r.json'), /no such directory/],
      [at('into-no-folder'), /a link to .*none\/r\.json, no such directory/],
      [at('over-two'), /a link to .*none\/r\.json, no such directory/],
      [at('circle-a'), /ELOOP/],
      [at('x'.repeat(256)), /ENAMETOOLONG/],
      [at('socket'), /is a socket/],
    ]
    for (const [path, problem] of faults) expect(() => checkWritable(path), path).toThrow(problem)
    // As long as the name can be: what is written beside it has a name of its own.
    const longest = at('x'.repeat(255))
    for (const path of [at('file'), at('new'), longest]) expect(() => checkWritable(path)).not.toThrow()
    writeWhole(longest, 'text')
    expect(readFileSync(longest, 'utf8')).toBe('text')
    socket.close()
  })
})

test('what is written beside the file has a name that nobody can foresee, and follows no link', async () => {
  await withFolder(async (folder) => {
    const names = new Set<string>()
    const watcher = watch(folder, (_, name) => names.add(String(name)))
    const path = join(folder, 'r.json')
    // The names that were used before.
    const victim = join(folder, 'victim')
    writeFileSync(victim, 'untouched')
    symlinkSync(victim, `${path}.${process.pid}.part`)
    for (let i = 0; i < 3; i++) writeWhole(path, `text ${i}`)
    await expect
      .poll(() => [...names].filter((name) => /^\.corerush-[0-9a-f]{16}\.part$/.test(name)).length)
      .toBe(3)
    watcher.close()
    expect(readFileSync(victim, 'utf8')).toBe('untouched')
    expect(readFileSync(path, 'utf8')).toBe('text 2')
    expect(readdirSync(folder).filter((name) => name.startsWith('.corerush'))).toEqual([])
  })
})

test('a file keeps its mode', async () => {
  await withFolder((folder) => {
    for (const mode of [0o600, 0o666, 0o640]) {
      const path = join(folder, 'r.json')
      writeFileSync(path, 'old')
      chmodSync(path, mode)
      writeWhole(path, 'new')
      expect(statSync(path).mode & 0o777).toBe(mode)
      rmSync(path)
    }
  })
})

test('different spellings of a path are one', async () => {
  await withFolder((folder) => {
    symlinkSync('r.json', join(folder, 'link.json'))
    symlinkSync('.', join(folder, 'here'))
    const one = canonicalPath(join(folder, 'r.json'))
    for (const path of ['link.json', 'here/r.json', './here/here/link.json'])
      expect(canonicalPath(join(folder, path)), path).toBe(one)
    expect(canonicalPath(join(folder, 'other.json'))).not.toBe(one)
  })
})

test('a named pipe waits for its reader without blocking the thread, and not for ever', async () => {
  await withFolder(async (folder) => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    let ticks = 0
    const ticker = setInterval(() => ticks++, 1)
    // More than a pipe holds, to a reader that comes late.
    const text = Array.from({ length: 300 }, (_, i) => `${i} ${'x'.repeat(1000)}\n`)
    const read = new Promise<string>((resolve) => {
      setTimeout(() => {
        let got = ''
        createReadStream(pipe, 'utf8')
          .on('data', (part) => (got += String(part)))
          .on('close', () => resolve(got))
      }, 100)
    })
    const written = writePipe(pipe, text)
    expect(await read).toBe(text.join(''))
    await written
    expect(ticks).toBeGreaterThan(5)

    await expect(writePipe(pipe, text, 20)).rejects.toThrow('it is a named pipe without a reader')
    clearInterval(ticker)
  })
})
