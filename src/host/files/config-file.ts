/** Finds the config file and loads it: a program through jiti, YAML and JSON as texts. */
import { readFileSync, statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import type { ConfigTree } from '../../core/config/config-layers.ts'
import { CorerushError, messageOf } from '../../errors.ts'
import { textOf } from './text-file.ts'
import { importDefault, shown } from '../../scenario/file.ts'

const EXTENSIONS = ['.ts', '.js', '.mjs', '.json', '.yaml', '.yml']
const NAMES = EXTENSIONS.map((extension) => `corerush.config${extension}`)
/** A body belongs into a file of its own. */
const MOST_BYTES = 1_000_000

/** The config file of the folder, absolute; `null` if it has none. */
export function findConfig(folder: string): string | null {
  const found = NAMES.filter((name) => {
    try {
      return statSync(resolve(folder, name), { throwIfNoEntry: false }) !== undefined
    } catch (error) {
      throw refused(`${name} cannot be looked for: ${messageOf(error)}`, '--no-config')
    }
  })
  if (found.length > 1)
    throw refused(`${found.join(' and ')} are both here, and only one can be meant`, '--config FILE')
  return found[0] === undefined ? null : resolve(folder, found[0])
}

/** What the file holds; throws a CorerushError with the line where it cannot be read. */
export async function loadConfig(file: string): Promise<ConfigTree> {
  const extension = extname(file)
  const name = shown(file)
  if (!EXTENSIONS.includes(extension))
    throw refused(`${name} is no config file: its name must end in ${EXTENSIONS.join(', ')}`)
  const text = readText(file, name)
  if (extension === '.json' || extension.startsWith('.y')) {
    const { readYaml } = await import('./yaml.ts')
    return { file: name, hasTemplates: true, ...readYaml(text, name, extension === '.json', true) }
  }
  const value = await importDefault(file, 'CORERUSH_CONFIG')
  if (typeof value !== 'object' || value === null)
    throw refused(
      `${name} must default-export its options`,
      "export default defineConfig({ url: 'http://…', users: 550 })",
    )
  return { file: name, hasTemplates: false, value, lineOf: () => null }
}

function readText(file: string, name: string): string {
  try {
    if (statSync(file).size > MOST_BYTES)
      throw new Error(`it has more than ${MOST_BYTES} bytes; a body can be a file of its own: body: "@FILE"`)
    return textOf(readFileSync(file))
  } catch (error) {
    throw refused(`${name} cannot be read: ${messageOf(error)}`)
  }
}

const refused = (message: string, hint?: string): CorerushError =>
  new CorerushError('CORERUSH_CONFIG', message, hint === undefined ? {} : { hint })
