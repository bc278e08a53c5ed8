import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { formatted } from '../scripts/generate.ts'
import { LAYERS, ROOMS } from '../scripts/house.ts'
import { makeOptionFiles } from '../scripts/options.ts'
import { COMMANDS } from '../src/cli/flags.ts'
import { renderHelp } from '../src/cli/help.ts'

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
const unknownTo = (text: string, words: readonly string[]): string[] =>
  words.filter((word) => !text.includes(word))

test('the architecture names every layer and every room', () => {
  const architecture = read('docs/ARCHITECTURE.md')
  const rooms = Object.values(ROOMS).flatMap((names) => names.filter((name) => name !== '.'))
  const names = [...Object.keys(LAYERS).filter((name) => !name.endsWith('.ts')), ...rooms]
  expect(names).toContain('judge/rules')
  expect(
    unknownTo(
      architecture,
      names.map((name) => `\`${name}/\``),
    ),
  ).toEqual([])
})

test.each(COMMANDS)('the documentation has every flag of the command %s', async (command) => {
  const help = await renderHelp(command, 110)
  const flags = [...help.matchAll(/(?<=^ .*)(?<![\w-])--?[a-zA-Z][\w-]*/gm)].map(([flag]) => `\`${flag}\``)
  expect(flags).toContain('`--help`')
  expect(
    unknownTo(['FLAGS', 'COMPARING', 'FIND'].map((name) => read(`docs/${name}.md`)).join(''), flags),
  ).toEqual([])
})

test.each(Object.entries(makeOptionFiles()))(
  '%s has what the options declare: if not, npm run generate',
  async (path, text) => expect(await formatted(path, text)).toBe(read(path)),
)

test('the measurement names every reason of the verdict', () => {
  const union = /type ReasonCode =\n((?: +\| '.*'\n)+)/.exec(read('src/core/judge/rules/evidence.ts'))![1]!
  const codes = [...union.matchAll(/'(.*)'/g)].map(([, code]) => `\`${code!}\``)
  expect(codes).toContain('`worker.lost`')
  expect(unknownTo(read('docs/MEASUREMENT.md'), codes)).toEqual([])
})

test('every link of the documentation leads somewhere', () => {
  const files = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'bench/README.md'].concat(
    readdirSync(new URL('../docs', import.meta.url), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md') && !file.includes('node_modules'))
      .map((file) => `docs/${file}`),
  )
  const anchorsOf = (text: string): string[] =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
      title!
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    )
  const lost = files.flatMap((file) => {
    const at = new URL(`../${file}`, import.meta.url)
    return [...read(file).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => {
      if (/^https?:/.test(link!)) return []
      const [path = '', anchor] = link!.split('#')
      const to = path === '' ? at : new URL(path, at)
      if (!existsSync(to)) return [`${file}: ${link!}`]
      const isThere = anchor === undefined || anchorsOf(readFileSync(to, 'utf8')).includes(anchor)
      return isThere ? [] : [`${file}: ${link!}`]
    })
  })
  expect(lost).toEqual([])
})
