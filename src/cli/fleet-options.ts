/** What flags say about several hosts: the NATS server, the realm, the agents that are wanted. */
import { hostname } from 'node:os'
import type { Layer } from '../core/config/layers.ts'
import { DECLARATIONS } from '../core/options/declarations.ts'
import { hasFallback, isRead, type Declaration } from '../core/options/declaration.ts'
import type { HostDefaults } from '../core/options/limits.ts'
import { show } from '../core/options/option-readers.ts'
import type { Problem } from '../core/options/problem.ts'
import type { Plan } from '../core/plan/plan.ts'
import type { BusOptions } from '../fleet/bus.ts'
import type { Wanted } from '../fleet/fleet.ts'
import { isSubjectName, SUBJECT_NAME_RULE, subjectsOf } from '../core/fleet/subjects.ts'
import type { Hire } from '../host/workforce.ts'
import type { PlannedAgent } from '../output/text/dry-run.ts'
import type { Command } from './command.ts'
import { recordsRequests } from './output-flags.ts'

/** How to reach the other hosts; `servers` is `null` if no server is named. */
export interface FleetAddress {
  readonly servers: readonly string[] | null
  readonly realm: string
  readonly credsFile: string | null
  readonly nkeyFile: string | null
  readonly caFile: string | null
}

/** What a run asks of agents. */
export interface FleetRequest {
  readonly address: FleetAddress
  readonly wanted: Wanted
  readonly where: Readonly<Record<string, string>>
  readonly waitS: number | null
  readonly leaseS: number
  readonly endsWithAgent: boolean
  readonly mayBePlain: boolean
}

/** The hosts that carry out a command elsewhere. */
export interface Hosts {
  /** What they offer together. */
  readonly defaults: HostDefaults
  /** Hires their workers; `null` if nothing is to be sent. */
  readonly hire: Hire | null
  /** The agents, with the run-wide numbers of their workers. */
  readonly agents: readonly PlannedAgent[]
  /** Throws if they cannot be given the plan. */
  check(plan: Plan): void
}

const DEFAULT_REALM = 'default'
const MOST_AGENTS = 50
const LEASE_S = { least: 3, most: 60 }

/** Reads where the NATS server is, and adds what is wrong to the problems. */
export function readAddress({ texts }: Command, problems: Problem[]): FleetAddress {
  const servers =
    texts
      .get('nats')
      ?.split(',')
      .map((text) => text.trim()) ?? null
  const realm = texts.get('realm') ?? DEFAULT_REALM
  if (!isSubjectName(realm))
    problems.push({ option: 'realm', message: `${SUBJECT_NAME_RULE}, got ${show(realm)}` })
  if (texts.has('natsCreds') && texts.has('natsNkey'))
    problems.push({ option: 'natsCreds', message: 'does not go with --nats-nkey: both say who this is' })
  return {
    servers,
    realm,
    credsFile: texts.get('natsCreds') ?? null,
    nkeyFile: texts.get('natsNkey') ?? null,
    caFile: texts.get('natsCa') ?? null,
  }
}

/** How the client of such an address connects; `name` is a token of its subjects. */
export function busOptions(
  { servers, realm, credsFile, nkeyFile, caFile }: FleetAddress & { readonly servers: readonly string[] },
  name: string,
  onFault: (message: string) => void,
): BusOptions {
  return {
    servers,
    name: `corerush ${name}`,
    inboxPrefix: subjectsOf(realm).inbox(name),
    ...{ credsFile, nkeyFile, caFile, onFault },
  }
}

/**
 * Reads what a run asks of agents; `null` if it asks for none. `said` has the sources: what variables say of a NATS server
 * is no request.
 */
