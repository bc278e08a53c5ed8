/** A request and its response as they may be shown: in the report, and by `corerush debug`. Secrets read `***`. */
import type { KnownSecrets } from './known-secrets.ts'
import { bodyLength, type BodyPlan, type Headers, type RequestPlan } from './request.ts'
import { redactUrl } from './redacted-url.ts'
import { rowOf } from './row.ts'
import { redactHeader } from './secret-name.ts'

export interface ShownBody {
  /** All of it, without framing. */
  readonly bytes: number
  /** The part that is kept, if that is UTF-8 text; anything else is not shown, as it could hold a secret that is not recognized. */
  readonly text: string | null
}

export interface ShownExchange {
  /** The row that it counts in: method and name. */
  readonly name: string
  readonly request: {
    readonly method: string
    readonly url: string
    /** Without those that the transport writes: Host, Connection, Content-Length. */
    readonly headers: Headers
    readonly body: ShownBody | null
  }
  /** `null` if no whole head of a response came. */
  readonly response: {
    readonly status: number
    readonly headers: Headers
    /** As far as it came. */
    readonly body: ShownBody
  } | null
}

/** What a worker knows of an exchange. */
export interface SeenExchange {
  readonly request: RequestPlan
  /** Headers that were sent beside those of the request: cookies, answers to challenges. */
  readonly added: Headers
  /** Headers are names and values in turn; `kept` is the beginning of a body of this many bytes. */
  readonly response: {
    readonly status: number
    readonly headers: readonly string[]
    readonly kept: Uint8Array
    readonly bytes: number
  } | null
}

/** At most `mostBytes` of each body. */
export function showExchange(
  { request, added, response }: SeenExchange,
  known: KnownSecrets,
  mostBytes = Infinity,
): ShownExchange {
  const answered = response === null ? [] : pairs(response.headers)
  known.learn(request, [...added, ...answered])
  const hide = (text: string): string => known.hide(text)
  const shown = (headers: Headers): Headers =>
    headers.map(([name, value]) => [name, hide(redactHeader(name, value))])
  const body = (kept: Uint8Array, bytes: number): ShownBody => {
    const text = textOf(kept.subarray(0, mostBytes))
    return { bytes, text: text === null ? null : hide(text) }
  }
  return {
    name: rowOf(request),
    request: {
      method: request.method,
      url: hide(redactUrl(request.url)),
      headers: shown([...request.headers, ...added]),
      body: request.body === null ? null : body(beginning(request.body, mostBytes), bodyLength(request.body)),
    },
    response: response && {
      status: response.status,
      headers: shown(answered),
      body: body(response.kept, response.bytes),
    },
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  const all: [string, string][] = []
  for (let i = 0; i + 1 < flat.length; i += 2) all.push([flat[i]!, flat[i + 1]!])
  return all
}

/** The bytes as text, a character that they cut off left out; `null` if they are none: text has no NUL. */
function textOf(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true })
  } catch {
    return null
  }
}

/** The beginning of a body, at least this many bytes if it has them. */
const beginning = (body: BodyPlan, bytes: number): Uint8Array =>
  'text' in body
    ? new TextEncoder().encode(body.text.slice(0, bytes))
    : Uint8Array.from(atob(body.base64.slice(0, 4 * Math.ceil(bytes / 3))), (char) => char.charCodeAt(0))
