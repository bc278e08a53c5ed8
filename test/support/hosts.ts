/**
 * Several hosts on one machine: each agent in a network namespace of its own, with a monotonic clock of its own, all on
 * one bridge. Where that is not allowed the agents are processes on loopback, and `isApart` says so.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Report } from '../../dist/index.js'
import { subjectsOf } from '../../src/core/fleet/subjects.ts'
import type { Bus } from '../../src/fleet/bus.ts'
import { findAgents } from '../../src/fleet/fleet.ts'
import { readOrder, type Card, type Order } from '../../src/fleet/messages.ts'
import { MAIN, readReport, start, type Finished, type Started } from './cli.ts'
import { LEASH } from './leash.ts'
import { hasNamespaces, Net } from './namespaces.ts'
import { aBus, startNats, until, type NatsHost } from './nats.ts'

/** A request as the target saw it. */
export interface Arrival {
  /** On the clock of the test, in ms. */
  readonly atMs: number
  /** Address of the host it came from. */
  readonly from: string
  /** Below the URL of its run. */
  readonly path: string
}

export interface AgentHost {
  readonly name: string
  readonly address: string
  /** The process that runs `ip netns exec` or the agent itself. */
  readonly started: Started
  /** The process of the agent itself. */
  readonly pid: number
  /** Takes the way to the NATS server away, and returns what gives it back; the target stays in reach. */
  cut(): Promise<() => Promise<void>>
}

export interface AgentOptions {
  /** By how much the monotonic clock of its host is ahead, in seconds. */
  readonly aheadS?: number
  readonly args?: readonly string[]
  /** The URL by which it reaches the NATS server, if not the server's own. */
  readonly nats?: string
  readonly env?: Readonly<Record<string, string>>
  /** What it is started by on its host. */
  readonly by?: readonly string[]
}

/** A run under way. */
export interface HostsRun {
  readonly started: Started
  /** Its requests so far, as the target saw them. */
  readonly arrived: readonly Arrival[]
  /** Resolves when its first request has arrived. */
  readonly loaded: Promise<void>
  /** How it ended, with its report. */
  readonly ended: Promise<Finished & { readonly report: Report }>
}

export interface RealmOptions {
  /** How the target answers its requests; at once if undefined. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => void
  /** Its own server. */
  readonly nats?: NatsHost
}

type Reached = (request: IncomingMessage, response: ServerResponse) => void

/** What a server is started with here: a client that has gone without a word is noticed within 3 s. */
const SERVER = 'ping_interval: "1s"\nping_max: 2'

/** The machine with the target, a NATS server, and all hosts on it. */
export class Rig {
  readonly nats: NatsHost
  /** The address and URL of the target. */
  readonly targetAddress: string
  readonly url: string
  /** Whether each agent has a network and a clock of its own. */
  readonly isApart = hasNamespaces
  readonly #target: Server
  readonly #net: Net | null
  readonly #realms = new Map<string, Reached>()
  readonly #servers: NatsHost[] = []
  #hosts = 0

  private constructor(nats: NatsHost, target: Server, net: Net | null) {
    this.nats = nats
    this.#net = net
    this.#target = target
    const { address, port } = target.address() as AddressInfo
    this.targetAddress = address
    this.url = `http://${address}:${port}/`
    target.on('request', (request: IncomingMessage, response: ServerResponse) => {
      request.resume()
      this.#realms.get(request.url!.split('/')[1]!)!(request, response)
    })
  }

  static async make(): Promise<Rig> {
    const net = hasNamespaces ? new Net() : null
    const nats = await startNats({ address: net?.serverAddress ?? '127.0.0.1', config: () => SERVER })
    const target = createServer()
    await new Promise<void>((resolve) => target.listen(0, net?.targetAddress ?? '127.0.0.1', resolve))
    return new Rig(nats, target, net)
  }

  get serverAddress(): string {
    return this.#net?.serverAddress ?? '127.0.0.1'
  }

  /** Starts one more NATS server. */
  async server(): Promise<NatsHost> {
    const nats = await startNats({ address: this.serverAddress, config: () => SERVER })
    this.#servers.push(nats)
    return nats
  }

