/**
 * The secrets of requests by their values, for what others write: a server that echoes a token, a check that quotes it.
 */
import type { RequestPlan } from './request.ts'
import { fieldSecrets } from './secret-field.ts'
import { formsOf, isSecretName, isSecretParameter, MASK } from './secret.ts'

/** Shorter ones, which are secrets by their place alone, would blot out ordinary words. */
const SHORTEST = 6

/** What a plan holds that must not be shown. */
export interface SecretSources {
  readonly request: RequestPlan
  readonly proxy: { readonly authorization: string | null } | null
  /** Texts that the user declared secret. */
  readonly hidden: readonly string[]
}

export class KnownSecrets {
  readonly #always: readonly string[]
  /** By request, in all spellings. */
  readonly #of = new WeakMap<RequestPlan, readonly string[]>()

  constructor({ request, proxy, hidden }: SecretSources) {
    const authorization = proxy?.authorization ?? null
    this.#always = [
      // However short they are: the user has said that they are secrets.
      ...hidden.flatMap(formsOf),
      ...[
        ...hidden,
        ...secretsOf(request),
        ...(authorization === null ? [] : headerSecrets('authorization', authorization)),
      ].flatMap(spellingsOf),
    ]
  }

  /** The text without the secrets of the plan, of these requests, and these others. */
  hide(text: string, requests: readonly RequestPlan[], others: readonly string[] = []): string {
    let shown = text
    const [request] = requests
    const all =
      request !== undefined && requests.length === 1 && others.length === 0
        ? this.#spellingsOf(request)
        : longestFirst([
            ...this.#always,
            ...requests.flatMap((one) => this.#spellingsOf(one)),
            ...others.flatMap(spellingsOf),
          ])
    for (const secret of all) shown = shown.replaceAll(secret, MASK)
    for (const secret of all) shown = withoutTail(shown, secret)
    return shown
  }

  /** With those of the plan. */
  #spellingsOf(request: RequestPlan): readonly string[] {
    let all = this.#of.get(request)
    if (all === undefined) {
      all = longestFirst([...this.#always, ...secretsOf(request).flatMap(spellingsOf)])
      this.#of.set(request, all)
    }
    return all
  }
}

/** One may be a part of another. */
const longestFirst = (secrets: readonly string[]): string[] =>
  [...new Set(secrets)].sort((a, b) => b.length - a.length)

function secretsOf({ url, headers, body }: RequestPlan): string[] {
  return [
    ...headers.flatMap(([name, value]) => headerSecrets(name, value)),
    ...new URL(url).search.slice(1).split('&').flatMap(parameterSecrets),
    ...(body === null ? [] : fieldSecrets('text' in body ? body.text : atob(body.base64))),
  ]
}

/** What a parameter of a query holds, as it is written and as it is meant. */
function parameterSecrets(pair: string): string[] {
  const [parameter] = new URLSearchParams(pair)
  if (parameter === undefined || !isSecretParameter(parameter[0])) return []
  return [pair.slice(pair.indexOf('=') + 1), parameter[1]]
}

/** What a header holds of secrets: its value, and what its parts say. */
export function headerSecrets(name: string, value: string): string[] {
  if (!isSecretName(name) || value === '') return []
  // What follows the first pair says how long a cookie is kept, and where.
  const held = name.toLowerCase() === 'set-cookie' ? value.split(';', 1)[0]! : value
  const credentials = /^[\w-]+ +(.+)$/.exec(held)?.[1]
  const pairs = [...held.matchAll(/=\s*"?([^;,"]+)/g)].map(({ 1: one }) => one!.trim())
  return [held, ...(credentials === undefined ? [] : [credentials, ...basic(credentials)]), ...pairs]
}

/** User and password behind `Basic`, and the password alone. */
function basic(credentials: string): string[] {
  try {
    const text = new TextDecoder().decode(Uint8Array.from(atob(credentials), (char) => char.charCodeAt(0)))
    const colon = text.indexOf(':')
    return colon < 0 ? [] : [text, text.slice(colon + 1)]
  } catch {
    return []
  }
}

/** As it is, and as an echo in a URL, in a form, in JSON or in HTML has it. */
function spellingsOf(secret: string): string[] {
  if (secret.length < SHORTEST) return []
  const form = new URLSearchParams([['', secret]]).toString().slice(1)
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return [
    secret,
    form,
    form.replaceAll('+', '%20'),
    percentEncoded(secret),
    JSON.stringify(secret).slice(1, -1),
    html,
    html.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
  ]
}

/** As programs have it, which leave more as it is than forms do. */
function percentEncoded(secret: string): string {
  try {
    return encodeURIComponent(secret)
  } catch {
    // Half of a surrogate pair.
    return secret
  }
}

/** What was cut off may end in the beginning of a secret. */
function withoutTail(text: string, secret: string): string {
  for (let length = Math.min(secret.length - 1, text.length); length >= SHORTEST; length--)
    if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + MASK
  return text
}
