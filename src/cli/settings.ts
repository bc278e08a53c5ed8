/**
 * What a run is told, from all sources: flags, `CORERUSH_…` variables, the config file and one of its profiles. They
 * become one command, as if all had been typed; where each value was said is kept, for what is wrong with it.
 */
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { configLayers, placeOf, type ConfigKey } from '../core/config/config-layers.ts'
import { interpolate } from '../core/config/interpolate.ts'
import { merged, type Layer, type Said } from '../core/config/layers.ts'
import { OptionsError } from '../core/options/options-error.ts'
import { show } from '../core/options/option-readers.ts'
import type { Problem } from '../core/options/options.ts'
import { didYouMean } from '../core/suggest.ts'
import { withoutSecrets } from '../core/request/secret-set.ts'
import { nearest } from '../core/suggest.ts'
import { findConfig, loadConfig } from '../host/files/config-file.ts'
import { type Command } from './args.ts'
import { optionOf } from './problem.ts'
import { RUN_FLAGS } from './flags.ts'

/** What the sources say together. */
export interface Settings {
  readonly command: Command
  /** By the names of the options. */
  readonly said: Layer
  /** The file and the profile that were used. */
  readonly config: { readonly file: string; readonly profile: string | null } | null
  /** Values of the environment that are sent, and what else was said to be secret: they are never shown. */
  readonly secrets: readonly string[]
}

interface Setting extends ConfigKey {
  readonly flag: string
}

/** They say where to look, and what to do with what is found there. */
const NOT_IN_A_CONFIG: readonly string[] = ['config', 'profile', 'dryRun', 'printConfig']
/** Options whose values are sent: what the environment adds to them may be a secret. */
const SENT: readonly string[] = ['url', 'headers', 'body', 'auth', 'proxy', 'targetMetrics']
const FILES: readonly string[] = ['scenario', 'targets', 'data', 'ca', 'cert', 'key', 'unixSocket']
const PREFIX = 'CORERUSH_'

const SETTINGS: readonly Setting[] = [
  // One is a word of its own on the command line, the other does not belong there, where anyone on this host sees it.
  { option: 'scenario', kind: 'text', flag: 'scenario' },
  { option: 'secrets', kind: 'list', flag: 'secrets' },
  ...Object.values(RUN_FLAGS)
    .flat()
    .map(({ name, kind }): Setting => ({ option: optionOf(name), kind, flag: name })),
]

/** What can stand in a config file. */
export const CONFIG_KEYS: readonly ConfigKey[] = SETTINGS.filter(
  ({ option }) => !NOT_IN_A_CONFIG.includes(option),
)

type Environment = Readonly<Record<string, string | undefined>>

export async function settingsOf(
  command: Command,
  environment: Environment,
  folder: string,
): Promise<Settings> {
  const problems: Problem[] = [...command.problems]
  const flags = flagLayer(command)
  const variables = variableLayer(environment, problems)
  const own = merged([flags, variables])
  const textOf = (option: string): string | undefined => own.get(option)?.[0]?.text

  const named = textOf('config')
  const isWanted = command.switches.get('config') !== false
  const file = !isWanted ? null : named === undefined ? findConfig(folder) : resolve(folder, named)
  const profile = textOf('profile') ?? null
  const layers: Layer[] = [flags, variables]
  let config: Settings['config'] = null
  if (file !== null) {
    const tree = await loadConfig(file)
    const { base, profiles, problems: found } = configLayers(tree, CONFIG_KEYS)
    problems.push(...found)
    const chosen = profile === null ? null : profiles.get(profile)
    if (chosen === undefined) problems.push(noProfile(own, [...profiles.keys()], tree.file))
    else if (chosen !== null) layers.push(beside(file, folder, chosen))
    layers.push(beside(file, folder, base))
    config = { file: tree.file, profile }
  } else if (profile !== null)
    problems.push(withPlace(own, { option: 'profile', message: 'needs a config file, and there is none' }))
  const { said, secrets } = interpolated(merged(layers), environment, problems)
  const all = [...new Set([...secrets, ...(said.get('secrets') ?? []).map(({ text }) => text)])]
  return { command: asTyped(command, said, secrets, problems), said, config, secrets: all }
}

/** Carries out what the sources say; of what is wrong with it is told where it was said. */
export async function withSettings(
  typed: Command,
  carryOut: (settings: Settings) => Promise<number>,
): Promise<number> {
  const settings = await settingsOf(typed, process.env, process.cwd())
  try {
    return await carryOut(settings)
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error
    const { said, secrets } = settings
    throw new OptionsError(
      error.problems.map((problem) => ({
        ...withPlace(said, problem),
        message: withoutSecrets(problem.message, secrets),
      })),
    )
  }
}

/** The problem, with the place where the value was said, if that was not a flag. */
export function withPlace(said: Layer, problem: Problem): Problem {
  const values = said.get(problem.option) ?? said.get(optionOf(problem.option)) ?? []
  // What a list lacks as a whole was said where its first value was.
  const origin = values[problem.at ?? 0]?.origin
  if (origin === undefined || origin.by === 'flag' || problem.place !== undefined) return problem
  const place = placeOf(origin)
  return { ...problem, place: problem.at === undefined ? place.replace(/\[\d+\]$/, '') : place }
}

