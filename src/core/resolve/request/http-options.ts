/** How requests travel: the version of HTTP, the way to the target, certificates, redirects. One shape for every transport. */
import { checkReach, readAllowedHosts, type Reach } from './allowed-hosts.ts'
import { show, type Readers, type Wrong } from '../../options/option-readers.ts'
import type { Options, PlannedOptions } from '../../options/options.ts'
import { basicAuthorization, hasUserinfo } from '../../request/userinfo.ts'
import { bareHost, canonicalHost, ipFamily, type ConnectTo, type Proxy } from '../../request/route.ts'
import { parseHttpUrl } from '../../request/http-url.ts'
import { redactUrlText } from '../../request/redacted-url.ts'
import type { Parsed } from '../../units.ts'

export interface HttpPlan extends Reach, Pick<PlannedOptions, 'http2' | 'maxRedirects' | 'dnsTtlS'> {
  /** In PEM: who is trusted instead of the platform's authorities, and who the users are. */
  readonly ca: string | null
  readonly cert: string | null
  readonly key: string | null
  /** Addresses of this host that users connect from, in turn by their number; empty: the platform's choice. */
  readonly localAddresses: readonly string[]
}

/** HTTP/1.1 straight to the target. */
export const PLAIN_HTTP: HttpPlan = {
  http2: false,
  maxRedirects: 0,
  proxy: null,
  unixSocket: null,
  connectTo: [],
  ca: null,
  cert: null,
  key: null,
  localAddresses: [],
  dnsTtlS: null,
  allowedHosts: null,
}

/** The HTTP options, and every problem of them with each other and with the URL. */
export function resolveHttp(
  options: Options,
  { http2, maxRedirects, dnsTtlS }: PlannedOptions,
  url: URL | null,
  headers: readonly (readonly [string, string])[],
  readers: Readers,
): HttpPlan {
  const { wrong, read } = readers
  const route = {
    proxy: readProxy(options, readers),
    unixSocket: read<string>('unixSocket', readSocketPath),
    connectTo: readEach(options.connectTo, 'connectTo', readConnectTo, readers),
    allowedHosts: readAllowedHosts(options.allowHosts, wrong),
  }
  const localAddresses = readEach(
    typeof options.localAddress === 'string' ? options.localAddress.split(',') : options.localAddress,
    'localAddress',
    readAddress,
    readers,
  )
  const plan: HttpPlan = {
    http2,
    maxRedirects,
    ...route,
    ca: readPem(options, 'ca', readers),
    cert: readPem(options, 'cert', readers),
    key: readPem(options, 'key', readers),
    localAddresses,
    dnsTtlS,
  }
  checkRoute(options, plan, headers, wrong)
  checkTls(options, plan, url, wrong)
  checkLocalAddresses(plan, url, wrong)
  checkReach(route, url, wrong)
  return plan
}

/** Two ways to the target, and what does not go with a way. */
function checkRoute(
  options: Options,
  { http2, proxy }: HttpPlan,
  headers: readonly (readonly [string, string])[],
  wrong: Wrong,
): void {
  const clash = (option: keyof Options, why: string, ...others: (keyof Options)[]): void => {
    for (const other of others)
      if (options[option] !== undefined && options[other] !== undefined)
        wrong(option, `${why} ${OPTION_WORDS[other]}`)
  }
  clash('unixSocket', 'is the way to the target, and so is', 'proxy', 'connectTo')
  clash('proxy', 'is the way to the target, and so is', 'connectTo')
  clash('localAddress', 'is for connections over IP, and does not go with', 'unixSocket')
  clash('dnsTtl', 'has no name to look up with', 'unixSocket')
  if (
    (proxy?.authorization ?? proxy?.digest ?? null) !== null &&
    headers.some(([name]) => name.toLowerCase() === 'proxy-authorization')
  )
    wrong('proxy', 'says who the users are, and so does the proxy-authorization header')
  if (http2 && proxy !== null) wrong('http2', 'does not go through a proxy')
}

function checkTls(options: Options, { maxRedirects }: HttpPlan, url: URL | null, wrong: Wrong): void {
  const given = (option: keyof Options): boolean => options[option] !== undefined
  if (given('cert') !== given('key'))
    wrong(
      given('cert') ? 'cert' : 'key',
      `needs ${given('cert') ? 'the key' : 'the certificate'} that belongs to it`,
    )
  if (given('ca') && options.insecure === true)
    wrong('ca', 'sets who is trusted, and with insecure everyone is')
  // A redirect may lead from http to https.
  if (url?.protocol === 'http:' && maxRedirects === 0)
    for (const option of ['ca', 'cert', 'key', 'insecure'] as const)
      if (given(option) && options[option] !== false)
        wrong(option, 'is about TLS certificates, but the URL is plain http')
}

