/** Users, workers and connections that are shared: how many of each go together. */
import type { HostDefaults } from '../options/limits.ts'
import { show, type Readers } from '../options/option-readers.ts'
import type { Options, PlannedOptions } from '../options/options.ts'
import type { ScriptPlan } from '../scenario/script-plan.ts'
import { mostUsers, type ClosedLoad, type OpenLoad } from './load-options.ts'

export interface Sharers {
  readonly load: ClosedLoad | OpenLoad
  /** `null` if the host decides. */
  readonly workers: number | null
  readonly host: Pick<HostDefaults, 'laterUsers'>
  /** Its scenarios can have an HTTP of their own. */
  readonly scenario: ScriptPlan | null
}

/** Refuses numbers that do not go together; returns the most workers that each have a user, and a connection for it. */
export function checkSharers(
  options: Options,
  planned: PlannedOptions,
  { load, workers, host, scenario }: Sharers,
  { wrong }: Readers,
): number {
  const { connections, keepAlive, http2 } = planned
  const users = load.model === 'open' ? load.maxUsers : Math.max(mostUsers(load), host.laterUsers ?? 0)
  if (load.model === 'open' && workers !== null && workers > users)
    wrong('maxUsers', `must be at least one for each of the ${workers} workers, got ${users}`)
  const isHttp2 = http2 || scenario?.scenarios.some(({ http }) => http?.http2 === true) === true
  if (options.streams !== undefined && options.connections === undefined)
    wrong('streams', 'is about connections that users share: it needs connections')
  else if (options.streams !== undefined && !isHttp2)
    wrong('streams', 'needs http2: HTTP/1.1 has one request at a time on a connection')
  if (connections === null) return users
  const got = `got ${show(options.connections)}`
  if (connections > users) wrong('connections', `must be at most one for each of the ${users} users, ${got}`)
  if (workers !== null && connections < workers)
    wrong('connections', `must be at least one for each of the ${workers} workers, ${got}`)
  if (!keepAlive && isHttp2)
    wrong(
      'connections',
      'of HTTP/2 are shared by staying open, and without keepAlive each closes after a request',
    )
  return connections
}
