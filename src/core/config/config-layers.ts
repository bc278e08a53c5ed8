/** Reads a config file into layers: one for the options outside profiles and one per profile. Reports all problems. */
import type { Declaration } from '../options/declaration.ts'
import { DECLARATIONS } from '../options/declarations.ts'
import { show } from '../options/option-readers.ts'
import type { Problem } from '../options/problem.ts'
import type { Layer, Origin, Said } from './layers.ts'
import { didYouMean } from '../suggest.ts'

/** The options that a config file can set. */
export const CONFIG_KEYS: readonly string[] = Object.entries<Declaration>(DECLARATIONS)
  .filter(([, { scope }]) => scope !== 'call')
  .map(([option]) => option)

/** The content of a config file. */
export interface ConfigTree {
  /** The name in messages. */
  readonly file: string
  readonly value: unknown
  /** Whether `${NAME}` in its texts stands for environment variables; a program has them at hand. */
  readonly hasTemplates: boolean
  /** The line of what is at this path, from 1; `null` if it is not known. */
  readonly lineOf: (path: Path) => number | null
}

type Path = readonly (string | number)[]

export interface ConfigLayers {
  readonly base: Layer
  readonly profiles: ReadonlyMap<string, Layer>
  readonly problems: readonly Problem[]
}

export function configLayers(tree: ConfigTree): ConfigLayers {
  const problems: Problem[] = []
  const wrong = (path: Path, message: string): void => {
    const place = placeOf(originOf(tree, path))
    problems.push({ option: String(path[0] ?? ''), message, place })
  }
  const profiles = new Map<string, Layer>()
  const { value } = tree
  if (!isMapping(value)) {
    wrong([], `must hold options such as users: 550, got ${kindOf(value)}`)
    return { base: new Map(), profiles, problems }
  }
  const read = (
    values: Readonly<Record<string, unknown>>,
    within: Path,
    others: readonly string[],
  ): Layer => {
    const layer = new Map<string, readonly Said[]>()
    for (const [option, given] of Object.entries(values)) {
      const path = [...within, option]
      if (CONFIG_KEYS.includes(option)) {
        if (given !== undefined) layer.set(option, saidOf(option, given, path, tree, wrong))
      } else if (!others.includes(option))
        wrong(path, `is not an option${didYouMean(option, [...CONFIG_KEYS, ...others])}`)
    }
    return layer
  }
  const base = read(value, [], ['profiles', '$schema'])
  const { profiles: given = {} } = value
  if (!isMapping(given)) wrong(['profiles'], `must hold profiles by their names, got ${kindOf(given)}`)
  else
    for (const [name, options] of Object.entries(given)) {
      if (isMapping(options)) profiles.set(name, read(options, ['profiles', name], []))
      else wrong(['profiles', name], `must hold options, got ${kindOf(options)}`)
    }
  return { base, profiles, problems }
}

/** The value as texts; none removes what weaker sources set. */
function saidOf(
  option: string,
  given: unknown,
  path: Path,
  tree: ConfigTree,
  wrong: (path: Path, message: string) => void,
): readonly Said[] {
  const { hasTemplates } = tree
  const { format, hasCommas, secret }: Declaration = DECLARATIONS[option as keyof typeof DECLARATIONS]
  const said = (text: string, at: Path): Said => ({
    text,
    origin: originOf(tree, at),
    ...(hasTemplates && text.includes('${') ? { isTemplate: true } : {}),
  })
  const isTemplate = hasTemplates && typeof given === 'string' && given.includes('${')
  if (given === null) return []
  if (format.kind === 'switch') {
    if (typeof given === 'boolean' || isTemplate) return [said(String(given), path)]
    wrong(path, `must be true or false, got ${quoted(given, secret !== undefined)}`)
    return []
  }
  const isText = (value: unknown): value is string | number =>
    typeof value === 'string' || typeof value === 'number'
  if (format.kind === 'text') {
    if (isText(given)) return [said(String(given), path)]
    wrong(path, `must be a text or a number, got ${quoted(given, secret !== undefined)}`)
    return []
  }
  if (option === 'headers' && isMapping(given))
    return Object.entries(given).flatMap(([name, value]) => {
      if (isText(value) && !name.includes(':')) return [said(`${name}: ${value}`, [...path, name])]
      wrong(
        [...path, name],
        name.includes(':') ? 'must have no colon in its name' : `must be a text, got ${kindOf(value)}`,
      )
      return []
    })
  if (option === 'set' && isMapping(given))
    return Object.entries(given).flatMap(([name, value]) => {
      if (isText(value) || typeof value === 'boolean') return [said(`${name}=${value}`, [...path, name])]
      wrong([...path, name], `must be a text, a number, true or false, got ${kindOf(value)}`)
      return []
    })
  if (isText(given)) {
    const text = String(given)
    return (hasCommas === true ? text.split(',') : [text]).map((one) => said(one, path))
  }
  if (!Array.isArray(given)) {
    wrong(path, `must be a list of texts, got ${kindOf(given)}`)
    return []
  }
  // As `null` it would allow every host.
  if (option === 'allowHosts' && given.length === 0) wrong(path, 'must name at least one host')
  return given.flatMap((value: unknown, at) => {
    if (isText(value)) return [said(String(value), [...path, at])]
    wrong([...path, at], `must be a text, got ${kindOf(value)}`)
    return []
  })
}

/** A value as a message quotes it; what may be a secret is not quoted. */
const quoted = (value: unknown, isSecret: boolean): string =>
  isSecret || typeof value === 'object' ? kindOf(value) : show(value)

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (ArrayBuffer.isView(value)) return 'bytes'
  return typeof value === 'object' ? 'a mapping' : typeof value === 'string' ? 'a text' : `a ${typeof value}`
}

const originOf = ({ file, lineOf }: ConfigTree, path: Path): Extract<Origin, { by: 'config' }> => ({
  by: 'config',
  file,
  line: lineOf(path),
  path: printPath(path),
})

/** `profiles.smoke.thresholds[1]`. */
const printPath = (path: Path): string =>
  path
    .map((part) =>
      typeof part === 'number'
        ? `[${part}]`
        : /^[\w$-]+$/.test(part)
          ? `.${part}`
          : `[${JSON.stringify(part)}]`,
    )
    .join('')
    .replace(/^\./, '')

/** The source of a value as text, which begins the line of a problem. */
export function placeOf(origin: Origin): string {
  if (origin.by === 'flag') return `--${origin.flag}`
  if (origin.by === 'variable') return origin.variable
  const { file, line, path } = origin
  return `${file}${line === null ? '' : `:${line}`}${path === '' ? '' : `: ${path}`}`
}
