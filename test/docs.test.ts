import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { COMMANDS, renderHelp } from '../src/cli/args.ts'

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
const unknownTo = (text: string, words: readonly string[]): string[] =>
  words.filter((word) => !text.includes(word))

test('the architecture names every file of src', () => {
  const files = readdirSync(new URL('../src', import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `src/${file.replaceAll('\\', '/')}`)
  expect(files).toContain('src/core/plan.ts')
  expect(unknownTo(read('docs/ARCHITECTURE.md'), files)).toEqual([])
})

test.each(COMMANDS)('the README has every flag of the command %s', async (command) => {
  const help = await renderHelp(command, 110)
  const flags = [...help.matchAll(/(?<=^ .*)(?<![\w-])--?[a-zA-Z][\w-]*/gm)].map(([flag]) => `\`${flag}\``)
  expect(flags).toContain('`--help`')
  expect(unknownTo(read('README.md'), flags)).toEqual([])
})

test('the measurement names every reason of the verdict', () => {
  const union = /type ReasonCode =\n((?: +\| '.*'\n)+)/.exec(read('src/core/evidence.ts'))![1]!
  const codes = [...union.matchAll(/'(.*)'/g)].map(([, code]) => `\`${code!}\``)
  expect(codes).toContain('`worker.lost`')
  expect(unknownTo(read('docs/MEASUREMENT.md'), codes)).toEqual([])
})
