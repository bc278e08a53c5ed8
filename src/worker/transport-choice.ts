/** The transport that the plan names. Only that one is loaded: undici costs a worker 20 MB and a fifth of a second. */
import type { Plan } from '../core/plan/plan.ts'
import type { TransportName } from '../core/resolve/transport-options.ts'
import type { Share } from '../core/share.ts'
import type { Clock } from './time/clock.ts'
import type { Turn } from './time/turn.ts'
import type { Connector } from './transport/connector.ts'
import type { Transport, TransportOptions } from './transport/transport.ts'

export type MakeTransport = (
  options: TransportOptions,
  connector: Connector,
  clock: Clock,
  turn: Turn,
) => Transport

/** `warn` is called if it cannot be had as it should be. */
export async function transportOf(
  name: TransportName,
  warn: (text: string) => void = () => undefined,
): Promise<MakeTransport> {
  if (name === 'wire') return (await import('./transport/wire/wire.ts')).wireTransport
  if (name === 'http2') return (await import('./transport/http2/http2.ts')).http2Transport
  const { doubtOfLight, plainUndiciTransport, undiciTransport } = await import('./transport/undici.ts')
  const doubt = await doubtOfLight()
  if (doubt === null) return undiciTransport
  warn(doubt)
  return plainUndiciTransport
}

/** The transport of a plan, for this share of it; with connections that users share, where the plan says so. */
export async function plannedTransport(
  { transport, connections, streams, model }: Pick<Plan, 'transport' | 'connections' | 'streams' | 'model'>,
  share: Share,
  warn: (text: string) => void,
): Promise<MakeTransport> {
  const make = await transportOf(transport, warn)
  if (connections === null) return make
  const { shared } = await import('./transport/pool.ts')
  const sharing = { connections, streams, share, isOpen: model === 'open' }
  return (options, connector, clock, turn) =>
    shared(make(options, connector, clock, turn), sharing, clock, turn)
}
