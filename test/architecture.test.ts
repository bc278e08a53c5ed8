/** The house, guarded a second time: a lint rule can be switched off in a line, this cannot. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, test } from 'vitest'
import { importFault, LAYERS, layerOf, ROOMS, roomOf, SINGLE_IMPORTERS } from '../scripts/house.ts'

const SRC = join(import.meta.dirname, '../src')
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
const text = (file: string): string => readFileSync(join(SRC, file), 'utf8')
const IMPORT = /^\s*(?:import|export)\s[^'"]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|import\('([^']+)'\)/gm
const imports = new Map(
  files.map((file) => [file, [...text(file).matchAll(IMPORT)].map((m) => (m[1] ?? m[2] ?? m[3])!)]),
)

test('imports go one way: between layers, between rooms, from file to file; a library has one importer', () => {
  expect(imports.get('host/run-record.ts')).toContain('../core/measure/timeline.ts')
  const faults = files.flatMap((file) =>
    imports.get(file)!.flatMap((specifier) => {
      const fault = importFault(file, specifier)
      return fault === null ? [] : [`${file} imports ${specifier}: ${fault}`]
    }),
  )
  expect(faults).toEqual([])
  for (const [library, importer] of Object.entries(SINGLE_IMPORTERS))
    expect(imports.get(importer), library).toContainEqual(expect.stringMatching(`^${library}(/|$)`))
  expect(circles()).toEqual([])
})

test('every file has a layer, a room, and a noun for a name', () => {
  expect(files.filter((file) => LAYERS[layerOf(file)] === undefined)).toEqual([])
  const roomless = files.filter((file) => ROOMS[layerOf(file)]?.includes(roomOf(file)) === false)
  expect(roomless).toEqual([])
  expect(files.filter((file) => /(?:^|\/)(utils?|types|helpers?|common|misc)\.ts$/.test(file))).toEqual([])
})

test('no figure comes from the wall clock, so a step of it changes none', () => {
  const readers = files.filter((file) => /\bDate\.now\b|\bnew Date\(\)/.test(text(file)))
  // The labels of a report and of a measured capacity; cookies, which expire by wall time; and the text of translated files.
  expect(readers.sort()).toEqual([
    'host/host-check.ts',
    'host/machine/this-host.ts',
    'import/locust/module-calls.ts',
    'import/postman/postman-variable.ts',
    'worker/scenario/jar.ts',
  ])
})

test('help and a mistyped flag load no library but those that read the command line', () => {
  const libraries = [...loadedWith('cli/commands.ts')].filter((specifier) => !/^node:|\.ts$/.test(specifier))
  expect(libraries.sort()).toEqual(['fastest-levenshtein', 'yargs/helpers'])
})

test('a run on this host loads nothing of several hosts: no carrier, no message, no library', () => {
  const loaded = [...loadedWith('cli/run.ts')]
  expect(loaded).toContain('host/run.ts')
  expect(loaded.filter((file) => file.startsWith('fleet/') || file.includes('nats'))).toEqual([])
})

/** What is loaded with a file: its imports and theirs, but not what is imported later or for its types only. */
function loadedWith(file: string, found = new Set<string>()): Set<string> {
  for (const [, specifier] of text(file).matchAll(
    /^(?:import|export)\s(?!type\b)[^'"]*?from\s+'([^']+)'/gm,
  )) {
    const imported = specifier!.startsWith('.') ? posix.join(posix.dirname(file), specifier!) : specifier!
    if (found.has(imported)) continue
    found.add(imported)
    if (specifier!.startsWith('.')) loadedWith(imported, found)
  }
  return found
}

/** Each way from a file back to itself. */
function circles(): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const walk = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) found.push([...way, file].join(' → '))
    else if (!done.has(file)) {
      for (const path of imports.get(file)!.filter((path) => path.startsWith('.')))
        walk(posix.join(posix.dirname(file), path), [...way, file])
      done.add(file)
    }
  }
  for (const file of files) walk(file, [])
  return found
}
