/**
 * What several sources say of the same run, laid over each other: a flag over an environment variable over a profile
 * over the rest of the config file. An option that is said twice is the stronger source's, and takes with it what it
 * cannot go with, so that a flag never clashes with a file that says it otherwise.
 */

import { LOADS } from '../options/limits.ts'

/** Where a value was said. */
export type Origin =
  | { readonly by: 'flag'; readonly flag: string }
  | { readonly by: 'variable'; readonly variable: string }
  /** `line` is null where the file is a program; `path` is such as `profiles.smoke.thresholds[1]`. */
  | { readonly by: 'config'; readonly file: string; readonly line: number | null; readonly path: string }

/** A value as a text, that of a switch `true` or `false`. */
export interface Said {
  readonly text: string
  readonly origin: Origin
  /** Its `${NAME}` are still to be replaced. */
  readonly isTemplate?: boolean
}

/**
 * What one source says, by the names of the options; of one that can have several values, as many. No value at all: as
 * if no weaker source had said one.
 */
export type Layer = ReadonlyMap<string, readonly Said[]>

const RAMPS = ['spawnRate', 'rampUp'] as const
const OF_THE_OPEN_MODEL = ['arrival', 'maxUsers', 'onFull'] as const
const OF_THE_CLOSED_MODEL = ['wait', 'spawnRate'] as const
/** Stages say it all. */
const NOT_WITH_STAGES = [...RAMPS, 'duration', 'requests', 'iterations'] as const

/** What else an option replaces, for only one of them can be meant. */
const REPLACES: Readonly<Record<string, readonly string[]>> = {
  spawnRate: ['rampUp'],
  rampUp: ['spawnRate'],
  scenario: ['method', 'body', 'name', 'requests', 'targets', 'data', 'dataOrder', 'dataEnd'],
  targets: ['scenario', 'method', 'body'],
  proxy: ['unixSocket', 'connectTo'],
  unixSocket: ['proxy', 'connectTo', 'localAddress', 'dnsTtl'],
  connectTo: ['proxy', 'unixSocket'],
  baseline: ['against'],
  against: ['baseline'],
  ca: ['insecure'],
  insecure: ['ca'],
}

/** Lays the layers over each other, the strongest first. Headers are merged by name, all else is replaced whole. */
export const merged = (layers: readonly Layer[]): Layer =>
  layers.reduceRight<Layer>((weaker, stronger) => overlay(weaker, stronger), new Map())

function overlay(weaker: Layer, stronger: Layer): Layer {
  const layer = new Map(weaker)
  for (const option of replaced(weaker, stronger)) layer.delete(option)
  for (const [option, said] of stronger) {
    if (said.length === 0) layer.delete(option)
    else layer.set(option, option === 'headers' ? withOthers(said, layer.get(option) ?? []) : said)
  }
  return layer
}

const says = (layer: Layer, option: string): boolean => (layer.get(option)?.length ?? 0) > 0

/** What the weaker source says that does not go with what the stronger one says. */
function replaced(weaker: Layer, stronger: Layer): string[] {
  const gone = Object.keys(REPLACES)
    .filter((option) => says(stronger, option) && stronger.get(option)![0]!.text !== 'false')
    .flatMap((option) => REPLACES[option]!)
  if (!LOADS.some((option) => says(stronger, option))) return gone
  const model = modelOf(stronger)
  // A ramp belongs to the load that it leads to.
  const isOtherLoad = LOADS.some((option) => says(weaker, option) && !says(stronger, option))
  return [
    ...gone,
    ...LOADS,
    ...(isOtherLoad ? RAMPS : []),
    ...(model === 'open' ? OF_THE_CLOSED_MODEL : OF_THE_OPEN_MODEL),
    ...(says(stronger, 'stages') ? NOT_WITH_STAGES : []),
  ]
}

/** Which model a layer asks for that says how much load there is. */
const modelOf = (layer: Layer): 'open' | 'closed' =>
  says(layer, 'rate') || layer.get('stages')?.[0]?.text.includes('/') === true ? 'open' : 'closed'

const headerName = ({ text }: Said): string => text.slice(0, Math.max(0, text.indexOf(':'))).toLowerCase()

/** The headers, and those of the weaker source that have other names. */
function withOthers(said: readonly Said[], weaker: readonly Said[]): readonly Said[] {
  const names = new Set(said.map(headerName))
  return [...weaker.filter((one) => !names.has(headerName(one))), ...said]
}
