/**
 * Digest access authentication (RFC 7616, and RFC 2069 for servers without `qop`): reads challenges, writes answers.
 * Texts that come from the network, or go there, are binary: one character for each byte.
 */

/** User and password. */
export interface DigestCredentials {
  readonly user: string
  readonly password: string
}

/** The hashes that a challenge can ask for, by the names of the RFC. */
export const DIGEST_HASHES = ['MD5', 'SHA-256', 'SHA-512-256'] as const
export type DigestHash = (typeof DIGEST_HASHES)[number]

/** Hashes a binary text, or bytes; in lower-case hexadecimal digits. */
export type Hash = (algorithm: DigestHash, data: string | Uint8Array) => string

/** A challenge that can be answered. */
export interface DigestChallenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | null
  readonly hash: DigestHash
  /** An algorithm such as `MD5-sess`: the first answer's client nonce is part of the secret. */
  readonly isSession: boolean
  /** Whether `algorithm` was named. */
  readonly namesAlgorithm: boolean
  /** `null` for a server of RFC 2069, which counts no answers. */
  readonly qop: 'auth' | 'auth-int' | null
  /** The credentials were right, but the nonce has served. */
  readonly isStale: boolean
  /** The name of the user goes out as a hash. */
  readonly hashesUser: boolean
  readonly isUtf8: boolean
}

/** One scheme of a `WWW-Authenticate` or `Proxy-Authenticate` header. */
interface Challenge {
  readonly scheme: string
  readonly parameters: Map<string, string>
}

const PART = /[\s,]*([!#$%&'*+.^_`|~\w-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y

/** The schemes of such headers, in their order; each may hold several, parted by commas as their parameters are. */
function challengesOf(headers: readonly string[]): Challenge[] {
  const found: Challenge[] = []
  for (const header of headers) {
    PART.lastIndex = 0
    for (let part = PART.exec(header); part !== null; part = PART.exec(header)) {
      const [, name, quoted, token] = part
      const value = quoted?.replace(/\\(.)/g, '$1') ?? token
      if (value === undefined) found.push({ scheme: name!, parameters: new Map() })
      else if (found.length > 0) found.at(-1)!.parameters.set(name!.toLowerCase(), value)
    }
  }
  return found
}

/** The first challenge that can be answered; else why none can, in words. */
export function readDigest(headers: readonly string[]): DigestChallenge | { readonly problem: string } {
  const all = challengesOf(headers)
  for (const { scheme, parameters } of all) {
    const challenge = scheme.toLowerCase() === 'digest' ? digestOf(parameters) : null
    if (challenge !== null) return challenge
  }
  const asked = all.map(({ scheme, parameters }) => {
    const named = [parameters.get('algorithm'), parameters.get('qop')].filter((text) => text !== undefined)
    return [scheme, ...(scheme.toLowerCase() === 'digest' ? named : [])].join(' ')
  })
  return {
    problem: asked.length === 0 ? 'no challenge came with it' : `the server asks for ${asked.join(', ')}`,
  }
}

function digestOf(parameters: ReadonlyMap<string, string>): DigestChallenge | null {
  const { realm, nonce } = { realm: parameters.get('realm'), nonce: parameters.get('nonce') }
  const algorithm = parameters.get('algorithm')
  const [, name, session] = /^(.+?)(-sess)?$/i.exec(algorithm ?? 'MD5') ?? []
  const hash = DIGEST_HASHES.find((one) => one === name?.toUpperCase())
  const offered = parameters
    .get('qop')
    ?.split(',')
    .map((one) => one.trim().toLowerCase())
  const qop =
    offered === undefined ? null : (['auth', 'auth-int'] as const).find((one) => offered.includes(one))
  if (realm === undefined || nonce === undefined || hash === undefined || qop === undefined) return null
  const isTrue = (parameter: string): boolean => parameters.get(parameter)?.toLowerCase() === 'true'
  return {
    realm,
    nonce,
    opaque: parameters.get('opaque') ?? null,
    hash,
    isSession: session !== undefined,
    namesAlgorithm: algorithm !== undefined,
    qop,
    isStale: isTrue('stale'),
    hashesUser: isTrue('userhash'),
    isUtf8: parameters.get('charset')?.toLowerCase() === 'utf-8',
  }
}

/** The nonce that `Authentication-Info` gives for the next request; `null` if it gives none. */
export function nextNonce(info: string): string | null {
  const [all] = challengesOf([`Digest ${info}`])
  return all!.parameters.get('nextnonce') ?? null
}

/** What of an answer stays the same as long as its challenge does. */
export interface DigestSecret {
  readonly challenge: DigestChallenge
  readonly credentials: DigestCredentials
  /** The client nonce, of its answers with this challenge. */
  readonly cnonce: string
  /** The hash of the credentials, `H(A1)`. */
  readonly ha1: string
}

export function digestSecret(
  challenge: DigestChallenge,
  credentials: DigestCredentials,
  cnonce: string,
  hash: Hash,
): DigestSecret {
  const { realm, nonce, isSession } = challenge
  const { user, password } = credentials
  const plain = hash(challenge.hash, `${binary(user)}:${realm}:${binary(password)}`)
  const ha1 = isSession ? hash(challenge.hash, `${plain}:${nonce}:${cnonce}`) : plain
  return { challenge, credentials, cnonce, ha1 }
}

/** The hash of a request, `H(A2)`; `uri` is its target as the server gets it, `body` is asked for with `auth-int` only. */
export function digestRequest(
  { hash: algorithm, qop }: DigestChallenge,
  method: string,
  uri: string,
  body: () => Uint8Array,
  hash: Hash,
): string {
  const head = `${method}:${uri}`
  return hash(algorithm, qop === 'auth-int' ? `${head}:${hash(algorithm, body())}` : head)
}

/** The value of `Authorization`, or of `Proxy-Authorization`, for the answer with this number, from 1. */
export function digestAnswer(
  { challenge, credentials, cnonce, ha1 }: DigestSecret,
  ha2: string,
  uri: string,
  count: number,
  hash: Hash,
): string {
  const { realm, nonce, opaque, qop, isSession, namesAlgorithm } = challenge
  const nc = count.toString(16).padStart(8, '0')
  const parts = qop === null ? [ha1, nonce, ha2] : [ha1, nonce, nc, cnonce, qop, ha2]
  return [
    `Digest ${userOf(challenge, credentials, hash)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${hash(challenge.hash, parts.join(':'))}"`,
    ...(namesAlgorithm ? [`algorithm=${challenge.hash}${isSession ? '-sess' : ''}`] : []),
    ...(opaque === null ? [] : [`opaque=${quote(opaque)}`]),
    ...(qop === null ? [] : [`qop=${qop}`, `nc=${nc}`]),
    ...(qop === null && !isSession ? [] : [`cnonce="${cnonce}"`]),
  ].join(', ')
}

function userOf(
  { realm, hash: algorithm, hashesUser, isUtf8 }: DigestChallenge,
  { user }: DigestCredentials,
  hash: Hash,
): string {
  if (hashesUser) return `username="${hash(algorithm, `${binary(user)}:${realm}`)}", userhash=true`
  if (isUtf8 && /[^\x20-\x7e]/.test(user)) return `username*=UTF-8''${encodeURIComponent(user)}`
  return `username=${quote(binary(user))}`
}

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

/** A text as the bytes of its UTF-8. */
const binary = (text: string): string =>
  String.fromCharCode(...new TextEncoder().encode(text.normalize('NFC')))
