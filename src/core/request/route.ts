/** Where the connection for a URL really goes: to its host, to another one in its place, to a proxy, to a Unix socket. */
import { parseUrl } from './parsed-url.ts'
import type { DigestCredentials } from './digest.ts'

/** `HOST:PORT:ADDR:PORT`: connections for the first pair go to the second; null stands for any, or for what it was. */
export interface ConnectTo {
  readonly host: string | null
  readonly port: number | null
  readonly toHost: string | null
  readonly toPort: number | null
}

export interface Proxy {
  readonly host: string
  readonly port: number
  /** The value of `proxy-authorization`; `null` without credentials. */
  readonly authorization: string | null
  /** Credentials of the users if the proxy asks for digest authentication; `null` if none. */
  readonly digest: DigestCredentials | null
}

/** What of a plan decides where connections go. */
export interface Routing {
  readonly proxy: Proxy | null
  readonly unixSocket: string | null
  readonly connectTo: readonly ConnectTo[]
}

export type Route =
  | { readonly path: string }
  | {
      readonly host: string
      readonly port: number
      /** `HOST:PORT` to have the proxy connect to; `null` if nothing has to be asked for. */
      readonly tunnelTo: string | null
    }

/** Plain http goes through a proxy as it is, request by request; https needs a tunnel. */
export function routeOf(
  { proxy, unixSocket, connectTo }: Routing,
  protocol: string,
  host: string,
  port: number,
): Route {
  if (unixSocket !== null) return { path: unixSocket }
  if (proxy !== null)
    return {
      host: proxy.host,
      port: proxy.port,
      tunnelTo: protocol === 'https:' ? hostPort(host, port) : null,
    }
  const other = connectTo.find((pair) => isFor(pair, host, port))
  return { host: other?.toHost ?? host, port: other?.toPort ?? port, tunnelTo: null }
}

/** Whether connections for this host, as the URL parser writes it, go to the pair's other one. */
const isFor = (pair: ConnectTo, host: string, port: number): boolean =>
  (pair.host === null || pair.host === host.replace(/\.$/, '')) && (pair.port === null || pair.port === port)

/** The pairs that no connection for these URLs would ever take, by their places. */
export function unusedPairs(connectTo: readonly ConnectTo[], urls: readonly URL[]): number[] {
  const used = new Set(
    urls.map((url) => connectTo.findIndex((pair) => isFor(pair, bareHost(url.hostname), portOf(url)))),
  )
  return [...connectTo.keys()].filter((at) => !used.has(at))
}

/** One name for a host, however it is written: in lower case, in ASCII, without a dot at its end; `null` if it is none. */
export function canonicalHost(host: string): string | null {
  const url = parseUrl(`http://${host.includes(':') ? `[${host.replace(/%.*$/, '')}]` : host}/`)
  return url === null ? null : bareHost(url.hostname).replace(/\.$/, '')
}

/** `HOST:PORT`, with the brackets of IPv6; without a port where it is null. */
export const hostPort = (host: string, port: number | string | null): string =>
  `${host.includes(':') ? `[${host}]` : host}${port === null ? '' : `:${port}`}`

/** The host of a URL as a socket wants it: without the brackets of IPv6. */
export const bareHost = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

export const portOf = ({ port, protocol }: { readonly port: string; readonly protocol: string }): number =>
  Number(port || (protocol === 'https:' ? 443 : 80))

/** 4 or 6; `null` for a name. */
export function ipFamily(host: string): 4 | 6 | null {
  if (/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(host)) return 4
  return host.includes(':') && parseUrl(`http://[${host.replace(/%.*$/, '')}]/`) !== null ? 6 : null
}
