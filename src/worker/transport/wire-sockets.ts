/**
 * The sockets of the wire transport. All of a worker read into one buffer (`onread`): reads are synchronous, and their
 * bytes have been dealt with when the callback returns. That spares an allocation for each read, and the streams.
 */
import { connect, type OnReadOpts, type Socket } from 'node:net'
import {
  connect as connectTls,
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
} from 'node:tls'
import type { Endpoint } from './wire-request.ts'

const BUFFER_BYTES = 65_536
/** Probes of an idle connection, so that a peer that vanished is noticed. */
const PROBE_AFTER_MS = 60_000

export class WireSockets {
  /** What was read last, by whichever socket. */
  readonly buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  readonly #insecure: boolean
  readonly #sessions = new Map<Endpoint, Buffer>()
  #secureContext: SecureContext | null = null

  constructor(insecure: boolean) {
    this.#insecure = insecure
  }

  /** A socket on its way to the endpoint; what arrives is in `buffer` when `callback` is called, which answers true. */
  connect(endpoint: Endpoint, callback: (length: number) => boolean): Socket {
    const { host, port } = endpoint
    const onread = { buffer: this.buffer, callback }
    const socket = endpoint.isTls ? this.#connectTls(endpoint, onread) : connect({ host, port, onread })
    return socket.setNoDelay(true).setKeepAlive(true, PROBE_AFTER_MS)
  }

  #connectTls(endpoint: Endpoint, onread: OnReadOpts): Socket {
    const { host, port, servername } = endpoint
    const session = this.#sessions.get(endpoint)
    // The platform's types do not know `onread` here; its documentation does.
    const options: ConnectionOptions & { readonly onread: OnReadOpts } = {
      host,
      port,
      onread,
      secureContext: (this.#secureContext ??= createSecureContext()),
      rejectUnauthorized: !this.#insecure,
      ALPNProtocols: ['http/1.1'],
      ...(servername === null ? {} : { servername }),
      ...(session === undefined ? {} : { session }),
    }
    const socket = connectTls(options)
    socket.on('session', (fresh) => this.#sessions.set(endpoint, fresh))
    return socket
  }
}
