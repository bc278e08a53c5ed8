/**
 * The cookies of one user, by RFC 6265. The only importer of tough-cookie, which reads Set-Cookie headers and knows the
 * public suffixes; a user that is sent no cookie pays nothing. A header is made once for each request, and again when
 * the cookies have changed.
 */
import { isIP } from 'node:net'
import { Cookie, getPublicSuffix } from 'tough-cookie'
import { MOST_COOKIE_BYTES, type CookieLoss } from '../../core/measure/cookie-counts.ts'
import type { RequestPlan } from '../../core/request/request.ts'
import { bareHost } from '../../core/request/route.ts'
import { isHeaderValue } from '../../core/resolve/request/request-options.ts'
import type { Cookies } from '../call/cookies.ts'
import { CookieStore, type CookieTarget, type StoredCookie } from './cookie-store.ts'

/** A cookie that has expired may be sent for this much longer. */
const KEPT_MS = 1000
/** Headers kept; a task may make up any number of requests. */
const MOST_KEPT = 100
const EXPIRES = /;\s*(expires|max-age)\s*=/i

/** Receives each cookie that is not kept, or no longer kept. */
export type CookieLost = (why: CookieLoss) => void

class Jar implements Cookies {
  readonly #lost: CookieLost
  #store: CookieStore | null = null
  /** The header of each request, until the cookies change or may have expired; made with the store. */
  #headers: Map<RequestPlan, string> | null = null
  #keptUntilMs = 0
  /** What was stored last, if storing it again changes nothing, and what of it was not kept. */
  #last = ''
  #lastLost: readonly CookieLoss[] = []

  constructor(lost: CookieLost) {
    this.#lost = lost
  }

