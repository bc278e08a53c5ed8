/** What a user does, step by step, as `corerush debug` shows it. Secrets read `***`. */
import type { KnownSecrets } from './known-secrets.ts'
import type { Outcome } from './outcome.ts'
import { showExchange, type SeenExchange, type ShownExchange } from './shown-exchange.ts'

interface Ending {
  readonly outcome: Outcome | 'unfinished'
  readonly message: string
  readonly isNewConnection: boolean
  readonly serviceMs: number
  /** Whether it had a check, which was run. */
  readonly isChecked: boolean
}

/** One request and its response, and how they ended. */
export interface Transcript extends Ending, ShownExchange {}

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

/** What a worker knows of it. */
export interface Seen extends Ending, SeenExchange {}

export function transcriptOf(seen: Seen, known: KnownSecrets): Transcript {
  const { outcome, message, isNewConnection, serviceMs, isChecked } = seen
  return { ...showExchange(seen, known), outcome, message, isNewConnection, serviceMs, isChecked }
}
