/** The hosts that requests may go to, if the user restricts them: no load on a server by mistake. */
import { show, type Wrong } from '../../options/option-readers.ts'
import type { Options } from '../../options/options.ts'
import {
  bareHost,
  canonicalHost,
  hostPort,
  ipFamily,
  portOf,
  routeOf,
  type Routing,
} from '../../request/route.ts'
import { redactUrlText } from '../../request/redacted-url.ts'
import { nearest } from '../../suggest.ts'
import type { Parsed } from '../../units.ts'

/** `api.test`, `api.test:8443`, `*.api.test`. */
export interface AllowedHost {
  /** As URLs have it: in lower case, without brackets and without the dot at its end. */
  readonly host: string
  /** What is below it, at any depth, and not the host itself. */
  readonly isDomain: boolean
  /** `null` for any. */
  readonly port: number | null
}

/** What of a plan decides which hosts it can hit. */
export interface Reach extends Routing {
  /** `null` for all. */
  readonly allowedHosts: readonly AllowedHost[] | null
}

const SHAPE = 'must be hosts such as api.test, api.test:8443, *.api.test or [::1]'
/** A list in a message is no longer than this. */
const MOST_TOLD = 10

/** The hosts among the options; `null` if none are given, which allows all; an empty list would allow none. */
export function readAllowedHosts(raw: Options['allowHosts'], wrong: Wrong): readonly AllowedHost[] | null {
  if (raw === undefined) return null
  const texts: readonly unknown[] = [raw].flat()
  if (texts.length === 0) return wrong('allowHosts', 'must name at least one host')
  const hosts: AllowedHost[] = []
  let isWhole = true
  for (const [at, text] of texts.entries())
    for (const word of typeof text === 'string' ? text.split(',') : [text]) {
      const parsed = typeof word === 'string' ? parseAllowedHost(word.trim()) : { problem: 'must be texts' }
      if ('value' in parsed) hosts.push(parsed.value)
      else {
        const got = show(typeof word === 'string' ? redactUrlText(word) : word)
        wrong('allowHosts', `${parsed.problem}, got ${got}`, at)
        isWhole = false
      }
    }
  // By half a list nothing can be judged.
  return isWhole ? hosts : null
}

/** Reads a host, with a port or `*.` before it. */
export function parseAllowedHost(text: string): Parsed<AllowedHost> {
  const isBareIpv6 = ipFamily(text) === 6
  const [, star, written = '', digits] = isBareIpv6
    ? [text, undefined, text]
    : (/^(\*\.)?(\[[^\]]+\]|[^:/?#@\\\s[\]*]+)(?::(\d{1,5}))?$/.exec(text) ?? [])
  const host = canonicalHost(bareHost(written))
  const port = digits === undefined ? null : Number(digits)
  const isDomain = star !== undefined
  if (host === null || port === 0 || (port !== null && port > 65_535))
    return { problem: /^https?:\/\//i.test(text) ? `${SHAPE}, and no URLs` : SHAPE }
  return isDomain && ipFamily(host) !== null
    ? { problem: 'must be names behind *., for an address has nothing below it' }
    : { value: { host, isDomain, port } }
}

export const printAllowedHost = ({ host, isDomain, port }: AllowedHost): string =>
  `${isDomain ? '*.' : ''}${hostPort(host, port)}`

/** Whether a host is in the list; `port` is `null` if any may be meant. */
export function isAllowed(allowed: readonly AllowedHost[], host: string, port: number | null): boolean {
  const name = canonicalHost(host)
  return (
    name !== null &&
    allowed.some(
      (one) =>
        (one.isDomain ? name.endsWith(`.${one.host}`) : name === one.host) &&
        (one.port === null || port === null || one.port === port),
    )
  )
}

/** `HOST:PORT` that a request to this URL would hit and must not: its own, or where its connection goes; `null` for none. */
export function forbiddenHost(reach: Reach, url: URL): string | null {
  const { allowedHosts } = reach
  if (allowedHosts === null) return null
  const own = { host: bareHost(url.hostname), port: portOf(url) }
  const route = routeOf(reach, url.protocol, own.host, own.port)
  const forbidden = ('path' in route ? [own] : [own, route]).find(
    ({ host, port }) => !isAllowed(allowedHosts, host, port),
  )
  return forbidden === undefined ? null : hostPort(forbidden.host, forbidden.port)
}

/** Why an option cannot be: where it leads, and where it may. */
export function forbids(allowed: readonly AllowedHost[], to: string): string {
  const told = allowed.slice(0, MOST_TOLD).map(printAllowedHost)
  const more = allowed.length > MOST_TOLD ? ` and ${allowed.length - MOST_TOLD} more` : ''
  const host = to.replace(/:\d+$/, '')
  const near = nearest(
    host,
    allowed.map((one) => one.host),
  )
  const hint = near === null || near === host ? '' : `; did you mean ${near}?`
  return `goes to ${to}, which is not allowed; allowed ${allowed.length === 1 ? 'is' : 'are'} ${told.join(', ')}${more}${hint}`
}

/** Notes every option that leads to a host that is not allowed. */
export function checkReach(reach: Reach, url: URL | null, wrong: Wrong): void {
  const { allowedHosts, proxy, connectTo } = reach
  if (allowedHosts === null) return
  const check = (option: keyof Options, host: string, port: number | null, at?: number): boolean => {
    const isFine = isAllowed(allowedHosts, host, port)
    if (!isFine) wrong(option, forbids(allowedHosts, hostPort(host, port)), at)
    return isFine
  }
  const checks = [
    url === null || check('url', bareHost(url.hostname), portOf(url)),
    proxy === null || check('proxy', proxy.host, proxy.port),
    ...connectTo.map(
      ({ port, toHost, toPort }, at) => toHost === null || check('connectTo', toHost, toPort ?? port, at),
    ),
  ]
  // A pair can also lead to another port of a host that is allowed.
  const to = url === null || checks.includes(false) ? null : forbiddenHost(reach, url)
  if (to !== null) wrong('connectTo', forbids(allowedHosts, to))
}
