/**
 * Bundles what starts: the command and the worker, each of which loads a few files instead of hundreds. `npm run build`
 * runs it last. The modules of `dist/` remain as they are, for the library; `dist/cli/main.js` and `dist/worker/main.js`
 * lead to the bundle.
 */
import { build, type Plugin } from 'esbuild'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SRC = join(ROOT, 'src')
const FOLDER = 'dist/bundle'
const ENTRIES = { cli: 'cli/main', worker: 'worker/main' } as const
/** Modules that are bundles already, with libraries that users do not install. */
const BUNDLES = /\/(formatted|python-tree)\.ts$/

const moduleOf = (path: string): string => relative(SRC, path).replace(/\.ts$/, '.js')

/** A module still knows the place that it has in `dist/`, whichever file it is in. */
const places: Plugin = {
  name: 'places',
  setup(bundle) {
    bundle.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const place = `new URL(${JSON.stringify(`../${moduleOf(path)}`)}, import.meta.url).href`
      const text = readFileSync(path, 'utf8')
      // Where the words are quoted, they belong to a file that is written for a user.
      const contents = text.replace(/(?<=[(,]\s*)import\.meta\.url(?=[),])(?![^\n]*`)/g, place)
      return { contents, loader: 'ts' }
    })
    bundle.onResolve({ filter: BUNDLES }, ({ path, resolveDir }) => ({
      path: `../${moduleOf(join(resolveDir, path))}`,
      external: true,
    }))
  },
}

rmSync(join(ROOT, FOLDER), { recursive: true, force: true })
await build({
  entryPoints: Object.entries(ENTRIES).map(([out, entry]) => ({ in: `src/${entry}.ts`, out })),
  outdir: FOLDER,
  chunkNames: '[name]-[hash]',
  absWorkingDir: ROOT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  charset: 'utf8',
  logLevel: 'warning',
  plugins: [places],
})

for (const [out, entry] of Object.entries(ENTRIES)) {
  const path = join(ROOT, `dist/${entry}.js`)
  mkdirSync(dirname(path), { recursive: true })
  const from = `'../bundle/${out}.js'`
  writeFileSync(
    path,
    out === 'cli' ? `#!/usr/bin/env node\nimport ${from}\n` : `export { default } from ${from}\n`,
  )
}
