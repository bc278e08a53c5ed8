/**
 * Several hosts on one machine: each agent in a network namespace of its own, with a monotonic clock of its own, all on
 * one bridge. Where that is not allowed the agents are processes on loopback, and `isApart` says so.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Report } from '../../dist/index.js'
import { MAIN, readReport, start, type Finished, type Started } from './cli.ts'
import { startNats, until, type NatsHost } from './nats.ts'

const ip = (...words: string[]): void => void execFileSync('ip', words, { stdio: 'pipe' })

/** Whether this machine lets the test make namespaces; it takes a look once. */
export const hasNamespaces = ((): boolean => {
  const name = `crtry${process.pid}`
  try {
    ip('netns', 'add', name)
    execFileSync('unshare', ['--time', '--monotonic', '1000', '--fork', 'true'], { stdio: 'pipe' })
    ip('link', 'add', name, 'type', 'bridge')
    ip('link', 'del', name)
    ip('netns', 'del', name)
    return true
  } catch {
    try {
      ip('netns', 'del', name)
    } catch {
      // It was not made.
    }
    return false
  }
})()

/** A request as the target saw it. */
export interface Arrival {
  /** On the clock of the test, in ms. */
  readonly atMs: number
  /** Address of the host it came from. */
  readonly from: string
  readonly path: string
}

export interface AgentHost {
  readonly name: string
  readonly address: string
  /** The process that runs `ip netns exec` or the agent itself. */
  readonly started: Started
  /** The process of the agent itself. */
  readonly pid: number
  /** Takes the way to the NATS server away, or gives it back; the target stays in reach. */
  cut(): void
  mend(): void
}

export interface AgentOptions {
  /** By how much the monotonic clock of its host is ahead, in seconds. */
  readonly aheadS?: number
  readonly realm: string
  readonly args?: readonly string[]
}

/** A run under way. */
export interface HostsRun {
  readonly started: Started
  /** Resolves when its first request has arrived. */
  readonly loaded: Promise<void>
  /** How it ended, with its report, and what the target counted of it. */
  readonly ended: Promise<Finished & { readonly report: Report; readonly arrived: readonly Arrival[] }>
}

/** The machine with all hosts on it. Its runs come one after the other. */
export class Rig {
  readonly nats: NatsHost
  /** The address and URL of the target. */
  readonly targetAddress: string
  readonly url: string
  readonly arrivals: Arrival[] = []
  readonly isApart = hasNamespaces
  readonly #target: Server
  readonly #net: Net | null
  #agents: AgentHost[] = []
  #hosts = 0

  private constructor(nats: NatsHost, target: Server, net: Net | null) {
    this.nats = nats
    this.#net = net
    this.#target = target
    const { address, port } = target.address() as AddressInfo
    this.targetAddress = address
    this.url = `http://${address}:${port}/`
    target.on('request', (request, response) => {
      this.arrivals.push({ atMs: performance.now(), from: request.socket.remoteAddress!, path: request.url! })
      request.resume()
      response.end('ok')
    })
  }

  static async make(): Promise<Rig> {
    const net = hasNamespaces ? new Net() : null
    const nats = await startNats({
      address: net?.serverAddress ?? '127.0.0.1',
      // A client that has gone without a word is noticed within 3 s.
      config: () => 'ping_interval: "1s"\nping_max: 2',
    })
    const target = createServer()
    await new Promise<void>((resolve) => target.listen(0, net?.targetAddress ?? '127.0.0.1', resolve))
    return new Rig(nats, target, net)
  }

