/** A scenario as one text: it does elsewhere what the file does here, or the reason why it cannot is said. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bundleScenario } from '../../src/scenario/bundle.ts'
import { loadScenarios, readScenarios } from '../../src/scenario/file.ts'

/** A folder with these files, gone after the test; the path of one of them. */
function files(
  texts: Readonly<Record<string, string>>,
  folder = mkdtempSync(join(tmpdir(), 'corerush-bundle-')),
): string {
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return join(folder, Object.keys(texts)[0]!)
}

const SHOP = `
import { scenario, feeder, options, constant } from 'corerush'
import { pathOf } from './paths.ts'
import { slug } from 'slugs'
import words from './words.json'

const users = feeder.csv('users.csv')
const { size } = options({ size: { default: 3 } })

const shop: { name: string } = { name: await Promise.resolve('shop') }
export default scenario({
  name: shop.name,
  baseUrl: 'http://target.test',
  wait: constant('1s'),
  tasks: { [slug(words.greeting)]: async ({ http }) => { await http.get(pathOf(size)) } },
})
`
const OWN = {
  'shop.ts': SHOP,
  'paths.ts': "export const pathOf = (n: number): string => '/' + n",
  'words.json': '{ "greeting": "Hello World" }',
  'users.csv': 'name\\nann\\n',
  'node_modules/slugs/package.json': '{ "name": "slugs", "main": "index.js" }',
  // CommonJS, with a module of Node.
  'node_modules/slugs/index.js':
    "const { posix } = require('node:path'); exports.slug = (text) => posix.join('', text.toLowerCase().replace(/ /g, '-'))",
}

test('own imports, npm packages and JSON are in the text, which is loaded from another folder as the file is here', async () => {
  const file = files(OWN)
  const { text, inputs } = await bundleScenario(file)
  expect(inputs).toContain(file)
  expect(inputs).not.toContain(join(dirname(file), 'users.csv'))
  const elsewhere = files({ 'shop.mjs': text })
  const here = await readScenarios(file)
  const there = await readScenarios(elsewhere)
  expect(there.scenarios).toEqual(here.scenarios)
  expect(there.scenarios[0]!.tasks[0]!.name).toBe('hello-world')
  const loaded = await loadScenarios(elsewhere, [])
  expect(loaded.scenarios).toHaveLength(1)
  expect(loaded.feeders).toHaveLength(1)
})

test('an import that is not there, and code that is none, are named with their place', async () => {
  const missing = files({ 'a.ts': "import x from 'no-such-package'\nexport default x" })
  await expect(bundleScenario(missing)).rejects.toMatchObject({
    code: 'CORERUSH_SCENARIO',
    message: `${missing}:1:15: Could not resolve "no-such-package"`,
  })
  const broken = files({ 'b.ts': 'export default {' })
  await expect(bundleScenario(broken)).rejects.toThrow(
    `${broken}:1:17: Expected identifier but found end of file`,
  )
})

test('packages with code for this machine are refused by name', async () => {
  const native = files({
    'a.ts': "import x from 'fast-hash'\nexport default x",
    'node_modules/fast-hash/package.json': '{ "name": "fast-hash", "main": "index.js" }',
    'node_modules/fast-hash/index.js': "module.exports = require('./build/hash.node')",
    'node_modules/fast-hash/build/hash.node': '\\u007fELF',
  })
  await expect(bundleScenario(native)).rejects.toThrow('fast-hash is native code, compiled for this machine')
  const found = files({
    'a.ts': "import x from 'bindings'\nexport default x",
    'node_modules/bindings/package.json': '{ "name": "bindings", "main": "index.js" }',
    'node_modules/bindings/index.js': 'module.exports = () => 1',
  })
  await expect(bundleScenario(found)).rejects.toThrow('an addon that bindings looks for is native code')
})

test('without esbuild the message says how to get it', () => {
  const hook = files({
    'hook.mjs': `import { register } from 'node:module'
      register('data:text/javascript,' + encodeURIComponent(\`
        export const resolve = (specifier, context, next) => {
          if (specifier === 'esbuild' && context.parentURL?.endsWith('/bundle.ts'))
            throw Object.assign(new Error('none'), { code: 'ERR_MODULE_NOT_FOUND' })
          return next(specifier, context)
        }\`))`,
    'a.mjs': 'export default 1',
  })
  const code = `import { bundleScenario } from ${JSON.stringify(join(import.meta.dirname, '../../src/scenario/bundle.ts'))}
    await bundleScenario(${JSON.stringify(join(dirname(hook), 'a.mjs'))}).catch((error) => console.log(error.message + '; ' + error.hint))`
  const args = ['--import', 'tsx', '--import', hook, '--input-type=module', '-e', code]
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toMatch(
    /^a scenario travels .* esbuild is not installed; npm i -D esbuild, in \S+\n$/,
  )
})
