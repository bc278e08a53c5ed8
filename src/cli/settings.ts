/**
 * The options of a run from all sources: flags, `CORERUSH_…` variables, the config file and one of its profiles. They
 * become one command, as if all had been typed; the source of each value is kept for the messages about it.
 */
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { configLayers, placeOf } from '../core/config/config-layers.ts'
import { interpolate } from '../core/config/interpolate.ts'
import { merged, type Layer, type Said } from '../core/config/layers.ts'
import { OptionsError } from '../core/options/options-error.ts'
import { flagOf, variableOf, type Declaration } from '../core/options/declaration.ts'
import { DECLARATIONS } from '../core/options/declarations.ts'
import type { Format } from '../core/options/format.ts'
import { show } from '../core/options/option-readers.ts'
import type { Problem } from '../core/options/problem.ts'
import { withoutSecrets } from '../core/request/secret-set.ts'
import { didYouMean, nearest } from '../core/suggest.ts'
import { findConfig, loadConfig } from '../host/files/config-file.ts'
import type { Command } from './command.ts'
import { flagsOf, type ListName, type SwitchName, type TextName } from './flags.ts'

/** The options of all sources together. */
export interface Settings {
  readonly command: Command
  /** By the names of the options. */
  readonly said: Layer
  /** The file and the profile that were used. */
  readonly config: { readonly file: string; readonly profile: string | null } | null
  /** Values of the environment that are sent, and what else was said to be secret: they are never shown. */
  readonly secrets: readonly string[]
}

const PREFIX = 'CORERUSH_'
const SETTINGS: readonly (readonly [option: string, declaration: Declaration])[] =
  Object.entries(DECLARATIONS)

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
  const isWanted = !command.off.has('config')
  const file = !isWanted ? null : named === undefined ? findConfig(folder) : resolve(folder, named)
  const profile = textOf('profile') ?? null
  const layers: Layer[] = [flags, variables]
  let config: Settings['config'] = null
  if (file !== null) {
    const tree = await loadConfig(file)
    const { base, profiles, problems: found } = configLayers(tree)
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

/** Carries out the command with the options of all sources; a problem names the source of its value. */
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

/** The problem with the source of its value, unless that is a flag. */
export function withPlace(said: Layer, problem: Problem): Problem {
  const values = said.get(problem.option) ?? []
  // A problem of a list as a whole has the place of its first value.
  const origin = values[problem.at ?? 0]?.origin
  if (origin === undefined || origin.by === 'flag' || problem.place !== undefined) return problem
  const place = placeOf(origin)
  return { ...problem, place: problem.at === undefined ? place.replace(/\[\d+\]$/, '') : place }
}

function flagLayer({ texts, lists, switches }: Command): Layer {
  const layer = new Map<string, readonly Said[]>()
  for (const [option, declaration] of SETTINGS) {
    const text = texts.get(option as TextName)
    const isOn = switches.get(option as SwitchName)
    const values =
      lists.get(option as ListName) ??
      (text === undefined ? (isOn === undefined ? [] : [String(isOn)]) : [text])
    const flag = flagOf(option, declaration) ?? option
    if (values.length > 0)
      layer.set(
        option,
        values.map((one) => ({ text: one, origin: { by: 'flag', flag } })),
      )
  }
  return layer
}

const VARIABLES: ReadonlyMap<string, string> = new Map(
  SETTINGS.map(([option, declaration]) => [variableOf(option, declaration), option]),
)

/** A variable of a flag that may be repeated has one value per line. An empty variable sets nothing. */
function variableLayer(environment: Environment, problems: Problem[]): Layer {
  const layer = new Map<string, readonly Said[]>()
  for (const [variable, value = ''] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX)) continue
    const option = VARIABLES.get(variable)
    if (option === undefined) {
      problems.push(unknownVariable(variable, [...VARIABLES.keys()]))
      continue
    }
    const said = saidBy(variable, value, DECLARATIONS[option as keyof typeof DECLARATIONS])
    if (said.length > 0) layer.set(option, said)
  }
  return layer
}

function saidBy(variable: string, value: string, { format }: Declaration): Said[] {
  const lines = format.kind === 'list' ? value.split('\n').map((line) => line.trim()) : [value]
  return lines
    .filter((text) => text !== '')
    .map((text): Said => ({ text, origin: { by: 'variable', variable } }))
}

function unknownVariable(variable: string, known: readonly string[]): Problem {
  const names = known.map((name) => name.slice(PREFIX.length))
  const near = nearest(variable.slice(PREFIX.length), names)
  return {
    option: variable,
    place: variable,
    message: `is not a variable of corerush, and names with ${PREFIX} are reserved${near === null ? '' : `; did you mean ${PREFIX}${near}?`}`,
  }
}

/**
 * Carries out a command that has no config file, with what variables say of its flags where no flag does; a problem names
 * the variable that its value comes from.
 */
