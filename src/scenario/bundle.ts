/**
 * Makes one text of a scenario file, its own imports and its npm packages, so that it can travel to other hosts. The only
 * importer of esbuild, an optional peer: only runs on several hosts need it. What `corerush` exports stays an import, and
 * is that of the corerush that loads the text, as `importDefault` does with any file.
 */
import { createRequire } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CorerushError, messageOf } from '../errors.ts'
import { shown } from './file.ts'

type Esbuild = Pick<typeof import('esbuild'), 'build'>
type Message = import('esbuild').Message

/** Packages that find a native addon when they run, so that no import names it. */
const ADDON_FINDERS =
  /node_modules\/(bindings|node-gyp-build|@mapbox\/node-pre-gyp|node-pre-gyp|prebuild-install)\//

/** The text, as an ES module to be written to a file that ends in `.mjs`, and the files that are in it. */
export interface Bundle {
  readonly text: string
  /** Where each line of it comes from: a source map (ECMA-426) as JSON, whose sources are relative to the working directory. */
  readonly map: string
  /** Paths of the files. */
  readonly inputs: readonly string[]
}

/**
 * Bundles a scenario file. Throws a CorerushError where esbuild is missing, an import cannot be found or read, or a
 * package needs an addon that was compiled for this machine.
 */
export async function bundleScenario(file: string): Promise<Bundle> {
  const { build } = await esbuildFor(file)
  let result
  try {
    result = await build({
      entryPoints: [file],
      bundle: true,
      write: false,
      metafile: true,
      // Nothing is written; sources of the map are relative to it.
      outfile: 'scenario.mjs',
      sourcemap: 'external',
      sourcesContent: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      charset: 'utf8',
      legalComments: 'none',
      logLevel: 'silent',
      external: ['corerush', 'corerush/python'],
      // Named by `addonsIn`, and not as a file that nothing can load.
      loader: { '.node': 'empty' },
    })
  } catch (error) {
    throw unbundled(file, error)
  }
  const inputs = Object.keys(result.metafile.inputs).map((path) => resolve(path))
  const addons = addonsIn(inputs)
  if (addons.length > 0)
    throw new CorerushError(
      'CORERUSH_SCENARIO',
      `${shown(file)} cannot travel to agents: ${addons.join(', ')} ${addons.length === 1 ? 'is' : 'are'} native code, compiled for this machine`,
    )
  const fileOf = (end: string): string => result.outputFiles.find(({ path }) => path.endsWith(end))!.text
  return { text: fileOf('.mjs'), map: fileOf('.map'), inputs }
}

/** The packages, or files, that are native addons or look for one. */
function addonsIn(inputs: readonly string[]): string[] {
  const paths = inputs.map((path) => path.replaceAll('\\', '/'))
  const found = paths.flatMap((path) => {
    const finder = ADDON_FINDERS.exec(path)?.[1]
    if (finder !== undefined) return [`an addon that ${finder} looks for`]
    if (!path.endsWith('.node')) return []
    const name = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]
    return [name ?? relative('', path)]
  })
  return [...new Set(found)]
}

/** The esbuild of who installed corerush, or of the project that the file is in. */
async function esbuildFor(file: string): Promise<Esbuild> {
  try {
    return await import('esbuild')
  } catch (error) {
    if (!isMissing(error)) throw cannotLoad(error)
  }
  try {
    const path = createRequire(pathToFileURL(file)).resolve('esbuild')
    return (await import(pathToFileURL(path).href)) as Esbuild
  } catch (error) {
    if (!isMissing(error)) throw cannotLoad(error)
    throw new CorerushError(
      'CORERUSH_SCENARIO',
      'a scenario travels to agents as one text, which esbuild makes of it, and esbuild is not installed',
      { hint: `npm i -D esbuild, in ${shown(dirname(file)) || 'this folder'}`, cause: error },
    )
  }
}

const isMissing = (error: unknown): boolean =>
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes((error as { code?: string }).code ?? '')

const cannotLoad = (error: unknown): CorerushError =>
  new CorerushError('CORERUSH_SCENARIO', `esbuild cannot be loaded: ${messageOf(error)}`, { cause: error })

/** Why there is no bundle, by the first place that esbuild names. */
function unbundled(file: string, error: unknown): CorerushError {
  const { errors = [] } = error as { readonly errors?: readonly Message[] }
  const [first] = errors
  if (first === undefined)
    return new CorerushError('CORERUSH_SCENARIO', `${shown(file)} cannot be bundled: ${messageOf(error)}`)
  const { location, text } = first
  const place =
    location === null
      ? shown(file)
      : `${shown(resolve(location.file))}:${location.line}:${location.column + 1}`
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  return new CorerushError('CORERUSH_SCENARIO', `${place}: ${text}${more}`, { cause: error })
}
