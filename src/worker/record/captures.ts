/** Keeps the first failing exchanges of each outcome in this worker, for `--capture-failures`. */
import { captured, KEPT_BODY_BYTES } from '../../core/request/captured.ts'
import type { KnownSecrets } from '../../core/request/known-secrets.ts'
import type { Outcome } from '../../core/request/outcome.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { globalIndex, type Share } from '../../core/share.ts'
import type { Recorder } from './recorder.ts'
import type { Exchange, ResponseSink } from '../transport/transport.ts'

/** Keeps the head and the beginning of the body of a response, and passes all of it on to the task that reads it. */
export class Glimpse implements ResponseSink {
  reader: ResponseSink | null = null
  headers: readonly string[] = []
  #kept: Buffer[] = []
  #left = 0

  /** The beginning of the body. */
  get kept(): Uint8Array {
    return Buffer.concat(this.#kept)
  }

  head(status: number, headers: readonly string[]): void {
    this.headers = headers
    this.#kept = []
    this.#left = KEPT_BODY_BYTES
    this.reader?.head(status, headers)
  }

  data(chunk: Uint8Array): void {
    if (this.#left > 0) {
      // A copy: a piece may lie in a buffer that is a hundred times its size, or that is read into again.
      const piece = Buffer.from(chunk.subarray(0, this.#left))
      this.#left -= piece.length
      this.#kept.push(piece)
    }
    this.reader?.data(chunk)
  }
}

export class Captures {
  readonly #most: number
  readonly #fromUs: number
  readonly #share: Share
  readonly #secrets: KnownSecrets
  readonly #recorder: Pick<Recorder, 'captured'>
  readonly #taken = new Map<Outcome, number>()

  constructor(
    { captureFailures, warmupS }: Plan,
    share: Share,
    secrets: KnownSecrets,
    recorder: Pick<Recorder, 'captured'>,
  ) {
    this.#most = captureFailures
    this.#fromUs = warmupS * 1e6
    this.#share = share
    this.#secrets = secrets
    this.#recorder = recorder
  }

  /** An exchange of the user with this place in the worker failed; it is kept if it is among the first. */
  look(exchange: Exchange, user: number, glimpse: Glimpse, traceId: string | null = null): void {
    const { outcome, message, request, added, status, bytesIn, doneUs } = exchange
    if (outcome === 'ok' || outcome === 'unfinished' || doneUs < this.#fromUs) return
    const taken = this.#taken.get(outcome) ?? 0
    if (taken >= this.#most) return
    this.#taken.set(outcome, taken + 1)
    const { headers, kept } = glimpse
    const failure = {
      atS: Math.round(doneUs) / 1e6,
      worker: this.#share.index,
      user: globalIndex(user, this.#share),
      outcome,
      message,
      ...(traceId === null ? {} : { traceId }),
      request: request!.plan,
      added,
      response: status === 0 ? null : { status, headers, kept, bytes: bytesIn },
    }
    this.#recorder.captured(captured(failure, this.#secrets))
  }
}