export async function withVariables(
  typed: Command,
  carryOut: (command: Command) => Promise<number>,
  environment: Environment = process.env,
): Promise<number> {
  const problems: Problem[] = [...typed.problems]
  const declarations = Object.entries(flagsOf(typed.name))
  const own = new Map(declarations.map(([option, one]) => [variableOf(option, one), { option, one }]))
  const layer = new Map<string, readonly Said[]>()
  const { texts, lists, switches } = typed
  const isTyped = (option: string): boolean =>
    [texts, lists, switches].some((words) => (words as ReadonlyMap<string, unknown>).has(option))
  for (const [variable, value = ''] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX)) continue
    const known = own.get(variable)
    // Options of runs are none of this command's, and no mistake.
    if (known === undefined && !VARIABLES.has(variable))
      problems.push(unknownVariable(variable, [...own.keys(), ...VARIABLES.keys()]))
    if (known === undefined || isTyped(known.option)) continue
    const said = saidBy(variable, value, known.one)
    if (said.length > 0) layer.set(known.option, said)
  }
  const formats = declarations.map(([option, { format }]) => [option, format] as const)
  const command = asTyped(typed, layer, [], problems, formats)
  try {
    return await carryOut(command)
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error
    throw new OptionsError(error.problems.map((problem) => withPlace(layer, problem)))
  }
}

function noProfile(own: Layer, names: readonly string[], file: string): Problem {
  const name = own.get('profile')![0]!.text
  const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`
  const message = `"${name}" is no profile of ${file}${didYouMean(name, names) || `; ${known}`}`
  return withPlace(own, { option: 'profile', message })
}

/** Paths of files that are read are relative to the config file, of those that are written to the working directory. */
function beside(file: string, folder: string, layer: Layer): Layer {
  const from = dirname(file)
  if (from === folder) return layer
  const path = (text: string): string => (isAbsolute(text) ? text : relative(folder, resolve(from, text)))
  // Without a folder a file could be taken for a name.
  const baseline = (word: string): string =>
    !/[/\\]|\.json$/i.test(word) ? word : isAbsolute(word) ? word : `./${path(word)}`
  const moved = (text: string, file: Declaration['file']): string => {
    if (file === 'baseline') return text.split(',').map(baseline).join(',')
    if (file === 'body') return text.startsWith('@') ? `@${path(text.slice(1))}` : text
    return file === 'path' || (file === 'pem' && !text.includes('-----BEGIN ')) ? path(text) : text
  }
  return new Map(
    [...layer].map(([option, said]) => {
      const { file: named }: Declaration = DECLARATIONS[option as keyof typeof DECLARATIONS]
      return [option, said.map(({ text, ...rest }) => ({ ...rest, text: moved(text, named) }))]
    }),
  )
}

/** Fills in the templates of the values that are in effect. */
function interpolated(
  layer: Layer,
  environment: Environment,
  problems: Problem[],
): { readonly said: Layer; readonly secrets: readonly string[] } {
  const secrets = new Set<string>()
  const said = new Map<string, readonly Said[]>()
  // In the order of the flags, whatever source they have.
  for (const [option, { isSent }] of SETTINGS) {
    const values = layer.get(option)
    if (values === undefined) continue
    said.set(
      option,
      values.map((one) => {
        if (one.isTemplate !== true) return one
        const { text, values: found, problem } = interpolate(one.text, environment)
        if (problem !== null) problems.push({ option, message: problem, place: placeOf(one.origin) })
        // An address is none; what of it is a secret is masked as in any URL.
        const mayBeSecret = isSent === true || (/^(key|webKey)$/.test(option) && !existsSync(text))
        if (mayBeSecret) for (const value of found) if (!/^https?:\/\//.test(value)) secrets.add(value)
        return { text, origin: one.origin }
      }),
    )
  }
  return { said, secrets: [...secrets] }
}

/** The command with the options of all sources as its words. */
function asTyped(
  command: Command,
  said: Layer,
  secrets: readonly string[],
  problems: Problem[],
  formats: readonly (readonly [option: string, format: Format])[] = SETTINGS.map(([option, { format }]) => [
    option,
    format,
  ]),
): Command {
  const texts = new Map(command.texts)
  const lists = new Map(command.lists)
  const switches = new Map(command.switches)
  for (const [option, format] of formats) {
    const values = said.get(option)
    if (values === undefined) continue
    const [{ text, origin } = { text: '', origin: null }] = values
    if (format.kind === 'list')
      lists.set(
        option as ListName,
        values.map((one) => one.text),
      )
    else if (format.kind === 'text') texts.set(option as TextName, text)
    else if (text === 'true' || text === 'false') switches.set(option as SwitchName, text === 'true')
    else
      problems.push({ option, message: `must be true or false, got ${show(text)}`, place: placeOf(origin!) })
  }
  const known = new Set(secrets)
  lists.set('secrets', [...(lists.get('secrets') ?? []).filter((text) => !known.has(text)), ...known])
  return { ...command, texts, lists, switches, problems }
}
