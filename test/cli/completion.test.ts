/** What a shell offers after the words that are typed. */
import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { completionsOf } from '../../src/cli/help.ts'
import { MAIN } from '../support/cli.ts'

const { SHELL, COMP_LINE } = process.env
beforeEach(() => {
  delete process.env['COMP_LINE']
})
afterEach(() => {
  process.env['SHELL'] = SHELL
  if (COMP_LINE !== undefined) process.env['COMP_LINE'] = COMP_LINE
})

const offered = (...words: string[]): Promise<readonly string[]> => completionsOf(['corerush', ...words])

test('commands come first, and then flags of the command that was named', async () => {
  expect(await offered('')).toEqual([
    'find',
    'target',
    'doctor',
    'compare',
    'history',
    'debug',
    'import',
    'agent',
    'agents',
    'init',
    'completion',
  ])
  const flags = await offered('--')
  expect(flags).toEqual(expect.arrayContaining(['--url', '--users', '--no-keepalive', '--dry-run', '--help']))
  expect(flags.filter((word) => word.length < 4)).toEqual([])
  expect(await offered('doctor', '--')).toEqual([
    '--span',
    '--json',
    '--color',
    '--no-color',
    '--help',
    '--version',
  ])
})

test('values that can be listed, and files where they cannot', async () => {
  expect(await offered('--arrival', '')).toEqual(['uniform', 'poisson'])
  expect(await offered('-u', '5', '--arrival', 'p')).toEqual(['poisson'])
  expect(await offered('compare', '--allow', '')).toEqual(['plan', 'host', 'version', 'void'])
  expect(await offered('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  for (const words of [
    ['--config', ''],
    ['--users', '5'],
    ['compare', ''],
  ])
    expect(await offered(...words)).toEqual([])
})

test('zsh gets descriptions as well, whatever the login shell', async () => {
  process.env['SHELL'] = '/bin/bash'
  process.env['COMP_LINE'] = 'corerush --s'
  expect(await offered('--s')).toContain('--seed:seed of everything random')
})

test('bash completes with the script that is printed', () => {
  const script = `
    corerush() { '${process.execPath}' '${MAIN}' "$@"; }
    source <(corerush completion bash)
    for words in 'corerush comp' 'corerush --spa' 'corerush --transport w'; do
      COMP_WORDS=($words) COMP_CWORD=$(( $(wc -w <<<"$words") - 1 ))
      _corerush_yargs_completions
      echo "\${COMPREPLY[@]}"
    done`
  const { stdout, stderr } = spawnSync('bash', ['-c', script], {
    encoding: 'utf8',
    env: { ...process.env, SHELL: '/bin/zsh' },
  })
  expect([stderr, stdout]).toEqual(['', 'compare completion\n--spawn-rate\nwire\n'])
})
