/** `corerush init`: what it writes runs as it stands, and what is there stays. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCli, withFolder, withTarget } from '../support/cli.ts'

test('a config, a scenario and scripts, which run; a second time nothing is written', async () => {
  await withTarget([], ({ url }) =>
    withFolder(async (folder) => {
      const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
      writeFileSync(
        join(folder, 'package.json'),
        '{\n\t"name": "shop",\n\t"scripts": { "load": "mine" }\n}\n',
      )
      const first = await runCli(['init', '--url', url], { cwd: folder })
      expect([first.code, first.stdout]).toEqual([0, ''])
      expect(first.stderr).toContain('package.json has a script load already, which stays')
      expect(readdirSync(folder).sort()).toEqual(['corerush.config.yaml', 'load.ts', 'package.json'])
      expect(read('package.json')).toMatch(/^\{\n\t"name": "shop",\n\t"scripts": \{\n\t\t"load": "mine",\n/)
      expect(JSON.parse(read('package.json'))).toEqual({
        name: 'shop',
        scripts: { load: 'mine', 'load:smoke': 'corerush --profile smoke', 'load:debug': 'corerush debug' },
      })
      const debugged = await runCli(['debug'], { cwd: folder })
      expect([debugged.code, debugged.stdout]).toEqual([0, expect.stringContaining('✓ Home')])
      const dry = await runCli(['--profile', 'smoke', '--dry-run'], { cwd: folder })
      expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining('up to 1 user')])

      const before = ['corerush.config.yaml', 'load.ts', 'package.json'].map(read)
      const second = await runCli(['init'], { cwd: folder })
      expect([second.code, second.stderr.split('\n')[0]]).toEqual([
        2,
        'corerush: corerush init overwrites nothing, and there is corerush.config.yaml and load.ts already',
      ])
      expect(['corerush.config.yaml', 'load.ts', 'package.json'].map(read)).toEqual(before)
    }),
  )
})

test('bad input and a package.json that is none: exit code 2, and nothing is written', async () => {
  await withFolder(async (folder) => {
    for (const [words, message] of [
      [['--url', 'localhost'], 'must be an http or https URL, got "localhost"'],
      [['--url', 'http://me:c4n4ry@h/'], 'must have no user and password'],
      [['--url', 'http://h/}x'], 'must have none of { } $'],
    ] as const) {
      const { code, stderr } = await runCli(['init', ...words], { cwd: folder })
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
      expect(stderr).not.toContain('c4n4ry')
    }
    writeFileSync(join(folder, 'package.json'), '[')
    expect(await runCli(['init'], { cwd: folder })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/package\.json cannot be read: .*; nothing was written/) as string,
    })
    expect(readdirSync(folder)).toEqual(['package.json'])
  })
})
