/**
 * Makes connections, step by step: name look-up, TCP with a proxy's tunnel, TLS. Knows no HTTP but CONNECT, so every
 * transport can use it. Time-outs are the caller's, who cancels.
 */
import { connect as connectTcp, isIP, type OnReadOpts, type Socket, type TcpNetConnectOpts } from 'node:net'
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import type { HttpPlan } from '../../core/resolve/request/http-options.ts'
import type { Phase } from '../../core/request/outcome.ts'
import { ipFamily, routeOf, type Route } from '../../core/request/route.ts'
import { DigestSession } from './digest-session.ts'
import { turnOf, type Addresses, type Known } from './addresses.ts'
import { openTunnel } from './tunnel.ts'

export type ConnectorOptions = HttpPlan & { readonly insecure: boolean }

export interface Destination {
  readonly protocol: 'http:' | 'https:'
  /** Without the brackets of IPv6. */
  readonly host: string
  readonly port: number
  /** The name that the certificate must have; `null` for the host itself. */
  readonly servername: string | null
}

/** Follows an attempt; of the last two exactly one is called, once, and never from within `connect`. */
export interface AttemptListener {
  /** A step begins, and the one before it is done. The first one comes from within `connect`. */
  enters(phase: Extract<Phase, 'dns' | 'connect' | 'tls'>): void
  connected(socket: Socket): void
  failed(error: Error): void
}

const NO_HTTP2 = 'the server does not speak HTTP/2: it did not agree to h2 (ALPN)'
/** As undici's own connector has them. */
const READ_AHEAD_BYTES = { tcp: 65_536, tls: 16_384 }
const PROBE_IDLE_MS = 60_000
/** Sessions of this many hosts are kept for resumption. */
const MOST_SESSIONS = 100

export class Connector {
  readonly options: ConnectorOptions
  readonly addresses: Addresses
  readonly #sessions = new Map<string, Buffer>()
  #context: SecureContext | null = null
  /** The answers to the proxy's challenges, by user. */
  readonly #proxySessions = new Map<number, DigestSession>()

  constructor(options: ConnectorOptions, addresses: Addresses) {
    this.options = options
    this.addresses = addresses
  }

  /**
   * For the user with this number among all users of the run. With `onread`, what arrives is read into that buffer and
   * the socket has no `data` events; not through a tunnel.
   */
  connect(to: Destination, user: number, listener: AttemptListener, onread?: OnReadOpts): Attempt {
    return new Attempt(this, to, user, listener, onread)
  }

  /** The answers of the user with this number to challenges of the proxy; `null` if it has no digest credentials. */
  proxySession(user: number): DigestSession | null {
    const digest = this.options.proxy?.digest ?? null
    if (digest === null) return null
    let session = this.#proxySessions.get(user)
    if (session === undefined) this.#proxySessions.set(user, (session = new DigestSession(digest)))
    return session
  }

  /** Reads the certificates, which takes its time: once for all connections. */
  readCertificates(): SecureContext {
    const { ca, cert, key } = this.options
    this.#context ??= createSecureContext({
      ...(ca === null ? {} : { ca }),
      ...(cert === null || key === null ? {} : { cert, key }),
    })
    return this.#context
  }

  /** TLS over a connection that is still to be made, or over a tunnel. */
  secure(to: Destination, over: ConnectionOptions): TLSSocket {
    const { insecure, http2 } = this.options
    const servername = to.servername ?? (isIP(to.host) === 0 ? to.host : '')
    const named = servername || to.host
    const session = this.#sessions.get(named)
    const socket = connectTls({
      ...over,
      highWaterMark: READ_AHEAD_BYTES.tls,
      secureContext: this.readCertificates(),
      rejectUnauthorized: !insecure,
      servername,
      // The address connected to is not the name that the certificate must have.
      checkServerIdentity: (_, certificate) => checkServerIdentity(named, certificate),
      ALPNProtocols: [http2 ? 'h2' : 'http/1.1'],
      ...(session === undefined ? {} : { session }),
    } as ConnectionOptions)
    socket.on('session', (fresh: Buffer) => {
      if (this.#sessions.size >= MOST_SESSIONS && !this.#sessions.has(named)) this.#sessions.clear()
      this.#sessions.set(named, fresh)
    })
    return socket
  }
}

/** One connection being made. */
export class Attempt {
  readonly #connector: Connector
  readonly #to: Destination
  readonly #user: number
  readonly #listener: AttemptListener
  /** How the socket is read: nothing, for the platform's way. */
  readonly #reading: { readonly onread?: OnReadOpts }
  #giveUpLookUp: (() => void) | null = null
  #socket: Socket | null = null
  #isOver = false
  /** Challenges of the proxy that this attempt has answered. */
  #answered = 0

  constructor(
    connector: Connector,
    to: Destination,
    user: number,
    listener: AttemptListener,
    onread: OnReadOpts | undefined,
  ) {
    this.#connector = connector
    this.#to = to
    this.#user = user
    this.#listener = listener
    this.#reading = onread === undefined ? {} : { onread }
    const route = routeOf(connector.options, to.protocol, to.host, to.port)
    if ('path' in route) this.#open(route, [], null)
    else {
      const known = connector.addresses.known(route.host)
      if (known !== null) this.#dial(route, known)
      else this.#lookUp(route)
    }
  }