  headerFor(request: RequestPlan): string {
    if (this.#store === null || this.#headers === null) return ''
    const nowMs = Date.now()
    if (nowMs >= this.#keptUntilMs || this.#headers.size >= MOST_KEPT) {
      this.#headers.clear()
      this.#keptUntilMs = nowMs + KEPT_MS
    }
    let header = this.#headers.get(request)
    if (header === undefined) this.#headers.set(request, (header = headerOf(this.#store, request, nowMs)))
    return header
  }

  keep({ url }: RequestPlan, setCookies: readonly string[]): void {
    const all = `${url}\n${setCookies.join('\n')}`
    if (all !== this.#last) this.#keepAll(all, new URL(url), setCookies)
    for (const why of this.#lastLost) this.#lost(why)
  }

  get(name: string, url: string): string | undefined {
    const found = this.#store?.matching(targetOf(new URL(url)), Date.now())
    return found?.find((cookie) => cookie.name === name)?.value
  }

  set(text: string, url: string): void {
    const nowMs = Date.now()
    const cookie = readCookie(text, new URL(url), nowMs)
    if ('problem' in cookie) throw new TypeError(`${cookie.problem}, got "${text.slice(0, 100)}"`)
    this.#put(cookie, nowMs)
  }

  clear(): void {
    if (this.#store === null && this.#last === '') return
    this.#store = this.#headers = null
    this.#last = ''
    this.#lastLost = []
  }

  #keepAll(all: string, url: URL, setCookies: readonly string[]): void {
    const nowMs = Date.now()
    const lost: CookieLoss[] = []
    let evicted = 0
    for (const text of setCookies) {
      const cookie = readCookie(text, url, nowMs)
      if ('problem' in cookie) lost.push(cookie.loss)
      else evicted += this.#put(cookie, nowMs)
    }
    this.#last = evicted > 0 || EXPIRES.test(all) ? '' : all
    this.#lastLost = lost
  }

  /** Stores a cookie; returns how many others had to go. */
  #put(cookie: StoredCookie, nowMs: number): number {
    this.#headers ??= new Map()
    this.#headers.clear()
    this.#last = ''
    this.#store ??= new CookieStore()
    const evicted = this.#store.put(cookie, nowMs)
    for (let n = 0; n < evicted; n++) this.#lost('evicted')
    return evicted
  }
}

/** A request that brings a Cookie header of its own is sent no other. */
function headerOf(store: CookieStore, { url, headers }: RequestPlan, nowMs: number): string {
  if (headers.some(([name]) => name.toLowerCase() === 'cookie')) return ''
  const found = store.matching(targetOf(new URL(url)), nowMs)
  return found.map(({ name, value }) => `${name}=${value}`).join('; ')
}

function targetOf({ protocol, hostname, pathname }: URL): CookieTarget {
  const host = bareHost(hostname)
  // What stays on this machine is as good as TLS, for browsers too.
  const isLocal = host === 'localhost' || host.endsWith('.localhost') || host === '::1' || isLoopback(host)
  return { host, path: pathname, isSecure: protocol === 'https:' || isLocal }
}

const isLoopback = (host: string): boolean => isIP(host) === 4 && host.startsWith('127.')

interface NotKept {
  readonly problem: string
  readonly loss: CookieLoss
}

const refused = (problem: string): NotKept => ({ problem, loss: 'refused' })

/** The cookie that a Set-Cookie header of this URL asks for (RFC 6265, 5.3), or why there is none. */
function readCookie(text: string, url: URL, nowMs: number): StoredCookie | NotKept {
  const cookie = Cookie.parse(text)
  if (cookie === undefined) return refused('a cookie is name=value and attributes')
  const { key: name, value, secure: isSecure } = cookie
  if (!isHeaderValue(`${name}=${value}`)) return refused('a cookie is of printable Latin-1 characters')
  if (name.length + value.length > MOST_COOKIE_BYTES)
    return { problem: `a cookie has at most ${MOST_COOKIE_BYTES} bytes`, loss: 'tooLarge' }
  const host = bareHost(url.hostname)
  const domain = cookie.domain === null ? null : domainFor(bareHost(cookie.domain), host)
  if (domain === undefined) return refused(`a cookie's domain is that of ${host} or one above it`)
  const path = cookie.path ?? defaultPath(url.pathname)
  if (
    (name.startsWith('__Secure-') && !isSecure) ||
    (name.startsWith('__Host-') && !(isSecure && domain === null && cookie.path === '/'))
  )
    return refused('a cookie named __Secure- or __Host- keeps the rules of that name')
  const expiresMs = expiryOf(cookie, nowMs)
  return { name, value, domain: domain ?? host, isHostOnly: domain === null, path, isSecure, expiresMs }
}

/**
 * The domain that a cookie from this host is stored for; `null` if it is for the host alone, `undefined` if it must not
 * be kept. No host may set a cookie for a public suffix, but a host that is one, such as `app` in a container
 * network, may set its own (RFC 6265, 5.3, steps 5 and 6).
 */
function domainFor(domain: string, host: string): string | null | undefined {
  const isPublic = isIP(domain) !== 0 || isPublicSuffix(domain)
  if (domain === host) return isPublic ? null : domain
  return !isPublic && isIP(host) === 0 && host.endsWith(`.${domain}`) ? domain : undefined
}

/** Looking a domain up costs as much as a request. */
const publicSuffixes = new Map<string, boolean>()

function isPublicSuffix(domain: string): boolean {
  let isPublic = publicSuffixes.get(domain)
  if (isPublic === undefined) {
    isPublic = getPublicSuffix(domain, { ignoreError: true }) === undefined
    if (publicSuffixes.size >= MOST_KEPT) publicSuffixes.clear()
    publicSuffixes.set(domain, isPublic)
  }
  return isPublic
}

/** The folder of a path, for a cookie that names none (RFC 6265, 5.1.4). */
const defaultPath = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')))

/** Max-Age counts from when the cookie came, and goes before Expires. */
function expiryOf({ maxAge, expires }: Cookie, nowMs: number): number {
  if (typeof maxAge === 'number') return maxAge <= 0 ? 0 : nowMs + maxAge * 1000
  if (maxAge === '-Infinity') return 0
  return expires instanceof Date ? expires.getTime() : Infinity
}

export const newJar = (lost: CookieLost): Cookies => new Jar(lost)
