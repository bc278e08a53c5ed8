/**
 * Who a user says it is, where servers or proxies ask for it (RFC 7616). A challenge is remembered for the life of the
 * user, so that its next requests carry an answer at once.
 */
import type { DigestCredentials } from '../../core/request/digest.ts'
import type { Headers, RequestPlan } from '../../core/request/request.ts'
import type { Proxy } from '../../core/request/route.ts'
import { DigestSession, type DigestTarget } from '../transport/digest-session.ts'
import { bytesOf, NO_HEADERS, type Exchange } from '../transport/transport.ts'

const NO_BODY = new Uint8Array()

/** What a request is to its server, and to a proxy on its way. */
interface Asked {
  readonly server: { readonly session: DigestSession; readonly target: DigestTarget } | null
  readonly proxy: DigestTarget | null
}

/** The credentials of one user, shared by its calls. */
export class Credentials {
  readonly #proxyCredentials: DigestCredentials | null
  #proxy: DigestSession | null = null
  /** By origin and name; made when the first is needed, as most users need none. */
  #servers: Map<string, DigestSession> | null = null
  #asked: WeakMap<RequestPlan, Asked> | null = null

  constructor(proxy: Proxy | null) {
    this.#proxyCredentials = proxy?.digest ?? null
  }

  /** Whether a challenge to this request could be answered. */
  knows({ digest }: RequestPlan): boolean {
    return digest !== null || this.#proxyCredentials !== null
  }

  /** The headers that answer for a request what its server and a proxy have asked before. */
  headersFor(request: RequestPlan): Headers {
    const { server, proxy } = this.#askedOf(request)
    const ofServer = server?.session.answer(server.target) ?? ''
    const ofProxy = proxy === null ? '' : (this.#proxy?.answer(proxy) ?? '')
    if (ofServer === '' && ofProxy === '') return NO_HEADERS
    return [
      ...(ofServer === '' ? [] : [['authorization', ofServer] as const]),
      ...(ofProxy === '' ? [] : [['proxy-authorization', ofProxy] as const]),
    ]
  }

  /** Takes the headers of a response. Returns whether it is a challenge that the same request can answer now, or why not. */
  take(
    { request, status, userHeaders }: Exchange,
    answered: number,
  ): { readonly problem: string | null } | null {
    const { server, proxy } = this.#askedOf(request!.plan)
    const of = (header: string): string[] =>
      userHeaders.filter(([name]) => name === header).map(([, value]) => value)
    for (const info of of('authentication-info')) server?.session.informed(info)
    for (const info of of('proxy-authentication-info')) this.#proxy?.informed(info)
    if (status === 401 && server !== null)
      return { problem: server.session.challenged(of('www-authenticate'), answered) }
    if (status === 407 && proxy !== null) {
      this.#proxy ??= new DigestSession(this.#proxyCredentials!)
      return { problem: this.#proxy.challenged(of('proxy-authenticate'), answered) }
    }
    return null
  }

  /** Forgets every challenge. */
  clear(): void {
    this.#proxy = this.#servers = this.#asked = null
  }

  #askedOf(request: RequestPlan): Asked {
    this.#asked ??= new WeakMap()
    let asked = this.#asked.get(request)
    if (asked === undefined) this.#asked.set(request, (asked = this.#ask(request)))
    return asked
  }

  #ask({ method, url, body, digest }: RequestPlan): Asked {
    const { protocol, origin, pathname, search, href } = new URL(url)
    const target = (uri: string): DigestTarget => ({
      method,
      uri,
      body: () => (body === null ? NO_BODY : bytesOf(body)),
    })
    const isProxied = this.#proxyCredentials !== null && protocol === 'http:'
    return {
      server: digest && { session: this.#sessionOf(origin, digest), target: target(pathname + search) },
      // A proxy is asked for plain http by the whole URL; a tunnel is the connector's.
      proxy: isProxied ? target(href) : null,
    }
  }

  #sessionOf(origin: string, digest: DigestCredentials): DigestSession {
    const key = JSON.stringify([origin, digest.user, digest.password])
    this.#servers ??= new Map()
    let session = this.#servers.get(key)
    if (session === undefined) this.#servers.set(key, (session = new DigestSession(digest)))
    return session
  }
}