  /** Makes a host, and what starts a program on it; this one where there are no namespaces. */
  async place(aheadS = 0): Promise<{
    readonly within: readonly string[]
    readonly address: string
    readonly namespace: string | null
  }> {
    if (this.#net === null) return { within: [], address: '127.0.0.1', namespace: null }
    const { namespace, address } = await this.#net.host(++this.#hosts)
    const clock = ['unshare', '--time', '--monotonic', String(aheadS), '--fork', '--kill-child=SIGKILL']
    return { within: ['ip', 'netns', 'exec', namespace, ...clock], address, namespace }
  }

  /** Takes the way from a host to the NATS server away; returns what gives it back. */
  cut(namespace: string): Promise<() => Promise<void>> {
    return this.#net!.cut(namespace)
  }

  /** Agents and runs that neither see nor disturb those of other realms. */
  realm({ answer, nats = this.nats }: RealmOptions = {}): Realm {
    const realm = new Realm(this, `realm${this.#realms.size}`, nats)
    this.#realms.set(realm.name, (request, response) => {
      realm.reached(request)
      if (answer === undefined) response.end('ok')
      else answer(request, response)
    })
    return realm
  }

  async dispose(): Promise<void> {
    this.#target.closeAllConnections()
    this.#target.close()
    for (const nats of [this.nats, ...this.#servers]) await nats.stop()
    this.#net?.dispose()
  }
}

export class Realm {
  readonly name: string
  readonly nats: NatsHost
  readonly #rig: Rig
  readonly #arrivals = new Map<string, Arrival[]>()
  readonly #agents: AgentHost[] = []
  #bus: Promise<Bus> | null = null

  constructor(rig: Rig, name: string, nats: NatsHost) {
    this.name = name
    this.nats = nats
    this.#rig = rig
  }

  /** All requests of its runs, as the target saw them. */
  get arrivals(): readonly Arrival[] {
    return [...this.#arrivals.values()].flat().sort((a, b) => a.atMs - b.atMs)
  }

  /** A request has arrived. */
  reached({ url, socket }: IncomingMessage): void {
    const [, , run, ...path] = url!.split('/')
    const arrival = { atMs: performance.now(), from: socket.remoteAddress!, path: path.join('/') }
    this.#arrivals.get(run!)!.push(arrival)
  }

  /** Starts an agent on a host of its own, and waits until it can be found. */
  async agent(name: string, options: AgentOptions = {}): Promise<AgentHost> {
    const { aheadS, args = [], nats = this.nats.url, env, by = [] } = options
    const { within, address, namespace } = await this.#rig.place(aheadS)
    const own = ['--name', name, '--realm', this.name, '--nats', nats, '--workers', '1']
    const [word, ...words] = [...LEASH, ...within, ...by, process.execPath, MAIN, 'agent', ...own]
    const allowed = ['--allow-host', this.#rig.targetAddress]
    const started = start(word!, [...words, ...allowed, ...args], env === undefined ? {} : { env })
    await started.says('stdout', /waits for runs/)
    const agent: AgentHost = {
      ...{ name, address, started },
      pid: namespace === null ? started.pid : onlyChild(started.pid),
      cut: () => this.#rig.cut(namespace!),
    }
    this.#agents.push(agent)
    return agent
  }

  /** Starts agents of these names, whose clocks are days apart. */
  agents(...names: readonly string[]): Promise<AgentHost[]> {
    return Promise.all(names.map((name, i) => this.agent(name, { aheadS: 100_000 * (i + 1) })))
  }

  /** Starts corerush on these agents. */
  start(agents: string, args: readonly string[]): Started & { readonly arrived: readonly Arrival[] } {
    const run = String(this.#arrivals.size)
    const arrived: Arrival[] = []
    this.#arrivals.set(run, arrived)
    const fleet = ['--agents', agents, '--nats', this.nats.url, '--realm', this.name]
    const url = `${this.#rig.url}${this.name}/${run}/`
    const words = [MAIN, '--url', url, ...fleet, ...args, '--out', 'json=-']
    const started = start(process.execPath, words)
    started.process.stdin!.end()
    return Object.assign(started, { arrived })
  }

  /** Starts a load of 100 requests per second on these agents. */
  run(agents: string, args: readonly string[]): HostsRun {
    // As many users as a target that is held up for seconds needs.
    const started = this.start(agents, ['--rate', '100/s', '--max-users', '1000', ...args])
    const { arrived } = started
    const ended = started.finished.then((finished) => ({ ...finished, report: readReport(finished) }))
    // Who waits for the load only hears why there is none by the end.
    ended.catch(() => undefined)
    const loaded = Promise.race([until(() => arrived.length > 0), ended.then(() => undefined)])
    return { started, arrived, ended, loaded }
  }

  /** Carries out a command that must not send anything. */
  async refused(agents: string, args: readonly string[]): Promise<Finished> {
    const started = this.start(agents, args)
    const finished = await started.finished
    const { length } = started.arrived
    if (length > 0) throw new Error(`${length} requests were sent:\n${finished.stderr}`)
    return finished
  }

  /** What its agents say of themselves. */
  async cards(): Promise<Card[]> {
    return findAgents(await this.bus(), this.name)
  }

  /** Resolves when an agent is ordered this. */
  async ordered(name: string, type: Order['type']): Promise<void> {
    const { instance } = (await this.cards()).find((card) => card.name === name)!
    const bus = await this.bus()
    await new Promise<void>((resolve) => {
      const listener = bus.answer(subjectsOf(this.name).order(name, instance), (bytes) => {
        if (readOrder(bytes).type !== type) return null
        listener.end()
        resolve()
        return null
      })
    })
  }

  /** A connection of the test itself. */
  bus(): Promise<Bus> {
    this.#bus ??= aBus(this.nats.url, { inboxPrefix: `corerush.test.inbox.${this.name}` })
    return this.#bus
  }

  /** Resolves when no agent belongs to a run. */
  async idle(): Promise<void> {
    while ((await this.cards()).some(({ state }) => state !== 'idle')) await sleep(20)
  }

  async dispose(): Promise<void> {
    await (await this.#bus)?.close()
    for (const { pid } of this.#agents) kill(pid, 'SIGKILL')
    await Promise.all(this.#agents.map(({ started }) => started.finished))
  }
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function onlyChild(pid: number): number {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  return Number(child)
}
