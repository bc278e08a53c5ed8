/**
 * The sources of options in order of precedence: a flag over an environment variable over a profile over the rest of
 * the config file. An option that several sources set has the value of the strongest one, which also removes the options
 * of weaker sources that it cannot be combined with, so that a flag never clashes with a file.
 */

import type { OptionName } from '../options/declarations.ts'
import { LOADS } from '../options/limits.ts'

/** The source of a value. */
export type Origin =
  | { readonly by: 'flag'; readonly flag: string }
  | { readonly by: 'variable'; readonly variable: string }
  /** `line` is `null` if the file is a program; `path` is such as `profiles.smoke.thresholds[1]`. */
  | { readonly by: 'config'; readonly file: string; readonly line: number | null; readonly path: string }

/** A value as text; that of a switch is `true` or `false`. */
export interface Said {
  readonly text: string
  readonly origin: Origin
  /** Whether its `${NAME}` are still to be replaced. */
  readonly isTemplate?: boolean
}

/**
 * The options that one source sets, by their names; several values for a list. An empty list of values removes what
 * weaker sources set.
 */
export type Layer = ReadonlyMap<string, readonly Said[]>

const RAMPS = ['spawnRate', 'rampUp'] as const
const OF_THE_OPEN_MODEL = ['arrival', 'maxUsers', 'onFull'] as const
const OF_THE_CLOSED_MODEL = ['wait', 'spawnRate'] as const
/** Stages are the whole load. */
const NOT_WITH_STAGES = [...RAMPS, 'duration', 'requests', 'iterations', 'until', 'maxDuration'] as const

const ABOUT_REPLAY = ['speed', 'replayFrom', 'replayUnsafe'] as const

/** Other options that an option removes from weaker sources. */
const REPLACES: Readonly<Partial<Record<OptionName, readonly OptionName[]>>> = {
  duration: ['until', 'maxDuration'],
  until: ['duration', 'stages'],
  spawnRate: ['rampUp'],
  rampUp: ['spawnRate'],
  scenario: ['method', 'body', 'name', 'requests', 'targets', 'data', 'dataOrder', 'dataEnd'],
  targets: ['scenario', 'method', 'body'],
  replay: [
    ...(['scenario', 'method', 'body', 'name', 'targets', 'data', 'dataOrder', 'dataEnd'] as const),
    ...(['arrival', 'until', 'maxDuration'] as const),
  ],
  proxy: ['unixSocket', 'connectTo'],
  unixSocket: ['proxy', 'connectTo', 'localAddress', 'dnsTtl'],
  connectTo: ['proxy', 'unixSocket'],
  baseline: ['against'],
  against: ['baseline'],
  ca: ['insecure'],
  insecure: ['ca'],
}

/** Lays the layers over each other, the strongest first. Headers and the scenario's own options are merged by name, all else is replaced whole. */
export const merged = (layers: readonly Layer[]): Layer =>
  layers.reduceRight<Layer>((weaker, stronger) => overlay(weaker, stronger), new Map())

function overlay(weaker: Layer, stronger: Layer): Layer {
  const layer = new Map(weaker)
  for (const option of replaced(weaker, stronger)) layer.delete(option)
  for (const [option, said] of stronger) {
    if (said.length === 0) layer.delete(option)
    else layer.set(option, isMerged(option) ? withOthers(said, layer.get(option) ?? []) : said)
  }
  return layer
}

const says = (layer: Layer, option: string): boolean => (layer.get(option)?.length ?? 0) > 0

/** The options of the weaker source that cannot be combined with those of the stronger one. */
function replaced(weaker: Layer, stronger: Layer): string[] {
  const gone = Object.keys(REPLACES)
    .filter((option) => says(stronger, option) && stronger.get(option)![0]!.text !== 'false')
    .flatMap((option) => REPLACES[option as OptionName] ?? [])
  if (!LOADS.some((option) => says(stronger, option))) return gone
  const model = modelOf(stronger)
  // A ramp belongs to the load that it leads to.
  const isOtherLoad = LOADS.some((option) => says(weaker, option) && !says(stronger, option))
  return [
    ...gone,
    ...LOADS,
    ...(isOtherLoad ? [...RAMPS, ...ABOUT_REPLAY] : []),
    ...(model === 'open' ? OF_THE_CLOSED_MODEL : OF_THE_OPEN_MODEL),
    ...(says(stronger, 'stages') ? NOT_WITH_STAGES : []),
  ]
}

/** The model of a layer that sets how much load there is. */
const modelOf = (layer: Layer): 'open' | 'closed' =>
  says(layer, 'rate') || says(layer, 'replay') || layer.get('stages')?.[0]?.text.includes('/') === true
    ? 'open'
    : 'closed'

/** Options whose values have names of their own, by which they are merged. */
const isMerged = (option: string): boolean => option === 'headers' || option === 'set'

/** The name in `Name: value`, which has no case, or in `name=value`. */
function nameIn({ text }: Said): string {
  const [, name = '', sign] = /^([^:=]*)([:=])/.exec(text) ?? []
  return sign === ':' ? name.toLowerCase() : name.trim()
}

/** The values, and those of the weaker source that have other names. */
function withOthers(said: readonly Said[], weaker: readonly Said[]): readonly Said[] {
  const names = new Set(said.map(nameIn))
  return [...weaker.filter((one) => !names.has(nameIn(one))), ...said]
}
