/** The agents of a command: connects to the NATS server, or starts one, and gathers the agents that are wanted. */
import { hostname } from 'node:os'
import { exposureProblem } from '../core/fleet/exposed-secrets.ts'
import type { HostDefaults } from '../core/options/limits.ts'
import { OptionsError } from '../core/options/options-error.ts'
import type { Problem } from '../core/options/problem.ts'
import type { Plan } from '../core/plan/plan.ts'
import { showMany } from '../core/units.ts'
import { CorerushError } from '../errors.ts'
import { connectBus, linkOfServers, type Bus } from '../fleet/bus.ts'
import { Fleet, lookForAgents, type FleetParts } from '../fleet/fleet.ts'
import type { Card } from '../fleet/messages.ts'
import { startServer, type NatsServer } from '../fleet/server.ts'
import { THIS_TIME } from '../fleet/time.ts'
import { readFeeder } from '../host/files/feeder-files.ts'
import type { Hire } from '../host/workforce.ts'
import type { PlannedAgent } from '../output/text/dry-run.ts'
import { VERSION } from '../version.ts'
import { busOptions, type FleetRequest, type Hosts } from './fleet-options.ts'

const WAIT_S = { known: 10, own: 300 }

/** What surrounds the agents of a command. */
export class Coordinator {
  readonly #request: FleetRequest
  readonly #bus: Bus
  readonly #server: NatsServer | null
  readonly #parts: FleetParts
  readonly #link: Card['link']
  #fleet: Fleet | null = null

  private constructor(
    request: FleetRequest,
    servers: readonly string[],
    bus: Bus,
    server: NatsServer | null,
    say: (text: string) => void,
  ) {
    const { address, wanted, where, waitS, leaseS, endsWithAgent } = request
    this.#request = request
    this.#bus = bus
    this.#server = server
    this.#link = linkOfServers({ servers, caFile: address.caFile })
    this.#parts = {
      ...{ bus, wanted, where, leaseS, endsWithAgent, say },
      time: THIS_TIME,
      realm: address.realm,
      coordinator: `${hostname()} (process ${process.pid})`,
      version: VERSION,
      node: process.version,
      waitS: waitS ?? (server === null ? WAIT_S.known : WAIT_S.own),
      seed: process.pid,
    }
  }

  /** Connects to the server that is named; without one, starts one and prints how agents reach it. */
  static async open(request: FleetRequest, say: (text: string) => void): Promise<Coordinator> {
    const { address } = request
    const server = address.servers === null ? await startServer() : null
    const servers = address.servers ?? [server!.url('127.0.0.1')]
    try {
      const bus = await connectBus(busOptions({ ...address, servers }, 'coordinator', say))
      if (server !== null)
        say(
          `a NATS server runs here for this run. On each host: corerush agent --nats ${server.url(hostname())} --allow-host HOST`,
        )
      return new Coordinator(request, servers, bus, server, say)
    } catch (error) {
      await server?.end()
      throw error
    }
  }

  /** Looks for the agents that are wanted, without claiming them. */
  async look(signal?: AbortSignal): Promise<Hosts> {
    return this.#hostsOf(await lookForAgents(this.#parts, signal), null)
  }

  /** Claims the agents that are wanted. */
  async gather(signal?: AbortSignal): Promise<Hosts> {
    this.#fleet = await Fleet.gather(this.#parts, signal)
    const { agents, workers, hire } = this.#fleet
    this.#parts.say(
      `${showMany(agents.length, 'agent')} with ${showMany(workers, 'worker')}: ${agents.map(({ name }) => name).join(', ')}`,
    )
    return this.#hostsOf(
      agents.map(({ card }) => card),
      hire,
    )
  }

  #hostsOf(agents: readonly Card[], hire: Hire | null): Hosts {
    return {
      agents: numbered(agents),
      defaults: defaultsOf(agents),
      hire,
      check: (plan) => this.#check(plan, agents),
    }
  }

  /** Throws if the plan must not be sent to these agents. */
  #check(plan: Plan, agents: readonly Card[]): void {
    const links = [
      { name: 'this process', link: this.#link },
      ...agents.map(({ name, link }) => ({ name: `agent ${name}`, link })),
    ]
    const isOpen = !this.#request.mayBePlain && links.some(({ link }) => link === 'plain')
    const exposed = isOpen ? exposureProblem(plan, columnsOf(plan), links) : null
    if (exposed !== null)
      throw new CorerushError('CORERUSH_FLEET', `${exposed}; nothing was sent`, {
        hint: 'tls:// in --nats on every host, or --nats-plain where the network can be trusted',
      })
    const problems = unsupported(plan, agents)
    if (problems.length > 0) throw new OptionsError(problems)
  }

  /** Lets the agents go, closes the connection and ends the server. */
  async close(): Promise<void> {
    await this.#fleet?.release()
    await this.#bus.close()
    await this.#server?.end()
  }
}

/** The agents with the run-wide numbers of their workers. */
function numbered(agents: readonly Card[]): PlannedAgent[] {
  let base = 0
  return agents.map(({ name, workers }) => {
    const first = base
    base += workers
    return { name, workers: [first, base - 1] }
  })
}

/** The names of the columns of all rows that go with a plan; rows of JSON have none. */
const columnsOf = ({ data, scenario }: Plan): string[] =>
  [...(data === null ? [] : [data]), ...(scenario?.feeders ?? [])].flatMap(
    (feeder) => readFeeder(feeder).columns ?? [],
  )

const workersOf = (agents: readonly Card[]): number => agents.reduce((sum, { workers }) => sum + workers, 0)

/** What these agents offer together, for the plan. */
function defaultsOf(agents: readonly Card[]): HostDefaults {
  const cores = workersOf(agents)
  // Users are spread by workers, so the agent with the fewest for each of its workers decides.
  const each = agents.map(({ spareDescriptors, workers }) =>
    spareDescriptors === null ? Infinity : spareDescriptors / workers,
  )
  return { cores, descriptors: Math.floor(Math.min(...each) * cores) }
}

/** What a plan has too little of for these agents. */
function unsupported(plan: Plan, agents: readonly Card[]): Problem[] {
  const workers = workersOf(agents)
  if (plan.connections === null || plan.connections >= workers) return []
  const message = `must be at least one for each of the ${workers} workers of the agents, got ${plan.connections}`
  return [{ option: 'connections', message }]
}
