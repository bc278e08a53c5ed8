/** A server of digest authentication (RFC 7616), written from its text and apart from what it tests: no sockets. */
import { createHash } from 'node:crypto'

export interface DigestRules {
  readonly algorithm?: string
  readonly qop?: string | null
  /** How many answers a nonce is good for. */
  readonly uses?: number
  /** Whether a nonce that has served is called stale, as it should be. */
  readonly saysStale?: boolean
  /** Names the next nonce with each response. */
  readonly nextNonce?: boolean
  readonly isProxy?: boolean
}

export interface DigestReply {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
}

const USER = 'us"er'
const PASSWORD = 'p:\u00e4ss'
export const CREDENTIALS = { user: USER, password: PASSWORD }
const REALM = 'the "realm"'

export class DigestServer {
  readonly #rules: Required<DigestRules>
  #nonces = 0
  /** Of each nonce, the counts that were used. */
  readonly #counts = new Map<string, Set<string>>()
  /** What became of each request. */
  readonly seen: ('none' | 'good' | 'stale' | 'bad')[] = []

  constructor(rules: DigestRules = {}) {
    this.#rules = {
      ...{ algorithm: 'MD5', qop: 'auth', uses: Infinity, saysStale: true, nextNonce: false, isProxy: false },
      ...rules,
    }
  }

  reply(method: string, uri: string, body: string, authorization: string | undefined): DigestReply {
    const { uses, saysStale, nextNonce, isProxy } = this.#rules
    if (authorization === undefined) return this.#challenge('none', false)
    const said = parse(authorization)
    const counts = this.#counts.get(said['nonce']!)
    if (!this.#isRight(said, method, uri, body)) return this.#challenge('bad', false)
    const nc = said['nc'] ?? String(counts?.size)
    if (counts === undefined || counts.size >= uses || counts.has(nc))
      return this.#challenge(saysStale ? 'stale' : 'bad', saysStale)
    counts.add(nc)
    this.seen.push('good')
    const info = isProxy ? 'proxy-authentication-info' : 'authentication-info'
    return { status: 200, headers: nextNonce ? [[info, `nextnonce="${this.#newNonce()}"`]] : [] }
  }

  #challenge(was: 'none' | 'stale' | 'bad', isStale: boolean): DigestReply {
    this.seen.push(was)
    const { algorithm, qop, isProxy } = this.#rules
    const parts = [
      `realm="${REALM.replaceAll('"', '\\"')}"`,
      `nonce="${this.#newNonce()}"`,
      `algorithm=${algorithm}`,
      ...(qop === null ? [] : [`qop="${qop}"`]),
      ...(isStale ? ['stale=true'] : []),
    ]
    const header = isProxy ? 'proxy-authenticate' : 'www-authenticate'
    return { status: isProxy ? 407 : 401, headers: [[header, `Digest ${parts.join(', ')}`]] }
  }

  #newNonce(): string {
    const nonce = `nonce-${++this.#nonces}`
    this.#counts.set(nonce, new Set())
    return nonce
  }

  #isRight(said: Readonly<Record<string, string>>, method: string, uri: string, body: string): boolean {
    const { algorithm } = this.#rules
    const [name, isSession] = [algorithm.replace(/-sess$/, ''), algorithm.endsWith('-sess')]
    const h = (text: string): string =>
      createHash({ MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' }[name]!)
        .update(text)
        .digest('hex')
    const { nonce, cnonce, nc, qop } = said
    let ha1 = h(`${USER}:${REALM}:${PASSWORD}`)
    if (isSession) ha1 = h(`${ha1}:${nonce}:${cnonce}`)
    const ha2 = h(qop === 'auth-int' ? `${method}:${uri}:${h(body)}` : `${method}:${uri}`)
    const middle = qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:${qop}`
    return (
      said['uri'] === uri && said['username'] === USER && said['response'] === h(`${ha1}:${middle}:${ha2}`)
    )
  }
}

const parse = (authorization: string): Record<string, string> =>
  Object.fromEntries(
    [...authorization.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]*))/g)].map(([, name, quoted, token]) => [
      name!.toLowerCase(),
      quoted?.replace(/\\(.)/g, '$1') ?? token!,
    ]),
  )
