/** Both transports, driven one exchange at a time without a load around them. */
import { PLAIN_HTTP } from '../../src/core/resolve/request/http-options.ts'
import { Addresses } from '../../src/worker/transport/addresses.ts'
import { Connector, type ConnectorOptions } from '../../src/worker/transport/connector.ts'
import { A_REQUEST } from './plan.ts'
import type { TransportName } from '../../src/core/resolve/transport-options.ts'
import type { RequestPlan } from '../../src/core/request/request.ts'
import { RunClock } from '../../src/worker/time/clock.ts'
import { transportOf, type MakeTransport } from '../../src/worker/transport-choice.ts'
import {
  Exchange,
  type Connection,
  type Transport,
  type TransportOptions,
} from '../../src/worker/transport/transport.ts'
import { Turn } from '../../src/worker/time/turn.ts'

export const TRANSPORT_NAMES: readonly TransportName[] = ['undici', 'wire']

/** What an exchange came to: all that a report is made of, but for the times. */
export interface Seen {
  readonly outcome: Exchange['outcome']
  readonly status: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly reused: boolean
}

export interface Asking extends Partial<RequestPlan> {
  /** The exchange is cut as soon as it has come so far. */
  readonly cutWhen?: (exchange: Exchange) => boolean
  /** It is cut so long after it began, at the latest. */
  readonly cutAfterMs?: number
  readonly cutAs?: 'timeout' | 'unfinished'
}

/** One user's connection slot of one transport. */
export class Client {
  readonly clock = new RunClock()
  readonly #transport: Transport
  readonly #connection: Connection
  readonly #url: string
  /** The last exchange, for its times. */
  last: Exchange | null = null
  sent = 0
  retried = 0

  private constructor(transport: (clock: RunClock) => Transport, url: string) {
    this.#transport = transport(this.clock)
    this.#connection = this.#transport.connection(0, this.#transport.prepare({ ...A_REQUEST, url }))
    this.#url = url
  }

  static async of(
    name: TransportName | MakeTransport,
    url: string,
    options: Partial<TransportOptions & ConnectorOptions> = {},
  ): Promise<Client> {
    const make = typeof name === 'string' ? await transportOf(name) : name
    const all = {
      ...PLAIN_HTTP,
      insecure: false,
      keepAlive: true,
      longestIdleS: 0,
      retryStale: true,
      ...options,
    }
    return new Client((clock) => {
      const connector = new Connector(all, new Addresses(null, clock.nowUs))
      return make(all, connector, clock, new Turn(clock.nowUs))
    }, url)
  }

  /** Sends one request; resolves a turn of the loop after it is done. */
  ask(asking: Asking = {}): Promise<Seen> {
    return this.askAll(1, asking).then(([seen]) => seen!)
  }

  /** Sends so many, each from within the end of the one before where the transport allows it, else a turn later. */
  askAll(
    count: number,
    { cutWhen, cutAfterMs, cutAs = 'timeout', ...plan }: Asking = {},
  ): Promise<readonly Seen[]> {
    const request = this.#transport.prepare({
      name: 'request',
      method: plan.body ? 'POST' : 'GET',
      url: this.#url,
      headers: [['user-agent', 'conformance']],
      body: null,
      digest: null,
      expectStatus: [],
      ...plan,
    })
    const all: Seen[] = []
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined
      const send = (): void => {
        if (cutAfterMs !== undefined) timer = setTimeout(() => this.#connection.cut(cutAs), cutAfterMs)
        this.#connection.send(exchange, request)
        if (cutWhen !== undefined) watch(cutWhen)
      }
      const watch = (hasCome: (exchange: Exchange) => boolean): void => {
        if (all.length > 0) return
        if (hasCome(exchange)) this.#connection.cut(cutAs)
        else setTimeout(watch, 1, hasCome)
      }
      const exchange: Exchange = new Exchange({
        sent: () => {
          this.sent++
        },
        connecting: () => {
          this.retried++
        },
        done: () => {
          clearTimeout(timer)
          const { outcome, status, bytesIn, bytesOut, reused, canFollow } = exchange
          all.push({ outcome, status, bytesIn, bytesOut, reused })
          if (all.length === count) setImmediate(() => resolve(all))
          else if (canFollow) send()
          else setImmediate(send)
        },
      })
      this.last = exchange
      send()
    })
  }

  close(): void {
    this.#connection.close()
  }
}

/** So many turns of the loop, each with a look at the network. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 1))
}
