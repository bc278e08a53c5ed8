/** The options of curl that say how it connects, as flags of corerush. */
import { MOST_REDIRECTS } from '../../core/options/limits.ts'
import type { CurlStep } from './curl-arguments.ts'
import type { CurlEffect } from './curl-options.ts'

/** Flags of corerush and their values; `null` for a switch. */
export type Connection = readonly (readonly [flag: string, value: string | null])[]

/** The port of a proxy that names none. */
const PROXY_PORT = '1080'

/** curl follows this many redirects with -L. */
const USUAL_REDIRECTS = '50'

/** `refuse` throws. */
export function connectionOf(
  steps: readonly CurlStep[],
  url: string,
  closes: boolean,
  refuse: (problem: string) => never,
): {
  readonly plain: Connection
  /** With the user and password of `-u`. */
  readonly authorized: (auth: string) => Connection
  readonly notes: readonly string[]
} {
  const flags: [string, string | null][] = []
  const notes: string[] = []
  const all = (effect: CurlEffect): string[] =>
    steps.filter((step) => step.effect === effect).map(({ value }) => value)
  const last = (effect: CurlEffect): string | null => all(effect).at(-1) ?? null
  const has = (effect: CurlEffect): boolean => {
    const found = steps.filter((step) => step.effect === effect).at(-1)
    return found !== undefined && !found.isOff
  }
  const isTls = /^https:/i.test(url)
  const version = steps.findLast(
    ({ effect }) => effect === 'http2' || effect === 'http2Prior' || effect === 'http1',
  )
  if (version?.effect === 'http2Prior' || (version?.effect === 'http2' && isTls)) flags.push(['http2', null])
  else if (version?.effect === 'http2')
    notes.push('--http2 without TLS: curl offers an upgrade, and the request is sent by HTTP/1.1')
  const redirects = last('maxRedirects') ?? USUAL_REDIRECTS
  if (has('location')) flags.push(['max-redirects', redirects === '-1' ? String(MOST_REDIRECTS) : redirects])
  if (has('insecure')) {
    if (isTls || has('location')) flags.push(['insecure', null])
    else notes.push('-k: the URL has no TLS')
  }
  const proxy = last('proxy')
  if (proxy !== null && proxy !== '') flags.push(['proxy', proxyUrl(proxy, last('proxyUser'), refuse)])
  if (has('proxyDigest')) flags.push(['proxy-digest', null])
  for (const text of all('resolve')) flags.push(...resolved(text, notes, refuse))
  for (const text of all('connectTo')) flags.push(['connect-to', text])
  flags.push(...tlsFlags(last, refuse), ...timeFlags(last), ...addressFlags(last, refuse))
  if (closes) flags.push(['no-keepalive', null])
  const authFlag = has('digest') ? 'auth-digest' : 'auth'
  return { plain: flags, authorized: (auth) => [...flags, [authFlag, auth]], notes }
}

type Last = (effect: CurlEffect) => string | null
type Flags = [flag: string, value: string | null][]

function tlsFlags(last: Last, refuse: (problem: string) => never): Flags {
  const flags: Flags = []
  const cert = last('cert')
  if (cert !== null) {
    if (/:[^/\\:]+$/.test(cert) && !/^[a-z]:/i.test(cert))
      refuse('the certificate has a pass phrase, which corerush does not take')
    // One file can hold both.
    flags.push(['cert', cert], ['key', last('key') ?? cert])
  }
  for (const [effect, flag] of [
    ['ca', 'ca'],
    ['unixSocket', 'unix-socket'],
  ] as const) {
    const value = last(effect)
    if (value !== null) flags.push([flag, value])
  }
  return flags
}

function timeFlags(last: Last): Flags {
  const flags: Flags = []
  for (const [effect, flag] of [
    ['maxTime', 'timeout'],
    ['connectTimeout', 'connect-timeout'],
  ] as const) {
    const value = last(effect)
    if (value !== null && Number(value) !== 0) flags.push([flag, `${value}s`])
  }
  return flags
}

function addressFlags(last: Last, refuse: (problem: string) => never): Flags {
  const flags: Flags = []
  const address = last('interface')
  if (address !== null) {
    const plain = address.replace(/^host!/, '')
    if (!/^[\d.]+$|^[\da-f]*:[\da-f:]*$/i.test(plain))
      refuse(`curl's --interface ${address}: write its address`)
    flags.push(['local-address', plain])
  }
  return flags
}

function proxyUrl(text: string, user: string | null, refuse: (problem: string) => never): string {
  const [, scheme = 'http', rest = ''] = /^(?:([a-z\d]+):\/\/)?(.*)$/is.exec(text) ?? []
  if (scheme.toLowerCase() !== 'http') refuse(`curl's -x ${scheme}: corerush connects to http proxies`)
  const host = rest.replace(/\/.*$/s, '')
  const withPort = /:\d+$/.test(host) ? host : `${host}:${PROXY_PORT}`
  if (user === null || withPort.includes('@')) return `http://${withPort}`
  const [name = '', ...password] = user.split(':')
  return `http://${encodeURIComponent(name)}:${encodeURIComponent(password.join(':'))}@${withPort}`
}

/** `[+]HOST:PORT:ADDRESS[,ADDRESS]…`; `-HOST:PORT` removes one. */
function resolved(text: string, notes: string[], refuse: (problem: string) => never): [string, string][] {
  if (text.startsWith('-')) return []
  const match = /^\+?(\*|\[[^\]]*\]|[^:]*):(\d+):(.+)$/s.exec(text)
  if (match === null) return refuse(`curl's --resolve ${text} must be HOST:PORT:ADDRESS`)
  const [, host, port, addresses] = match
  const [first = '', ...more] = addresses!.split(',')
  if (more.length > 0) notes.push(`--resolve ${text}: only its first address`)
  const address = first.includes(':') && !first.startsWith('[') ? `[${first}]` : first
  return [['connect-to', `${host === '*' ? '' : host!}:${port!}:${address}:${port!}`]]
}
