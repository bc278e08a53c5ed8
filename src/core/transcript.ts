/** What a user does, step by step, as `corerush debug` shows it. Secrets read `***`. */
import type { Outcome } from './outcome.ts'
import { bodyLength, type BodyPlan, type RequestPlan } from './plan.ts'
import { redactFields } from './secret-field.ts'
import { redactHeader, redactUrl } from './secret.ts'

type Headers = readonly (readonly [string, string])[]

/** One request and its response. */
export interface Transcript {
  readonly name: string
  readonly method: string
  readonly url: string
  readonly headers: Headers
  /** Null without one; of bytes that are no text, how many. */
  readonly body: string | null
  /** Null when no head of a response came. */
  readonly response: { readonly status: number; readonly headers: Headers; readonly body: string } | null
  readonly outcome: Outcome | 'unfinished'
  readonly message: string
  readonly isNewConnection: boolean
  readonly serviceMs: number
  /** It had a check, which was asked. */
  readonly isChecked: boolean
}

/** A task, `onStart` and `onStop` among them, begins, sends, and ends, well or with what it threw. */
export type Step =
  | { readonly type: 'begins'; readonly task: string }
  | { readonly type: 'exchange'; readonly exchange: Transcript }
  | {
      readonly type: 'ended'
      readonly task: string
      /** One of its requests failed, whether or not it threw. */
      readonly hasFailed: boolean
      /** What it threw: the message, and the code around its place in the file where that is known. */
      readonly error: { readonly message: string; readonly frame: string | null } | null
    }

/** What a worker knows of an exchange; headers of the response are names and values in turn. */
export interface Seen extends Pick<
  Transcript,
  'outcome' | 'message' | 'isNewConnection' | 'serviceMs' | 'isChecked'
> {
  readonly request: RequestPlan
  /** The Cookie header that its user's cookies added; empty for none. */
  readonly cookie: string
  readonly response: {
    readonly status: number
    readonly headers: readonly string[]
    readonly body: Uint8Array
  } | null
}

export function transcriptOf({ request, cookie, response, ...rest }: Seen): Transcript {
  const shown = (headers: Headers): Headers =>
    headers.map(([name, value]) => [name, redactHeader(name, value)])
  return {
    ...rest,
    name: request.name,
    method: request.method,
    url: redactUrl(request.url),
    headers: shown([...request.headers, ...(cookie === '' ? [] : [['cookie', cookie] as const])]),
    body: request.body === null ? null : planned(request.body),
    response: response && {
      status: response.status,
      headers: shown(inPairs(response.headers)),
      body: textOf(response.body),
    },
  }
}

const planned = (body: BodyPlan): string =>
  'text' in body ? redactFields(body.text) : `(${bodyLength(body)} bytes)`

function textOf(bytes: Uint8Array): string {
  try {
    return redactFields(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return `(${bytes.length} bytes)`
  }
}

function inPairs(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([flat[i]!, flat[i + 1]!])
  return pairs
}