function checkLocalAddresses(
  { localAddresses, proxy, connectTo }: HttpPlan,
  url: URL | null,
  wrong: Wrong,
): void {
  const families = new Set(localAddresses.map(ipFamily))
  if (families.size > 1) wrong('localAddress', 'must be addresses of one family, IPv4 or IPv6')
  const toFamily =
    url === null || proxy !== null || connectTo.length > 0 ? null : ipFamily(bareHost(url.hostname))
  if (families.size === 1 && toFamily !== null && !families.has(toFamily))
    wrong('localAddress', `must be of the family of the host, IPv${toFamily}`)
}

/** What a clash calls the other option. */
const OPTION_WORDS: Readonly<Partial<Record<keyof Options, string>>> = {
  proxy: 'the proxy',
  connectTo: 'connect-to',
  unixSocket: 'a Unix socket',
}

function readProxy({ proxy: raw }: Options, { wrong, value }: Readers): Proxy | null {
  const asksDigest = value('proxyDigest')
  if (raw === undefined)
    return asksDigest === true ? wrong('proxyDigest', 'is about a proxy, and there is none') : null
  const written = typeof (raw as unknown) === 'string' ? raw.trim() : ''
  const bad = (rule: string): null => wrong('proxy', `${rule}, got ${show(redactUrlText(written))}`)
  const href = written.includes('://') ? written : `http://${written}`
  const url = parseHttpUrl(href)
  // The parser leaves out the port 80.
  const port = /:(\d+)\/?$/.exec(written)?.[1]
  if (url?.protocol !== 'http:' || url.pathname + url.search + url.hash !== '/' || port === undefined)
    return bad('must be the http URL of a proxy with its port, such as http://proxy:3128')
  const authorization = hasUserinfo(url) ? basicAuthorization(url) : null
  if (authorization === undefined)
    return bad('must have a user and password that are percent-encoded properly')
  const at = { host: bareHost(url.hostname), port: Number(port) }
  if (asksDigest !== true) return { ...at, authorization, digest: null }
  if (authorization === null) return wrong('proxyDigest', 'needs a user and password in the URL of the proxy')
  const digest = { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  return { ...at, authorization: null, digest }
}

function readSocketPath(text: string | number): Parsed<string> {
  const path = String(text)
  // sun_path has 108 bytes on Linux, 104 elsewhere; more is cut off in silence.
  return path === '' || path.includes('\0') || new TextEncoder().encode(path).length > 103
    ? { problem: 'must be the path of a socket, of at most 103 bytes' }
    : { value: path }
}

function readConnectTo(text: string): Parsed<ConnectTo> {
  const match = /^(\[[^\]]*\]|[^:[\]]*):(\d*):(\[[^\]]*\]|[^:[\]]*):(\d*)$/.exec(text.trim())
  const ports = match === null ? [] : [match[2]!, match[4]!].filter((port) => port !== '').map(Number)
  if (match === null || ports.some((port) => port < 1 || port > 65_535))
    return { problem: 'must be HOST:PORT:ADDR:PORT, each of which may be empty' }
  const [, from = '', fromPort = '', to = '', toPort = ''] = match
  const port = (digits: string): number | null => (digits === '' ? null : Number(digits))
  const host = from === '' ? null : canonicalHost(bareHost(from))
  // An address may have a zone, as in fe80::1%eth0.
  const toBare = bareHost(to).toLowerCase()
  const toHost = to === '' ? null : ipFamily(toBare) === null ? canonicalHost(toBare) : toBare
  if ((host === null && from !== '') || (toHost === null && to !== ''))
    return { problem: 'must be HOST:PORT:ADDR:PORT with names or addresses of hosts' }
  return { value: { host, port: port(fromPort), toHost, toPort: port(toPort) } }
}

function readAddress(text: string): Parsed<string> {
  const address = text.trim()
  return ipFamily(address) === null
    ? { problem: 'must be IP addresses of this host, such as 127.0.0.1,127.0.0.2' }
    : { value: address }
}

/** A list of texts, each parsed by itself; a problem quotes the text. */
function readEach<T>(
  raw: string | readonly string[] | undefined,
  option: keyof Options,
  parse: (text: string) => Parsed<T>,
  { wrong }: Readers,
): T[] {
  if (raw === undefined) return []
  const values: T[] = []
  for (const [at, text] of (typeof raw === 'string' ? [raw] : (raw as readonly unknown[])).entries()) {
    const parsed = typeof text === 'string' ? parse(text) : { problem: 'must be texts' }
    if ('problem' in parsed) wrong(option, `${parsed.problem}, got ${show(text)}`, at)
    else values.push(parsed.value)
  }
  return values
}

/** What is in a certificate or a key is never quoted. */
function readPem(options: Options, option: 'ca' | 'cert' | 'key', { wrong }: Readers): string | null {
  const raw: unknown = options[option]
  if (raw === undefined) return null
  const text =
    typeof raw === 'string' ? raw : raw instanceof Uint8Array ? new TextDecoder().decode(raw) : null
  if (text?.includes('-----BEGIN ') === true) return text
  return wrong(
    option,
    `must be in PEM: "-----BEGIN ${option === 'key' ? 'PRIVATE KEY' : 'CERTIFICATE'}-----" and so on`,
  )
}
