/** The answers of one user to the digest challenges of one server, or proxy: the last challenge, and how often it was answered. */
import { createHash, randomBytes } from 'node:crypto'
import {
  digestAnswer,
  digestRequest,
  digestSecret,
  nextNonce,
  readDigest,
  type DigestCredentials,
  type DigestHash,
  type DigestSecret,
  type Hash,
} from '../../core/request/digest.ts'

const OPENSSL_NAMES: Readonly<Record<DigestHash, string>> = {
  MD5: 'md5',
  'SHA-256': 'sha256',
  'SHA-512-256': 'sha512-256',
}

const hash: Hash = (algorithm, data) => {
  const sum = createHash(OPENSSL_NAMES[algorithm])
  return (typeof data === 'string' ? sum.update(data, 'latin1') : sum.update(data)).digest('hex')
}

/** The parts of a request that an answer depends on. */
export interface DigestTarget {
  readonly method: string
  /** The target of the request as the server gets it. */
  readonly uri: string
  readonly body: () => Uint8Array
}

export class DigestSession {
  readonly #credentials: DigestCredentials
  #secret: DigestSecret | null = null
  #count = 0
  /** The hashes of the requests that were answered for, as long as the challenge asks for the same ones. */
  #hashes = new WeakMap<DigestTarget, string>()

  constructor(credentials: DigestCredentials) {
    this.#credentials = credentials
  }

  /** The header value that answers the challenge; empty as long as there has been none. */
  answer(target: DigestTarget): string {
    if (this.#secret === null) return ''
    let ha2 = this.#hashes.get(target)
    if (ha2 === undefined) {
      const { challenge } = this.#secret
      ha2 = digestRequest(challenge, target.method, target.uri, target.body, hash)
      this.#hashes.set(target, ha2)
    }
    return digestAnswer(this.#secret, ha2, target.uri, ++this.#count, hash)
  }

  /**
   * Takes the challenges that came with a refusal. Returns why they are not to be answered, in words, or `null` if they
   * are. `answered` is how many of the same call were; the first one is, a second one if it says that the nonce was stale.
   */
  challenged(headers: readonly string[], answered: number): string | null {
    const challenge = readDigest(headers)
    if ('problem' in challenge) return challenge.problem
    if (answered > 0 && !(answered === 1 && challenge.isStale)) {
      this.#secret = null
      return 'the digest credentials were refused'
    }
    const before = this.#secret?.challenge
    if (before?.hash !== challenge.hash || before.qop !== challenge.qop) this.#hashes = new WeakMap()
    this.#begin(digestSecret(challenge, this.#credentials, randomBytes(12).toString('hex'), hash))
    return null
  }

  /** Takes what the server says with a response: it may name the nonce for the next request. */
  informed(info: string): void {
    const nonce = nextNonce(info)
    if (nonce === null || this.#secret === null) return
    const { challenge, cnonce, ha1, credentials } = this.#secret
    // The secret of a session stays that of its first nonce.
    this.#begin({ challenge: { ...challenge, nonce }, cnonce, ha1, credentials })
  }

  #begin(secret: DigestSecret): void {
    this.#secret = secret
    this.#count = 0
  }
}