  /** Ends it with this failure, which is reported later. */
  cancel(error: Error): void {
    this.#giveUpLookUp?.()
    if (this.#socket !== null) this.#socket.destroy(error)
    else queueMicrotask(() => this.#fail(error))
  }

  #lookUp(route: Exclude<Route, { path: string }>): void {
    this.#listener.enters('dns')
    this.#giveUpLookUp = this.#connector.addresses.find(route.host, (error, known) => {
      this.#giveUpLookUp = null
      if (known !== null) this.#dial(route, known)
      else this.#fail(error ?? new Error('nothing found'))
    })
  }

  #dial(route: Exclude<Route, { path: string }>, known: Known): void {
    const { localAddresses } = this.#connector.options
    const localAddress =
      localAddresses.length === 0 ? null : localAddresses[this.#user % localAddresses.length]!
    const turn = turnOf(known, this.#user, localAddress === null ? null : ipFamily(localAddress))
    this.#open(route, turn, localAddress, known)
  }

  #open(route: Route, addresses: readonly string[], localAddress: string | null, known?: Known): void {
    const { protocol } = this.#to
    // Answering the proxy over another connection is a part of connecting.
    if (this.#answered === 0) this.#listener.enters('connect')
    if (!('path' in route) && addresses.length === 0) {
      const error = new Error(`${route.host} has no address of the family of ${localAddress ?? 'this host'}`)
      queueMicrotask(() => this.#fail(error))
      return
    }
    const where = 'path' in route ? { path: route.path } : dialling(route, addresses, localAddress)
    const tunnelTo = 'path' in route ? null : route.tunnelTo
    const isTls = protocol === 'https:'
    const way = { ...where, ...this.#reading }
    const plain = { ...way, highWaterMark: READ_AHEAD_BYTES.tcp }
    const socket = isTls && tunnelTo === null ? this.#connector.secure(this.#to, way) : connectTcp(plain)
    this.#use(socket)
    socket.setNoDelay(true).setKeepAlive(true, PROBE_IDLE_MS)
    socket.once('connect', () => {
      if (known !== undefined) known.proven ??= socket.remoteFamily === 'IPv6' ? 6 : 4
      if (tunnelTo !== null)
        this.#tunnel(socket, tunnelTo, () => this.#open(route, addresses, localAddress, known))
      else if (isTls) this.#handshake(socket as TLSSocket)
      else this.#succeed(socket)
    })
  }

  /** `again` makes the connection anew: a proxy may close the one on which it has asked who its user is. */
  #tunnel(socket: Socket, to: string, again: () => void): void {
    const session = this.#connector.proxySession(this.#user)
    const target = { method: 'CONNECT', uri: to, body: () => new Uint8Array() }
    const { authorization } = this.#connector.options.proxy!
    openTunnel(socket, to, session?.answer(target) ?? authorization ?? '', {
      failed: (error) => socket.destroy(error),
      challenged: (challenges, error) => {
        const problem = session === null ? '' : session.challenged(challenges, this.#answered)
        if (problem !== null) {
          socket.destroy(problem === '' ? error : new Error(`${error.message}: ${problem}`))
          return
        }
        this.#answered++
        socket.off('error', this.#fail).on('error', () => undefined)
        socket.destroy()
        if (!this.#isOver) again()
      },
      tunnelled: () => {
        if (this.#isOver) return
        // A fault of the tunnel itself is one of this attempt, and of none after that.
        const secure = this.#connector.secure(this.#to, { socket })
        this.#use(secure)
        this.#handshake(secure)
      },
    })
  }

  #handshake(socket: TLSSocket): void {
    this.#listener.enters('tls')
    socket.once('secureConnect', () => {
      if (this.#connector.options.http2 && socket.alpnProtocol !== 'h2') socket.destroy(new Error(NO_HTTP2))
      else this.#succeed(socket)
    })
  }

  #use(socket: Socket): void {
    this.#socket = socket
    socket.on('error', this.#fail)
  }

  #succeed(socket: Socket): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#socket = null
    this.#listener.connected(socket)
    // The new owner listens.
    socket.off('error', this.#fail)
  }

  readonly #fail = (error: Error & { code?: string }): void => {
    if (this.#isOver) return
    this.#isOver = true
    this.#socket = null
    const isRefusal = error.code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'
    this.#listener.failed(isRefusal && this.#connector.options.http2 ? new Error(NO_HTTP2) : error)
  }
}

/** To one address, or to the one of two families that answers first. */
function dialling(
  { host, port }: { readonly host: string; readonly port: number },
  addresses: readonly string[],
  localAddress: string | null,
): TcpNetConnectOpts {
  const from = localAddress === null ? {} : { localAddress }
  if (addresses.length === 1) return { host: addresses[0]!, port, autoSelectFamily: false, ...from }
  const found = addresses.map((address) => ({ address, family: ipFamily(address)! }))
  return { host, port, autoSelectFamily: true, lookup: (_host, _options, callback) => callback(null, found) }
}
