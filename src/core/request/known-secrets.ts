/**
 * The secrets of a run by their values, to hide them in what others write: a server that echoes a token, a check that quotes
 * it, a task that throws the password which an earlier one sent.
 */
import type { DigestCredentials } from './digest.ts'
import type { Headers, RequestPlan } from './request.ts'
import { redactPath } from './redacted-url.ts'
import type { Proxy } from './route.ts'
import { fieldSecrets, formDecoded, redactFields } from './secret-field.ts'
import { isSecretHeader, isSecretName, isSecretParameter, SECRET_HINT } from './secret-name.ts'
import { masked, SecretSet } from './secret-set.ts'

/** The number of characters of a body that are searched for secrets: of the plan's own, of one that failed, of each that is sent. */
const SEARCHED_OF_PLAN = 4_000_000
const SEARCHED = 65_536
const GLANCED = 2048
/** Secrets of single requests that are kept; more push out the oldest. */
const MOST_RECENT = 5000
/** Messages whose shown form is kept, and the longest of them. */
const MOST_MESSAGES = 1000
const LONGEST_MESSAGE = 300

export class KnownSecrets {
  /** By the user: they are hidden however short they are. */
  readonly #declared: SecretSet
  /** The secrets of the plan, which are never forgotten. */
  readonly #lasting = new SecretSet()
  /** The secrets of single requests, in two generations. */
  #recent = new SecretSet()
  #earlier = new SecretSet()
  readonly #learnt = new WeakSet<RequestPlan>()
  readonly #messages = new Map<string, string>()

  constructor(plan: {
    readonly request: RequestPlan
    readonly proxy: Proxy | null
    readonly targets: { readonly requests: readonly { readonly request: RequestPlan }[] } | null
    readonly scenario?: {
      readonly scenarios: readonly {
        readonly http: { readonly request: RequestPlan; readonly proxy: Proxy | null } | null
      }[]
    } | null
    readonly hidden: readonly string[]
  }) {
    const { request, targets, hidden } = plan
    const own = (plan.scenario?.scenarios ?? []).flatMap(({ http }) => http ?? [])
    this.#declared = SecretSet.declared(hidden)
    for (const { proxy } of [plan, ...own])
      for (const secret of proxySecrets(proxy)) this.#lasting.add(secret)
    let left = SEARCHED_OF_PLAN
    const listed = [...(targets?.requests ?? []), ...own].map((one) => one.request)
    for (const one of [request, ...listed]) {
      for (const secret of secretsOf(one, left)) this.#lasting.add(secret)
      left = Math.max(GLANCED, left - lengthOf(one.body))
      this.#learnt.add(one)
    }
  }