export function readFleet(command: Command, problems: Problem[], said: Layer): FleetRequest | null {
  const { texts, lists, switches } = command
  const agents = texts.get('agents')
  if (agents === undefined) {
    for (const option of OF_AGENTS)
      if ((said.get(option) ?? []).some(({ origin }) => origin.by !== 'variable'))
        problems.push({ option, message: 'needs --agents, which says on how many hosts to run' })
    return null
  }
  const wrong = (option: string, message: string): void => void problems.push({ option, message })
  for (const [option, message] of NOT_WITH_AGENTS)
    if (texts.has(option as never) || lists.has(option as never) || switches.get(option as never) === true)
      wrong(option, message)
  if (recordsRequests(command))
    wrong('outputs', 'has no requests=FILE with --agents: agents hand over seconds, not single requests')
  const leaseS = readDuration(command, 'lease', problems) ?? 10
  if (leaseS < LEASE_S.least || leaseS > LEASE_S.most)
    wrong('lease', `must be from ${LEASE_S.least}s to ${LEASE_S.most}s, got ${show(texts.get('lease'))}`)
  const onLost = texts.get('onLostAgent') ?? 'go-on'
  if (onLost !== 'go-on' && onLost !== 'stop')
    wrong('onLostAgent', `must be go-on or stop, got ${show(onLost)}`)
  return {
    address: readAddress(command, problems),
    wanted: readWanted(agents, problems),
    where: readLabels(command, 'where', problems),
    waitS: readDuration(command, 'waitForAgents', problems),
    leaseS,
    endsWithAgent: onLost === 'stop',
    mayBePlain: switches.get('natsPlain') === true,
  }
}

/** Options that only mean something with agents. */
const OF_AGENTS = [
  ...['where', 'nats', 'natsCreds', 'natsNkey', 'natsCa', 'realm', 'natsPlain', 'waitForAgents', 'lease'],
  'onLostAgent',
] as const

/** What cannot be on several hosts, and why. */
const NOT_WITH_AGENTS = [
  ['workers', "is each agent's own: corerush agent --workers"],
  ['witness', 'is a thread of one host: latencies of other hosts would not have it'],
  ['unixSocket', 'leads to a socket of this machine, which agents on other hosts do not have'],
  ['localAddress', 'is an address of this machine, which agents on other hosts do not have'],
] as const

function readWanted(text: string, problems: Problem[]): Wanted {
  const words = text.split(',').map((word) => word.trim())
  const [first = ''] = words
  if (words.length === 1 && first === 'all') return 'all'
  if (words.length === 1 && /^\d+$/.test(first)) {
    const count = Number(first)
    if (count < 1 || count > MOST_AGENTS)
      problems.push({ option: 'agents', message: `must be from 1 to ${MOST_AGENTS}, got ${show(first)}` })
    return count
  }
  const strange = words.find((word) => !isSubjectName(word))
  if (strange !== undefined)
    problems.push({
      option: 'agents',
      message: `must be a number, all, or names of agents joined by commas, got ${show(strange)}`,
    })
  return [...new Set(words)].sort()
}

/** Reads labels, each `key=value`. */
export function readLabels(
  { lists }: Command,
  option: 'where' | 'labels',
  problems: Problem[],
): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const text of lists.get(option) ?? []) {
    const [, key, value] = /^([\w.-]{1,100})=(.{1,200})$/.exec(text) ?? []
    if (key === undefined || value === undefined)
      problems.push({ option, message: `must be key=value, got ${show(text)}` })
    else labels[key] = value
  }
  return labels
}

function readDuration(
  { texts }: Command,
  option: 'lease' | 'waitForAgents',
  problems: Problem[],
): number | null {
  const { format }: Declaration = DECLARATIONS[option]
  const text = texts.get(option)
  if (text === undefined || !isRead(format)) return hasFallback(format) ? Number(format.fallback) : null
  const read = format.parse(text)
  if ('value' in read) return Number(read.value)
  problems.push({ option, message: `${read.problem}, got ${show(text)}` })
  return null
}

/** The name of this host as an agent's. */
export const nameOfHost = (): string =>
  hostname()
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 40)
    .replace(/(?<!-)-+$/, '') || 'agent'
