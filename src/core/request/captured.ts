/** Failing exchanges that are kept whole, `--capture-failures`: what was asked, and what was answered. */
import type { KnownSecrets } from './known-secrets.ts'
import type { Outcome } from './outcome.ts'
import { showExchange, type SeenExchange, type ShownExchange } from './shown-exchange.ts'

/** So much is kept of a body. */
export const KEPT_BODY_BYTES = 2048

interface Failure {
  /** Run time at which it ended. */
  readonly atS: number
  readonly worker: number
  /** Number of the user among all users. */
  readonly user: number
  readonly outcome: Outcome
  readonly message: string
  /** The trace that it was sent with; left out if it had none. */
  readonly traceId?: string
}

/** An exchange that failed; of bodies the first 2,048 bytes. Secrets read `***`. */
export interface CapturedFailure extends Failure, ShownExchange {}

/** What a worker knows of an exchange that failed. */
export interface FailedExchange extends Failure, SeenExchange {}

/** The exchange as it may be shown. */
export function captured(failed: FailedExchange, known: KnownSecrets): CapturedFailure {
  const { atS, worker, user, outcome, message, traceId } = failed
  const { name, request, response } = showExchange(failed, known, KEPT_BODY_BYTES)
  const trace = traceId === undefined ? {} : { traceId }
  return { atS, worker, user, name, outcome, message, ...trace, request, response }
}

/** The first failures of each outcome, from those of all workers in the order in which they came. */
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