  /** Knows the secrets of this request, and of the headers that were added to it, from now on. */
  learn(request: RequestPlan, added: Headers = []): void {
    for (const [name, value] of added) this.add(headerSecrets(name, value))
    if (this.#learnt.has(request)) return
    this.#learnt.add(request)
    this.add(secretsOf(request, SEARCHED))
  }

  /** As `learn`, for each request that is sent: quick, for a body is looked at no further than forms of a login are long. */
  glance(request: RequestPlan): void {
    const { body } = request
    const mayHold = body !== null && 'text' in body && SECRET_HINT.test(body.text.slice(0, GLANCED))
    this.add(secretsOf(mayHold ? request : { ...request, body: null }, GLANCED))
  }

  /** Knows these secrets from now on. */
  add(secrets: readonly string[]): void {
    for (const secret of secrets) {
      this.#recent.add(secret)
      if (this.#recent.size < MOST_RECENT) continue
      this.#earlier = this.#recent
      this.#recent = new SecretSet()
    }
  }

  /** Knows what the secret-looking fields of a row hold, whatever it is sent as. */
  addFields(row: unknown): void {
    if (typeof row !== 'object' || row === null) return
    for (const [name, value] of Object.entries(row))
      if (isSecretName(name) && (typeof value === 'string' || typeof value === 'number'))
        this.add([String(value)])
  }

  /** The text without known secrets, and without fields whose names mark one. */
  hide(text: string): string {
    const declared = this.#declared.size === 0 ? [] : this.#declared.find(text)
    const learnt = [this.#lasting, this.#recent, this.#earlier]
      .flatMap((set) => (set.size === 0 ? [] : set.find(text)))
      .filter((span) => !isNameOfField(text, span))
    return redactFields(masked(text, [...declared, ...learnt]))
  }

  /** The path of a URL without what the user declared to be secret. */
  hidePath(path: string): string {
    return this.#declared.hide(redactPath(path))
  }

  /**
   * The message of a request that failed. The same words come again and again, and are judged once; only for others is the
   * request searched for secrets that they may quote.
   */
  hideMessage(message: string, request: RequestPlan, added: Headers): string {
    const known = this.#messages.get(message)
    if (known !== undefined) return known
    this.learn(request, added)
    const shown = this.hide(message)
    if (message.length <= LONGEST_MESSAGE) {
      if (this.#messages.size >= MOST_MESSAGES) this.#messages.clear()
      this.#messages.set(message, shown)
    }
    return shown
  }
}

/**
 * Whether the found text is the name of a field, such as `password` of `password=password`: its value is masked as it is,
 * and without its name nobody could read what was sent.
 */
function isNameOfField(text: string, { from, to }: { readonly from: number; readonly to: number }): boolean {
  const found = text.slice(from, to)
  return (
    /^[a-z]{1,12}$/i.test(found) &&
    isSecretName(found) &&
    /^["']?\s*[=:]/.test(text.slice(to, to + 10)) &&
    /(?:^|[\s?&{,;"'])$/.test(text.slice(Math.max(0, from - 1), from))
  )
}

const proxySecrets = (proxy: Proxy | null): string[] => [
  ...(proxy === null || proxy.authorization === null
    ? []
    : headerSecrets('authorization', proxy.authorization)),
  ...digestSecrets(proxy?.digest ?? null),
]

const digestSecrets = (digest: DigestCredentials | null): string[] =>
  digest === null ? [] : [`${digest.user}:${digest.password}`, digest.password]

function secretsOf({ url, headers, body, digest }: RequestPlan, searched: number): string[] {
  return [
    ...digestSecrets(digest),
    ...headers.flatMap(([name, value]) => headerSecrets(name, value)),
    ...querySecrets(url),
    ...(body === null ? [] : fieldSecrets(beginningOf(body, searched))),
  ]
}

const lengthOf = (body: RequestPlan['body']): number =>
  body === null ? 0 : 'text' in body ? body.text.length : body.base64.length

/** As text, in which each byte is a character where the body is no text. */
const beginningOf = (body: NonNullable<RequestPlan['body']>, length: number): string =>
  'text' in body ? body.text.slice(0, length) : atob(body.base64.slice(0, 4 * Math.ceil(length / 3)))

/** What the parameters of a URL hold, as it is written and as it is meant. */
function querySecrets(href: string): string[] {
  const at = href.indexOf('?')
  if (at < 0) return []
  return href
    .slice(at + 1)
    .split('&')
    .flatMap((pair) => {
      const equals = pair.indexOf('=')
      const value = pair.slice(equals + 1)
      if (equals < 0 || value === '') return []
      if (isSecretParameter(formDecoded(pair.slice(0, equals)))) return [value, formDecoded(value)]
      // A URL, a form or JSON within the value.
      return value.includes('%') ? fieldSecrets(formDecoded(value)) : []
    })
}

/** What a header holds of secrets: its value, and what its parts say. */
export function headerSecrets(name: string, value: string): string[] {
  if (!isSecretHeader(name) || value === '') return []
  // What follows the first pair says how long a cookie is kept, and where.
  const held = name.toLowerCase() === 'set-cookie' ? value.split(';', 1)[0]! : value
  const credentials = /^[\w-]+ +(.+)$/.exec(held)?.[1]
  const pairs = [...held.matchAll(/=\s*"?([^;,"]+)/g)].map(({ 1: one }) => one!.trim())
  return [held, ...(credentials === undefined ? [] : [credentials, ...basic(credentials)]), ...pairs]
}

/** User and password after `Basic`, and the password alone. */
function basic(credentials: string): string[] {
  try {
    const text = new TextDecoder().decode(Uint8Array.from(atob(credentials), (char) => char.charCodeAt(0)))
    const colon = text.indexOf(':')
    return colon < 0 ? [] : [text, text.slice(colon + 1)]
  } catch {
    return []
  }
}
