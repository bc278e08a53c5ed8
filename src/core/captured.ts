/** Failing exchanges that are kept whole, `--capture-failures`: what was asked, and what was answered. */
import { headerSecrets, type KnownSecrets } from './known-secrets.ts'
import type { Outcome } from './outcome.ts'
import { bodyLength, type BodyPlan, type RequestPlan } from './plan.ts'
import { redactFields } from './secret-field.ts'
import { redactHeader, redactUrl } from './secret.ts'

/** So much is kept of a body. */
export const KEPT_BODY_BYTES = 2048

export interface CapturedBody {
  /** All of it, without framing. */
  readonly bytes: number
  /** Its first 2,048 bytes, where they are UTF-8: what else they are is not shown, as nobody could say what is secret in it. */
  readonly text: string | null
}

/** An exchange that failed. Secrets read `***`. */
export interface CapturedFailure {
  /** Run time at which it ended. */
  readonly atS: number
  readonly worker: number
  /** Number of the user among all users. */
  readonly user: number
  readonly name: string
  readonly outcome: Outcome
  readonly message: string
  readonly request: {
    readonly method: string
    readonly url: string
    /** Without those that the transport writes: Host, Connection, Content-Length. */
    readonly headers: readonly (readonly [string, string])[]
    readonly body: CapturedBody | null
  }
  /** Null when no whole head of a response came. */
  readonly response: {
    readonly status: number
    readonly headers: readonly (readonly [string, string])[]
    /** As far as it came. */
    readonly body: CapturedBody
  } | null
}

/** What a worker knows of an exchange that failed. */
export interface FailedExchange extends Pick<
  CapturedFailure,
  'atS' | 'worker' | 'user' | 'outcome' | 'message'
> {
  readonly request: RequestPlan
  /** What the user's jar added; empty for nothing. */
  readonly cookie: string
  /** Headers are names and values in turn; `kept` is the beginning of a body of so many bytes. */
  readonly response: {
    readonly status: number
    readonly headers: readonly string[]
    readonly kept: Uint8Array
    readonly bytes: number
  } | null
}

/** The exchange as it may be shown. */
export function captured(
  { request, cookie, response, atS, worker, user, outcome, message }: FailedExchange,
  known: KnownSecrets,
): CapturedFailure {
  const answered = response === null ? [] : pairs(response.headers)
  const others = [['cookie', cookie] as const, ...answered].flatMap(([name, value]) =>
    headerSecrets(name, value),
  )
  const hide = (text: string): string => known.hide(redactFields(text), [request], others)
  const shown = (headers: readonly (readonly [string, string])[]): [string, string][] =>
    headers.map(([name, value]) => [name, hide(redactHeader(name, value))])
  const body = (kept: Uint8Array, bytes: number): CapturedBody => {
    const text = textOf(kept.subarray(0, KEPT_BODY_BYTES))
    return { bytes, text: text === null ? null : hide(text) }
  }
  return {
    atS,
    worker,
    user,
    name: request.name,
    outcome,
    message,
    request: {
      method: request.method,
      url: hide(redactUrl(request.url)),
      headers: shown(cookie === '' ? request.headers : [...request.headers, ['cookie', cookie]]),
      body: request.body === null ? null : body(beginning(request.body), bodyLength(request.body)),
    },
    response:
      response === null
        ? null
        : {
            status: response.status,
            headers: shown(answered),
            body: body(response.kept, response.bytes),
          },
  }
}

/** Of all workers' failures, each in the order in which they came: the first so many of each outcome. */
export function earliest(failures: readonly CapturedFailure[], most: number): CapturedFailure[] {
  const taken = new Map<Outcome, number>()
  return [...failures]
    .sort((a, b) => a.atS - b.atS || a.worker - b.worker)
    .filter(({ outcome }) => {
      const n = (taken.get(outcome) ?? 0) + 1
      taken.set(outcome, n)
      return n <= most
    })
}

function pairs(flat: readonly string[]): [string, string][] {
  const all: [string, string][] = []
  for (let i = 0; i + 1 < flat.length; i += 2) all.push([flat[i]!, flat[i + 1]!])
  return all
}

/** The bytes as text, a character that they cut off left out; null where they are none. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true })
  } catch {
    return null
  }
}

const beginning = (body: BodyPlan): Uint8Array =>
  'text' in body
    ? new TextEncoder().encode(body.text.slice(0, KEPT_BODY_BYTES))
    : Uint8Array.from(atob(body.base64.slice(0, 4 * Math.ceil(KEPT_BODY_BYTES / 3))), (char) =>
        char.charCodeAt(0),
      )
