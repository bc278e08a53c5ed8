/** Requests over the transport of a plan, one after the other, in this process: no threads, no schedule. */
import type { ClosedPlan } from '../../src/core/plan/plan.ts'
import type { RequestPlan } from '../../src/core/request/request.ts'
import { RunClock } from '../../src/worker/time/clock.ts'
import { Addresses, type LookUp } from '../../src/worker/transport/addresses.ts'
import { Connector } from '../../src/worker/transport/connector.ts'
import {
  Exchange,
  type Connection,
  type Prepared,
  type ResponseSink,
} from '../../src/worker/transport/transport.ts'
import { http2Transport } from '../../src/worker/transport/http2/http2.ts'
import { undiciTransport } from '../../src/worker/transport/undici.ts'
import { wireTransport } from '../../src/worker/transport/wire/wire.ts'
import { Turn } from '../../src/worker/time/turn.ts'
import { A_REQUEST, aPlan } from './plan.ts'

/** How an exchange went. */
export type Went = Pick<
  Exchange,
  'outcome' | 'message' | 'status' | 'location' | 'reused' | 'bytesIn' | 'bytesOut'
> & { readonly phases: readonly string[] }

export interface UserParts {
  readonly plan?: Partial<ClosedPlan>
  /** Number among all users. */
  readonly user?: number
  readonly lookUp?: LookUp
}

/** One user's connection; close it at the end. */
export class OneUser {
  readonly addresses: Addresses
  readonly connection: Connection
  readonly #prepare: (request: RequestPlan) => Prepared

  constructor({ plan: different = {}, user = 0, lookUp }: UserParts = {}) {
    const plan = aPlan(different)
    const clock = new RunClock()
    this.addresses = new Addresses(plan.dnsTtlS, clock.nowUs, lookUp)
    const transportOf = plan.http2
      ? http2Transport
      : plan.transport === 'wire'
        ? wireTransport
        : undiciTransport
    const transport = transportOf(
      { ...plan, longestIdleS: 0 },
      new Connector(plan, this.addresses),
      clock,
      new Turn(clock.nowUs),
    )
    this.connection = transport.connection(user, transport.prepare(plan.request))
    this.#prepare = (request) => transport.prepare(request)
  }

  /** Sends one request and resolves when it is done; `sent` is called when its network work begins. */
  send(
    request: Partial<RequestPlan>,
    sent: () => void = () => undefined,
    sink: ResponseSink | null = null,
  ): Promise<Went> {
    const prepared = this.#prepare({ ...A_REQUEST, ...request })
    return new Promise((resolve) => {
      let isSending = true
      const exchange: Exchange = new Exchange({
        sent,
        connecting: () => undefined,
        done: () => {
          if (isSending) throw new Error('done was called from within send')
          const { outcome, message, status, location, reused, bytesIn, bytesOut } = exchange
          const phases = (['dns', 'connect', 'tls'] as const).filter((phase) => exchange[`${phase}Us`] >= 0)
          // What follows must not be sent from within a failure.
          setImmediate(() =>
            resolve({ outcome, message, status, location, reused, bytesIn, bytesOut, phases }),
          )
        },
      })
      exchange.sink = sink
      this.connection.send(exchange, prepared)
      isSending = false
    })
  }
}

/** The requests of one user, in turn. */
export async function sendAll(
  requests: readonly Partial<RequestPlan>[],
  parts: UserParts = {},
): Promise<Went[]> {
  const user = new OneUser(parts)
  const went: Went[] = []
  for (const request of requests) went.push(await user.send(request))
  user.connection.close()
  return went
}