function flagLayer({ texts, lists, switches }: Command): Layer {
  const layer = new Map<string, readonly Said[]>()
  for (const { option, flag, kind } of SETTINGS) {
    const isOn = kind === 'switch' ? switches.get(flag) : undefined
    const text = texts.get(flag)
    const values =
      kind === 'list'
        ? lists.get(flag)
        : kind === 'text'
          ? text && [text]
          : isOn !== undefined && [String(isOn)]
    if (values)
      layer.set(
        option,
        values.map((one) => ({ text: one, origin: { by: 'flag', flag } })),
      )
  }
  return layer
}

/** A variable of a flag that may be repeated has one value a line. An empty one says nothing. */
function variableLayer(environment: Environment, problems: Problem[]): Layer {
  const layer = new Map<string, readonly Said[]>()
  const nameOf = ({ flag }: Setting): string => flag.toUpperCase().replaceAll('-', '_')
  for (const [variable, value = ''] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX)) continue
    const name = variable.slice(PREFIX.length)
    const setting = SETTINGS.find((one) => nameOf(one) === name)
    if (setting === undefined) {
      const near = nearest(name, SETTINGS.map(nameOf))
      problems.push({
        option: variable,
        place: variable,
        message: `is no variable of corerush, whose own begin with ${PREFIX}${near === null ? '' : `; did you mean ${PREFIX}${near}?`}`,
      })
      continue
    }
    const lines = setting.kind === 'list' ? value.split('\n').map((line) => line.trim()) : [value]
    const said = lines
      .filter((text) => text !== '')
      .map((text): Said => ({ text, origin: { by: 'variable', variable } }))
    if (said.length > 0) layer.set(setting.option, said)
  }
  return layer
}

function noProfile(own: Layer, names: readonly string[], file: string): Problem {
  const name = own.get('profile')![0]!.text
  const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`
  const message = `"${name}" is no profile of ${file}${didYouMean(name, names) || `; ${known}`}`
  return withPlace(own, { option: 'profile', message })
}

/** Files that are read lie beside the config file; where the command is run, what it writes. */
function beside(file: string, folder: string, layer: Layer): Layer {
  const from = dirname(file)
  if (from === folder) return layer
  const path = (text: string): string => (isAbsolute(text) ? text : relative(folder, resolve(from, text)))
  // With no folder before it a file could be taken for a name.
  const baseline = (word: string): string =>
    !/[/\\]|\.json$/i.test(word) ? word : isAbsolute(word) ? word : `./${path(word)}`
  const moved = (option: string, { text, ...rest }: Said): Said => {
    if (option === 'baseline') return { ...rest, text: text.split(',').map(baseline).join(',') }
    if (option === 'body' && text.startsWith('@')) return { ...rest, text: `@${path(text.slice(1))}` }
    const isFile = FILES.includes(option) && !text.includes('-----BEGIN ')
    return { ...rest, text: isFile ? path(text) : text }
  }
  return new Map([...layer].map(([option, said]) => [option, said.map((one) => moved(option, one))]))
}

/** The templates that are left, now that it is known which values count, filled in. */
function interpolated(
  layer: Layer,
  environment: Environment,
  problems: Problem[],
): { readonly said: Layer; readonly secrets: readonly string[] } {
  const secrets = new Set<string>()
  const said = new Map<string, readonly Said[]>()
  // In the order of the flags, whoever said them.
  for (const { option } of SETTINGS) {
    const values = layer.get(option)
    if (values === undefined) continue
    said.set(
      option,
      values.map((one) => {
        if (one.isTemplate !== true) return one
        const { text, values: found, problem } = interpolate(one.text, environment)
        if (problem !== null) problems.push({ option, message: problem, place: placeOf(one.origin) })
        // An address is none; what of it is a secret is masked as in any URL.
        if (SENT.includes(option))
          for (const value of found) if (!/^https?:\/\//.test(value)) secrets.add(value)
        return { text, origin: one.origin }
      }),
    )
  }
  return { said, secrets: [...secrets] }
}

/** The command with all that was said as its words. */
function asTyped(command: Command, said: Layer, secrets: readonly string[], problems: Problem[]): Command {
  const texts = new Map(command.texts)
  const lists = new Map(command.lists)
  const switches = new Map(command.switches)
  for (const { option, flag, kind } of SETTINGS) {
    const values = said.get(option)
    if (values === undefined) continue
    if (kind === 'list')
      lists.set(
        flag,
        values.map(({ text }) => text),
      )
    else if (kind === 'text') texts.set(flag, values[0]!.text)
    else if (values[0]!.text === 'true' || values[0]!.text === 'false')
      switches.set(flag, values[0]!.text === 'true')
    else
      problems.push({
        option,
        message: `must be true or false, got ${show(values[0]!.text)}`,
        place: placeOf(values[0]!.origin),
      })
  }
  const told = new Set(secrets)
  lists.set('secrets', [...(lists.get('secrets') ?? []).filter((text) => !told.has(text)), ...told])
  return { ...command, texts, lists, switches, problems }
}
