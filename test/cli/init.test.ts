/** `corerush init`: what it writes runs as it stands, and what is there stays. */
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MAIN, runCli, start, withFolder, withTarget } from '../support/cli.ts'

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

/** Whether there is a `script` that runs a command on a terminal of its own, as that of util-linux does. */
const hasTerminal = spawnSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' }).status === 0

test.runIf(hasTerminal)(
  'on a terminal it asks until the answer is a URL, and Ctrl-C writes nothing',
  async () => {
    await withFolder(async (folder) => {
      const asked = async (...answers: string[]): Promise<[number | null, string]> => {
        const command = `${process.execPath} ${MAIN} init`
        const asking = start('script', ['-qec', command, '/dev/null'], { cwd: folder })
        for (const [i, answer] of answers.entries()) {
          await asking.says(
            'stdout',
            new RegExp(`(?:URL of the target \\(http://127.0.0.1:3000\\): [^]*){${i + 1}}`),
          )
          asking.process.stdin!.write(answer)
        }
        const { code, stdout } = await asking.finished
        return [code, stdout]
      }
      for (const key of ['\u0003', '\u0004']) {
        const [code, text] = await asked(key)
        expect([code, text]).toEqual([130, expect.stringMatching(/\r\ncorerush: nothing was written\r\n$/)])
        expect(readdirSync(folder)).toEqual([])
      }
      const [code, text] = await asked('shop\r', 'http://shop.test\r')
      expect([code, text]).toEqual([
        0,
        expect.stringContaining('the URL must be an http or https URL, got "shop"'),
      ])
      expect(readFileSync(join(folder, 'corerush.config.yaml'), 'utf8')).toContain(
        '${TARGET:-http://shop.test}',
      )
    })
  },
)

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
