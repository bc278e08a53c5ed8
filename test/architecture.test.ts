/** The layers and the single importers, guarded a second time: the lint rule can be switched off in a line, this cannot. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const SRC = join(import.meta.dirname, '../src')
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll('\\', '/'))
const IMPORT = /^\s*(?:import|export)\s[^'"]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|import\('([^']+)'\)/gm
const imports = new Map(
  files.map((file) => [
    file,
    [...readFileSync(join(SRC, file), 'utf8').matchAll(IMPORT)].map((m) => (m[1] ?? m[2] ?? m[3])!),
  ]),
)
/** The files of src that a file imports. */
const within = (file: string): string[] =>
  imports
    .get(file)!
    .filter((path) => path.startsWith('.'))
    .map((path) => relative(SRC, join(SRC, dirname(file), path)).replaceAll('\\', '/'))

/** What each layer may import besides itself and errors.ts, as docs/ARCHITECTURE.md draws it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  scenario: ['core'],
  'protocol.ts': ['core'],
  worker: ['scenario', 'core', 'protocol.ts'],
  output: ['core', 'version.ts'],
  // What it shows is made by the output; nobody imports it, its built files are read.
  page: ['core', 'output'],
  host: ['output', 'core', 'scenario', 'protocol.ts', 'version.ts'],
  target: ['core', 'version.ts'],
  cli: ['host', 'output', 'core', 'target', 'version.ts'],
  'index.ts': ['host', 'output', 'core', 'scenario', 'target', 'version.ts'],
  'vitest.ts': ['core'],
  'errors.ts': [],
  'version.ts': [],
}
const layerOf = (file: string): string => file.split('/')[0]!

test('there is something to guard', () => {
  expect(files.length).toBeGreaterThan(30)
  expect(within('host/run.ts')).toContain('core/timeline.ts')
})

test.each(files)('%s imports one way', (file) => {
  const allowed = [layerOf(file), 'errors.ts', ...(MAY_IMPORT[layerOf(file)] ?? [])]
  expect(within(file).filter((path) => !allowed.includes(layerOf(path)))).toEqual([])
})

test.each([
  ['piscina', 'host/crew.ts'],
  ['undici', 'worker/transport/undici.ts'],
  ['hdr-histogram-js', 'core/histogram.ts'],
  ['yargs', 'cli/args.ts'],
  ['csv-parse', 'host/feeders.ts'],
  ['jiti', 'scenario/file.ts'],
  ['uplot', 'page/uplot.ts'],
  ['yaml', 'host/yaml.ts'],
  ['tough-cookie', 'worker/scenario/jar.ts'],
])('%s has one importer', (library, importer) => {
  const importers = files.filter((file) =>
    imports.get(file)!.some((path) => path === library || path.startsWith(`${library}/`)),
  )
  expect(importers).toEqual([importer])
})

test.each(['core', 'page'])('%s has nothing of the platform', (layer) => {
  for (const file of files.filter((f) => layerOf(f) === layer))
    expect(imports.get(file)!.filter((path) => path.startsWith('node:'))).toEqual([])
})

test('no file reaches itself again', () => {
  const reaches = (from: string, path: readonly string[]): void => {
    expect(path, [...path, from].join(' → ')).not.toContain(from)
    if (visited.has(from)) return
    for (const next of within(from)) reaches(next, [...path, from])
    visited.add(from)
  }
  const visited = new Set<string>()
  for (const file of files) reaches(file, [])
})

test('every file is named by its noun', () => {
  const nameless = ['utils.ts', 'util.ts', 'types.ts', 'helpers.ts', 'helper.ts', 'common.ts', 'misc.ts']
  expect(files.filter((file) => nameless.includes(basename(file)))).toEqual([])
})

test('no figure comes from the wall clock, so a step of it changes none', () => {
  const readers = files.filter((file) =>
    /\bDate\.now\b|\bnew Date\(\)/.test(readFileSync(join(SRC, file), 'utf8')),
  )
  // The labels of a report and of a measured capacity; and cookies, which expire by wall time.
  expect(readers.sort()).toEqual(['host/doctor.ts', 'host/run.ts', 'worker/scenario/jar.ts'])
})
