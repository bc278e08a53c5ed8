/** The bundle that the command and the worker are started from: its modules find what lies beside their own places. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const DIST = fileURLToPath(new URL('../dist', import.meta.url))
const BUNDLE = join(DIST, 'bundle')
const bundled = readdirSync(BUNDLE).map((name) => ({ name, text: readFileSync(join(BUNDLE, name), 'utf8') }))

test('no module takes the place of the bundle for its own', () => {
  const places = bundled.flatMap(({ name, text }) =>
    [...text.matchAll(/^.*import\.meta\.url.*$/gm)]
      // A line that is written into a file of the user.
      .filter(([line]) => !/`.*import\.meta\.url.*`/.test(line))
      .map(([line]) => ({
        name,
        place: /new URL\("\.\.\/([^"]+)", import\.meta\.url\)\.href/.exec(line)?.[1],
      })),
  )
  expect(places.length).toBeGreaterThan(5)
  for (const { name, place } of places)
    expect(place !== undefined && existsSync(join(DIST, place)), `${name}: ${place}`).toBe(true)
})

test('the modules that are bundles already are not in it, but found from it', () => {
  const paths = bundled.flatMap(({ text }) =>
    [...text.matchAll(/(?:from|import\() ?"(\.\.\/[^"]+)"/g)].map(([, path]) => path!),
  )
  expect([...new Set(paths)].sort()).toEqual(['../import/formatted.js', '../import/locust/python-tree.js'])
  for (const path of paths) expect(existsSync(join(BUNDLE, path)), path).toBe(true)
})

test.each(['cli/main', 'worker/main'])('%s leads to it', (entry) => {
  expect(readFileSync(join(DIST, `${entry}.js`), 'utf8')).toMatch(
    /from '\.\.\/bundle\/\w+\.js'|import '\.\.\/bundle\/cli\.js'/,
  )
})

test('a run on this host loads no file with anything of several hosts', () => {
  const found = new Set<string>()
  const load = (name: string): void => {
    if (found.has(name)) return
    found.add(name)
    const { text } = bundled.find((one) => one.name === name)!
    for (const [, other] of text.matchAll(/^(?:import|\} from|import .* from) "\.\/([^"]+)"/gm)) load(other!)
  }
  const runs = bundled.filter(({ text }) => text.includes('// src/cli/run.ts\n')).map(({ name }) => name)
  expect(runs).toHaveLength(1)
  for (const name of ['cli.js', 'worker.js', ...runs]) load(name)
  const modules = bundled.flatMap(({ name, text }) =>
    found.has(name) ? [...text.matchAll(/^\/\/ src\/(\S+)$/gm)].map(([, module]) => module!) : [],
  )
  expect(modules).toEqual(expect.arrayContaining(['cli/main.ts', 'worker/main.ts', 'host/run.ts']))
  expect(modules.filter((module) => module.startsWith('fleet/'))).toEqual([])
})
