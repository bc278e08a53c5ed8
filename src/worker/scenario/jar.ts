/**
 * The cookies of one user, by RFC 6265. The only importer of tough-cookie, whose jar is made with the first cookie: a
 * user that is sent none pays nothing. Asking the jar costs as much as half a request, so what it said is kept.
 */
import { Cookie, CookieJar } from 'tough-cookie'
import type { RequestPlan } from '../../core/request/request.ts'
import type { Cookies } from '../cookies.ts'

/** Cookies that have expired may go out this much longer. */
const KEPT_MS = 1000
/** Headers kept; a task may make up any number of requests. */
const MOST_KEPT = 100
const EXPIRES = /;\s*(expires|max-age)\s*=/i

class Jar implements Cookies {
  #jar: CookieJar | null = null
  /** What goes with each request, until the cookies change or may have expired; made with the jar. */
  #headers: Map<RequestPlan, string> | null = null
  #keptUntilMs = 0
  /** What was taken in last, if taking it in once more changes nothing. */
  #last = ''

  headerFor(request: RequestPlan): string {
    if (this.#jar === null || this.#headers === null) return ''
    const nowMs = Date.now()
    if (nowMs >= this.#keptUntilMs || this.#headers.size >= MOST_KEPT) {
      this.#headers.clear()
      this.#keptUntilMs = nowMs + KEPT_MS
    }
    let header = this.#headers.get(request)
    if (header === undefined) this.#headers.set(request, (header = this.#read(this.#jar, request)))
    return header
  }

  keep({ url }: RequestPlan, setCookies: readonly string[]): void {
    const all = `${url}\n${setCookies.join('\n')}`
    if (all === this.#last) return
    for (const text of setCookies) {
      const cookie = parse(text)
      if (cookie !== null) this.#changing().setCookieSync(cookie, url, { ignoreError: true })
    }
    if (!EXPIRES.test(all)) this.#last = all
  }

  get(name: string, url: string): string | undefined {
    return this.#jar?.getCookiesSync(url).find(({ key }) => key === name)?.value
  }

  set(text: string, url: string): void {
    const cookie = parse(text)
    if (cookie === null) throw new TypeError(`a cookie is name=value and attributes, got "${text}"`)
    this.#changing().setCookieSync(cookie, url)
  }

  clear(): void {
    if (this.#jar === null) return
    this.#jar = this.#headers = null
    this.#last = ''
  }

  #read(jar: CookieJar, { url, headers }: RequestPlan): string {
    // A request that brings its own says all about them.
    return headers.some(([name]) => name.toLowerCase() === 'cookie') ? '' : jar.getCookieStringSync(url)
  }

  /** The jar, which will not be what it was. */
  #changing(): CookieJar {
    this.#headers ??= new Map()
    this.#headers.clear()
    this.#last = ''
    return (this.#jar ??= new CookieJar())
  }
}

/**
 * The cookie, or null where it is none. The library counts Max-Age from when the cookie was last read, so that one in use
 * would never expire; it is the instant meant here that it is given.
 */
function parse(text: string): Cookie | null {
  const cookie = Cookie.parse(text)
  if (cookie === undefined) return null
  const { maxAge } = cookie
  if (typeof maxAge === 'number') {
    cookie.expires = new Date(maxAge <= 0 ? 0 : Date.now() + maxAge * 1000)
    cookie.maxAge = null
  }
  return cookie
}

export const newJar = (): Cookies => new Jar()
