/** The transport that the plan names. Only that one is loaded: undici costs a worker 20 MB and a fifth of a second. */
import type { TransportName } from '../core/resolve/transport-options.ts'
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

export async function transportOf(name: TransportName): Promise<MakeTransport> {
  if (name === 'wire') return (await import('./transport/wire/wire.ts')).wireTransport
  if (name === 'http2') return (await import('./transport/http2/http2.ts')).http2Transport
  return (await import('./transport/undici.ts')).undiciTransport
}
