/** Addresses of NATS servers as users write them, and how safe the way to them is. */
import { bareHost, canonicalHost, hostPort } from '../request/route.ts'
import { parseUrl } from '../request/parsed-url.ts'
import type { Parsed } from '../units.ts'

export interface ServerUrl {
  readonly host: string
  readonly port: number
  /** Whether the connection must be encrypted: `tls://`. */
  readonly isTls: boolean
  /** From `TOKEN@` or `USER:PASSWORD@`; `null` for none. */
  readonly token: string | null
  readonly user: string | null
  readonly password: string | null
}

/** The way to a server: encrypted, within this host, or readable by whoever is between. */
export type Link = 'tls' | 'loopback' | 'plain'

const RULE = 'must be the URL of a NATS server such as nats://host:4222 or tls://host:4222'
const DEFAULT_PORT = 4222

/** Reads `nats://HOST[:PORT]`, `tls://…` or `HOST[:PORT]`, each with `TOKEN@` or `USER:PASSWORD@` before the host. */
export function parseServerUrl(text: string): Parsed<ServerUrl> {
  const [, scheme = 'nats', rest] = /^(?:([a-z]+):\/\/)?([^/\s]+)\/?$/i.exec(text.trim()) ?? []
  const isTls = scheme.toLowerCase() === 'tls'
  if (rest === undefined || (!isTls && scheme.toLowerCase() !== 'nats')) return { problem: RULE }
  // A scheme that URLs know, so that host and port are read as those of any URL.
  const url = parseUrl(`https://${rest}`)
  if (url === null || url.hostname === '' || url.search !== '' || url.hash !== '') return { problem: RULE }
  const decoded = [url.username, url.password].map(decodedOf)
  const [name, password] = decoded
  if (name === null || password === null) return { problem: RULE }
  // URLs drop the port that is their scheme's own.
  const port = url.port !== '' ? Number(url.port) : /:443$/.test(rest) ? 443 : DEFAULT_PORT
  if (port === 0) return { problem: RULE }
  const isUser = url.password !== ''
  return {
    value: {
      host: bareHost(url.hostname),
      port,
      isTls,
      token: isUser || name === '' ? null : name!,
      user: isUser ? name! : null,
      password: isUser ? password! : null,
    },
  }
}

function decodedOf(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

/** The address without what gives access. */
export const printServerUrl = ({ host, port, isTls }: ServerUrl): string =>
  `${isTls ? 'tls' : 'nats'}://${hostPort(host, port)}`

/** Whether a host is this one, whatever its name resolves to elsewhere. */
function isLoopback(host: string): boolean {
  const name = canonicalHost(host)
  return name !== null && (name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name))
}

/**
 * How safe the way to these servers is. Encryption counts only if it is demanded, by `tls://` of any of them or by an
 * authority of one's own (`hasAuthority`): a mere offer of it can be taken out by whoever is between.
 */
export function linkOf(servers: readonly ServerUrl[], hasAuthority: boolean): Link {
  if (hasAuthority || servers.some(({ isTls }) => isTls)) return 'tls'
  return servers.every(({ host }) => isLoopback(host)) ? 'loopback' : 'plain'
}
