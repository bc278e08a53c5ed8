/**
 * Options that a scenario file sets for its requests: base URL, headers and HTTP. What the user asks for elsewhere, by flag,
 * variable or config, replaces them.
 */
import type { Options } from '../options/options.ts'
import type { ScriptPlan } from '../scenario/script-plan.ts'
import { headerPairs } from './request/request-options.ts'

/** The options that a scenario can set, by the names of its fields. */
export const OWN_FIELDS = {
  baseUrl: 'url',
  headers: 'headers',
  redirects: 'maxRedirects',
  timeout: 'timeout',
  connectTimeout: 'connectTimeout',
  insecure: 'insecure',
  ca: 'ca',
  cert: 'cert',
  key: 'key',
  proxy: 'proxy',
  http2: 'http2',
} as const

export type OwnOptions = Pick<Options, (typeof OWN_FIELDS)[keyof typeof OWN_FIELDS]>

/** A script as it was loaded. */
export interface LoadedScript extends ScriptPlan {
  /** What each scenario sets, by its place in the file. */
  readonly own?: readonly OwnOptions[]
}

/** The options with those of a scenario where the user asks for nothing else; also those that apply. */
export function withOwn(
  asked: Options,
  own: OwnOptions,
): { readonly options: Options; readonly applied: readonly string[] } {
  const left = new Map<string, unknown>(Object.entries(own))
  const drop = (...names: readonly (keyof OwnOptions)[]): void => {
    for (const name of names) left.delete(name)
  }
  for (const name of Object.keys(own) as (keyof OwnOptions)[])
    if (name !== 'headers' && asked[name] !== undefined) drop(name)
  // What a flag says about one of them is meant in place of the others.
  if (asked.insecure === true) drop('ca')
  if (asked.ca !== undefined) drop('insecure')
  if (asked.cert !== undefined || asked.key !== undefined) drop('cert', 'key')
  if (asked.connectTo !== undefined || asked.unixSocket !== undefined) drop('proxy')
  // A scenario for https that is pointed at plain http has no use for certificates.
  if (asked.url?.startsWith('http:') === true) drop('insecure', 'ca', 'cert', 'key')
  const isAuthorized = asked.auth !== undefined || asked.authDigest !== undefined
  const theirs = headerPairs(asked.headers)
  const ours = headerPairs(own.headers).filter(
    ([name]) =>
      !theirs.some(([other]) => other.toLowerCase() === name.toLowerCase()) &&
      !(isAuthorized && name.toLowerCase() === 'authorization'),
  )
  if (ours.length > 0)
    left.set(
      'headers',
      [...theirs, ...ours].map(([name, value]) => `${name}: ${String(value)}`),
    )
  else drop('headers')
  const said = [...left].filter(([, value]) => value !== undefined)
  return { options: { ...asked, ...Object.fromEntries(said) }, applied: said.map(([name]) => name) }
}