  /** Makes a host, and what starts a program on it; this one where there are no namespaces. */
  place(aheadS = 0): {
    readonly within: readonly string[]
    readonly address: string
    readonly namespace: string | null
  } {
    if (this.#net === null) return { within: [], address: '127.0.0.1', namespace: null }
    const { namespace, address } = this.#net.host(++this.#hosts)
    const clock = ['unshare', '--time', '--monotonic', String(aheadS), '--fork', '--kill-child=SIGKILL']
    return { within: ['ip', 'netns', 'exec', namespace, ...clock], address, namespace }
  }

  /** Starts an agent on a host of its own, and waits until it can be found. */
  async agent(name: string, { realm, aheadS, args = [] }: AgentOptions): Promise<AgentHost> {
    const { within, address, namespace } = this.place(aheadS)
    const own = ['--name', name, '--realm', realm, '--nats', this.nats.url, '--workers', '1']
    const words = [
      ...within,
      process.execPath,
      MAIN,
      'agent',
      ...own,
      '--allow-host',
      this.targetAddress,
      ...args,
    ]
    const started = start(words[0]!, words.slice(1))
    await started.says('stdout', /waits for runs/)
    const route = (what: string): void =>
      ip('-n', namespace!, 'route', what, 'blackhole', `${this.#net!.serverAddress}/32`)
    const agent: AgentHost = {
      ...{ name, address, started },
      pid: namespace === null ? started.pid : onlyChild(started.pid),
      cut: () => route('add'),
      mend: () => route('del'),
    }
    this.#agents.push(agent)
    return agent
  }

  /** Starts corerush on these agents. */
  start(realm: string, agents: string, args: readonly string[]): Started {
    const fleet = ['--agents', agents, '--nats', this.nats.url, '--realm', realm]
    const started = start(process.execPath, [MAIN, '--url', this.url, ...fleet, ...args, '--out', 'json=-'])
    started.process.stdin!.end()
    return started
  }

  /** Starts a load at a rate on these agents. */
  run(realm: string, agents: string, args: readonly string[]): HostsRun {
    const since = this.arrivals.length
    const started = this.start(realm, agents, ['--rate', '100/s', ...args])
    const ended = started.finished.then((finished) => ({
      ...finished,
      report: readReport(finished),
      arrived: this.arrivals.slice(since),
    }))
    // Who waits for the load only hears why there is none by the end.
    ended.catch(() => undefined)
    return {
      started,
      ended,
      loaded: Promise.race([until(() => this.arrivals.length > since), ended.then(() => undefined)]),
    }
  }

  async dispose(): Promise<void> {
    for (const { pid, started } of this.#agents) {
      kill(pid, 'SIGCONT')
      kill(pid, 'SIGKILL')
      await started.finished
    }
    this.#target.closeAllConnections()
    this.#target.close()
    await this.nats.stop()
    this.#net?.dispose()
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

/** A bridge with the addresses of server and target, and a namespace for each host. */
class Net {
  readonly #prefix: string
  readonly #subnet: string
  readonly #namespaces: string[] = []

  constructor() {
    // Two test runs at once have other names and other addresses.
    this.#prefix = `cr${process.pid % 100_000}`
    this.#subnet = `10.${201 + ((process.pid >> 8) % 50)}.${process.pid % 256}`
    // With an address of its own: else it takes one of its ports, and another when a host comes, which others learn late.
    ip('link', 'add', this.#bridge, 'address', '02:00:00:00:00:01', 'type', 'bridge')
    for (const address of [this.serverAddress, this.targetAddress])
      ip('addr', 'add', `${address}/24`, 'dev', this.#bridge)
    ip('link', 'set', this.#bridge, 'up')
  }

  get #bridge(): string {
    return `${this.#prefix}br`
  }

  get serverAddress(): string {
    return `${this.#subnet}.1`
  }

  get targetAddress(): string {
    return `${this.#subnet}.2`
  }

  host(n: number): { readonly namespace: string; readonly address: string } {
    const [namespace, outer, inner] = [`${this.#prefix}n${n}`, `${this.#prefix}v${n}`, `${this.#prefix}w${n}`]
    const address = `${this.#subnet}.${10 + n}`
    ip('netns', 'add', namespace)
    this.#namespaces.push(namespace)
    ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', namespace)
    ip('link', 'set', outer, 'master', this.#bridge, 'up')
    ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', inner)
    ip('-n', namespace, 'link', 'set', inner, 'up')
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    return { namespace, address }
  }

  dispose(): void {
    // A namespace takes its end of the cable with it.
    for (const namespace of this.#namespaces) ip('netns', 'del', namespace)
    ip('link', 'del', this.#bridge)
  }
}
