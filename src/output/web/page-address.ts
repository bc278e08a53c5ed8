/** Where a page is served, and a server there that delays neither a run nor the exit of the process. */
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { isIP, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { AllowedHost } from '../../core/resolve/request/allowed-hosts.ts'

export const LOOPBACK = '127.0.0.1'
const LONGEST_REQUEST_MS = 10_000

/** Where a page is served, and what a visitor needs. */
export interface PageAddress {
  /** 0 for any free port. */
  readonly port: number
  /** An address or a name of this host. */
  readonly host: string
  /** The token that the user set; `null` for none. */
  readonly token: string | null
  /** Further names under which the page may be opened. */
  readonly allowHosts: readonly AllowedHost[]
  /** Certificate and key in PEM; `null` for plain http. */
  readonly tls: { readonly cert: string; readonly key: string } | null
}

/** The address of a page that only this host can open. */
export const onLoopback = (port: number): PageAddress => ({
  port,
  host: LOOPBACK,
  token: null,
  allowHosts: [],
  tls: null,
})

/** Listens at an address; rejects on failure. */
export async function listenAt({ port, host, tls }: PageAddress, mostConnections: number): Promise<Server> {
  const limits = { requestTimeout: LONGEST_REQUEST_MS, connectionsCheckingInterval: 1000 }
  const server =
    tls === null
      ? createServer(limits)
      : createTlsServer({ ...limits, ...tls, handshakeTimeout: LONGEST_REQUEST_MS })
  server.maxConnections = mostConnections
  for (const event of ['connection', 'secureConnection'])
    server.on(event, (socket: { unref(): void }) => socket.unref())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  // If a connection cannot be accepted, the client must try again.
  server.on('error', () => undefined)
  server.unref()
  return server
}

/** The address and the port that a server listens on. */
export const boundTo = (server: Server): AddressInfo => server.address() as AddressInfo

/** Whether only this host can connect to a server. */
export const isOnLoopback = (server: Server): boolean => isLoopback(boundTo(server).address)

const isLoopback = (address: string): boolean => /^(?:::ffff:)?127\.|^::1$/.test(address)

/** The origin under which a server can be opened: of all addresses of this host, one that others reach. */
export function originOf(server: Server, { tls }: PageAddress): string {
  const { address, port } = boundTo(server)
  const host = ['0.0.0.0', '::'].includes(address) ? reachable() : address
  const scheme = tls === null ? 'http' : 'https'
  // Without the port that browsers leave out.
  return new URL(`${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`).origin
}

/** An IPv4 address of this host that others reach; that of loopback if there is none. */
function reachable(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const found = all.find(({ family, address }) => family === 'IPv4' && !isLoopback(address))
  return found?.address ?? LOOPBACK
}
