/** The command `corerush agent`: waits on this host for runs, and carries its part of them. */
import type { AgentPolicy } from '../core/fleet/agent-policy.ts'
import { OptionsError } from '../core/options/options-error.ts'
import { show } from '../core/options/option-readers.ts'
import type { Problem } from '../core/options/problem.ts'
import { readAllowedHosts } from '../core/resolve/request/allowed-hosts.ts'
import { showMany, parseNumber, parseRatePerS } from '../core/units.ts'
import { CorerushError, EXIT } from '../errors.ts'
import { Agent } from '../fleet/agent.ts'
import { connectBus, linkOfServers } from '../fleet/bus.ts'
import { isSubjectName, SUBJECT_NAME_RULE } from '../core/fleet/subjects.ts'
import { thisAgent } from '../fleet/this-agent.ts'
import { THIS_TIME } from '../fleet/time.ts'
import { THIS_HOST } from '../host/machine/this-host.ts'
import { findCores } from '../host/machine/cores.ts'
import { MOST_WORKERS } from '../core/options/limits.ts'
import { printable } from '../output/text/paint.ts'
import { VERSION } from '../version.ts'
import type { Command } from './command.ts'
import { busOptions, nameOfHost, readAddress, readLabels } from './fleet-options.ts'
import { withVariables } from './settings.ts'
import { listenToSignals } from './stop-signals.ts'

export const agentCommand = (typed: Command): Promise<number> => withVariables(typed, carryOut)

async function carryOut(command: Command): Promise<number> {
  const { texts, switches } = command
  const problems: Problem[] = [...command.problems]
  const address = readAddress(command, problems)
  const { servers } = address
  if (servers === null)
    problems.push({ option: 'nats', message: 'is required: the NATS server where runs look for agents' })
  const name = texts.get('agentName') ?? nameOfHost()
  if (!isSubjectName(name))
    problems.push({ option: 'agentName', message: `${SUBJECT_NAME_RULE}, got ${show(name)}` })
  const labels = readLabels(command, 'labels', problems)
  const policy = readPolicy(command, problems)
  const workers = readCount(command, 'workers', MOST_WORKERS, problems) ?? findCores().usable
  if (servers === null || problems.length > 0) throw new OptionsError(problems)

  const ending = new AbortController()
  const bus = await connectBus(
    busOptions({ ...address, servers }, name, (message) => {
      log(message)
      if (/for good|not permit/.test(message)) ending.abort(message)
    }),
  )
  const agent = new Agent({
    ...thisAgent(workers),
    ...{ bus, name, labels, policy, log },
    time: THIS_TIME,
    realm: address.realm,
    version: VERSION,
    link: linkOfServers({ servers, caFile: address.caFile }),
    isOnce: switches.get('once') === true,
  })
  const signals = listenToSignals({
    heard: (signal) => {
      log(`${signal}: leaving`)
      agent.leave()
    },
    restore: () => undefined,
    resume: () => undefined,
  })
  ending.signal.addEventListener('abort', () => agent.leave())
  const hosts = agent.card().accepts.hosts.join(', ')
  log(
    `agent ${name}, ${showMany(workers, 'worker')}, waits for runs in the realm ${address.realm}; it may hit ${hosts}`,
  )
  let isOver = false
  bus.onConnection((isConnected) => {
    if (!isOver) log(isConnected ? 'connected again' : 'the connection to NATS is lost')
  })
  try {
    await agent.gone
  } finally {
    isOver = true
    signals.release()
    await bus.close()
  }
  if (ending.signal.aborted)
    throw new CorerushError('CORERUSH_FLEET', String(ending.signal.reason), { exitCode: EXIT.unexpected })
  return EXIT.ok
}

/** A line on standard output, with the time of day. */
function log(text: string): void {
  process.stdout.write(`${new Date(THIS_HOST.wallMs()).toISOString()} ${printable(text)}\n`)
}

/** What the owner of this host allows. */
function readPolicy(command: Command, problems: Problem[]): AgentPolicy {
  const { texts, lists, switches } = command
  const wrong = (option: string, message: string): null => {
    problems.push({ option, message })
    return null
  }
  const texted = (lists.get('allowHosts') ?? []).flatMap((text) => text.split(','))
  const isAny = texted.length === 1 && texted[0] === '*'
  if (texted.length === 0) wrong('allowHosts', "is required: the hosts that requests may go to; '*' for any")
  const allowedHosts =
    isAny || texted.length === 0
      ? null
      : readAllowedHosts(texted, (_, message) => wrong('allowHosts', message))
  const rate = texts.get('maxRate')
  const parsed = rate === undefined ? null : parseRatePerS(rate)
  if (parsed !== null && ('problem' in parsed || parsed.value <= 0))
    wrong('maxRate', `must be a rate above 0 such as 5k/s, got ${show(rate)}`)
  return {
    allowedHosts,
    maxPerS: parsed !== null && 'value' in parsed ? parsed.value : null,
    maxUsers: readCount(command, 'agentUsers', Infinity, problems),
    acceptsScenarios: switches.get('acceptScenarios') === true,
  }
}

/** A whole number of at least 1; `null` if it is not given. */
function readCount(
  { texts }: Command,
  option: 'workers' | 'agentUsers',
  most: number,
  problems: Problem[],
): number | null {
  const text = texts.get(option)
  if (text === undefined) return null
  const parsed = parseNumber(text)
  if ('value' in parsed && Number.isInteger(parsed.value) && parsed.value >= 1 && parsed.value <= most)
    return parsed.value
  problems.push({ option, message: `must be a whole number of at least 1, got ${show(text)}` })
  return null
}
