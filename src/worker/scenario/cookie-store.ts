/**
 * The cookies of one user as RFC 6265 stores them (5.3) and sends them (5.4). Bounded by the limits of its section 6.1,
 * so that a server that sends ever new names cannot fill the memory, nor the requests to come.
 */
import { isIP } from 'node:net'
import { MOST_COOKIES, MOST_OF_A_DOMAIN } from '../../core/measure/cookie-counts.ts'

export interface StoredCookie {
  readonly name: string
  readonly value: string
  /** The host, or a domain above it. */
  readonly domain: string
  /** Whether it is sent to that host alone, not to hosts below it. */
  readonly isHostOnly: boolean
  readonly path: string
  readonly isSecure: boolean
  /** In ms of wall time; Infinity for a cookie of the session. */
  readonly expiresMs: number
}

/** Where a request goes. */
export interface CookieTarget {
  readonly host: string
  readonly path: string
  /** Over TLS, or to this very machine. */
  readonly isSecure: boolean
}

interface Entry extends StoredCookie {
  /** Counts up with each cookie that is stored for the first time. */
  readonly created: number
  /** Counts up with each cookie that is used. */
  used: number
}

export class CookieStore {
  readonly #domains = new Map<string, Entry[]>()
  #size = 0
  #count = 0

  /**
   * Stores a cookie in place of one with the same name, domain and path; one that has expired takes that away. Returns
   * how many others had to go because there were too many.
   */
  put(cookie: StoredCookie, nowMs: number): number {
    const entries = this.#domains.get(cookie.domain) ?? []
    const at = entries.findIndex(({ name, path }) => name === cookie.name && path === cookie.path)
    const created = at < 0 ? this.#count++ : entries[at]!.created
    if (at >= 0) this.#take(entries, at)
    if (cookie.expiresMs <= nowMs) return 0
    this.#domains.set(cookie.domain, entries)
    entries.push({ ...cookie, created, used: this.#count++ })
    this.#size++
    if (entries.length > MOST_OF_A_DOMAIN) return this.#evict([entries], MOST_OF_A_DOMAIN, nowMs)
    return this.#size > MOST_COOKIES ? this.#evict([...this.#domains.values()], MOST_COOKIES, nowMs) : 0
  }

  /** The cookies that go with a request, in the order in which they are sent: longer paths first, then older ones. */
  matching(to: CookieTarget, nowMs: number): readonly StoredCookie[] {
    const found: Entry[] = []
    for (const domain of domainsOf(to.host))
      for (const entry of this.#domains.get(domain) ?? [])
        if (
          entry.expiresMs > nowMs &&
          (!entry.isHostOnly || domain === to.host) &&
          (!entry.isSecure || to.isSecure) &&
          matchesPath(to.path, entry.path)
        ) {
          entry.used = this.#count++
          found.push(entry)
        }
    return found.sort((a, b) => b.path.length - a.path.length || a.created - b.created)
  }

  /** Takes out the expired ones, then the least recently used, until there are at most `most`; returns how many of the latter. */
  #evict(lists: readonly Entry[][], most: number, nowMs: number): number {
    let size = 0
    for (const entries of lists) {
      for (let at = entries.length - 1; at >= 0; at--)
        if (entries[at]!.expiresMs <= nowMs) this.#take(entries, at)
      size += entries.length
    }
    let evicted = 0
    for (; size - evicted > most; evicted++) {
      const oldest = leastRecentlyUsed(lists)
      const list = lists.find((entries) => entries.includes(oldest))!
      this.#take(list, list.indexOf(oldest))
    }
    return evicted
  }

  #take(entries: Entry[], at: number): void {
    const [{ domain }] = entries.splice(at, 1) as [Entry]
    this.#size--
    if (entries.length === 0) this.#domains.delete(domain)
  }
}

const leastRecentlyUsed = (lists: readonly (readonly Entry[])[]): Entry =>
  lists.flat().reduce((oldest, entry) => (entry.used < oldest.used ? entry : oldest))

/** The host, and the domains above it; an address has none above it. */
function* domainsOf(host: string): Iterable<string> {
  yield host
  if (isIP(host) !== 0) return
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) yield host.slice(dot + 1)
}

/** RFC 6265 5.1.4. */
const matchesPath = (path: string, of: string): boolean =>
  path.startsWith(of) && (path.length === of.length || of.endsWith('/') || path[of.length] === '/')
