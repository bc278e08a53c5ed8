/** The transport that the plan names. Only that one is loaded: undici costs a worker 20 MB and a fifth of a second. */
import type { TransportName } from '../../core/resolve/transport-options.ts'
import type { Clock } from '../clock.ts'
import type { Turn } from '../turn.ts'
import type { Connector } from './connector.ts'
import type { Transport, TransportOptions } from './transport.ts'

export type MakeTransport = (
  options: TransportOptions,
  connector: Connector,
  clock: Clock,
  turn: Turn,
) => Transport

export async function transportOf(name: TransportName): Promise<MakeTransport> {
  if (name === 'wire') return (await import('./wire/wire.ts')).wireTransport
  if (name === 'http2') return (await import('./http2/http2.ts')).http2Transport
  return (await import('./undici.ts')).undiciTransport
}
